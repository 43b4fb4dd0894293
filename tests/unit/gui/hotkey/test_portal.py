from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("jeepney")
if sys.platform != "linux":
    pytest.skip("the portal is a Linux thing", allow_module_level=True)

from assistant.gui.hotkey.backend import HotkeyState, Registration, StopToken
from assistant.gui.hotkey.portal import PortalHotkey, trigger
from assistant.gui.hotkey.shortcut import parse_shortcut
from tests.fakes.fake_portal import FakePortal, private_bus

LIMIT_S = 10.0


class Running:
    """A backend on its thread; its reports and presses in queues."""

    def __init__(self) -> None:
        self.reports: queue.Queue[Registration] = queue.Queue()
        self.presses: queue.Queue[str] = queue.Queue()
        self.stop = StopToken()
        backend = PortalHotkey(parse_shortcut("Ctrl+Alt+Space"), self.reports.put, self.presses.put)
        self.thread = threading.Thread(target=backend.run, args=(self.stop,), daemon=True)
        self.thread.start()

    def states(self, n: int) -> list[HotkeyState]:
        return [self.reports.get(timeout=LIMIT_S).state for _ in range(n)]

    def end(self) -> None:
        self.stop.set()
        self.thread.join(LIMIT_S)
        assert not self.thread.is_alive()


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with private_bus() as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield address


@pytest.fixture
def portal(bus: str) -> Iterator[Callable[..., FakePortal]]:
    started: list[FakePortal] = []

    def start(**traits: Any) -> FakePortal:
        fake = FakePortal(bus, **traits)
        fake.start()
        started.append(fake)
        return fake

    yield start
    for fake in started:
        fake.die()


@pytest.fixture
def run() -> Iterator[Callable[[], Running]]:
    running: list[Running] = []

    def start() -> Running:
        running.append(Running())
        return running[-1]

    yield start
    for one in running:
        one.end()


def test_the_person_is_asked_and_a_press_arrives_with_its_token(
    portal: Callable[..., FakePortal], run: Callable[[], Running]
) -> None:
    desktop = portal()
    hotkey = run()

    assert hotkey.states(1) == [HotkeyState.WAITING]
    assert hotkey.reports.get(timeout=LIMIT_S) == Registration(HotkeyState.ON, keys="Press Ctrl+Alt+Space")
    desktop.activate()
    assert hotkey.presses.get(timeout=LIMIT_S) == "token-1"

    assert [name for name, _ in desktop.calls] == ["Register", "CreateSession", "BindShortcuts"]
    assert desktop.calls[0][1][0] == "io.github.famulus.Famulus"
    ((shortcut, wanted),) = desktop.calls[2][1][1]
    assert shortcut == "quick-chat"
    assert wanted["preferred_trigger"] == ("s", "CTRL+ALT+space")


def test_other_shortcuts_and_sessions_are_not_ours(
    portal: Callable[..., FakePortal], run: Callable[[], Running]
) -> None:
    desktop = portal(version=1)
    hotkey = run()
    hotkey.states(2)
    desktop.activate(shortcut="other")
    desktop.activate(session="/org/freedesktop/portal/desktop/session/1_1/other")
    desktop.activate()
    assert hotkey.presses.get(timeout=LIMIT_S) == ""
    assert hotkey.presses.empty()


def test_a_portal_without_registry_works(portal: Callable[..., FakePortal], run: Callable[[], Running]) -> None:
    portal(has_registry=False)
    assert run().states(2) == [HotkeyState.WAITING, HotkeyState.ON]


@pytest.mark.parametrize(
    ("traits", "words"),
    [
        ({"answer": 1}, "The shortcut was not allowed."),
        ({"answer": 2}, "The desktop refused the shortcut."),
        ({"bound": []}, "The shortcut was not allowed."),
    ],
)
def test_a_refusal_is_said(
    portal: Callable[..., FakePortal], run: Callable[[], Running], traits: dict[str, Any], words: str
) -> None:
    portal(**traits)
    hotkey = run()
    assert hotkey.states(1) == [HotkeyState.WAITING]
    problem = hotkey.reports.get(timeout=LIMIT_S).problem
    assert problem
    assert problem.info.text == words
    assert "famulus --quick" in problem.info.remedy_text


@pytest.mark.parametrize("traits", [{"has_shortcuts": False}, {"has_shortcuts": False, "has_registry": False}])
def test_a_desktop_without_shortcuts_is_named(
    portal: Callable[..., FakePortal], run: Callable[[], Running], traits: dict[str, Any]
) -> None:
    portal(**traits)
    assert run().states(1) == [HotkeyState.UNAVAILABLE]


def test_a_portal_that_comes_later_is_used(
    portal: Callable[..., FakePortal], bus: str, run: Callable[[], Running]
) -> None:
    hotkey = run()
    assert hotkey.states(1) == [HotkeyState.UNAVAILABLE]
    portal()
    assert hotkey.states(2) == [HotkeyState.WAITING, HotkeyState.ON]


@pytest.mark.parametrize("address", [None, "", "nonsense", "unix:path=/nowhere/bus", "tcp:host=localhost,port=1"])
def test_no_bus_is_named(address: str | None, run: Callable[[], Running], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    if address is not None:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    assert run().states(1) == [HotkeyState.UNAVAILABLE]


def test_a_portal_that_dies_and_comes_back_serves_again(
    portal: Callable[..., FakePortal], bus: str, run: Callable[[], Running]
) -> None:
    first = FakePortal(bus)
    first.start()
    hotkey = run()
    hotkey.states(2)
    first.die()
    assert hotkey.states(1) == [HotkeyState.UNAVAILABLE]
    second = portal()
    assert hotkey.states(2) == [HotkeyState.WAITING, HotkeyState.ON]
    second.activate()
    assert hotkey.presses.get(timeout=LIMIT_S) == "token-1"


def test_a_portal_that_dies_while_it_asks_is_waited_for(
    portal: Callable[..., FakePortal], bus: str, run: Callable[[], Running]
) -> None:
    first = FakePortal(bus, answer=None)
    first.start()
    hotkey = run()
    assert hotkey.states(1) == [HotkeyState.WAITING]
    first.die()
    assert hotkey.states(1) == [HotkeyState.UNAVAILABLE]
    portal()
    assert hotkey.states(2) == [HotkeyState.WAITING, HotkeyState.ON]


def test_a_session_that_the_desktop_closes_is_said(
    portal: Callable[..., FakePortal], run: Callable[[], Running]
) -> None:
    desktop = portal()
    hotkey = run()
    hotkey.states(2)
    desktop.close_session()
    problem = hotkey.reports.get(timeout=LIMIT_S).problem
    assert problem
    assert problem.info.text == "The desktop took the shortcut away."


def test_stopping_while_the_person_thinks_is_quiet(
    portal: Callable[..., FakePortal], run: Callable[[], Running]
) -> None:
    portal(answer=None)
    hotkey = run()
    assert hotkey.states(1) == [HotkeyState.WAITING]
    hotkey.end()
    assert hotkey.reports.empty()


@pytest.mark.parametrize(
    ("shortcut", "text"),
    [("Ctrl+Alt+Space", "CTRL+ALT+space"), ("Meta+Shift+A", "SHIFT+LOGO+a"), ("Ctrl++", "CTRL+plus"), ("F9", "F9")],
)
def test_trigger_is_written_as_the_specification_says(shortcut: str, text: str) -> None:
    assert trigger(parse_shortcut(shortcut)) == text
