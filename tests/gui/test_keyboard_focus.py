"""The window over a scripted engine: where the keyboard is after what took its place away, by real key events."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt, QUrl
from PySide6.QtQuick import QQuickItem

from assistant.core.errors import ContextOverflow
from assistant.core.window_command import WindowCommand
from assistant.gui.running_window import WindowRequest
from tests.fakes.fake_engine import FakeEngine, Stall
from tests.gui.driven_window import DrivenWindow, spoken_name


def focused(window: DrivenWindow) -> str:
    item = window.window.activeFocusItem()
    return spoken_name(item) if item is not None else ""


def walk_to(window: DrivenWindow, name: str) -> None:
    """Press Tab until the keyboard is at this control, once it is there."""
    window.wait_until(lambda: any(spoken_name(each) == name for each in window.everything() if each.isVisible()))
    for _ in range(60):
        if focused(window) == name:
            return
        window.press(Qt.Key.Key_Tab)
    raise AssertionError(f"Tab does not lead to {name}")


def composer_text(window: DrivenWindow) -> str:
    return str(window.item("composerInput").property("text"))


def is_in_sight(window: DrivenWindow, item: QQuickItem) -> bool:
    messages = window.item("messageList")
    y = item.mapToItem(messages, QPointF(0, 0)).y()
    return bool(y >= 0 and y + item.height() <= messages.height())


@pytest.fixture
def answered(window: DrivenWindow, engine: FakeEngine) -> DrivenWindow:
    """The window with one question that was answered three times; the last answer is shown."""
    window.ask("Capital of France?")
    window.wait_for_words("Fine.")
    window.wait_for_answer()
    for number in (2, 3):
        engine.will_answer(f"Answer {number}.")
        window.app.conversation.regenerate(window.app.conversation.lastQuestionId())
        window.wait_for_words(f"Answer {number}.")
        window.wait_for_answer()
    window.wait_for_words("3/3")
    return window


def test_after_answer_again_the_composer_has_the_keyboard(answered: DrivenWindow) -> None:
    walk_to(answered, "Answer again")
    answered.press(Qt.Key.Key_Return)
    assert focused(answered) == "Message"
    answered.wait_for_words("4/4")
    answered.wait_for_answer()
    answered.type("x")
    assert composer_text(answered) == "x"


def test_after_retry_the_composer_has_the_keyboard(window: DrivenWindow, engine: FakeEngine) -> None:
    engine.will_answer(ContextOverflow("It does not fit."))
    window.ask("Too long")
    window.wait_for_words("It does not fit.")
    window.wait_for_answer()
    walk_to(window, "Retry")
    window.press(Qt.Key.Key_Space)
    window.wait_for_words("Fine.")
    assert focused(window) == "Message"
    window.type("x")
    assert composer_text(window) == "x"


def test_an_arrow_keeps_the_keyboard_and_can_be_pressed_again(answered: DrivenWindow) -> None:
    walk_to(answered, "Version before")
    answered.press(Qt.Key.Key_Return)
    answered.wait_for_words("2/3")
    assert focused(answered) == "Version before"
    answered.press(Qt.Key.Key_Return)
    answered.wait_for_words("1/3")
    assert focused(answered) == "Next version"  # the first one: only the way back is left
    answered.press(Qt.Key.Key_Return)
    answered.wait_for_words("2/3")
    assert focused(answered) == "Next version"


def test_an_arrow_of_a_question_stays_in_sight_with_the_keyboard(answered: DrivenWindow, engine: FakeEngine) -> None:
    conversation = answered.app.conversation
    question = conversation.lastQuestionId()
    engine.will_answer("\n\n".join("A long answer." for _ in range(60)))
    conversation.edit(question, "Capital of Italy?")
    answered.wait_for_words("A long answer.")
    answered.wait_for_answer()
    answered.go_to_top()
    walk_to(answered, "You: Capital of Italy?")
    walk_to(answered, "Version before")
    answered.press(Qt.Key.Key_Return)
    answered.wait_for_words("Capital of France?")
    assert focused(answered) == "Next version"
    answered.press(Qt.Key.Key_Return)
    answered.wait_for_words("Capital of Italy?")
    answered.wait_until(lambda: focused(answered) == "Version before")
    assert is_in_sight(answered, answered.window.activeFocusItem())


def test_a_click_on_an_arrow_leaves_the_keyboard_in_the_composer(answered: DrivenWindow) -> None:
    answered.click(answered.named("Version before"))
    answered.wait_for_words("2/3")
    assert focused(answered) == "Message"


def test_after_the_jump_to_the_end_the_composer_has_the_keyboard(window: DrivenWindow, engine: FakeEngine) -> None:
    engine.will_answer("\n\n".join(f"Paragraph {number}." for number in range(60)))
    window.ask("Write")
    window.wait_for_answer()
    window.wait_for_words("Paragraph 59.")
    window.go_to_top()
    window.wait_until(lambda: bool(window.items("jumpToLatest")))
    walk_to(window, "Jump to latest")
    window.press(Qt.Key.Key_Return)
    assert focused(window) == "Message"
    assert window.item("messageList").property("atYEnd")


@pytest.mark.parametrize("name", ["Close", "Undo"])
def test_after_a_notice_the_composer_has_the_keyboard(answered: DrivenWindow, name: str) -> None:
    answered.app.sidebar.remove(answered.app.conversation.conversationId)
    walk_to(answered, name)
    answered.press(Qt.Key.Key_Return)
    assert answered.app.notice.text == ""
    assert focused(answered) == "Message"


def test_a_notice_goes_only_once_the_keyboard_has_left_it(answered: DrivenWindow) -> None:
    answered.app.droppedFiles([QUrl.fromLocalFile("/letter.pdf")])
    walk_to(answered, "Close")
    time_left = answered.app.notice._timer
    assert (bool(answered.app.notice.text), time_left.isActive()) == (True, False)
    time_left.setInterval(1)
    answered.item("composerInput").forceActiveFocus()
    answered.wait_until(lambda: answered.app.notice.text == "")


def test_a_problem_that_is_dismissed_gives_the_keyboard_to_the_composer(window: DrivenWindow) -> None:
    window.app.openConversation("0" * 32)
    window.wait_for_words("There is no conversation")
    walk_to(window, "Dismiss")
    window.press(Qt.Key.Key_Return)
    assert focused(window) == "Message"


def test_stop_in_quick_chat_leaves_the_keyboard_in_its_field(window: DrivenWindow, engine: FakeEngine) -> None:
    stall = Stall()
    engine.will_answer("Half", stall)
    window.desktop.take(WindowRequest(WindowCommand.QUICK))
    panel = window.desktop.panel.window
    window.wait_until(panel.isVisible)
    window.type("How much?", panel)
    window.press(Qt.Key.Key_Return, window=panel)
    window.wait_until(stall.reached.is_set)
    for _ in range(20):
        if spoken_name(panel.activeFocusItem()) == "Stop":
            break
        window.press(Qt.Key.Key_Tab, window=panel)
    window.press(Qt.Key.Key_Return, window=panel)
    window.wait_until(lambda: not window.app.quickChat.conversation.generating)
    assert spoken_name(panel.activeFocusItem()) == "Message"


@pytest.mark.parametrize("shown", [True, False])
def test_the_end_of_a_quick_answer_is_told_where_it_is_seen(window: DrivenWindow, shown: bool) -> None:
    quick = window.app.quickChat
    in_panel: list[str] = []
    in_window: list[str] = []
    quick.announced.connect(in_panel.append)
    window.app.announced.connect(in_window.append)
    window.desktop.take(WindowRequest(WindowCommand.QUICK))
    window.wait_until(window.desktop.panel.window.isVisible)
    quick.conversation.send("How much?")
    if not shown:
        quick.hide()
    window.wait_until(lambda: bool(in_panel + in_window))
    assert (in_panel, in_window) == ((["The answer is complete."], []) if shown else ([], ["The answer is complete."]))
