from __future__ import annotations

from collections.abc import Callable

from pytestqt.qtbot import QtBot

from assistant.core.errors import GenerationFailed
from assistant.gui.app_view_model import AppViewModel
from assistant.gui.conversation_view_model import ConversationViewModel
from assistant.services.services import Services
from tests.fakes.fake_engine import Death, FakeEngine, Stall
from tests.unit.gui.rows import blocks_text, ids, rows, statuses, texts

Wait = Callable[[Callable[[], object]], None]


def test_a_new_conversation_is_empty(conversation: ConversationViewModel) -> None:
    assert conversation.conversationId == ""
    assert conversation.empty
    assert (conversation.generating, conversation.stage, conversation.loading) == (False, "", False)


def test_a_question_gets_its_answer(
    engine: FakeEngine, conversation: ConversationViewModel, services: Services, ask: Callable[[str], None]
) -> None:
    engine.will_answer("Hel", "lo", ".")
    ask("  Hi there  ")
    assert rows(conversation.messages, "who", "text", "status") == [
        ("user", "Hi there", "complete"),
        ("assistant", "Hello.", "complete"),
    ]
    assert not conversation.empty
    stored = services.conversations.branch(conversation.conversationId)
    assert [message.text for message in stored] == ["Hi there", "Hello."]
    assert rows(conversation.messages, "stopReason", "tokensPerSecond", "firstTokenSeconds", "completionTokens")[1] == (
        "stop",
        20.0,
        0.75,
        3,
    )


def test_the_title_comes_from_the_first_question(
    conversation: ConversationViewModel, ask: Callable[[str], None], wait: Wait
) -> None:
    ask("What is a butler?")
    wait(lambda: conversation.title == "What is a butler?")


def test_blank_text_is_not_sent(conversation: ConversationViewModel) -> None:
    conversation.send(" \n\t")
    assert not conversation.generating


def test_the_answer_shows_while_it_is_written(
    engine: FakeEngine, conversation: ConversationViewModel, wait: Wait
) -> None:
    stall = Stall()
    engine.will_answer("One ", "two", stall, " three")
    conversation.send("Count")
    wait(lambda: conversation.messages.rowCount() == 2 and texts(conversation)[1] == "One two")
    assert statuses(conversation) == ["complete", "generating"]
    assert conversation.stage == "writing"
    blocks_text(conversation, 1)
    wait(lambda: blocks_text(conversation, 1) == "One two")
    stall.go_on()
    wait(lambda: not conversation.generating)
    assert texts(conversation)[1] == "One two three"
    assert blocks_text(conversation, 1) == "One two three"


def test_blocks_are_made_once_and_never_for_questions(
    conversation: ConversationViewModel, ask: Callable[[str], None]
) -> None:
    ask("Hi")
    first, second = rows(conversation.messages, "blocks"), rows(conversation.messages, "blocks")
    assert first[0] is None
    assert first[1] is second[1]


def test_stop_keeps_what_was_written(
    engine: FakeEngine, conversation: ConversationViewModel, wait: Wait, qtbot: QtBot
) -> None:
    engine.will_answer("Begun", Stall(), " never")
    conversation.send("Go on")
    wait(lambda: conversation.messages.rowCount() == 2 and texts(conversation)[1] == "Begun")
    with qtbot.waitSignal(conversation.answerEnded, timeout=30_000) as ended:
        conversation.stop()
    assert ended.args == ["The answer was stopped."]
    wait(lambda: not conversation.generating)
    assert rows(conversation.messages, "text", "status", "stopReason", "canRetry")[1] == (
        "Begun",
        "interrupted",
        "cancelled",
        True,
    )


def test_stop_while_the_request_is_on_its_way(
    engine: FakeEngine, conversation: ConversationViewModel, wait: Wait
) -> None:
    engine.will_answer(Stall(), "never")
    conversation.send("Go on")
    conversation.stop()
    wait(lambda: not conversation.generating)
    assert "never" not in texts(conversation)


def test_a_second_question_waits_in_the_queue(
    engine: FakeEngine, conversation: ConversationViewModel, services: Services, wait: Wait
) -> None:
    stall = Stall()
    engine.will_answer(stall, "first")
    engine.will_answer("second")
    conversation.send("A")
    conversation.send("B")
    assert rows(conversation.queue, "text") == ["B"]
    wait(lambda: conversation.stage == "reading" and conversation.readTotal > 0)
    stall.go_on()
    wait(lambda: not conversation.generating)
    assert texts(conversation) == ["A", "first", "B", "second"]
    assert conversation.queue.rowCount() == 0
    assert len(services.conversations.list()) == 1


def test_stop_ends_the_running_answer_and_the_next_question_goes_on(
    engine: FakeEngine, conversation: ConversationViewModel, wait: Wait
) -> None:
    engine.will_answer("first", Stall())
    engine.will_answer("second")
    conversation.send("A")
    conversation.send("B")
    wait(lambda: conversation.stage == "writing")
    conversation.stop()
    wait(lambda: not conversation.generating)
    assert texts(conversation) == ["A", "first", "B", "second"]
    assert statuses(conversation)[1] == "interrupted"


