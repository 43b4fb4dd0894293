"""What the window knows and does when a conversation no longer fits into the context."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.core.errors import DataFolderUnusable, ErrorInfo, GenerationFailed
from assistant.core.overflow import OverflowPolicy, RoomMade
from assistant.gui.app_view_model import AppViewModel
from assistant.gui.conversation_view_model import ConversationViewModel
from assistant.gui.error_offer import ErrorOffer, error_offer
from assistant.gui.room_text import policy_words, room_words
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine, Stall
from tests.unit.gui.rows import blocks_text, ids, rows, statuses, texts

Wait = Callable[[Callable[[], object]], None]
Ask = Callable[[str], None]
WORDS = "word " * 100


@pytest.fixture
def services(services: Services) -> Services:
    services.settings.set("model.n_ctx", "512")
    services.settings.set("sampling.max_tokens", "16")
    return services


@pytest.fixture
def full(conversation: ConversationViewModel, ask: Ask) -> ConversationViewModel:
    """A conversation whose last question did not fit."""
    for _ in range(5):
        ask(WORDS)
    assert rows(conversation.messages, "errorKind")[-1] == "ContextFull"
    return conversation


def test_a_full_context_offers_what_can_be_done(full: ConversationViewModel) -> None:
    title, remedy, can_leave_out, larger, memory = rows(
        full.messages, "errorTitle", "errorRemedy", "canLeaveOut", "largerContext", "moreMemory"
    )[-1]
    assert "fills the context" in title
    assert "--" not in remedy, "the window says it in its own words"
    assert (can_leave_out, larger) == (True, 1024)
    assert memory > 0
    assert full.messages.rowCount() == 10


def test_a_choice_is_remembered_and_the_question_answered(
    full: ConversationViewModel, services: Services, wait: Wait, ask: Ask
) -> None:
    full.makeRoom(ids(full)[-1], "drop")
    wait(lambda: not full.generating)
    assert texts(full)[-1] == "Fine."
    assert "oldest messages no more" in rows(full.messages, "roomText")[-1]
    wait(lambda: full.overflow == "drop")
    assert services.conversations.get(full.conversationId).overflow is OverflowPolicy.DROP
    for _ in range(4):
        ask(WORDS)
    assert "ContextFull" not in rows(full.messages, "errorKind")


def test_the_line_is_there_again_after_a_restart(
    full: ConversationViewModel, app: AppViewModel, services: Services, wait: Wait
) -> None:
    full.makeRoom(ids(full)[-1], "summarise")
    wait(lambda: not full.generating)
    told = rows(full.messages, "roomText", "roomSummary")[-1]
    assert told[1] == "Fine."
    conversation_id = full.conversationId
    app.newChat()
    assert full.overflow == ""
    app.openConversation(conversation_id)
    wait(lambda: not full.loading)
    assert rows(full.messages, "roomText", "roomSummary")[-1] == told
    assert full.overflow == "summarise"


def test_summing_up_is_a_stage_that_can_be_stopped(full: ConversationViewModel, engine: FakeEngine, wait: Wait) -> None:
    stall = Stall()
    engine.will_answer("Tea", stall, "never")
    full.makeRoom(ids(full)[-1], "summarise")
    wait(lambda: stall.reached.is_set() and full.stage == "summing" and full.summedDone > 0)
    assert full.summedDone < full.summedTotal, "it moves before the whole is done"
    full.stop()
    wait(lambda: not full.generating)
    assert rows(full.messages, "status", "roomText")[-1] == ("interrupted", "")


def test_a_summary_that_fails_offers_the_choices_again(
    full: ConversationViewModel, engine: FakeEngine, wait: Wait
) -> None:
    engine.will_answer(GenerationFailed("llama.cpp failed."))
    full.makeRoom(ids(full)[-1], "summarise")
    wait(lambda: not full.generating)
    assert rows(full.messages, "errorKind", "canLeaveOut", "canRetry")[-1] == ("SummaryFailed", True, True)


def test_a_cut_off_answer_goes_on_where_it_stands(
    conversation: ConversationViewModel, services: Services, engine: FakeEngine, ask: Ask, wait: Wait
) -> None:
    services.settings.set("sampling.max_tokens", "2")
    engine.will_answer("Once ", "upon ", "never")
    ask("Tell me.")
    assert rows(conversation.messages, "canContinue", "stopReason")[-1] == (True, "length")
    assert blocks_text(conversation, 1) == "Once upon"
    stall = Stall()
    engine.will_answer("a ", stall, "time.")
    conversation.continueAnswer(ids(conversation)[1])
    wait(lambda: stall.reached.is_set() and texts(conversation)[1] == "Once upon a ")
    assert statuses(conversation)[1] == "generating"
    wait(lambda: blocks_text(conversation, 1) == "Once upon a")
    stall.go_on()
    wait(lambda: not conversation.generating)
    assert texts(conversation) == ["Tell me.", "Once upon a time."]
    wait(lambda: blocks_text(conversation, 1) == "Once upon a time.")
    assert conversation.lastAnswer() == "Once upon a time."


def test_an_answer_that_fills_the_context_goes_on_after_the_choice(
    conversation: ConversationViewModel, services: Services, engine: FakeEngine, ask: Ask, wait: Wait
) -> None:
    for _ in range(3):
        ask(WORDS)
    engine.will_answer(*["more "] * 30)
    ask("word " * 142)
    services.settings.set("sampling.max_tokens", "100")
    conversation.continueAnswer(ids(conversation)[-1])
    wait(lambda: not conversation.generating)
    kind, text = rows(conversation.messages, "errorKind", "text")[-1]
    assert (kind, text) == ("ContextFull", "more " * 16)
    conversation.makeRoom(ids(conversation)[-1], "drop")
    wait(lambda: not conversation.generating)
    kind, text, room = rows(conversation.messages, "errorKind", "text", "roomText")[-1]
    assert (kind, text, bool(room)) == ("", "more " * 16 + "Fine.", True)
    assert conversation.messages.rowCount() == 8, "it is the same message"


def test_only_the_last_answer_can_go_on(
    conversation: ConversationViewModel, engine: FakeEngine, services: Services, ask: Ask
) -> None:
    services.settings.set("sampling.max_tokens", "1")
    ask("One?")
    ask("Two?")
    assert rows(conversation.messages, "canContinue") == [False, False, False, True]


def test_a_question_is_pinned_and_let_go(
    conversation: ConversationViewModel, services: Services, ask: Ask, wait: Wait
) -> None:
    ask("One?")
    question_id = ids(conversation)[0]
    conversation.pin(question_id, True)
    wait(lambda: rows(conversation.messages, "pinned") == [True, False])
    assert services.conversations.message(question_id).pinned
    conversation.pin(question_id, False)
    wait(lambda: rows(conversation.messages, "pinned") == [False, False])


def test_the_policy_of_a_conversation_is_chosen(
    conversation: ConversationViewModel, services: Services, ask: Ask, wait: Wait
) -> None:
    conversation.setOverflow("drop")
    assert conversation.overflow == "", "there is no conversation yet"
    ask("One?")
    conversation.setOverflow("extend")
    conversation.setOverflow("drop")
    conversation.setOverflow("extend")
    wait(lambda: services.conversations.get(conversation.conversationId).overflow is OverflowPolicy.EXTEND)
    wait(lambda: conversation.overflow == "extend")


def test_a_policy_that_is_chosen_while_the_conversation_is_read_is_shown(
    conversation: ConversationViewModel, services: Services, ask: Ask, wait: Wait
) -> None:
    ask("One?")
    conversation.setOverflow("drop")
    wait(lambda: conversation.overflow == "drop")
    conversation.reload()
    conversation.setOverflow("extend")
    done = []
    conversation._context.background.run(lambda: None, done.append)
    wait(lambda: done)
    assert conversation.overflow == "extend"


def test_a_policy_that_cannot_be_stored_is_not_shown(
    conversation: ConversationViewModel, services: Services, ask: Ask, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask("One?")

    def refuse(*_: object) -> None:
        raise DataFolderUnusable("The data folder {path} cannot be used.", path="/full")

    with monkeypatch.context() as patch:
        patch.setattr(services.conversations, "set_overflow", refuse)
        conversation.setOverflow("drop")
        wait(lambda: "/full" in conversation.problem)
        assert conversation.overflow == ""
    conversation.setOverflow("drop")
    wait(lambda: conversation.overflow == "drop")


def test_a_choice_that_cannot_be_stored_is_not_shown(
    full: ConversationViewModel, services: Services, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise DataFolderUnusable("The data folder {path} cannot be used.", path="/full")

    monkeypatch.setattr(services.conversations, "set_overflow", refuse)
    full.makeRoom(ids(full)[-1], "drop")
    wait(lambda: "/full" in full.problem and not full.generating)
    done = []
    full._context.background.run(lambda: None, done.append)
    wait(lambda: done)
    assert full.overflow == ""


def test_a_choice_on_a_card_that_something_follows_answers_anew(
    conversation: ConversationViewModel, services: Services, engine: FakeEngine, ask: Ask, wait: Wait
) -> None:
    for _ in range(3):
        ask(WORDS)
    engine.will_answer(*["more "] * 30)
    ask("word " * 142)
    services.settings.set("sampling.max_tokens", "100")
    full_id = ids(conversation)[-1]
    conversation.continueAnswer(full_id)
    wait(lambda: not conversation.generating)
    assert rows(conversation.messages, "errorKind")[-1] == "ContextFull"
    ask("Short?")
    conversation.makeRoom(full_id, "drop")
    wait(lambda: not conversation.generating)
    assert conversation.problem == ""
    assert texts(conversation)[-1] == "Fine."
    siblings = services.conversations.siblings(full_id)
    assert [message.text for message in siblings] == ["more " * 16, "Fine."]


def test_errors_that_were_stored_before_offer_to_sum_up_where_turns_can_be_left_out() -> None:
    old = ErrorInfo(kind="ContextFull", message="Full.", values={"can_leave_out": 1})
    new = ErrorInfo(kind="ContextFull", message="Full.", values={"can_leave_out": 1, "can_sum_up": 0})
    assert (error_offer(old).can_sum_up, error_offer(new).can_sum_up) == (True, False)
    assert error_offer(None) == ErrorOffer()


def test_words_for_every_policy_and_everything_that_happens() -> None:
    assert len({policy_words(policy) for policy in OverflowPolicy}) == 4
    assert room_words(None) == ""
    raised = RoomMade(policy=OverflowPolicy.EXTEND, n_ctx=4096, n_bytes=45 * 2**20)
    assert room_words(raised) == "The context was raised to 4096 tokens, which takes about 45 MiB more memory."
    assert "whole conversation" in room_words(RoomMade(policy=OverflowPolicy.DROP))
