"""The window over a scripted engine: asking, stopping, waiting questions, and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from assistant.core.conversation import MessageStatus
from assistant.core.errors import ContextOverflow
from assistant.services.services import Services
from tests.fakes.fake_engine import Death, FakeEngine, Stall
from tests.fakes.fake_services import fake_services
from tests.gui.driven_window import DrivenWindow

SHIFT = Qt.KeyboardModifier.ShiftModifier


def stored(window: DrivenWindow) -> list[str]:
    """The open branch as it is on the disk."""
    branch = window.services.conversations.branch(window.app.conversation.conversationId)
    return [message.text for message in branch]


def composer_text(window: DrivenWindow) -> str:
    return str(window.item("composerInput").property("text"))


@pytest.fixture
def stall(window: DrivenWindow, engine: FakeEngine) -> Stall:
    """The window while an answer is at “Once upon”, and would go on with “ a time”."""
    stall = Stall()
    engine.will_answer("Once", " upon", stall, " a time.")
    window.ask("Tell a story")
    window.wait_for_words("Once upon")
    return stall


def test_a_question_is_answered(window: DrivenWindow, engine: FakeEngine) -> None:
    engine.will_answer("Paris", ", of course.")
    window.ask("What is the capital of France?")
    window.wait_for_answer()
    assert stored(window) == ["What is the capital of France?", "Paris, of course."]
    assert "Paris, of course." in window.words(window.item("messageList"))
    assert composer_text(window) == ""
    assert not window.items("welcome")


def test_send_is_a_click_too_and_gives_the_keyboard_back(window: DrivenWindow) -> None:
    assert not window.item("sendButton").isEnabled()
    window.type("Hello")
    window.click(window.item("sendButton"))
    window.wait_for_words("Fine.")
    window.type("x")
    assert composer_text(window) == "x"


def test_an_example_of_the_first_run_is_asked_with_a_click(window: DrivenWindow) -> None:
    window.wait_for_words("Try one of these")
    window.click(window.named("Write a short poem about rain."))
    window.wait_for_answer()
    assert stored(window) == ["Write a short poem about rain.", "Fine."]


def test_an_answer_can_be_read_while_it_is_written(window: DrivenWindow, stall: Stall) -> None:
    assert "a time" not in window.words()
    stall.go_on()
    window.wait_for_words("Once upon a time.")


@pytest.mark.parametrize("way", ["click", "Esc"])
def test_stopping_keeps_what_is_written(window: DrivenWindow, stall: Stall, way: str) -> None:
    if way == "click":
        window.click(window.item("stopButton"))
    else:
        window.press(Qt.Key.Key_Escape)
    window.wait_for_words("Stopped")
    messages = window.item("messageList")
    assert "Once upon" in window.words(messages)
    assert "a time" not in window.words(messages)
    assert not window.all_named("Retry")  # it is what the person wanted, not an error
    assert not window.items("stopButton")
    answer = window.services.conversations.branch(window.app.conversation.conversationId)[-1]
    assert (answer.text, answer.status) == ("Once upon", MessageStatus.INTERRUPTED)


def test_shift_enter_breaks_the_line(window: DrivenWindow) -> None:
    window.type("one")
    window.press(Qt.Key.Key_Return, SHIFT)
    window.type("two")
    assert composer_text(window) == "one\ntwo"
    window.press(Qt.Key.Key_Return)
    window.wait_for_answer()
    assert stored(window)[0] == "one\ntwo"


def test_a_question_typed_meanwhile_waits_and_is_asked_next(window: DrivenWindow, stall: Stall) -> None:
    window.ask("And then?")
    window.wait_for_words("And then?")
    assert "And then?" not in window.words(window.item("messageList"))
    stall.go_on()
    window.wait_until(lambda: stored(window)[-2:] == ["And then?", "Fine."])
    assert stored(window)[1] == "Once upon a time."


def test_a_waiting_question_is_edited_in_the_composer(window: DrivenWindow, stall: Stall) -> None:
    window.ask("And thn?")
    window.wait_for_words("And thn?")
    window.click(window.all_named("Edit")[-1])
    assert composer_text(window) == "And thn?"
    for _ in range(2):
        window.press(Qt.Key.Key_Backspace)
    window.type("en?")
    window.press(Qt.Key.Key_Return)
    stall.go_on()
    window.wait_until(lambda: stored(window)[-2:] == ["And then?", "Fine."])


def test_a_waiting_question_is_removed(window: DrivenWindow, stall: Stall, engine: FakeEngine) -> None:
    window.ask("And then?")
    window.wait_for_words("And then?")
    window.click(window.named("Remove"))
    window.wait_until(lambda: "And then?" not in window.words())
    stall.go_on()
    window.wait_for_answer()
    assert len(engine.prompts) == 1


def test_ten_waiting_questions_are_asked_in_their_order(window: DrivenWindow, stall: Stall) -> None:
    questions = [f"Question {number}" for number in range(10)]
    for question in questions:
        window.ask(question)
    window.wait_until(lambda: len(window.all_named("Remove")) == 10)
    assert window.item("messageList").height() > 100  # the queue leaves room for what is being answered
    stall.go_on()
    window.wait_until(lambda: stored(window)[-1:] == ["Fine."] and not window.app.conversation.generating)
    assert stored(window)[2::2] == questions


def test_an_error_sits_on_its_message_and_retry_answers(window: DrivenWindow, engine: FakeEngine) -> None:
    engine.will_answer(ContextOverflow("{n} tokens do not fit.", n=5, remedy="Start a new chat."))
    window.ask("Too long")
    window.wait_for_words("5 tokens do not fit.")
    assert "Start a new chat." in window.words(window.item("messageList"))
    window.click(window.named("Retry"))
    window.wait_for_words("Fine.")
    window.wait_for_answer()
    assert "do not fit" not in window.words()
    assert stored(window) == ["Too long", "Fine."]


def test_a_dead_engine_costs_one_answer_and_keeps_its_beginning(window: DrivenWindow, engine: FakeEngine) -> None:
    engine.will_answer("The sea", " was", Death())
    window.ask("Write about the sea")
    retry = window.named("Retry")
    assert "The sea was" in window.words(window.item("messageList"))
    assert "The model's process stopped unexpectedly." in window.words()
    window.click(retry)
    window.wait_for_words("Fine.")
    assert "1/2" not in window.words()
    assert "2/2" in window.words()


def test_an_error_survives_a_restart(
    open_window: Callable[[Services], DrivenWindow], engine: FakeEngine, tmp_path: Path
) -> None:
    first = open_window(fake_services(tmp_path, engine))
    engine.will_answer("The sea", Death())
    first.ask("Write about the sea")
    first.wait_until(lambda: bool(first.all_named("Retry")))
    first.close()
    second = open_window(fake_services(tmp_path, FakeEngine()))
    second.wait_until(lambda: second.app.sidebar.conversations.rowCount() == 1)
    second.click(second.named("Write about the sea"))
    second.wait_for_words("The model's process stopped unexpectedly.")
    second.click(second.named("Retry"))
    second.wait_for_words("Fine.")


def test_each_conversation_keeps_its_draft(window: DrivenWindow) -> None:
    window.ask("First")
    window.wait_for_answer()
    first = window.app.conversation.conversationId
    window.type("half a thou")
    window.press(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert composer_text(window) == ""
    window.type("other")
    window.app.openConversation(first)
    assert composer_text(window) == "half a thou"
    window.press(Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert composer_text(window) == "other"


def test_copy_takes_the_markdown_of_the_answer(window: DrivenWindow, engine: FakeEngine) -> None:
    engine.will_answer("Some **bold** words.")
    window.ask("Write")
    window.wait_for_answer()
    window.wait_for_words("Some bold words.")
    window.click(window.all_named("Copy")[-1])
    assert QGuiApplication.clipboard().text() == "Some **bold** words."
