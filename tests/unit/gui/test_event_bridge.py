from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QThread

from assistant.core.events import AnswerGrew, Event, ModelLoadProgressed, PromptRead
from assistant.gui.event_bridge import EventBridge
from assistant.services.event_bus import EventBus

Wait = Callable[[Callable[[], object]], None]


def grew(text: str, message_id: str = "m1") -> AnswerGrew:
    return AnswerGrew(request_id="r", conversation_id="c", message_id=message_id, text=text, n_tokens=2)


def read(n_done: int) -> PromptRead:
    return PromptRead(request_id="r", conversation_id="c", n_done=n_done, n_total=9, n_cached=0)


def listen(bus: EventBus) -> tuple[EventBridge, list[Event]]:
    bridge = EventBridge(bus)
    happened: list[Event] = []
    bridge.happened.connect(happened.append)
    return bridge, happened


def test_neighbouring_pieces_of_an_answer_come_as_one_and_in_order(qapp: object, wait: Wait) -> None:
    bus = EventBus()
    _bridge, happened = listen(bus)
    for event in (read(1), grew("a"), grew("b"), grew("x", "m2"), read(2), grew("c"), grew("d"), grew("e")):
        bus.publish(event)
    assert happened == []
    wait(lambda: happened)
    assert [event.text if isinstance(event, AnswerGrew) else event.n_done for event in happened] == [
        1,
        "ab",
        "x",
        2,
        "cde",
    ]
    assert [event.n_tokens for event in happened if isinstance(event, AnswerGrew)] == [4, 2, 6]


def test_events_of_other_threads_arrive_on_this_one(qapp: object, wait: Wait) -> None:
    bus = EventBus()
    bridge, happened = listen(bus)
    here = QThread.currentThread()
    threads = []
    bridge.happened.connect(lambda _: threads.append(QThread.currentThread()))

    def publish(model: str) -> None:
        for number in range(200):
            bus.publish(ModelLoadProgressed(model=model, fraction=number / 200))

    publishers = [threading.Thread(target=publish, args=(model,)) for model in "ab"]
    for publisher in publishers:
        publisher.start()
    wait(lambda: len(happened) == 400)
    assert set(threads) == {here}
    for model in "ab":
        fractions = [
            event.fraction for event in happened if isinstance(event, ModelLoadProgressed) and event.model == model
        ]
        assert fractions == sorted(fractions)


def test_after_close_nothing_happens(qapp: object, wait: Wait) -> None:
    bus = EventBus()
    closed, dropped = listen(bus)
    _open, happened = listen(bus)
    bus.publish(read(1))
    closed.close()
    bus.publish(read(2))
    wait(lambda: len(happened) == 2)
    assert dropped == []
