from __future__ import annotations

import sys
import threading
from typing import ClassVar

import pytest

pytest.importorskip("PySide6.QtCore")

from pytestqt.qtbot import QtBot

from assistant.gui.hotkey.backend import HotkeyBackend, HotkeyState, Registration, StopToken
from assistant.gui.hotkey.hotkey import GlobalHotkey, choose_backend


class FakeBackend(HotkeyBackend):
    """Is on until it is stopped; keeps the order of things in `story`."""

    story: ClassVar[list[str]]
    running: ClassVar[list[FakeBackend]]

    def run(self, stop: StopToken) -> None:
        self.story.append(f"take {self.shortcut}")
        self.running.append(self)
        ended = threading.Event()
        stop.when_set(ended.set)
        self.report(Registration(HotkeyState.ON))
        ended.wait()
        self.story.append(f"free {self.shortcut}")
        self.report(Registration(HotkeyState.CONFLICT))  # too late to count


@pytest.fixture
def backend() -> type[FakeBackend]:
    class Fresh(FakeBackend):
        story: ClassVar[list[str]] = []
        running: ClassVar[list[FakeBackend]] = []

    return Fresh


def test_keys_are_freed_before_others_are_taken(qtbot: QtBot, backend: type[FakeBackend]) -> None:
    hotkey = GlobalHotkey(lambda: backend)
    with qtbot.waitSignal(hotkey.changed, timeout=5000):
        hotkey.register("Ctrl+A")
    hotkey.register("Ctrl+B")
    qtbot.waitUntil(lambda: len(backend.running) == 2)
    hotkey.close()
    assert backend.story == ["take Ctrl+A", "free Ctrl+A", "take Ctrl+B", "free Ctrl+B"]


def test_what_a_former_registration_says_does_not_count(qtbot: QtBot, backend: type[FakeBackend]) -> None:
    hotkey = GlobalHotkey(lambda: backend)
    with qtbot.waitSignal(hotkey.changed, timeout=5000):
        hotkey.register("Ctrl+A")
    hotkey.close()
    with qtbot.assertNotEmitted(hotkey.pressed, wait=20):
        backend.running[0].pressed("late")
    assert hotkey.registration.state == HotkeyState.OFF


def test_presses_arrive_on_the_thread_of_the_window(qtbot: QtBot, backend: type[FakeBackend]) -> None:
    hotkey = GlobalHotkey(lambda: backend)
    threads: list[threading.Thread] = []
    hotkey.pressed.connect(lambda token: threads.append(threading.current_thread()))
    with qtbot.waitSignal(hotkey.changed, timeout=5000):
        hotkey.register("Ctrl+A")
    with qtbot.waitSignal(hotkey.pressed, timeout=5000) as press:
        threading.Thread(target=backend.running[0].pressed, args=("token",)).start()
    assert press.args == ["token"]
    assert threads == [threading.main_thread()]
    hotkey.close()


def test_a_missing_library_is_named(qtbot: QtBot) -> None:
    def missing() -> type[HotkeyBackend]:
        raise ImportError("no Xlib")

    hotkey = GlobalHotkey(missing)
    with qtbot.waitSignal(hotkey.changed, timeout=5000):
        hotkey.register("Ctrl+A")
    assert hotkey.registration.state == HotkeyState.UNAVAILABLE
    hotkey.close()


@pytest.mark.skipif(sys.platform != "linux", reason="needs the libraries of Linux")
@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"DISPLAY": ":0"}, "X11Hotkey"),
        ({"DISPLAY": ":0", "XDG_SESSION_TYPE": "x11"}, "X11Hotkey"),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, "PortalHotkey"),
        ({"DISPLAY": ":0", "XDG_SESSION_TYPE": "wayland"}, "PortalHotkey"),
        ({}, "PortalHotkey"),
    ],
)
def test_the_backend_follows_the_session(environment: dict[str, str], name: str) -> None:
    assert choose_backend("linux", environment).__name__ == name


@pytest.mark.parametrize(("platform", "name"), [("win32", "WindowsHotkey"), ("darwin", "MacHotkey")])
def test_the_backend_follows_the_system(platform: str, name: str) -> None:
    assert choose_backend(platform, {}).__name__ == name
