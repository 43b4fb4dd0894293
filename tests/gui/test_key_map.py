"""The dialog with the keyboard map says what the window's QML does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

from assistant.core.resource_files import resource_folder
from tests.gui.driven_window import DrivenWindow, descendants

QML = resource_folder() / "qml"
GUI = Path(__file__).resolve().parents[2] / "assistant" / "gui"
CONTROL = Qt.KeyboardModifier.ControlModifier


def in_all_qml(pattern: str) -> set[str]:
    """The first group of every match, in all QML files but the dialog."""
    files = [path for path in QML.rglob("*.qml") if path.name != "ShortcutsDialog.qml"]
    return {found for path in files for found in re.findall(pattern, path.read_text(encoding="utf-8"))}


@pytest.fixture
def listed(window: DrivenWindow) -> list[str]:
    """The keys that the dialog shows, in its order."""
    window.press(Qt.Key.Key_F1)
    window.wait_for_words("Keyboard shortcuts")
    caps = [each for each in descendants(window.window.contentItem()) if each.metaObject().className()[:7] == "KeyCaps"]
    return [str(each.property("keys")) for each in caps]


def test_every_shortcut_of_the_window_is_listed_once_under_everywhere(listed: list[str]) -> None:
    sequences = in_all_qml(r'Shortcut \{\s*sequence: "([^"]+)"')
    assert len(sequences) >= 8
    assert set(listed[: len(sequences)]) == sequences
    assert len(in_all_qml(r"(\bShortcut \{)")) == 1  # and none is written in a way that was not found
    n_shortcuts = sum(path.read_text(encoding="utf-8").count("Shortcut {") for path in QML.rglob("*.qml"))
    assert n_shortcuts == len(sequences)


def test_every_shortcut_that_a_tooltip_names_is_listed(listed: list[str]) -> None:
    named = in_all_qml(r'\bkeys: (?:qsTr\()?"([^"]+)"')
    assert {"Ctrl+N", "Esc", "Enter"} <= named <= set(listed)


def test_all_listed_keys_exist(listed: list[str]) -> None:
    assert [keys for keys in listed if QKeySequence(keys).toString() == ""] == []


def test_no_shortcut_is_made_outside_of_qml() -> None:
    made = [path.name for path in GUI.rglob("*.py") if re.search(r"setShortcut|QShortcut", path.read_text("utf-8"))]
    assert made == []


def test_control_q_quits(window: DrivenWindow) -> None:
    quits: list[bool] = []
    window.app.quitRequested.disconnect()  # the test's own application stays
    window.app.quitRequested.connect(lambda: quits.append(True))
    window.press(Qt.Key.Key_Q, CONTROL)
    assert quits == [True]
