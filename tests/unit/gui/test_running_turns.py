from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from assistant.core.conversation import Message, MessageStatus, Role
from assistant.core.draft import Draft
from assistant.core.errors import DatabaseFailed, ErrorInfo, FamulusError
from assistant.core.events import (
    AnswerBegun,
    AnswerGrew,
    MediaRead,
    MessageFinished,
    ModelLoadProgressed,
    ModelReady,
    PromptRead,
    QuestionStored,
    TurnEvent,
    TurnFailed,
)
from assistant.core.media import MediaKind
from assistant.gui.background import Background
from assistant.gui.event_bridge import EventBridge
from assistant.gui.running_turn import Place, RunningTurn
from assistant.gui.running_turns import RunningTurns
from assistant.services.event_bus import EventBus

Wait = Callable[[Callable[[], object]], None]


class Chat:
    """A chat service that only remembers what it was asked to stop; `waiting` turns are dropped."""

    def __init__(self) -> None:
        self.stopped: list[str] = []
        self.waiting: set[str] = set()

    def stop(self, request_id: str) -> bool:
        self.stopped.append(request_id)
        return request_id in self.waiting


def message(message_id: str, role: Role) -> Message:
    return Message(
        id=message_id,
        conversation_id="c",
        parent_id=None,
        role=role,
        text="",
        status=MessageStatus.GENERATING,
        created_at=0.0,
    )


ANSWER = message("a", Role.ASSISTANT)


def begun(request_id: str = "r1") -> tuple[TurnEvent, TurnEvent]:
    ids = {"request_id": request_id, "conversation_id": "c"}
    return QuestionStored(**ids, message=message("q", Role.USER)), AnswerBegun(**ids, message=ANSWER)


def grew(text: str) -> AnswerGrew:
    return AnswerGrew(request_id="r1", conversation_id="c", message_id="a", text=text, n_tokens=1)


def finished() -> MessageFinished:
    return MessageFinished(request_id="r1", conversation_id="c", message=ANSWER)


@pytest.fixture
def bus() -> EventBus:
    return EventBus()


@pytest.fixture
def chat() -> Chat:
    return Chat()


@pytest.fixture
def turns(qapp: object, bus: EventBus, chat: Chat) -> Iterator[RunningTurns]:
    background, bridge = Background("test"), EventBridge(bus)
    yield RunningTurns(chat, background, bridge)  # type: ignore[arg-type]
    bridge.close()
    background.close()


@pytest.fixture
def place() -> Place:
    return Place("c")


def happened(turns: RunningTurns) -> list[TurnEvent]:
    events: list[TurnEvent] = []
    turns.happened.connect(lambda _turn, event: events.append(event))
    return events


def test_events_that_overtake_their_request_are_heard_in_order(
    turns: RunningTurns, bus: EventBus, place: Place, wait: Wait
) -> None:
    events = happened(turns)
    sent = [*begun(), grew("x"), finished()]

    def start() -> str:
        for event in sent:
            bus.publish(event)
        return "r1"

    turns.ask(place, Draft(text="Hi"), start, is_typed=True)
    wait(lambda: len(events) == 4)
    assert events == sent
    assert turns.turns == []


def looked(n_done: int) -> MediaRead:
    return MediaRead(request_id="r1", conversation_id="c", n_done=n_done, n_total=2)


def test_the_stages_of_a_turn(turns: RunningTurns, bus: EventBus, place: Place, wait: Wait) -> None:
    turns.ask(place, Draft(text="Hi"), lambda: "r1", is_typed=True)
    assert (turns.stage(place), turns.progress(place)) == ("reading", 0.0)
    wait(lambda: turns.turns[0].request_id)
    seen: list[tuple[str, float]] = []
    turns.changed.connect(lambda: seen.append((turns.stage(place).value, turns.progress(place))))
    read = PromptRead(request_id="r1", conversation_id="c", n_done=3, n_total=4, n_cached=0)
    for event in (
        *begun(),
        ModelLoadProgressed(model="m", fraction=0.5),
        ModelReady(model="m", n_ctx=512, load_s=1.0, media=frozenset({MediaKind.IMAGE})),
        looked(0),
        looked(1),
        looked(2),
        read,
        grew("x"),
        finished(),
    ):
        bus.publish(event)
    wait(lambda: not turns.turns)
    assert seen == [
        ("reading", 0.0),
        ("reading", 0.0),
        ("loading", 0.5),
        ("reading", 0.0),
        ("looking", 0.0),
        ("looking", 0.5),
        ("reading", 0.0),
        ("reading", 0.75),
        ("writing", 0.0),
        ("", 0.0),
    ]
    assert (turns.n_ctx, turns.media) == (512, frozenset({MediaKind.IMAGE}))


