"""The window over a scripted engine: what is typed into a question that is edited is not lost."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from tests.fakes.fake_engine import FakeEngine
from tests.gui.driven_window import DrivenWindow, spoken_name

CONTROL = Qt.KeyboardModifier.ControlModifier
EDITOR = "Edit the question"


def editor_text(window: DrivenWindow) -> str:
    return str(window.named(EDITOR).property("text"))


def focused(window: DrivenWindow) -> str:
    return spoken_name(window.window.activeFocusItem())


@pytest.fixture
def editing(window: DrivenWindow, engine: FakeEngine) -> DrivenWindow:
    """The window while “First” of many long messages is edited; “ and” was typed, the cursor stands before it."""
    engine.will_answer("\n\n".join("A long answer." for _ in range(30)))
    window.ask("First")
    window.wait_for_words("A long answer.")
    window.wait_for_answer()
    window.go_to_top()
    window.hover(window.named("You"))
    window.click(window.named("Edit"))
    window.type(" and")
    for _ in range(4):
        window.press(Qt.Key.Key_Left)
    # The rest comes from elsewhere: the window itself would jump to what is sent from it.
    conversation, store = window.app.conversation, window.services.conversations
    parent = store.get(conversation.conversationId).active_leaf_id
    for number in range(12):
        text = "\n".join(f"Question {number}, line {line}" for line in range(12))
        parent = store.add_question(conversation.conversationId, parent, text).result().id
    conversation.reload()
    window.wait_until(lambda: conversation.messages.rowCount() == 14)
    return window


def scroll_away(window: DrivenWindow) -> None:
    """Go so far that the editor is destroyed."""
    window.click(window.item("jumpToLatest"))
    window.wait_until(lambda: EDITOR not in [spoken_name(item) for item in window.everything()])


def test_scrolling_away_keeps_text_and_cursor(editing: DrivenWindow) -> None:
    assert focused(editing) == EDITOR
    scroll_away(editing)
    assert focused(editing) == "Message"
    editing.go_to_top()
    assert editor_text(editing) == "First and"
    editing.click(editing.named(EDITOR))
    editing.press(Qt.Key.Key_End)
    editing.type(" last")
    editing.press(Qt.Key.Key_Return, CONTROL)
    conversation_id = editing.app.conversation.conversationId
    editing.wait_until(
        lambda: "First and last" in [each.text for each in editing.services.conversations.messages(conversation_id)]
    )


def test_the_cursor_is_where_it_was(editing: DrivenWindow) -> None:
    scroll_away(editing)
    editing.go_to_top()
    assert editing.named(EDITOR).property("cursorPosition") == len("First")


def test_the_editor_that_comes_back_leaves_the_keyboard_with_the_composer(editing: DrivenWindow) -> None:
    scroll_away(editing)

    def comes_back() -> bool:
        editing.press(Qt.Key.Key_PageUp)  # of the composer, which scrolls the messages
        return bool(editing.all_named(EDITOR))

    editing.wait_until(comes_back)
    editing.type("x")
    assert (focused(editing), editor_text(editing)) == ("Message", "First and")


def test_another_conversation_and_back_keeps_the_text(editing: DrivenWindow) -> None:
    conversation_id = editing.app.conversation.conversationId
    editing.press(Qt.Key.Key_N, CONTROL)
    editing.wait_for_words("What is on your mind?")
    editing.app.openConversation(conversation_id)
    editing.wait_until(lambda: editing.app.conversation.messages.rowCount() == 14)
    editing.go_to_top()
    assert editor_text(editing) == "First and"


def test_esc_gives_the_text_up(editing: DrivenWindow) -> None:
    editing.press(Qt.Key.Key_Escape)
    editing.wait_until(lambda: not editing.all_named(EDITOR))
    assert focused(editing) == "Message"
    editing.hover(editing.named("You"))
    editing.click(editing.named("Edit"))
    assert editor_text(editing) == "First"
