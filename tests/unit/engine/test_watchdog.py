"""The engine's one deadline."""

from __future__ import annotations

import threading
import time

from assistant.engine.watchdog import Watchdog


def test_it_calls_when_time_is_up_and_only_once() -> None:
    watchdog, called = Watchdog(), threading.Semaphore(0)
    watchdog.watch(called.release, 0.01)
    assert called.acquire(timeout=5)
    assert not called.acquire(timeout=0.05)


def test_who_is_done_in_time_is_left_alone_and_may_come_again() -> None:
    watchdog, calls = Watchdog(), []
    for number in range(20):
        watchdog.watch(lambda number=number: calls.append(number), 30)
        watchdog.rest()
    over = threading.Event()
    watchdog.watch(over.set, 0.01)
    assert over.wait(5)
    assert calls == []


def test_a_new_deadline_takes_the_place_of_the_old_one() -> None:
    watchdog, calls, over = Watchdog(), [], threading.Event()
    watchdog.watch(lambda: calls.append("old"), 0.05)
    watchdog.watch(over.set, 0.1)
    assert over.wait(5)
    time.sleep(0.05)
    assert calls == []
