from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assistant.core.conversation import FinishReason, Message, MessageStatus, Role
from assistant.core.errors import DatabaseFailed, GenerationFailed, MessageNotFound, ModelLoadFailed, RequestCancelled
from assistant.core.events import (
    AnswerBegun,
    AnswerGrew,
    Event,
    MessageFinished,
    ModelLoadProgressed,
    ModelReady,
    PromptRead,
    QuestionStored,
    TurnFailed,
)
from assistant.core.sampling import DEFAULT_TEMPERATURE
from assistant.core.settings import Settings
from assistant.services import growing_answer
from assistant.services.services import Services
from tests.fakes.fake_engine import Death, FakeEngine, Stall
from tests.fakes.fake_services import PATIENCE_S, EventLog, with_model
from tests.tiny_gguf import write_tiny_model


class Chat:
    """The services of one test with shorter words."""

    def __init__(self, services: Services, engine: FakeEngine, events: EventLog, settings: Settings) -> None:
        self.services = services
        self.store = services.conversations
        self.engine = engine
        self.events = events
        self.settings = settings

    def send(self, text: str, conversation_id: str | None = None) -> str:
        return self.services.chat.send(conversation_id, text, self.settings)

    def ask(self, text: str, conversation_id: str | None = None) -> Message:
        """Send, wait, and return the complete answer."""
        end = self.events.end_of(self.send(text, conversation_id))
        assert isinstance(end, MessageFinished)
        return end.message

    def shown(self, conversation_id: str) -> list[tuple[str, str]]:
        return [(message.role.value, message.text) for message in self.store.branch(conversation_id)]


@pytest.fixture
def chat(services: Services, engine: FakeEngine, events: EventLog, settings: Settings) -> Chat:
    return Chat(services, engine, events, settings)


def when(chat: Chat, kind: type[Event], look: Callable[[], object]) -> list[object]:
    """What `look` returns at the moment such events are published."""
    seen: list[object] = []

    def subscriber(event: Event) -> None:
        if isinstance(event, kind):
            seen.append(look())

    chat.services.bus.subscribe(subscriber)
    return seen


def test_a_turn_is_told_in_order(chat: Chat) -> None:
    chat.engine.will_load(0.0, 0.5, 1.0)
    chat.engine.will_answer("Two", " percent.")
    answer = chat.ask("How much?")
    assert [type(event) for event in chat.events.events] == [
        QuestionStored,
        AnswerBegun,
        *[ModelLoadProgressed] * 3,
        ModelReady,
        *[PromptRead] * 2,
        *[AnswerGrew] * 2,
        MessageFinished,
    ]
    assert (answer.text, answer.status, answer.finish_reason) == (
        "Two percent.",
        MessageStatus.COMPLETE,
        FinishReason.STOP,
    )
    assert (answer.model, answer.token_ids, answer.vocabulary) == ("tiny", (0, 1), "fake")
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 2
    assert answer.timings is not None
    assert (answer.timings.load_s, answer.timings.first_token_s) == (0.25, 0.75)


def test_the_text_is_on_disk_before_its_end_is_told(chat: Chat, tmp_path: Path) -> None:
    def stored() -> list[tuple[str, str]]:
        connection = sqlite3.connect(tmp_path / "famulus.db")
        try:
            return connection.execute("SELECT text, status FROM message WHERE role = 'assistant'").fetchall()
        finally:
            connection.close()

    at_the_end = when(chat, MessageFinished, stored)
    chat.engine.will_answer("Be", "cause.")
    chat.ask("Why?")
    chat.services.chat.close()
    assert at_the_end == [[("Because.", "complete")]]


def test_a_loaded_model_is_not_loaded_again(chat: Chat) -> None:
    first = chat.ask("One?")
    second = chat.ask("Two?", first.conversation_id)
    assert len(chat.engine.loads) == 1
    assert second.timings is not None
    assert second.timings.load_s == 0.0


def test_another_context_length_loads_it_again(chat: Chat) -> None:
    first = chat.ask("One?")
    chat.settings = with_model(chat.settings, n_ctx=256)
    chat.ask("Two?", first.conversation_id)
    assert [load.n_ctx for load in chat.engine.loads][1] == 256


