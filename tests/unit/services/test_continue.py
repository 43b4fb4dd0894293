"""An answer that ended before its time goes on in the same message."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from assistant.core.conversation import FinishReason, Message, MessageStatus
from assistant.core.errors import AnswerNotOpen, GenerationFailed, MessageNotFound
from assistant.core.events import AnswerBegun, AnswerGrew, MessageFinished, TurnFailed
from assistant.core.overflow import OverflowPolicy
from assistant.core.settings import Settings
from assistant.services.export import to_markdown
from assistant.services.services import Services
from tests.fakes.fake_engine import Death, FakeEngine, Stall
from tests.fakes.fake_services import PATIENCE_S, EventLog, with_model


class Continued:
    """An answer of two tokens that was cut off, and what goes on with it."""

    def __init__(self, services: Services, engine: FakeEngine, events: EventLog, settings: Settings) -> None:
        self.services = services
        self.engine = engine
        self.events = events
        self.settings = with_max_tokens(settings, 2)
        engine.will_answer("Once ", "upon ", "a ")
        self.before = self.end(services.chat.send(None, "Tell me.", self.settings))
        self.settings = with_max_tokens(settings, 0)

    def end(self, request_id: str) -> Message:
        end = self.events.end_of(request_id)
        assert isinstance(end, MessageFinished), end
        return end.message

    def go_on(self) -> str:
        return self.services.chat.continue_answer(self.before.id, self.settings)

    def stored(self) -> Message:
        return self.services.conversations.message(self.before.id)


def with_max_tokens(settings: Settings, n: int) -> Settings:
    return msgspec.structs.replace(settings, sampling=msgspec.structs.replace(settings.sampling, max_tokens=n))


@pytest.fixture
def cut(services: Services, engine: FakeEngine, events: EventLog, settings: Settings) -> Continued:
    return Continued(services, engine, events, settings)


def test_it_goes_on_in_the_same_message(cut: Continued) -> None:
    assert (cut.before.text, cut.before.finish_reason) == ("Once upon ", FinishReason.LENGTH)
    cut.engine.will_answer("a ", "time.")
    after = cut.end(cut.go_on())
    assert after.id == cut.before.id
    assert (after.text, after.status, after.finish_reason) == (
        "Once upon a time.",
        MessageStatus.COMPLETE,
        FinishReason.STOP,
    )
    assert after == cut.stored()
    assert after.token_ids == (0, 1, 0, 1)
    assert after.usage is not None
    assert after.usage.completion_tokens == 4
    begun = [event for event in cut.events.events if isinstance(event, AnswerBegun)][-1]
    assert (begun.message.text, begun.message.status) == ("Once upon ", MessageStatus.GENERATING)
    grown = [event.text for event in cut.events.events if isinstance(event, AnswerGrew)]
    assert grown == ["Once ", "upon ", "a ", "time."]


def test_the_model_reads_the_question_and_then_its_own_words(cut: Continued) -> None:
    cut.end(cut.go_on())
    *_, question, answer = cut.engine.prompts[-1]
    assert (question.role, question.text) == ("user", "Tell me.")
    assert (answer.role, answer.text, answer.token_ids, answer.vocabulary) == (
        "assistant",
        "Once upon ",
        (0, 1),
        "fake",
    )


def test_it_may_be_continued_again(cut: Continued) -> None:
    cut.settings = with_max_tokens(cut.settings, 1)
    for word in ("a ", "time "):
        cut.engine.will_answer(word, "never")
        assert cut.end(cut.go_on()).finish_reason is FinishReason.LENGTH
    assert cut.stored().text == "Once upon a time "
    assert len(cut.stored().token_ids) == 4


def test_another_vocabulary_gives_up_the_ids_and_keeps_the_text(
    cut: Continued, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cut.engine.loaded is not None
    cut.engine.loaded = msgspec.structs.replace(cut.engine.loaded, vocabulary="other")
    after = cut.end(cut.go_on())
    assert (after.text, after.token_ids, after.vocabulary) == ("Once upon Fine.", (), "other")


def test_a_failure_loses_nothing(cut: Continued) -> None:
    cut.engine.will_answer(GenerationFailed("llama.cpp failed."))
    end = cut.events.end_of(cut.go_on())
    assert isinstance(end, TurnFailed)
    kept = cut.stored()
    assert (kept.text, kept.token_ids, kept.usage) == (cut.before.text, cut.before.token_ids, cut.before.usage)
    assert (kept.status, kept.error) == (MessageStatus.INTERRUPTED, end.error)
    assert cut.end(cut.go_on()).text == "Once upon Fine."
    assert cut.stored().error is None


def test_another_model_that_goes_on_is_named_beside_the_first(cut: Continued) -> None:
    path = Path(cut.settings.model.path)
    other = Path(shutil.copy(path, path.with_name("other.gguf")))
    cut.settings = with_max_tokens(with_model(cut.settings, path=str(other)), 1)
    cut.engine.will_answer(GenerationFailed("llama.cpp failed."))
    assert isinstance(cut.events.end_of(cut.go_on()), TurnFailed)
    assert cut.stored().model == "tiny", "it wrote nothing of it"
    for word in ("a ", "time "):
        cut.engine.will_answer(word, "never")
        assert cut.end(cut.go_on()).model == "tiny → other"
    conversation = cut.services.conversations.get(cut.before.conversation_id)
    assert "## tiny → other\n" in to_markdown(conversation, cut.services.conversations.branch(conversation.id))


def test_a_death_keeps_the_old_words_and_the_new(cut: Continued) -> None:
    cut.engine.will_answer("a ", Death())
    assert isinstance(cut.events.end_of(cut.go_on()), TurnFailed)
    assert (cut.stored().text, cut.stored().token_ids) == ("Once upon a ", (0, 1, 0))


def test_stopped_before_a_word_it_is_as_it_was(cut: Continued) -> None:
    stall = Stall()
    cut.engine.will_answer(stall, "never")
    request_id = cut.go_on()
    assert stall.reached.wait(PATIENCE_S)
    cut.services.chat.stop(request_id)
    after = cut.end(request_id)
    assert (after.text, after.token_ids, after.usage, after.timings) == (
        cut.before.text,
        cut.before.token_ids,
        cut.before.usage,
        cut.before.timings,
    )
    assert after.can_go_on


def test_a_complete_answer_or_a_question_is_refused_at_once(cut: Continued) -> None:
    cut.end(cut.go_on())
    before = cut.stored()
    with pytest.raises(AnswerNotOpen):
        cut.go_on()
    assert before.parent_id is not None
    with pytest.raises(AnswerNotOpen):
        cut.services.chat.continue_answer(before.parent_id, cut.settings)
    with pytest.raises(MessageNotFound):
        cut.services.chat.continue_answer("f" * 16, cut.settings)
    assert cut.stored() == before


def test_an_answer_that_something_follows_is_refused(cut: Continued) -> None:
    cut.end(cut.services.chat.send(cut.before.conversation_id, "And?", cut.settings))
    end = cut.events.end_of(cut.go_on())
    assert isinstance(end, TurnFailed)
    assert end.error.kind == "AnswerNotOpen"
    assert end.message is None
    assert cut.stored() == cut.before


def test_a_full_context_makes_room_first(cut: Continued) -> None:
    """Turns before the question give way; the question and what was written of the answer stay."""
    store = cut.services.conversations
    conversation_id = cut.before.conversation_id
    settings = with_max_tokens(with_model(cut.settings, n_ctx=512), 16)
    for _ in range(3):
        cut.end(cut.services.chat.send(conversation_id, "word " * 100, settings))
    cut.engine.will_answer(*["more "] * 30)
    cut.before = cut.end(cut.services.chat.send(conversation_id, "word " * 134, settings))
    assert cut.before.finish_reason is FinishReason.LENGTH
    cut.settings = with_max_tokens(settings, 100)
    refused = cut.events.end_of(cut.go_on())
    assert isinstance(refused, TurnFailed)
    assert refused.error.kind == "ContextFull"
    assert (cut.stored().text, cut.stored().can_go_on) == ("more " * 16, True)
    store.set_overflow(conversation_id, OverflowPolicy.DROP).result()
    after = cut.end(cut.go_on())
    assert after.text == "more " * 16 + "Fine."
    assert after.room is not None
    assert after.room.n_left_out > 0
    *_, question, answer = cut.engine.prompts[-1]
    assert (len(question.text.split()), answer.text) == (134, "more " * 16)
