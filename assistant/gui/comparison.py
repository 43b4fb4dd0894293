"""One question answered with adapters and without, side by side.

Process: app with a window. Thread: the GUI's; the settings are read in the background.

Both answers are ordinary versions of the answer: closing the comparison loses nothing and stops nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from PySide6.QtCore import Property, QObject, Signal, Slot

from assistant.core.adapter import AdapterUse
from assistant.core.conversation import Message, MessageStatus
from assistant.core.errors import ErrorInfo
from assistant.core.events import TurnEvent
from assistant.core.overflow import OverflowPolicy
from assistant.gui.comparison_half import ComparisonHalf
from assistant.gui.message_list_model import MessageListModel
from assistant.gui.running_turn import Place, RunningTurn
from assistant.gui.window_context import WindowContext


class ComparedConversation(Protocol):
    """What a comparison asks of the conversation that it belongs to."""

    @property
    def place(self) -> Place:
        """The conversation."""
        ...

    def answers_of(self, question_id: str) -> list[Message]:
        """All versions of an answer, the oldest first."""
        ...

    def show_version(self, message_id: str) -> None:
        """Show the branch of an answer."""
        ...

    def show_overflow(self) -> None:
        """Show what happens when it no longer fits: that was chosen here."""
        ...


class Comparison(QObject):
    """Compares one answer at a time.

    Args:
        context: What the window works with.
        conversation: Where the answers are.
        messages: Has the blocks of the answers.
        parent: Qt's owner.
    """

    changed = Signal()

    ended = Signal()
    """What was compared is of a conversation that is shown no more."""

    def __init__(
        self,
        context: WindowContext,
        conversation: ComparedConversation,
        messages: MessageListModel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._conversation = conversation
        self._question: Message | None = None
        self._chosen_id = ""
        self._halves = (ComparisonHalf(messages, self), ComparisonHalf(messages, self))
        for half in self._halves:
            half.changed.connect(self.changed)
        context.turns.refused.connect(lambda turn, error: self._tell(turn, lambda half: half.refuse(error)))
        context.turns.dropped.connect(lambda turn: self._tell(turn, lambda half: half.drop()))

    @Property(str, notify=changed)
    def question(self) -> str:
        """Its text; empty where nothing is compared."""
        return self._question.text if self._question is not None else ""

    @Property(bool, notify=changed)
    def running(self) -> bool:
        """Whether one of both is still being made."""
        return any(half.is_running for half in self._halves)

    @Property(QObject, constant=True)
    def withAdapters(self) -> ComparisonHalf:
        """The half with adapters."""
        return self._halves[0]

    @Property(QObject, constant=True)
    def without(self) -> ComparisonHalf:
        """The half without."""
        return self._halves[1]

    def begin(self, question: Message, adapters: Sequence[AdapterUse], chosen_id: str) -> None:
        """Compare these adapters with none; versions that are there already are used.

        Args:
            question: What is answered.
            adapters: What one half is made with.
            chosen_id: The version that the person asked from; it goes before others of its kind.
        """
        if self.running and self._question is not None and question.id == self._question.id:
            return  # it is looked at again
        self._question, self._chosen_id = question, chosen_id
        for half, uses in zip(self._halves, (tuple(adapters), ()), strict=True):
            half.begin(uses)
        services = self._context.services
        self._context.background.run(
            lambda: services.library.name_of(services.settings.load().model),
            lambda model: self._fill(question, model),
            lambda error: self._refuse(question, error.info),
        )

    def end(self) -> None:
        """Show nothing any more; what is being made is made."""
        self._question = None
        for half in self._halves:
            half.begin(())
        self.ended.emit()
        self.changed.emit()

    def follow(self, turn: RunningTurn, event: TurnEvent) -> None:
        """Something happened in a turn, and the messages are up to date."""
        self._tell(turn, lambda half: half.follow(event))

    @Slot(QObject)
    def keep(self, half: ComparisonHalf) -> None:
        """Show this version in the conversation."""
        if half.is_ended and half.message is not None:
            self._conversation.show_version(half.message.id)

    @Slot(QObject)
    def retry(self, half: ComparisonHalf) -> None:
        """Make this half once more; the version before stays."""
        if self._question is not None and not half.is_running:
            self._start(self._question, half)

    @Slot(QObject, str)
    def makeRoom(self, half: ComparisonHalf, policy: str) -> None:
        """Remember what happens when the conversation no longer fits, and make this half once more."""
        if self._question is not None and not half.is_running:
            self._start(self._question, half, OverflowPolicy(policy))
            self._conversation.show_overflow()

    @Slot(QObject)
    def loadWithLess(self, half: ComparisonHalf) -> None:
        """Make this half once more, with the model loaded as its error offered."""
        question, starter, place = self._question, self._context.starter, self._conversation.place
        if question is not None and half.error is not None and not half.is_running:
            half.wait_for(starter.answer_with_less(place, question, half.adapters, half.error, is_shown=False))

    @Slot(QObject)
    def stop(self, half: ComparisonHalf) -> None:
        """Stop making this half; what is written stays."""
        if half.turn is not None:
            self._context.turns.stop(half.turn)

    def _fill(self, question: Message, model: str) -> None:
        if question is not self._question:
            return
        for half in self._halves:
            version = self._version(half.adapters, model)
            if version is not None:
                half.show_message(version)
            else:
                self._start(question, half)

    def _version(self, adapters: Sequence[AdapterUse], model: str) -> Message | None:
        """A complete answer by this model that was made with these adapters: the chosen one, or else the newest."""
        wanted = _effective(adapters)
        answers = self._conversation.answers_of(self._question.id) if self._question is not None else []
        fitting = [
            answer
            for answer in answers
            if answer.status is MessageStatus.COMPLETE
            and answer.model == model
            and _effective(answer.adapters) == wanted
        ]
        chosen = [answer for answer in fitting if answer.id == self._chosen_id]
        return next(reversed(fitting + chosen), None)

    def _refuse(self, question: Message, error: ErrorInfo) -> None:
        if question is self._question:
            for half in self._halves:
                half.refuse(error)

    def _start(self, question: Message, half: ComparisonHalf, policy: OverflowPolicy | None = None) -> None:
        starter, place = self._context.starter, self._conversation.place
        half.wait_for(starter.answer(place, question, half.adapters, is_shown=False, policy=policy))

    def _tell(self, turn: RunningTurn, tell: Callable[[ComparisonHalf], None]) -> None:
        for half in self._halves:
            if half.turn is turn:
                tell(half)


def _effective(uses: Sequence[AdapterUse]) -> frozenset[AdapterUse]:
    """Adapters that change anything, in no order."""
    return frozenset(use for use in uses if use.scale)
