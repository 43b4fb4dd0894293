from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtCore")
pytest.importorskip("Xlib")

from pytestqt.qtbot import QtBot
from Xlib.display import Display

from assistant.gui.hotkey.backend import HotkeyState, Registration
from assistant.gui.hotkey.hotkey import GlobalHotkey
from tests.gui.xvfb import virtual_screen

KEYS = "Ctrl+Alt+Space"
HOLDER = Path(__file__).with_name("key_holder.py")
LIMIT_MS = 5000


@pytest.fixture(scope="module", params=[False, True], ids=["bare", "openbox"])
def shared_screen(request: pytest.FixtureRequest) -> Iterator[str]:
    with virtual_screen(window_manager=request.param) as display:
        yield display


@pytest.fixture
def screen(shared_screen: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DISPLAY", shared_screen)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("XDG_SESSION_TYPE", raising=False)
    return shared_screen


class Presses:
    """A hotkey, and how often it was pressed."""

    def __init__(self, qtbot: QtBot) -> None:
        self.hotkey = GlobalHotkey()
        self.count = 0
        self._qtbot = qtbot
        self.hotkey.pressed.connect(self._on_pressed)

    def register(self, shortcut: str = KEYS) -> Registration:
        """Register and wait for what comes of it."""
        self.hotkey.unregister()
        with self._qtbot.waitSignal(self.hotkey.changed, timeout=LIMIT_MS):
            self.hotkey.register(shortcut)
        return self.hotkey.registration

    def expect(self, *keys: str) -> None:
        """Type the keys; exactly one press must come."""
        self.count = 0
        xdotool(*keys)
        self._qtbot.waitUntil(lambda: self.count > 0, timeout=LIMIT_MS)
        self._settle()
        assert self.count == 1

    def expect_none(self, *keys: str) -> None:
        """Type the keys; no press may come."""
        self.count = 0
        xdotool(*keys)
        self._settle()
        assert self.count == 0

    def _settle(self) -> None:
        """Wait until the server has handled all keys and the hotkey's thread what it was sent."""
        self._qtbot.wait(60)

    def _on_pressed(self, token: str) -> None:
        self.count += 1


@pytest.fixture
def presses(qtbot: QtBot, screen: str) -> Iterator[Presses]:
    presses = Presses(qtbot)
    yield presses
    presses.hotkey.close()


@pytest.fixture
def hold_keys(screen: str) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def hold() -> subprocess.Popen[str]:
        process = subprocess.Popen([sys.executable, str(HOLDER)], stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in started:
        process.kill()
        process.communicate()


def xdotool(*arguments: str) -> None:
    subprocess.run(["xdotool", *arguments], check=True, capture_output=True)


def test_the_keys_are_heard_and_freed(presses: Presses) -> None:
    assert presses.register() == Registration(HotkeyState.ON)
    presses.expect("key", "ctrl+alt+space")
    presses.expect_none("key", "ctrl+space", "key", "space")
    presses.hotkey.close()
    assert presses.hotkey.registration.state == HotkeyState.OFF
    presses.expect_none("key", "ctrl+alt+space")


@pytest.mark.parametrize("lock", ["Caps_Lock", "Num_Lock", "Scroll_Lock"])
def test_locked_keys_do_not_matter(presses: Presses, lock: str) -> None:
    presses.register()
    xdotool("key", lock)
    try:
        presses.expect("key", "ctrl+alt+space")
    finally:
        xdotool("key", lock)


def test_held_keys_press_once(presses: Presses) -> None:
    presses.register()
    xdotool("keydown", "ctrl+alt+space")
    try:
        presses._qtbot.wait(1000)  # the server starts to repeat after 660 ms
        assert presses.count == 1
    finally:
        xdotool("keyup", "ctrl+alt+space")


def test_another_program_with_the_same_keys_is_a_conflict(
    presses: Presses, hold_keys: Callable[[], subprocess.Popen[str]]
) -> None:
    holder = hold_keys()
    registration = presses.register()
    assert registration.state == HotkeyState.CONFLICT
    assert registration.problem
    assert registration.problem.info.text == "Another program holds Ctrl+Alt+Space already."
    assert registration.problem.info.remedy

    holder.kill()
    holder.wait()
    assert presses.register().state == HotkeyState.ON


def test_a_refused_shortcut_leaves_nothing_behind(
    presses: Presses, hold_keys: Callable[[], subprocess.Popen[str]]
) -> None:
    hold_keys()
    presses.register()
    # Only the keys without a lock are taken. A registration that failed must not keep those with one.
    xdotool("key", "Caps_Lock")
    try:
        presses.expect_none("key", "ctrl+alt+space")
    finally:
        xdotool("key", "Caps_Lock")


def test_registering_again_takes_the_new_keys(presses: Presses) -> None:
    presses.register()
    assert presses.register("Ctrl+Shift+F8").state == HotkeyState.ON
    presses.expect("key", "ctrl+shift+F8")
    presses.expect_none("key", "ctrl+alt+space")


def test_the_same_keys_again_are_no_conflict_with_ourselves(presses: Presses) -> None:
    presses.register()
    assert presses.register() == Registration(HotkeyState.ON)
    presses.expect("key", "ctrl+alt+space")


def test_a_changed_keyboard_map_is_followed(presses: Presses, screen: str, qtbot: QtBot) -> None:
    presses.register("Ctrl+Alt+Q")
    display = Display(screen)
    keys = {name: display.keysym_to_keycode(ord(name)) for name in "qz"}
    rows = {name: display.get_keyboard_mapping(code, 1) for name, code in keys.items()}

    def write_map(q: str, z: str) -> None:
        display.change_keyboard_mapping(keys["q"], rows[q])
        display.change_keyboard_mapping(keys["z"], rows[z])
        display.sync()
        qtbot.wait(100)

    write_map(q="z", z="q")
    try:
        presses.expect("keydown", "ctrl", "keydown", "alt", "key", str(keys["z"]), "keyup", "alt", "keyup", "ctrl")
        presses.expect_none("keydown", "ctrl", "keydown", "alt", "key", str(keys["q"]), "keyup", "alt", "keyup", "ctrl")
    finally:
        write_map(q="q", z="z")
        display.close()


def test_a_character_above_another_key_needs_shift(presses: Presses) -> None:
    assert presses.register("Ctrl+!").state == HotkeyState.ON
    presses.expect("key", "ctrl+shift+1")
    presses.expect_none("key", "ctrl+1")


def test_a_key_that_the_keyboard_lacks_is_named(presses: Presses) -> None:
    registration = presses.register("Ctrl+F24")
    if registration.state == HotkeyState.ON:
        pytest.skip("this keyboard map has F24")
    assert registration.problem
    assert registration.problem.info.text == "The keyboard has no key for Ctrl+F24."


def test_what_is_no_shortcut_is_named(presses: Presses) -> None:
    registration = presses.register("Ctrl+Banana")
    assert registration.state == HotkeyState.UNAVAILABLE
    assert registration.problem
    assert registration.problem.info.text == "Ctrl+Banana is not a shortcut."


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # python-xlib leaves sockets open
def test_a_server_that_is_not_there_is_named(presses: Presses, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":4999")
    registration = presses.register()
    assert registration.state == HotkeyState.UNAVAILABLE
    assert registration.problem
    assert "famulus --quick" in registration.problem.info.remedy


def test_a_server_that_ends_is_said(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("XDG_SESSION_TYPE", raising=False)
    hotkey = GlobalHotkey()
    with virtual_screen(window_manager=False) as display:
        monkeypatch.setenv("DISPLAY", display)
        with qtbot.waitSignal(hotkey.changed, timeout=LIMIT_MS):
            hotkey.register(KEYS)
        assert hotkey.registration.state == HotkeyState.ON
        ended = qtbot.waitSignal(hotkey.changed, timeout=LIMIT_MS)
    ended.wait()
    assert hotkey.registration.state == HotkeyState.UNAVAILABLE
    hotkey.close()
