"""The window over a scripted engine: many conversations, their names, their search and their end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtQuick import QQuickItem

from assistant.core.conversation import FinishReason, MessageStatus
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine, Stall
from tests.fakes.fake_services import fake_services
from tests.gui.driven_window import DrivenWindow, spoken_name

CONTROL = Qt.KeyboardModifier.ControlModifier


def listed(window: DrivenWindow) -> list[str]:
    """What a screen reader says of the conversations in the sidebar."""
    return [spoken_name(row) for row in window.items("conversationRow")]


def list_item(window: DrivenWindow, name: str) -> QQuickItem:
    """The row of a conversation in the sidebar."""
    return next(row for row in window.items("conversationRow") if spoken_name(row) == name)


def walk_to(window: DrivenWindow, name: str) -> None:
    """Go to a conversation of the sidebar by the keyboard alone."""
    window.press(Qt.Key.Key_K, CONTROL)
    window.press(Qt.Key.Key_Down)
    for key in [Qt.Key.Key_Up] * len(listed(window)) + [Qt.Key.Key_Down] * len(listed(window)):
        if spoken_name(window.window.activeFocusItem()) == name:
            return
        window.press(key)
    raise AssertionError(f"the arrow keys do not lead to {name}")


def tell(services: Services, question: str, *answers: str) -> str:
    """Store a conversation in which every answer is followed by “Go on”; returns its id."""
    store = services.conversations
    conversation_id, parent = store.create("").result().id, None
    for answer in answers:
        asked = store.add_question(conversation_id, parent, question).result()
        begun = store.answers.begin(conversation_id, asked.id, "tiny").result()
        end = {"status": MessageStatus.COMPLETE, "finish_reason": FinishReason.STOP}
        store.answers.finish(begun.id, text=answer, **end).result()  # type: ignore[arg-type]
        parent, question = begun.id, "Go on"
    return conversation_id


@pytest.fixture
def told(open_window: Callable[[Services], DrivenWindow], engine: FakeEngine, tmp_path: Path) -> DrivenWindow:
    """The window with three conversations: “Rivers” with 40 answers, “Lakes”, and, the newest, “Seas”."""
    services = fake_services(tmp_path, engine)
    paragraphs = "\n\n".join("The river went on and on." for _ in range(4))
    answers = [f"Chapter {number}. {paragraphs}" for number in range(40)]
    answers[3] += " A heron stood there."
    tell(services, "Rivers", *answers)
    tell(services, "Lakes", "They are deep.")
    tell(services, "Seas", "They are wide.")
    window = open_window(services)
    window.wait_until(lambda: listed(window) == ["Seas", "Lakes", "Rivers"])
    return window


def test_conversations_are_opened_by_click_and_by_keyboard(told: DrivenWindow) -> None:
    told.click(list_item(told, "Lakes"))
    told.wait_for_words("They are deep.")
    told.press(Qt.Key.Key_K, CONTROL)
    told.press(Qt.Key.Key_Down)
    told.press(Qt.Key.Key_Up)
    told.press(Qt.Key.Key_Return)
    told.wait_for_words("They are wide.")


def test_a_long_conversation_opens_at_its_end(told: DrivenWindow) -> None:
    told.click(list_item(told, "Rivers"))
    told.wait_for_words("Chapter 39.")
    assert "Chapter 0." not in told.words()
    messages = told.item("messageList")
    told.wait_until(lambda: bool(messages.property("atYEnd")))


def test_a_conversation_is_renamed_in_its_place(told: DrivenWindow) -> None:
    told.click(list_item(told, "Lakes"))
    walk_to(told, "Lakes")
    told.press(Qt.Key.Key_F2)
    told.type("Ponds")
    told.press(Qt.Key.Key_Return)
    told.wait_until(lambda: listed(told) == ["Seas", "Ponds", "Rivers"])
    assert told.window.title() == "Ponds - Famulus"
    told.ask("How deep?")
    told.wait_for_answer()
    told.wait_until(lambda: listed(told) == ["Ponds", "Seas", "Rivers"])  # the name a person gave stays


def test_esc_leaves_the_name_as_it_was(told: DrivenWindow) -> None:
    walk_to(told, "Lakes")
    told.press(Qt.Key.Key_F2)
    told.type("Ponds")
    told.press(Qt.Key.Key_Escape)
    told.press(Qt.Key.Key_Escape)
    assert listed(told) == ["Seas", "Lakes", "Rivers"]
    assert [each.title for each in told.services.conversations.list()] == ["Seas", "Lakes", "Rivers"]


def test_the_name_above_the_messages_renames_too(told: DrivenWindow) -> None:
    told.click(list_item(told, "Seas"))
    told.wait_for_words("They are wide.")
    title = next(item for item in told.all_named("Seas") if not item.inherits("QQuickItemDelegate"))
    told.click(title)
    told.type("Oceans")
    told.press(Qt.Key.Key_Return)
    told.wait_until(lambda: listed(told)[0] == "Oceans")


def test_a_deleted_conversation_can_be_brought_back(told: DrivenWindow) -> None:
    told.click(list_item(told, "Lakes"))
    told.wait_for_words("They are deep.")
    walk_to(told, "Lakes")
    told.press(Qt.Key.Key_Delete)
    told.wait_until(lambda: listed(told) == ["Seas", "Rivers"])
    assert "They are deep." not in told.words()
    told.wait_for_words("Conversation deleted.")
    told.click(told.named("Undo"))
    told.wait_until(lambda: listed(told) == ["Seas", "Lakes", "Rivers"])
    told.wait_for_words("They are deep.")
    assert len(told.services.conversations.list()) == 3


def test_what_is_deleted_is_gone_once_the_window_is_closed(
    told: DrivenWindow, open_window: Callable[[Services], DrivenWindow], tmp_path: Path
) -> None:
    walk_to(told, "Lakes")
    told.press(Qt.Key.Key_Delete)
    told.wait_for_words("Conversation deleted.")
    told.close()
    again = open_window(fake_services(tmp_path, FakeEngine()))
    again.wait_until(lambda: listed(again) == ["Seas", "Rivers"])
    assert len(again.services.conversations.list()) == 2


def test_search_finds_words_inside_messages_and_opens_there(told: DrivenWindow) -> None:
    told.press(Qt.Key.Key_K, CONTROL)
    told.type("heron")
    told.wait_for_words("A heron stood there.")
    told.press(Qt.Key.Key_Return)
    messages = told.item("messageList")
    told.wait_until(lambda: "Chapter 3." in told.words(messages))
    row = next(row for row in messages.childItems()[0].childItems() if "Chapter 3." in told.words(row))
    told.wait_until(lambda: 0 <= row.mapToItem(messages, 0, 0).y() < messages.height() / 2)
    assert "Chapter 39." not in told.words(messages)


def test_search_says_when_there_is_nothing_and_esc_ends_it(told: DrivenWindow) -> None:
    told.press(Qt.Key.Key_K, CONTROL)
    told.type("submarine")
    told.wait_for_words("Nothing found for “submarine”.")
    told.press(Qt.Key.Key_Escape)
    told.wait_until(lambda: listed(told) == ["Seas", "Lakes", "Rivers"])


def test_an_answer_goes_on_while_another_conversation_is_read(told: DrivenWindow, engine: FakeEngine) -> None:
    stall = Stall()
    engine.will_answer("They are", stall, " salty.")
    told.click(list_item(told, "Seas"))
    told.ask("And?")
    told.wait_for_words("They are")
    told.wait_until(stall.reached.is_set)
    told.click(list_item(told, "Lakes"))
    told.wait_for_words("They are deep.")
    told.wait_until(lambda: listed(told)[0] == "Seas, answering")
    assert told.items("sendButton")
    assert not told.items("stopButton")  # this conversation is quiet
    stall.go_on()
    told.wait_until(lambda: listed(told)[0] == "Seas, unread")
    told.click(list_item(told, "Seas, unread"))
    told.wait_for_words("They are salty.")
    told.wait_until(lambda: listed(told)[0] == "Seas")


def test_coming_back_to_an_answer_under_way_shows_it_and_follows(told: DrivenWindow, engine: FakeEngine) -> None:
    stall = Stall()
    engine.will_answer("They are", " very", stall, " salty.")
    told.click(list_item(told, "Seas"))
    told.ask("And?")
    told.wait_for_words("They are very")
    told.click(list_item(told, "Lakes"))
    told.wait_for_words("They are deep.")
    told.click(list_item(told, "Seas, answering"))
    told.wait_for_words("They are very")
    assert told.items("stopButton")
    stall.go_on()
    told.wait_for_words("They are very salty.")


@pytest.mark.parametrize("wait", [False, True], ids=["at once", "later"])
def test_a_question_elsewhere_waits_and_can_be_taken_back(told: DrivenWindow, engine: FakeEngine, wait: bool) -> None:
    stall = Stall()
    engine.will_answer("They are", stall, " salty.")
    told.click(list_item(told, "Seas"))
    told.ask("And?")
    told.wait_until(stall.reached.is_set)
    told.click(list_item(told, "Lakes"))
    told.wait_for_words("They are deep.")
    told.ask("How deep?")
    if wait:
        told.wait_for_words("Waiting for the other answer…")
    told.press(Qt.Key.Key_Escape)
    told.wait_until(lambda: told.item("composerInput").property("text") == "How deep?")
    stall.go_on()
    told.wait_until(lambda: "Seas, unread" in listed(told))
    assert len(engine.prompts) == 1
