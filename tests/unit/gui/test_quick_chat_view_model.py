from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QObject, Signal

from assistant.core.errors import ShortcutTaken
from assistant.gui.app_view_model import AppViewModel
from assistant.gui.hotkey.backend import HotkeyState, Registration
from assistant.gui.quick_chat_view_model import FRESH_AFTER_S, QuickChatViewModel
from tests.fakes.fake_engine import FakeEngine, Stall
from tests.unit.gui.rows import rows

Wait = Callable[[Callable[[], object]], None]


class Keys(QObject):
    """A shortcut that a test presses."""

    pressed = Signal(str)
    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def register(self, shortcut: str) -> None:
        self.asked.append(shortcut)

    def unregister(self) -> None:
        self.asked.append("")


@pytest.fixture
def seconds() -> list[float]:
    return [0.0]


@pytest.fixture
def quick(app: AppViewModel, seconds: list[float]) -> Iterator[QuickChatViewModel]:
    quick = app.quickChat
    quick._clock = lambda: seconds[0]
    quick._hidden_at = 0.0
    return quick


@pytest.fixture
def told(quick: QuickChatViewModel) -> list[str]:
    told: list[str] = []
    quick.showRequested.connect(lambda: told.append("show"))
    quick.hideRequested.connect(lambda: told.append("hide"))
    return told


def test_toggle_shows_and_hides(quick: QuickChatViewModel, told: list[str]) -> None:
    quick.toggle()
    assert quick.visible
    quick.toggle()
    assert not quick.visible
    assert told == ["show", "hide"]


def test_a_short_pause_continues_and_a_long_one_begins_anew(
    quick: QuickChatViewModel, seconds: list[float], wait: Wait
) -> None:
    quick.show()
    quick.conversation.send("Hi")
    wait(lambda: not quick.conversation.generating)
    quick.hide()
    seconds[0] = FRESH_AFTER_S
    quick.show()
    assert quick.conversation.messages.rowCount() == 2
    quick.hide()
    seconds[0] = 2 * FRESH_AFTER_S + 1
    quick.show()
    assert (quick.conversation.conversationId, quick.conversation.empty) == ("", True)


def test_a_quick_chat_is_in_the_history_and_read(app: AppViewModel, quick: QuickChatViewModel, wait: Wait) -> None:
    quick.show()
    quick.conversation.send("Quick question")
    wait(lambda: not quick.conversation.generating)
    wait(lambda: rows(app.sidebar.conversations, "title", "unread") == [("Quick question", False)])
    assert app.conversation.empty


def test_an_answer_that_ends_behind_the_hidden_panel_is_unread(
    engine: FakeEngine, app: AppViewModel, quick: QuickChatViewModel, wait: Wait
) -> None:
    stall = Stall()
    engine.will_answer("x", stall)
    quick.show()
    quick.conversation.send("Quick question")
    wait(lambda: quick.conversation.stage == "writing")
    quick.hide()
    stall.go_on()
    wait(lambda: rows(app.sidebar.conversations, "unread") == [True])


def test_carry_on_moves_the_running_conversation_to_the_window(
    engine: FakeEngine, app: AppViewModel, quick: QuickChatViewModel, told: list[str], wait: Wait
) -> None:
    stall = Stall()
    engine.will_answer("One ", stall, "two")
    raised: list[bool] = []
    app.raiseRequested.connect(lambda: raised.append(True))
    app.page = "settings"
    quick.show()
    quick.conversation.send("Count")
    quick.carryOn()  # at once: the conversation has no id yet
    assert (quick.visible, told, raised, app.page) == (False, ["show", "hide"], [True], "chat")
    assert (quick.conversation.empty, app.conversation.generating) == (True, True)
    wait(stall.reached.is_set)
    stall.go_on()
    wait(lambda: not app.conversation.generating)
    wait(lambda: rows(app.conversation.messages, "text") == ["Count", "One two"])
    assert quick.conversation.messages.rowCount() == 0


def test_the_pointer_is_on_a_screen(quick: QuickChatViewModel) -> None:
    assert quick.pointerScreen().width() > 0


def test_the_shortcut_follows_the_settings(app: AppViewModel, quick: QuickChatViewModel, wait: Wait) -> None:
    keys = Keys()
    quick.attach_hotkey(keys)  # type: ignore[arg-type]
    assert keys.asked == []
    assert (quick.shortcutState, quick.shortcut) == ("off", "Ctrl+Alt+Space")
    app.settings.quickChatEnabled = True
    wait(lambda: keys.asked == ["Ctrl+Alt+Space"])
    app.settings.shortcut = "Ctrl+Shift+F"
    wait(lambda: keys.asked == ["Ctrl+Alt+Space", "Ctrl+Shift+F"])
    app.settings.theme = "dark"
    app.settings.quickChatEnabled = False
    wait(lambda: keys.asked == ["Ctrl+Alt+Space", "Ctrl+Shift+F", ""])


def test_the_outcome_of_a_registration_is_told(quick: QuickChatViewModel) -> None:
    keys = Keys()
    quick.attach_hotkey(keys)  # type: ignore[arg-type]
    problem = ShortcutTaken("{keys} is taken.", remedy="Choose others.", keys="Ctrl+A")
    keys.changed.emit(Registration(HotkeyState.CONFLICT, problem))
    assert (quick.shortcutState, quick.shortcutProblem) == ("conflict", "Ctrl+A is taken. Choose others.")
    keys.changed.emit(Registration(HotkeyState.ON, keys="Meta+Space"))
    assert (quick.shortcutState, quick.shortcutProblem, quick.shortcut) == ("on", "", "Meta+Space")


def test_the_keys_show_the_panel_with_their_token(quick: QuickChatViewModel, told: list[str]) -> None:
    keys = Keys()
    quick.attach_hotkey(keys)  # type: ignore[arg-type]
    tokens: list[tuple[str, bool]] = []
    quick.activated.connect(lambda token: tokens.append((token, quick.visible)))
    keys.pressed.emit("t-1")
    assert tokens == [("t-1", False)]
    assert told == ["show"]