def test_the_next_prompt_holds_question_and_answer_with_its_tokens(chat: Chat) -> None:
    chat.settings = msgspec.structs.replace(
        chat.settings, chat=msgspec.structs.replace(chat.settings.chat, system_prompt="Be brief.")
    )
    first = chat.ask("One?")
    chat.ask("Two?", first.conversation_id)
    prompt = chat.engine.prompts[1]
    assert [(each.role, each.text) for each in prompt] == [
        ("system", "Be brief."),
        ("user", "One?"),
        ("assistant", "Fine."),
        ("user", "Two?"),
    ]
    assert (prompt[2].token_ids, prompt[2].vocabulary) == ((0, 1), "fake")


def test_partial_text_reaches_the_disk_while_it_trickles(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: queue.SimpleQueue[str] = queue.SimpleQueue()
    grow = chat.store.answers.grow

    def noted(message_id: str, text: str, *rest: Any) -> Future[None]:
        future = grow(message_id, text, *rest)
        future.add_done_callback(lambda _: flushed.put(text))
        return future

    monkeypatch.setattr(chat.store.answers, "grow", noted)
    stalls = [Stall() for _ in range(4)]
    chat.engine.will_answer(*[step for stall in stalls for step in ("word ", stall)])
    request_id = chat.send("Go on.")
    for n_words, stall in enumerate(stalls, 1):
        # The engine is silent now: the text must reach the disk without another token.
        assert flushed.get(timeout=PATIENCE_S) == "word " * n_words
        stall.go_on()
    chat.events.end_of(request_id)
    assert flushed.empty()
    assert growing_answer.FLUSH_INTERVAL_S <= 0.2, "with the time of a commit a flush stays below 250 ms"


def test_a_slow_disk_gets_one_flush_at_a_time(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    pending: Future[None] = Future()
    calls: list[str] = []

    def stuck(message_id: str, text: str, *rest: Any) -> Future[None]:
        calls.append(text)
        return pending

    monkeypatch.setattr(chat.store.answers, "grow", stuck)
    monkeypatch.setattr(growing_answer, "FLUSH_INTERVAL_S", 0.0)
    chat.engine.will_answer("a", "b", "c")
    assert chat.ask("Go on.").text == "abc"
    assert calls == ["a"]


def test_a_model_is_loaded_while_the_person_types(chat: Chat) -> None:
    stall = Stall()
    chat.engine.will_load(stall)
    chat.engine.will_answer("Hello.")
    chat.services.library.load_ahead(chat.settings.model)
    assert stall.reached.wait(PATIENCE_S)
    request_id = chat.send("Hi?")
    chat.events.wait_for(AnswerBegun, request_id)  # the question does not wait for the load to be stored
    stall.go_on()
    end = chat.events.end_of(request_id)
    assert isinstance(end, MessageFinished)
    assert end.message.text == "Hello."
    assert end.message.timings is not None
    assert end.message.timings.load_s == 0.0
    assert [type(event) for event in chat.events.events].count(ModelReady) == 1, "its note is told in the turn"


def test_stopping_while_a_load_ahead_is_awaited(chat: Chat) -> None:
    stall = Stall()
    chat.engine.will_load(stall)
    chat.services.library.load_ahead(chat.settings.model)
    assert stall.reached.wait(PATIENCE_S)
    request_id = chat.send("Hi?")
    chat.events.wait_for(AnswerBegun, request_id)
    chat.services.chat.stop(request_id)
    end = chat.events.end_of(request_id)
    assert isinstance(end, MessageFinished)
    assert end.message.finish_reason is FinishReason.CANCELLED


def test_closing_during_a_load_ahead(chat: Chat) -> None:
    stall = Stall()
    chat.engine.will_load(stall)
    chat.services.library.load_ahead(chat.settings.model)
    assert stall.reached.wait(PATIENCE_S)
    chat.services.close()
    assert chat.engine.loaded is None


def test_a_model_that_cannot_be_loaded_ahead_is_an_error_of_the_question(chat: Chat) -> None:
    for _ in range(2):
        chat.engine.will_load(ModelLoadFailed("The model could not be loaded."))
    chat.services.library.load_ahead(chat.settings.model)
    end = chat.events.end_of(chat.send("Hi?"))
    assert isinstance(end, TurnFailed)
    assert end.error.kind == "ModelLoadFailed"


def test_stopped_before_its_turn_it_leaves_no_trace(chat: Chat) -> None:
    stall = Stall()
    chat.engine.will_answer("one", stall)
    running = chat.send("First?")
    assert stall.reached.wait(PATIENCE_S)
    waiting = chat.send("Second?")
    assert chat.services.chat.stop(waiting) is True
    assert chat.services.chat.stop(running) is False
    end = chat.events.end_of(running)
    assert isinstance(end, MessageFinished)
    assert [each.title for each in chat.store.list()] == ["First?"]
    assert chat.services.chat.stop(running) is False


def stopped_answer(chat: Chat, request_id: str) -> Message:
    chat.services.chat.stop(request_id)
    end = chat.events.end_of(request_id)
    assert isinstance(end, MessageFinished)
    assert (end.message.status, end.message.finish_reason) == (MessageStatus.INTERRUPTED, FinishReason.CANCELLED)
    assert chat.store.message(end.message.id) == end.message
    return end.message


def test_stopped_while_the_model_loads(chat: Chat) -> None:
    stall = Stall()
    chat.engine.will_load(0.0, 0.5, stall)
    request_id = chat.send("Why?")
    assert stall.reached.wait(PATIENCE_S)
    answer = stopped_answer(chat, request_id)
    assert answer.text == ""
    assert chat.engine.loaded is None
    assert chat.ask("Now?", answer.conversation_id).text == "Fine."
    assert [each.text for each in chat.engine.prompts[0]] == ["Why?\n\nNow?"]


def test_stopped_just_before_the_load_begins(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    describe = chat.engine.describe_backends
    asked: list[str] = []

    def stop_now() -> object:
        if asked:
            chat.services.chat.stop(asked.pop())
        return describe()

    monkeypatch.setattr(chat.engine, "describe_backends", stop_now)
    gate = threading.Event()
    chat.services.bus.subscribe(lambda event: gate.wait(PATIENCE_S) if isinstance(event, AnswerBegun) else None)
    request_id = chat.send("Why?")
    asked.append(request_id)
    gate.set()
    end = chat.events.end_of(request_id)
    assert isinstance(end, MessageFinished)
    assert end.message.status is MessageStatus.INTERRUPTED
    assert chat.engine.prompts == []


def test_stopped_while_the_prompt_is_read(chat: Chat) -> None:
    stall = Stall()
    chat.engine.will_answer(stall, "never")
    request_id = chat.send("Why?")
    assert stall.reached.wait(PATIENCE_S)
    assert stopped_answer(chat, request_id).text == ""


def test_stopped_while_it_is_written_it_keeps_the_text(chat: Chat) -> None:
    stall = Stall()
    chat.engine.will_answer("Half", " an", stall, "never")
    request_id = chat.send("Why?")
    assert stall.reached.wait(PATIENCE_S)
    answer = stopped_answer(chat, request_id)
    assert (answer.text, answer.token_ids) == ("Half an", (0, 1))
    chat.ask("More?", answer.conversation_id)
    assert [each.text for each in chat.engine.prompts[1]] == ["Why?", "Half an", "More?"]


def test_a_death_in_mid_answer_keeps_the_text_and_the_next_message_works(chat: Chat) -> None:
    chat.engine.will_answer("Half", Death())
    end = chat.events.end_of(chat.send("Why?"))
    assert isinstance(end, TurnFailed)
    assert end.error.kind == "EngineStopped"
    assert end.message is not None
    assert (end.message.text, end.message.status, end.message.finish_reason) == (
        "Half",
        MessageStatus.INTERRUPTED,
        FinishReason.ERROR,
    )
    assert end.message.error == end.error
    assert chat.store.message(end.message.id) == end.message
    assert chat.ask("And?", end.conversation_id).text == "Fine."
    assert len(chat.engine.loads) == 2


def test_a_failure_without_text_is_left_out_of_the_next_prompt(chat: Chat) -> None:
    chat.engine.will_answer(GenerationFailed("llama.cpp failed."))
    end = chat.events.end_of(chat.send("Why?"))
    assert isinstance(end, TurnFailed)
    assert end.message is not None
    assert end.message.status is MessageStatus.FAILED
    chat.ask("Well?", end.conversation_id)
    assert [(each.role, each.text) for each in chat.engine.prompts[1]] == [("user", "Why?\n\nWell?")]


def test_a_crash_while_loading_blames_the_file(chat: Chat) -> None:
    chat.engine.will_load(0.1, Death())
    end = chat.events.end_of(chat.send("Why?"))
    assert isinstance(end, TurnFailed)
    assert (end.error.kind, end.error.values["name"]) == (ModelLoadFailed.__name__, "tiny")


def test_an_unexpected_exception_fails_the_turn_only(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(chat.engine, "generate", lambda *_, **__: 1 / 0)
        end = chat.events.end_of(chat.send("Why?"))
    assert isinstance(end, TurnFailed)
    assert (end.error.kind, "ZeroDivisionError" in end.error.cause) == ("GenerationFailed", True)
    assert chat.ask("And?", end.conversation_id).text == "Fine."


def test_retry_adds_a_second_answer_to_the_same_question(chat: Chat) -> None:
    first = chat.ask("Why?")
    chat.engine.will_answer("Other.")
    second = chat.events.end_of(chat.services.chat.retry(first.conversation_id, chat.settings)).message
    assert second is not None
    assert [each.id for each in chat.store.siblings(first.id)] == [first.id, second.id]
    assert chat.shown(first.conversation_id) == [("user", "Why?"), ("assistant", "Other.")]
    assert [each.text for each in chat.engine.prompts[1]] == ["Why?"]


def test_retry_needs_a_question(chat: Chat) -> None:
    conversation = chat.store.create("").result()
    with pytest.raises(MessageNotFound):
        chat.services.chat.retry(conversation.id, chat.settings)


def test_edit_begins_another_branch(chat: Chat) -> None:
    first = chat.ask("One?")
    second = chat.ask("Two?", first.conversation_id)
    question = chat.store.message(second.parent_id or "")
    end = chat.events.end_of(chat.services.chat.edit(question.id, "Three?", chat.settings))
    assert isinstance(end, MessageFinished)
    edited = chat.store.message(end.message.parent_id or "")
    assert [each.id for each in chat.store.siblings(question.id)] == [question.id, edited.id]
    assert [each.text for each in chat.engine.prompts[-1]] == ["One?", "Fine.", "Three?"]
    assert [each.text for each in chat.store.messages(first.conversation_id)].count("Two?") == 1


def test_another_branch_shown_meanwhile_does_not_change_the_prompt(chat: Chat) -> None:
    first = chat.ask("One?")
    gate = threading.Event()
    chat.services.bus.subscribe(lambda event: gate.wait(PATIENCE_S) if isinstance(event, AnswerBegun) else None)
    request_id = chat.send("Two?", first.conversation_id)
    chat.events.wait_for(QuestionStored, request_id)
    chat.store.set_active_leaf(first.conversation_id, first.parent_id).result()
    gate.set()
    chat.events.end_of(request_id)
    assert [each.text for each in chat.engine.prompts[-1]] == ["One?", "Fine.", "Two?"]


def test_queued_questions_are_answered_in_order(chat: Chat) -> None:
    stall = Stall()
    chat.engine.will_answer("A", stall)
    first = chat.send("One?")
    conversation_id = chat.events.wait_for(QuestionStored, first).conversation_id
    second = chat.send("Two?", conversation_id)
    stall.go_on()
    assert isinstance(chat.events.end_of(second), MessageFinished)
    assert chat.shown(conversation_id) == [
        ("user", "One?"),
        ("assistant", "A"),
        ("user", "Two?"),
        ("assistant", "Fine."),
    ]


def test_a_queued_question_follows_the_answer_before_it_whatever_branch_is_shown(chat: Chat) -> None:
    first = chat.ask("One?")
    stall = Stall()
    chat.engine.will_answer("Running", stall)
    running = chat.send("Two?", first.conversation_id)
    assert stall.reached.wait(PATIENCE_S)
    queued = [chat.send(text, first.conversation_id) for text in ("Three?", "Dropped?", "Four?")]
    chat.services.chat.stop(queued[1])
    chat.store.set_active_leaf(first.conversation_id, first.id).result()
    stall.go_on()
    chat.events.end_of(running)
    chat.events.end_of(queued[-1])
    texts = [text for _, text in chat.shown(first.conversation_id)]
    assert texts == ["One?", "Fine.", "Two?", "Running", "Three?", "Fine.", "Four?", "Fine."]


def test_a_question_typed_on_another_branch_stays_there(chat: Chat) -> None:
    first = chat.ask("One?")
    stall = Stall()
    chat.engine.will_answer("Running", stall)
    running = chat.send("Two?", first.conversation_id)
    assert stall.reached.wait(PATIENCE_S)
    chat.store.set_active_leaf(first.conversation_id, first.id).result()
    other = chat.send("Instead?", first.conversation_id)
    stall.go_on()
    chat.events.end_of(running)
    chat.events.end_of(other)
    assert [text for _, text in chat.shown(first.conversation_id)] == ["One?", "Fine.", "Instead?", "Fine."]


def test_closing_keeps_the_text_of_the_running_answer(chat: Chat) -> None:
    stall = Stall()
    chat.engine.will_answer("Half", stall)
    request_id = chat.send("Why?")
    assert stall.reached.wait(PATIENCE_S)
    waiting = chat.send("Never asked?")
    chat.services.chat.close()
    end = chat.events.end_of(request_id)
    assert isinstance(end, MessageFinished)
    assert (end.message.text, end.message.status) == ("Half", MessageStatus.INTERRUPTED)
    assert [each.title for each in chat.store.list()] == ["Why?"]
    assert chat.services.chat.stop(waiting) is False
    with pytest.raises(RequestCancelled):
        chat.send("Too late?")


def test_a_subscriber_that_raises_harms_nobody(chat: Chat) -> None:
    def broken(event: Event) -> None:
        raise RuntimeError("no screen")

    chat.services.bus.subscribe(broken)
    heard = when(chat, MessageFinished, lambda: True)
    assert chat.ask("Why?").text == "Fine."
    chat.services.chat.close()
    assert heard == [True]


def test_an_unsubscribed_one_hears_no_more(chat: Chat) -> None:
    heard: list[Event] = []
    chat.services.bus.subscribe(heard.append)()
    chat.ask("Why?")
    assert heard == []


def fail_to_write(*_: object, **__: object) -> Future[Message]:
    failed: Future[Message] = Future()
    failed.set_exception(DatabaseFailed("The disk is full, nothing was saved."))
    return failed


@pytest.mark.parametrize("step", ["store.create", "store.add_question", "store.answers.begin", "store.answers.finish"])
def test_a_database_that_fails_is_told_and_the_next_turn_works(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    owner, _, name = step.rpartition(".")
    with monkeypatch.context() as broken:
        broken.setattr(attrgetter(owner)(chat), name, fail_to_write)
        end = chat.events.end_of(chat.send("Why?"))
    assert isinstance(end, TurnFailed)
    assert (end.error.kind, end.message) == ("DatabaseFailed", None)
    assert chat.ask("And?").text == "Fine."


def test_a_stop_with_a_failing_database_does_not_end_the_turns(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    stall = Stall()
    chat.engine.will_load(0.1, stall)
    with monkeypatch.context() as broken:
        broken.setattr(chat.store.answers, "finish", fail_to_write)
        request_id = chat.send("Why?")
        assert stall.reached.wait(PATIENCE_S)
        chat.services.chat.stop(request_id)
        assert isinstance(chat.events.end_of(request_id), TurnFailed)
    assert chat.ask("And?").text == "Fine."


def test_a_conversation_deleted_in_mid_answer_fails_that_turn(chat: Chat) -> None:
    stall = Stall()
    chat.engine.will_answer("Half", stall)
    request_id = chat.send("Why?")
    assert stall.reached.wait(PATIENCE_S)
    (conversation,) = chat.store.list()
    chat.store.delete(conversation.id).result()
    stall.go_on()
    end = chat.events.end_of(request_id)
    assert isinstance(end, TurnFailed)
    assert end.error.kind == "MessageNotFound"


def test_a_seed_of_minus_one_is_drawn_and_others_are_kept(chat: Chat) -> None:
    chat.ask("One?")
    sampling = msgspec.structs.replace(chat.settings.sampling, seed=7, temperature=0.5, max_tokens=9)
    chat.settings = msgspec.structs.replace(chat.settings, sampling=sampling)
    chat.ask("Two?")
    drawn, given = chat.engine.samplings
    assert 0 <= drawn.seed < 2**32
    assert (given.seed, given.temperature, given.max_tokens) == (7, 0.5, 9)


def test_roles_are_told_apart(chat: Chat) -> None:
    answer = chat.ask("Why?")
    assert [each.role for each in chat.store.branch(answer.conversation_id)] == [Role.USER, Role.ASSISTANT]


def test_an_older_question_is_answered_once_more(chat: Chat) -> None:
    chat.engine.will_answer("One")
    first = chat.ask("First?")
    chat.ask("Second?", first.conversation_id)
    chat.engine.will_answer("Uno")
    assert first.parent_id is not None
    end = chat.events.end_of(chat.services.chat.answer(first.parent_id, chat.settings))
    assert isinstance(end, MessageFinished)
    assert [sibling.text for sibling in chat.store.siblings(first.id)] == ["One", "Uno"]
    assert chat.shown(first.conversation_id) == [("user", "First?"), ("assistant", "Uno")]


def test_an_answer_that_is_not_shown_stands_beside_the_branch_that_is(chat: Chat) -> None:
    stall = Stall()
    chat.engine.will_answer("one")
    chat.engine.will_answer("aside", stall)
    first = chat.ask("Question")
    conversation_id, question_id = first.conversation_id, first.parent_id or ""
    aside = chat.services.chat.answer(question_id, chat.settings, shown=False)
    stall.reached.wait(PATIENCE_S)
    assert chat.shown(conversation_id) == [("user", "Question"), ("assistant", "one")]
    chat.services.chat.answer(question_id, chat.settings, shown=False)
    follow_up = chat.send("And then?", conversation_id)
    stall.go_on()
    end = chat.events.end_of(aside)
    assert isinstance(end, MessageFinished)
    assert (end.message.text, end.message.parent_id) == ("aside", question_id)
    chat.events.end_of(follow_up)
    assert [text for _, text in chat.shown(conversation_id)] == ["Question", "one", "And then?", "Fine."]
    assert [each.text for each in chat.store.siblings(first.id)] == ["one", "aside", "Fine."]


def test_an_unknown_question_is_refused(chat: Chat) -> None:
    with pytest.raises(MessageNotFound):
        chat.services.chat.answer("0" * 16, chat.settings)


def test_a_negative_temperature_is_the_models_own(chat: Chat) -> None:
    facts = chat.services.library.choose(chat.settings.model).facts
    assert facts.recommended_temperature is None
    chat.ask("One?")
    assert chat.engine.samplings[-1].temperature == DEFAULT_TEMPERATURE
    path = write_tiny_model(Path(chat.settings.model.path), metadata={"general.sampling.temp": 0.25})
    assert chat.services.library.choose(chat.settings.model).path == path
    chat.ask("Two?")
    assert chat.engine.samplings[-1].temperature == 0.25


def test_the_time_of_the_reasoning_is_kept(chat: Chat) -> None:
    pause = Stall()
    chat.engine.will_answer("<think>", "Hm", pause, ".</think>", "Yes")
    request_id = chat.send("Sure?")
    pause.reached.wait(PATIENCE_S)
    pause.go_on()
    end = chat.events.end_of(request_id)
    assert isinstance(end, MessageFinished)
    assert end.message.timings is not None
    assert 0 < end.message.timings.reasoning_s < PATIENCE_S
    plain = chat.ask("And now?")
    assert plain.timings is not None
    assert plain.timings.reasoning_s == 0
