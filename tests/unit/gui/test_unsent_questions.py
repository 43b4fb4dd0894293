from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.core.errors import DatabaseFailed
from assistant.gui.app_view_model import AppViewModel
from assistant.gui.conversation_view_model import ConversationViewModel
from assistant.services.services import Services
from assistant.storage.conversations import ConversationStore
from tests.fakes.fake_engine import FakeEngine, Stall
from tests.unit.gui.rows import texts

Wait = Callable[[Callable[[], object]], None]


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on no question can be stored."""

    def refuse(*_: object) -> None:
        raise DatabaseFailed("The disk is full.")

    return lambda: monkeypatch.setattr(ConversationStore, "add_question", refuse)


def test_all_questions_that_fail_come_back_below_what_is_typed(
    engine: FakeEngine, conversation: ConversationViewModel, full_disk: Callable[[], None], wait: Wait
) -> None:
    stall = Stall()
    engine.will_answer(stall, "one")
    conversation.send("A")
    wait(lambda: texts(conversation)[:1] == ["A"] and stall.reached.is_set())
    for text in ("B", "C", "D"):
        conversation.send(text)
    conversation.draft = "typing\n"
    full_disk()
    stall.go_on()
    wait(lambda: not conversation.generating)
    assert conversation.draft == "typing\n\nB\n\nC\n\nD"
    assert conversation.problem == "The disk is full."


def test_a_question_that_fails_out_of_sight_is_a_draft_of_its_conversation(
    app: AppViewModel,
    conversation: ConversationViewModel,
    ask: Callable[[str], None],
    full_disk: Callable[[], None],
    wait: Wait,
) -> None:
    ask("Hi")
    first = conversation.conversationId
    wait(lambda: app.sidebar.reachable(first))
    full_disk()
    conversation.send("lost?")
    app.newChat()
    wait(lambda: app.notice.text)
    assert app.notice.text == "A question was not sent and is a draft again. The disk is full."
    assert (conversation.draft, conversation.problem) == ("", "")
    app.openConversation(first)
    assert conversation.draft == "lost?"


def test_the_first_question_of_a_conversation_that_never_began_is_a_new_chat_s_draft(
    app: AppViewModel,
    conversation: ConversationViewModel,
    ask: Callable[[str], None],
    full_disk: Callable[[], None],
    wait: Wait,
) -> None:
    ask("Hi")
    first = conversation.conversationId
    app.newChat()
    full_disk()
    conversation.send("lost?")
    app.openConversation(first)
    wait(lambda: app.notice.text)
    assert conversation.draft == ""
    app.newChat()
    assert conversation.draft == "lost?"


def test_what_the_panel_asked_comes_back_in_the_panel_alone(
    app: AppViewModel, conversation: ConversationViewModel, services: Services, wait: Wait
) -> None:
    services.paths.settings.write_text("[sampling]\ntemperature = 'hot'\n")
    quick = app.quickChat.conversation
    quick.send("Hi")
    wait(lambda: quick.problem)
    assert (quick.draft, conversation.draft, app.notice.text) == ("Hi", "", "")


def test_an_answer_that_cannot_be_tried_again_types_nothing(
    app: AppViewModel, conversation: ConversationViewModel, services: Services, ask: Callable[[str], None], wait: Wait
) -> None:
    ask("Hi")
    services.paths.settings.write_text("[sampling]\ntemperature = 'hot'\n")
    conversation.regenerate(conversation.lastQuestionId())
    wait(lambda: conversation.problem)
    assert conversation.draft == ""
