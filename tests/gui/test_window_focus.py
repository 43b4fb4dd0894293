from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtGui")
pytest.importorskip("Xlib")

from assistant.gui.window_focus import accept_activation
from tests.gui.xvfb import virtual_screen

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

Program = subprocess.Popen[str]


class Screen:
    """A screen on which programs of this folder are started."""

    def __init__(self, display: str) -> None:
        self.programs: list[Program] = []
        self._environment = {
            **os.environ,
            "DISPLAY": display,
            "WAYLAND_DISPLAY": "",
            "XDG_SESSION_TYPE": "x11",
            "QT_QPA_PLATFORM": "xcb",
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }

    def start(self, script: str) -> Program:
        command = [sys.executable, str(HERE / script)]
        self.programs.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=self._environment))
        return self.programs[-1]

    def press(self, keys: str) -> None:
        subprocess.run(["xdotool", "key", keys], env=self._environment, check=True)


@pytest.fixture(params=[False, True], ids=["bare", "openbox"])
def screen(request: pytest.FixtureRequest) -> Iterator[Screen]:
    with virtual_screen(window_manager=request.param) as display:
        screen = Screen(display)
        yield screen
        for process in screen.programs:
            process.kill()
            process.communicate()


def line(process: Program, *ignored: str) -> str:
    """The next line of a program's output that is none of `ignored`."""
    assert process.stdout
    while (text := process.stdout.readline().strip()) in ignored:
        pass
    return text


@pytest.mark.timeout(60)
def test_the_panel_takes_the_keyboard_and_esc_gives_it_back(screen: Screen) -> None:
    editor = screen.start("typed_text.py")
    assert line(editor) == "+"
    panel = screen.start("summoned_panel.py")
    assert line(panel) == "on"
    for _ in range(2):
        screen.press("ctrl+alt+space")
        assert line(panel) == "shown"
        screen.press("k")
        assert line(panel) == "k"
        screen.press("Escape")
        assert line(panel) == "hidden"
        screen.press("z")
        assert line(editor, "+", "-") == "z"
        time.sleep(0.2)  # Qt waits 50 ms before it believes that a window lost the keyboard


@pytest.mark.timeout(60)
def test_the_panel_works_where_no_window_had_the_keyboard(screen: Screen) -> None:
    panel = screen.start("summoned_panel.py")
    assert line(panel) == "on"
    for _ in range(2):
        screen.press("ctrl+alt+space")
        assert line(panel) == "shown"
        screen.press("Escape")
        assert line(panel) == "hidden"
        time.sleep(0.2)


def test_an_activation_token_is_handed_to_qt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_ACTIVATION_TOKEN", raising=False)
    accept_activation("")
    assert "XDG_ACTIVATION_TOKEN" not in os.environ
    monkeypatch.setenv("XDG_ACTIVATION_TOKEN", "old")
    accept_activation("new")
    assert os.environ["XDG_ACTIVATION_TOKEN"] == "new"