def test_a_queued_question_can_be_taken_out(
    engine: FakeEngine, conversation: ConversationViewModel, wait: Wait
) -> None:
    stall = Stall()
    engine.will_answer(stall, "first")
    conversation.send("A")
    conversation.send("B")
    conversation.send("C")
    wait(lambda: stall.reached.is_set() and conversation.stage == "reading")
    b, c = rows(conversation.queue, "requestId")
    wait(lambda: all(turn.request_id for turn in conversation._turns.turns))
    assert conversation.editQueued(b) == "B"
    conversation.removeQueued(c)
    assert conversation.queue.rowCount() == 0
    assert conversation.editQueued("no such") == ""
    stall.go_on()
    wait(lambda: not conversation.generating)
    assert texts(conversation) == ["A", "first"]


def test_a_failed_answer_carries_its_error_and_retry_makes_another(
    engine: FakeEngine, conversation: ConversationViewModel, wait: Wait
) -> None:
    engine.will_answer("Half", Death())
    engine.will_answer("Whole")
    conversation.send("Hi")
    wait(lambda: not conversation.generating)
    text, status, title, kind, can_retry = rows(
        conversation.messages, "text", "status", "errorTitle", "errorKind", "canRetry"
    )[1]
    assert (text, status, kind, can_retry) == ("Half", "interrupted", "EngineStopped", True)
    assert title
    assert conversation.problem == ""
    conversation.retry(ids(conversation)[1])
    wait(lambda: not conversation.generating)
    assert rows(conversation.messages, "text", "errorTitle", "siblingCount")[1] == ("Whole", "", 2)


def test_an_answer_that_failed_before_its_first_word(
    engine: FakeEngine, conversation: ConversationViewModel, wait: Wait
) -> None:
    engine.will_answer(GenerationFailed("It broke at {place}.", remedy="Mend {place}.", place="the start"))
    conversation.send("Hi")
    wait(lambda: not conversation.generating)
    assert rows(conversation.messages, "status", "errorTitle", "errorRemedy")[1] == (
        "failed",
        "It broke at the start.",
        "Mend the start.",
    )


def test_an_error_without_a_message_gives_the_question_back(
    app: AppViewModel, conversation: ConversationViewModel, services: Services, ask: Callable[[str], None], wait: Wait
) -> None:
    ask("Hi")
    services.conversations.delete(conversation.conversationId).result()
    conversation.send("Still there?")
    wait(lambda: conversation.problem)
    wait(lambda: not conversation.generating)
    assert conversation.draft == "Still there?"
    conversation.dismissProblem()
    assert (conversation.problem, conversation.problemRemedy) == ("", "")


def test_invalid_settings_refuse_a_question_and_lose_nothing(
    conversation: ConversationViewModel, services: Services, wait: Wait
) -> None:
    services.paths.settings.write_text("[sampling]\ntemperature = 'hot'\n")
    conversation.send("Hi")
    wait(lambda: not conversation.generating)
    assert "sampling.temperature" in conversation.problem
    assert conversation.draft == "Hi"
    assert conversation.empty
    assert services.conversations.list() == []


def test_a_question_without_answer_can_be_retried(
    app: AppViewModel, conversation: ConversationViewModel, services: Services, wait: Wait
) -> None:
    stored = services.conversations.create("").result()
    services.conversations.add_question(stored.id, None, "Anyone?").result()
    app.openConversation(stored.id)
    wait(lambda: texts(conversation) == ["Anyone?"])
    assert rows(conversation.messages, "canRetry") == [True]
    conversation.retry(ids(conversation)[0])
    assert rows(conversation.messages, "canRetry") == [False]
    wait(lambda: not conversation.generating)
    assert texts(conversation) == ["Anyone?", "Fine."]
    assert rows(conversation.messages, "canRetry") == [False, False]


def test_the_last_question_and_answer(conversation: ConversationViewModel, ask: Callable[[str], None]) -> None:
    assert (conversation.lastQuestion(), conversation.lastQuestionId(), conversation.lastAnswer()) == ("", "", "")
    ask("Hi")
    assert (conversation.lastQuestion(), conversation.lastAnswer()) == ("Hi", "Fine.")
    assert conversation.lastQuestionId() == ids(conversation)[0]


def test_the_context_is_counted_by_the_engine(
    app: AppViewModel, conversation: ConversationViewModel, services: Services, ask: Callable[[str], None], wait: Wait
) -> None:
    app.settings.setValue("chat.system_prompt", "Be brief")
    wait(lambda: services.settings.load().chat.system_prompt == "Be brief")
    ask("Hi")
    assert services.engine.loaded is not None
    assert conversation.contextSize == services.engine.loaded.n_ctx
    assert conversation.contextUsed == 5 + 4 + 2  # the fake counts words, 3 more a message, and 2 tokens of "Fine."
    wait(lambda: conversation.contextSystem == 5)
    app.newChat()
    assert conversation.contextUsed == 0