def test_what_the_model_takes_in_is_unknown_while_another_one_loads(
    turns: RunningTurns, bus: EventBus, wait: Wait
) -> None:
    known: list[frozenset[MediaKind] | None] = []
    turns.media_changed.connect(lambda: known.append(turns.media))
    bus.publish(ModelReady(model="text", n_ctx=512, load_s=1.0))
    bus.publish(ModelLoadProgressed(model="eyes", fraction=0.5))
    bus.publish(ModelReady(model="eyes", n_ctx=512, load_s=1.0, media=frozenset({MediaKind.IMAGE})))
    wait(lambda: len(known) == 3)
    assert known == [frozenset(), None, frozenset({MediaKind.IMAGE})]


def test_only_another_conversation_makes_one_wait(turns: RunningTurns, place: Place) -> None:
    other = Place()
    turns.ask(place, Draft(text="A"), lambda: "r1", is_typed=True)
    turns.ask(place, Draft(text="B"), lambda: "r2", is_typed=True)
    turns.ask(other, Draft(text="C"), lambda: "r3", is_typed=True)
    assert (turns.stage(place), turns.stage(other), turns.stage(Place())) == ("reading", "waiting", "")
    assert [turn.text for turn in turns.waiting(Place("c"))] == ["B"]
    assert [turn.text for turn in turns.waiting(other)] == ["C"]
    assert turns.of(Place()) == []


def test_the_text_so_far(turns: RunningTurns, bus: EventBus, place: Place, wait: Wait) -> None:
    turns.ask(place, Draft(text="Hi"), lambda: "r1", is_typed=True)
    wait(lambda: turns.turns[0].request_id)
    assert turns.live_text("a") is None
    for event in (*begun(), grew("one "), grew("two")):
        bus.publish(event)
    wait(lambda: turns.live_text("a") == "one two")
    bus.publish(finished())
    wait(lambda: not turns.turns)
    assert turns.live_text("a") is None


def test_a_request_that_fails_is_refused(turns: RunningTurns, place: Place, wait: Wait) -> None:
    refused: list[tuple[RunningTurn, ErrorInfo]] = []
    turns.refused.connect(lambda turn, error: refused.append((turn, error)))

    def start() -> str:
        raise DatabaseFailed("The disk is full.")

    turns.ask(place, Draft(text="Hi"), start, is_typed=True)
    wait(lambda: refused)
    assert (refused[0][0].text, refused[0][1].text) == ("Hi", "The disk is full.")
    assert turns.turns == []


def test_a_turn_that_is_stopped_before_its_request_arrives(
    turns: RunningTurns, chat: Chat, place: Place, wait: Wait
) -> None:
    dropped: list[RunningTurn] = []
    turns.dropped.connect(dropped.append)
    chat.waiting = {"r1"}
    turns.ask(place, Draft(text="Hi"), lambda: "r1", is_typed=True)
    assert not turns.stop(turns.turns[0])
    wait(lambda: dropped)
    assert (chat.stopped, turns.turns) == (["r1"], [])


def test_a_running_turn_ends_by_its_event(
    turns: RunningTurns, bus: EventBus, chat: Chat, place: Place, wait: Wait
) -> None:
    turns.ask(place, Draft(text="Hi"), lambda: "r1", is_typed=True)
    wait(lambda: turns.turns[0].request_id)
    turns.stop_all()
    assert (chat.stopped, len(turns.turns)) == (["r1"], 1)
    error = FamulusError("Stopped.").info
    bus.publish(TurnFailed(request_id="r1", conversation_id="c", error=error))
    wait(lambda: not turns.turns)
