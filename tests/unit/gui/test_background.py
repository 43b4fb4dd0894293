from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from assistant.core.errors import DatabaseFailed, FamulusError
from assistant.gui.background import Background

Wait = Callable[[Callable[[], object]], None]


@pytest.fixture
def background(qapp: object) -> Iterator[Background]:
    background = Background("test")
    yield background
    background.close()


def test_results_come_back_in_order_on_this_thread(background: Background, wait: Wait) -> None:
    results: list[tuple[int, bool, bool]] = []
    here = threading.current_thread()

    def done_for(number: int) -> Callable[[threading.Thread], None]:
        return lambda worked: results.append((number, worked is here, threading.current_thread() is here))

    for number in range(5):
        background.run(threading.current_thread, done_for(number))
    wait(lambda: len(results) == 5)
    assert results == [(number, False, True) for number in range(5)]


def test_an_error_is_handed_over(background: Background, wait: Wait) -> None:
    def work() -> None:
        raise DatabaseFailed("The disk is full.")

    errors: list[FamulusError] = []
    background.run(work, lambda _: pytest.fail("it failed"), errors.append)
    wait(lambda: errors)
    assert str(errors[0]) == "The disk is full."


def test_an_unexpected_error_becomes_a_plain_one(background: Background, wait: Wait) -> None:
    errors: list[FamulusError] = []
    background.run(lambda: 1 / 0, None, errors.append)
    wait(lambda: errors)
    assert str(errors[0]) == "Something unexpected went wrong."
    assert "ZeroDivisionError" in errors[0].info.cause


def test_an_error_that_nobody_wants_does_not_stop_the_rest(background: Background, wait: Wait) -> None:
    results: list[int] = []
    background.run(lambda: 1 / 0)
    background.run(lambda: 7, results.append)
    wait(lambda: results == [7])


def test_close_finishes_the_work_and_drops_what_follows(qapp: object, wait: Wait) -> None:
    background, other = Background("closed"), Background("open")
    begun, go_on = threading.Event(), threading.Event()
    worked: list[int] = []

    def work() -> None:
        begun.set()
        go_on.wait()
        worked.append(1)

    background.run(work, lambda _: pytest.fail("it is closed"))
    background.run(lambda: worked.append(2))
    begun.wait()
    go_on.set()
    background.close()
    background.run(lambda: worked.append(3))
    assert worked == [1, 2]
    seen: list[int] = []
    other.run(lambda: 1, seen.append)
    wait(lambda: seen)
    other.close()


def test_work_that_nobody_waits_for_is_dropped_at_the_close(qapp: object) -> None:
    background = Background("dropping")
    begun, go_on = threading.Event(), threading.Event()
    worked: list[int] = []

    def work() -> None:
        begun.set()
        go_on.wait()
        worked.append(1)

    background.run(work)
    background.run(lambda: worked.append(2))
    begun.wait()
    threading.Timer(0.05, go_on.set).start()
    background.close(drop=True)
    assert worked == [1]
