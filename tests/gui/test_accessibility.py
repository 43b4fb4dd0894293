"""What a screen reader finds: through AT-SPI on a screen of its own, and by a walk over every page."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtQuick import QQuickItem, QQuickWindow

from assistant.core.errors import ContextOverflow
from assistant.core.window_command import WindowCommand
from assistant.gui.running_window import WindowRequest
from tests.fakes.fake_engine import FakeEngine, Stall
from tests.gui.driven_window import DrivenWindow, descendants, spoken_name
from tests.gui.xvfb import need_programs, virtual_screen

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SYSTEM_PYTHON = "/usr/bin/python3"
CONTROL = Qt.KeyboardModifier.ControlModifier
EVERY_BLOCK = """
<think>Let me see.</think>Words with a [link](https://example.org).

```python
print("a line of code that is so long that it has to be scrolled sideways, however wide the window may be drawn")
```

| a | b |
|---|---|
| 1 | 2 |

$$x^2$$
"""


def need_atspi() -> None:
    """Skip the test where AT-SPI or its bindings are not installed."""
    need_programs("dbus-run-session")
    bindings = "import gi; gi.require_version('Atspi', '2.0')"
    if subprocess.run([SYSTEM_PYTHON, "-c", bindings], capture_output=True, check=False).returncode:
        pytest.skip("needs AT-SPI (Debian packages: at-spi2-core, gir1.2-atspi-2.0, python3-gi)")


def test_a_screen_reader_writes_sends_reads_and_stops(tmp_path: Path) -> None:
    need_atspi()
    with virtual_screen(window_manager=False) as display:
        environment = {
            **os.environ,
            "DISPLAY": display,
            "WAYLAND_DISPLAY": "",
            "QT_QPA_PLATFORM": "xcb",
            "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
            "PYTHONPATH": str(ROOT),
        }
        reader = [SYSTEM_PYTHON, str(HERE / "screen_reader.py")]
        window = [sys.executable, str(HERE / "spoken_window.py"), str(tmp_path)]
        command = ["dbus-run-session", "--", *reader, *window]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])  # AT-SPI's own programs may write above it
    assert found["messages"] == ["You: What is the capital of France?", "Famulus: Paris, of course."]
    assert "\nParis, of course.\n" in found["read"]
    assert found["stopped"] == "Famulus: Once upon"


def check_names(window: QQuickWindow, least: int) -> None:
    """Everything that Tab reaches has a name and a role, and there are at least so many of them."""
    reached = [item for item in descendants(window.contentItem()) if _is_reached_by_tab(item)]
    nameless = []
    for item in reached:
        item.forceActiveFocus(Qt.FocusReason.TabFocusReason)  # words with links are called by the chosen link
        if not spoken_name(item).strip() or not _has_role(item):
            nameless.append(_path(item))
    assert nameless == []
    assert len(reached) >= least


def test_names_of_the_welcome(window: DrivenWindow) -> None:
    window.wait_for_words("Try one of these")
    check_names(window.window, least=10)


def test_names_of_a_conversation(window: DrivenWindow, engine: FakeEngine) -> None:
    engine.will_answer(EVERY_BLOCK)
    window.ask("Show me everything")
    window.wait_for_answer()
    window.wait_for_words("Thought")
    window.click(window.named("Answer again"))
    window.wait_for_words("2/2")
    window.wait_for_answer()
    check_names(window.window, least=15)
    window.click(window.named("Version before"))
    window.wait_for_words("1/2")
    check_names(window.window, least=17)


def test_names_while_an_answer_is_written_and_a_question_waits(window: DrivenWindow, engine: FakeEngine) -> None:
    stall = Stall()
    engine.will_answer("Once", stall)
    window.ask("Tell a story")
    window.wait_until(stall.reached.is_set)
    window.ask("And then?")
    window.wait_for_words("And then?")
    check_names(window.window, least=12)
    stall.go_on()


def test_names_of_an_error_and_of_the_question_editor(window: DrivenWindow, engine: FakeEngine) -> None:
    engine.will_answer(ContextOverflow("It does not fit."))
    window.ask("Too long")
    window.named("Retry")
    check_names(window.window, least=12)
    window.press(Qt.Key.Key_L, CONTROL)
    window.press(Qt.Key.Key_Up)
    window.named("Edit the question")
    check_names(window.window, least=12)


@pytest.mark.parametrize("section", ["Appearance", "Model", "Sampling", "Context", "Quick chat", "Data"])
def test_names_of_the_settings(window: DrivenWindow, section: str) -> None:
    window.press(Qt.Key.Key_Comma, CONTROL)
    window.click(window.named(section))
    window.wait_until(lambda: window.item("settingsPage").property("section") == section.lower().split()[0])
    check_names(window.window, least=11)


def test_names_of_what_lies_over_the_window(window: DrivenWindow) -> None:
    window.press(Qt.Key.Key_F1)
    window.wait_for_words("Keyboard shortcuts")
    check_names(window.window, least=8)
    window.press(Qt.Key.Key_Escape)
    window.wait_until(lambda: "Keyboard shortcuts" not in window.words())
    window.click(window.item("modelPill"))
    window.wait_until(lambda: bool(window.items("pickerFileButton")))
    check_names(window.window, least=8)
    window.press(Qt.Key.Key_Escape)
    window.wait_until(lambda: not window.items("pickerFileButton"))
    window.window.askBeforeOpening("https://example.org")  # type: ignore[attr-defined]
    window.named("Open link")
    check_names(window.window, least=8)


def test_names_of_quick_chat(window: DrivenWindow) -> None:
    window.desktop.take(WindowRequest(WindowCommand.QUICK))
    panel = window.desktop.panel.window
    window.wait_until(lambda: panel.isVisible())
    check_names(panel, least=1)
    window.type("Hello", panel)
    window.press(Qt.Key.Key_Return, window=panel)
    window.wait_until(lambda: not window.app.quickChat.conversation.empty)
    window.wait_until(lambda: not window.app.quickChat.conversation.generating)
    check_names(panel, least=5)


def _is_reached_by_tab(item: QQuickItem) -> bool:
    return item.isVisible() and item.isEnabled() and item.activeFocusOnTab()


def _has_role(item: QQuickItem) -> bool:
    interface = QAccessible.queryAccessibleInterface(item)
    return interface is not None and interface.role() not in (QAccessible.Role.NoRole, QAccessible.Role.Client)


def _path(item: QQuickItem) -> str:
    parent = item.parentItem()
    kind = item.metaObject().className().split("_QML")[0]
    return f"{_path(parent)}/{kind}" if parent is not None else kind
