"""The turns that were asked for and have not ended, for every window that shows them.

Process: app with a window. Thread: the GUI's.

A conversation keeps generating when another one is opened; what its answer has so far is here, so coming back shows
it at once.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from assistant.core.draft import Draft
from assistant.core.errors import FamulusError
from assistant.core.events import (
    AnswerBegun,
    AnswerGrew,
    Event,
    MediaRead,
    MessageFinished,
    ModelFailed,
    ModelLoadProgressed,
    ModelReady,
    PromptRead,
    QuestionStored,
    SummaryProgressed,
    TurnEvent,
    TurnFailed,
)
from assistant.core.media import MediaKind
from assistant.gui.background import Background
from assistant.gui.event_bridge import EventBridge
from assistant.gui.running_turn import Place, RunningTurn, Stage
from assistant.services.chat import ChatService


class RunningTurns(QObject):
    """Asks for turns, follows their events, and stops them.

    Turns run one after another in the order in which they were asked for, so the first is the one that runs.

    Args:
        chat: Runs the turns.
        background: Where requests are prepared.
        bridge: Where events come from.
        parent: Qt's owner.
    """

    changed = Signal()
    """Turns came, went or moved on; not for every piece of an answer."""

    asked = Signal(object)
    """A new `RunningTurn`."""

    happened = Signal(object, object)
    """A `RunningTurn` and its `TurnEvent`, after the turn was brought up to date."""

    dropped = Signal(object)
    """A `RunningTurn` that was stopped before it began."""

    refused = Signal(object, object)
    """A `RunningTurn` and the `ErrorInfo` why it could not even be asked for."""

    media_changed = Signal()
    """What the model takes in became known, or unknown."""

    def __init__(
        self, chat: ChatService, background: Background, bridge: EventBridge, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._chat = chat
        self._background = background
        self._keys = itertools.count(1)
        self._turns: list[RunningTurn] = []
        self._early: dict[str, list[TurnEvent]] = {}
        self._load_fraction: float | None = None
        self._n_ctx = 0
        self._media: frozenset[MediaKind] | None = None
        bridge.happened.connect(self._take)

    @property
    def turns(self) -> list[RunningTurn]:
        """All turns, the running one first."""
        return list(self._turns)

    @property
    def n_ctx(self) -> int:
        """Context length of the model that was loaded last, tokens; 0 if none was."""
        return self._n_ctx

    @property
    def media(self) -> frozenset[MediaKind] | None:
        """What the chosen model takes in besides text; None while that is not known, which forbids nothing."""
        return self._media

    def know_media(self, media: frozenset[MediaKind]) -> None:
        """The chosen model is the one that is loaded, and it takes in these."""
        self._set_media(media)

    def forget_media(self) -> None:
        """What was known is of a model that is not the chosen one, or not as it will be loaded."""
        self._set_media(None)

    def of(self, place: Place) -> list[RunningTurn]:
        """The turns of one conversation, in order."""
        return [turn for turn in self._turns if turn.place.is_same(place)]

    def waiting(self, place: Place) -> list[RunningTurn]:
        """Those of them that another turn keeps waiting."""
        return [turn for turn in self._turns[1:] if turn.place.is_same(place)]

    def live_text(self, message_id: str) -> str | None:
        """The text so far of an answer under way; None for any other message."""
        answering = (turn for turn in self._turns if turn.answer is not None and turn.answer.id == message_id)
        turn = next(answering, None)
        return None if turn is None else turn.answer_text()

    def stage(self, place: Place) -> Stage:
        """What the conversation is doing."""
        if not self.of(place):
            return Stage.IDLE
        first = self._turns[0]
        if not first.place.is_same(place):
            return Stage.WAITING
        if first.n_written:
            return Stage.WRITING
        if self._load_fraction is not None:
            return Stage.LOADING
        if first.is_summing:
            return Stage.SUMMING
        return Stage.LOOKING if first.is_looking else Stage.READING

    def progress(self, place: Place) -> float:
        """How far the stage has come, from 0 to 1; 0 where that is not known."""
        match self.stage(place):
            case Stage.LOADING:
                return self._load_fraction or 0.0
            case Stage.SUMMING:
                done: SummaryProgressed | MediaRead | PromptRead | None = self._turns[0].summed
            case Stage.LOOKING:
                done = self._turns[0].looked
            case Stage.READING:
                done = self._turns[0].progress
            case _:
                return 0.0
        return done.n_done / done.n_total if done is not None and done.n_total else 0.0

    def ask(
        self, place: Place, question: Draft, start: Callable[[], str], *, is_typed: bool, is_shown: bool = True
    ) -> RunningTurn:
        """Ask for a turn.

        Args:
            place: Its conversation.
            question: Its question, shown while it waits.
            start: Hands it to `ChatService` and returns the request id; runs in the background.
            is_typed: Whether the person typed the question for this turn.
            is_shown: Whether its answer is shown; else it stands beside the one that is.

        Returns:
            The turn.
        """
        turn = RunningTurn(f"t{next(self._keys)}", place, question, is_typed, is_shown)
        self._turns.append(turn)
        self._background.run(
            start, lambda request_id: self._started(turn, request_id), lambda error: self._refuse(turn, error)
        )
        self.asked.emit(turn)
        self.changed.emit()
        return turn

    def stop(self, turn: RunningTurn) -> bool:
        """Stop a turn.

        Returns:
            True if it had not begun and is gone; a running one ends with an event.
        """
        if not turn.request_id:
            turn.stopped = True
            return False
        if not self._chat.stop(turn.request_id):
            return False
        self._drop(turn)
        self.dropped.emit(turn)
        return True

    def stop_all(self) -> None:
        """Stop everything, the waiting turns first so that none of them begins."""
        for turn in reversed(self.turns):
            self.stop(turn)

    def _started(self, turn: RunningTurn, request_id: str) -> None:
        turn.request_id = request_id
        if turn.stopped:
            self.stop(turn)
        # Events may overtake the background's result.
        for event in self._early.pop(request_id, []):
            self._follow(turn, event)
        self.changed.emit()

    def _refuse(self, turn: RunningTurn, error: FamulusError) -> None:
        self._drop(turn)
        self.refused.emit(turn, error.info)

    def _drop(self, turn: RunningTurn) -> None:
        self._turns.remove(turn)
        self.changed.emit()

    def _take(self, event: Event) -> None:
        match event:
            case TurnEvent():
                turn = next((each for each in self._turns if each.request_id == event.request_id), None)
                if turn is None:
                    self._early.setdefault(event.request_id, []).append(event)
                else:
                    self._follow(turn, event)
            case ModelLoadProgressed():
                self._load_fraction = event.fraction
                self._set_media(None)
                self.changed.emit()
            case ModelReady():
                self._load_fraction = None
                self._n_ctx = event.n_ctx
                self._set_media(event.media)
                self.changed.emit()
            case ModelFailed():
                self._load_fraction = None
                self.changed.emit()

    def _set_media(self, media: frozenset[MediaKind] | None) -> None:
        if media != self._media:
            self._media = media
            self.media_changed.emit()

    def _follow(self, turn: RunningTurn, event: TurnEvent) -> None:
        before = turn.n_written
        match event:
            case QuestionStored():
                turn.question = event.message
            case AnswerBegun():
                turn.begin(event.message)
            case SummaryProgressed():
                turn.summed = event
                self._load_fraction = None
            case MediaRead():
                turn.looked = event
                self._load_fraction = None
            case PromptRead():
                turn.progress = event
                self._load_fraction = None
            case AnswerGrew():
                turn.grow(event)
            case MessageFinished() | TurnFailed():
                self._turns.remove(turn)
                self._load_fraction = None
        self.happened.emit(turn, event)
        if not (isinstance(event, AnswerGrew) and before):
            self.changed.emit()
