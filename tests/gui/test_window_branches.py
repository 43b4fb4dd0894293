"""The window over a scripted engine: editing and answering again make versions, never deletions."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from tests.fakes.fake_engine import FakeEngine, Stall
from tests.gui.driven_window import DrivenWindow

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def answered(window: DrivenWindow, engine: FakeEngine) -> DrivenWindow:
    """The window with one question, “Capital of France?”, and its answer, “Paris.”."""
    engine.will_answer("Paris.")
    window.ask("Capital of France?")
    window.wait_for_answer()
    window.wait_for_words("Paris.")
    return window


def read(window: DrivenWindow) -> str:
    """What stands in the list of messages."""
    return window.words(window.item("messageList"))


def all_texts(window: DrivenWindow) -> list[str]:
    """All messages of the open conversation on the disk, of all branches."""
    messages = window.services.conversations.messages(window.app.conversation.conversationId)
    return [message.text for message in messages]


def rewrite(window: DrivenWindow, text: str) -> None:
    """Replace what stands in the editor that has the keyboard."""
    window.press(Qt.Key.Key_A, CONTROL)
    window.type(text)


def test_an_edited_question_is_a_branch(answered: DrivenWindow, engine: FakeEngine) -> None:
    engine.will_answer("Rome.")
    answered.hover(answered.named("You"))
    answered.click(answered.named("Edit"))
    rewrite(answered, "Capital of Italy?")
    answered.click(answered.named("Save & send"))
    answered.wait_for_words("Rome.")
    answered.wait_for_answer()
    assert "France" not in read(answered)
    assert all_texts(answered) == ["Capital of France?", "Paris.", "Capital of Italy?", "Rome."]
    assert [message.text for message in engine.prompts[-1]] == ["Capital of Italy?"]


def test_up_edits_the_last_question_and_control_enter_sends_it(answered: DrivenWindow, engine: FakeEngine) -> None:
    engine.will_answer("Madrid.")
    answered.item("composerInput").forceActiveFocus()
    answered.press(Qt.Key.Key_Up)
    answered.named("Edit the question")
    rewrite(answered, "Capital of Spain?")
    answered.press(Qt.Key.Key_Return, CONTROL)
    answered.wait_for_words("Madrid.")
    answered.wait_for_answer()
    answered.type("x")
    assert answered.item("composerInput").property("text") == "x"


def test_esc_leaves_the_question_as_it_was(answered: DrivenWindow, engine: FakeEngine) -> None:
    answered.item("composerInput").forceActiveFocus()
    answered.press(Qt.Key.Key_Up)
    answered.named("Edit the question")
    rewrite(answered, "Something else")
    answered.press(Qt.Key.Key_Escape)
    answered.wait_until(lambda: not answered.all_named("Edit the question"))
    assert "Capital of France?" in read(answered)
    assert all_texts(answered) == ["Capital of France?", "Paris."]


def test_up_moves_the_cursor_where_something_is_typed(answered: DrivenWindow) -> None:
    answered.item("composerInput").forceActiveFocus()
    answered.type("half a thought")
    answered.press(Qt.Key.Key_Up)
    assert not answered.all_named("Edit the question")


def test_answering_again_is_a_branch_and_the_switch_shows_both(answered: DrivenWindow, engine: FakeEngine) -> None:
    engine.will_answer("It is Paris.")
    answered.click(answered.named("Answer again"))
    answered.wait_for_words("It is Paris.")
    answered.wait_for_answer()
    answered.wait_for_words("2/2")
    answered.click(answered.named("Version before"))
    answered.wait_for_words("1/2")
    assert "It is Paris." not in read(answered)
    assert "Paris." in read(answered)
    answered.click(answered.named("Next version"))
    answered.wait_for_words("It is Paris.")
    assert not answered.named("Next version").isEnabled()
    assert all_texts(answered) == ["Capital of France?", "Paris.", "It is Paris."]


def test_a_version_is_shown_with_what_followed_it(answered: DrivenWindow, engine: FakeEngine) -> None:
    engine.will_answer("The Seine.")
    answered.ask("Its river?")
    answered.wait_for_words("The Seine.")
    answered.wait_for_answer()
    engine.will_answer("Rome.")
    answered.hover(answered.named("You"))
    answered.click(answered.named("Edit"))
    rewrite(answered, "Capital of Italy?")
    answered.click(answered.named("Save & send"))
    answered.wait_for_words("Rome.")
    answered.wait_for_answer()
    assert "Seine" not in read(answered)
    answered.hover(answered.named("You"))
    answered.click(answered.named("Version before"))
    answered.wait_for_words("The Seine.")
    assert "Rome" not in read(answered)


def test_the_next_question_follows_the_branch_that_is_shown(answered: DrivenWindow, engine: FakeEngine) -> None:
    engine.will_answer("It is Paris.")
    answered.click(answered.named("Answer again"))
    answered.wait_for_words("It is Paris.")
    answered.wait_for_answer()
    answered.click(answered.named("Version before"))
    answered.wait_for_words("1/2")
    answered.ask("Its river?")
    answered.wait_for_words("Fine.")
    answered.wait_for_answer()
    assert [message.text for message in engine.prompts[-1]] == ["Capital of France?", "Paris.", "Its river?"]


def test_nothing_is_edited_while_an_answer_is_written(answered: DrivenWindow, engine: FakeEngine) -> None:
    stall = Stall()
    engine.will_answer("The Seine", stall, ".")
    answered.ask("Its river?")
    answered.wait_for_words("The Seine")
    answered.press(Qt.Key.Key_Up)
    assert not answered.all_named("Edit the question")
    stall.go_on()
    answered.wait_for_answer()
