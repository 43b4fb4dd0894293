"""One of the two answers of a comparison.

Process: app with a window. Thread: the GUI's.
"""

from __future__ import annotations

from PySide6.QtCore import Property, QObject, Signal

from assistant.core.adapter import AdapterUse, adapter_words
from assistant.core.conversation import Message, MessageStatus
from assistant.core.errors import ErrorInfo
from assistant.core.events import AnswerBegun, MessageFinished, TurnEvent, TurnFailed
from assistant.gui.error_offer import error_offer
from assistant.gui.error_text import ErrorWords, error_words
from assistant.gui.message_list_model import MessageListModel
from assistant.gui.running_turn import RunningTurn


class ComparisonHalf(QObject):
    """An answer that is there, or is being made.

    Args:
        messages: Has the blocks of the answers.
        parent: Qt's owner.
    """

    changed = Signal()

    def __init__(self, messages: MessageListModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._messages = messages
        self.adapters: tuple[AdapterUse, ...] = ()
        self.turn: RunningTurn | None = None
        self.message: Message | None = None
        self.error: ErrorInfo | None = None
        self._dropped = False

    @Property(str, notify=changed)
    def words(self) -> str:
        """The adapters and their strengths; empty for none."""
        return adapter_words(self.adapters)

    @Property(QObject, notify=changed)
    def blocks(self) -> QObject | None:
        """An `AnswerModel`; None before the answer has begun."""
        return self._messages.blocks_of(self.message) if self.message is not None else None

    @Property(bool, notify=changed)
    def running(self) -> bool:
        """Whether the answer is awaited or being written."""
        return self.is_running

    @Property(bool, notify=changed)
    def begun(self) -> bool:
        """Whether it is this answer that the conversation's stage is about."""
        return self.is_running and self.message is not None

    @Property(bool, notify=changed)
    def stopped(self) -> bool:
        """Whether the person stopped it."""
        ended_early = self.message is not None and self.message.status is MessageStatus.INTERRUPTED
        return not self.is_running and self.error is None and (ended_early or self._dropped)

    @Property(bool, notify=changed)
    def keepable(self) -> bool:
        """Whether there is an answer that can be kept."""
        return self.is_ended and self.message is not None and self.message.text != ""

    @Property(float, notify=changed)
    def tokensPerSecond(self) -> float:
        """How fast it was written; 0 while that is not known."""
        timings = self.message.timings if self.message is not None else None
        return timings.decode_tokens_per_s if timings is not None else 0.0

    @Property(str, notify=changed)
    def modelName(self) -> str:
        """Who wrote it; empty before it has begun."""
        return self.message.model if self.message is not None else ""

    @Property(str, notify=changed)
    def errorTitle(self) -> str:
        """What went wrong; empty for nothing."""
        return self._error_words().title

    @Property(str, notify=changed)
    def errorRemedy(self) -> str:
        """What can be done about it."""
        return self._error_words().remedy

    @Property(str, notify=changed)
    def errorKind(self) -> str:
        """Name of its error class; empty for nothing."""
        return self._error_words().kind

    @Property("QVariantMap", notify=changed)  # type: ignore[arg-type]
    def offer(self) -> dict[str, int]:
        """What it offers to do, as `ErrorOffer` says."""
        return error_offer(self.error)._asdict()

    @property
    def is_running(self) -> bool:
        """Whether the answer is awaited or being written."""
        return self.turn is not None

    @property
    def is_ended(self) -> bool:
        """Whether there is an answer, and it does not grow any more."""
        return self.message is not None and self.message.status is not MessageStatus.GENERATING

    def begin(self, adapters: tuple[AdapterUse, ...]) -> None:
        """Show nothing; what comes next is made with these."""
        self.adapters, self.turn, self.message = adapters, None, None
        self.error, self._dropped = None, False
        self.changed.emit()

    def show_message(self, message: Message) -> None:
        """Show an answer that is complete."""
        self.message = message
        self.changed.emit()

    def wait_for(self, turn: RunningTurn) -> None:
        """Show what this turn brings."""
        self.begin(self.adapters)
        self.turn = turn
        self.changed.emit()

    def follow(self, event: TurnEvent) -> None:
        """Something happened in the turn."""
        match event:
            case AnswerBegun() | MessageFinished():
                self.message = event.message
            case TurnFailed():
                self.message, self.error = event.message or self.message, event.error
            case _:
                return
        if not isinstance(event, AnswerBegun):
            self.turn = None
        self.changed.emit()

    def refuse(self, error: ErrorInfo) -> None:
        """The turn could not even be asked for."""
        self.turn, self.error = None, error
        self.changed.emit()

    def drop(self) -> None:
        """The turn was stopped before it began."""
        self.turn, self._dropped = None, True
        self.changed.emit()

    def _error_words(self) -> ErrorWords:
        return error_words(self.error) if self.error is not None else ErrorWords("", "", "")
