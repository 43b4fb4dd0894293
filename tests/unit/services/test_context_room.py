"""What happens when a conversation no longer fits: each policy, and nothing silent, nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from assistant.clients.engine_calls import EngineCall
from assistant.core.context_plan import FreeMemory
from assistant.core.conversation import FinishReason, Message, MessageStatus, Role
from assistant.core.errors import (
    ContextOverflow,
    EngineStopped,
    FamulusError,
    GenerationFailed,
    ModelLoadFailed,
    NotEnoughMemory,
    RequestCancelled,
)
from assistant.core.events import ContextMadeRoom, Event, MessageFinished, SummaryProgressed, TurnFailed
from assistant.core.overflow import OverflowPolicy
from assistant.core.settings import Settings
from assistant.services import model_loading
from assistant.services.context_lengths import ContextLengths
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine, Stall
from tests.fakes.fake_services import PATIENCE_S, EventLog, with_model

N_CTX = 512
WORDS = "word " * 57
"""60 tokens of the fake engine with what it counts for a message."""


class LongChat:
    """One conversation that grows until it no longer fits."""

    def __init__(self, services: Services, engine: FakeEngine, events: EventLog, settings: Settings) -> None:
        self.services = services
        self.store = services.conversations
        self.engine = engine
        self.events = events
        sampling = msgspec.structs.replace(settings.sampling, max_tokens=16)
        self.settings = msgspec.structs.replace(with_model(settings, n_ctx=N_CTX), sampling=sampling)
        self.set_system_prompt("Be brief.")
        self.conversation_id: str | None = None
        self.happened: list[Event] = []
        services.bus.subscribe(self.happened.append)

    def set_system_prompt(self, text: str) -> None:
        chat = msgspec.structs.replace(self.settings.chat, system_prompt=text)
        self.settings = msgspec.structs.replace(self.settings, chat=chat)

    def use(self, policy: str) -> None:
        chat = msgspec.structs.replace(self.settings.chat, overflow=policy)
        self.settings = msgspec.structs.replace(self.settings, chat=chat)

    def try_ask(self, text: str = "") -> MessageFinished | TurnFailed:
        end = self.events.end_of(self.services.chat.send(self.conversation_id, text or self.next(), self.settings))
        self.conversation_id = end.conversation_id
        return end

    def next(self) -> str:
        n_asked = len(self.branch()) // 2
        return f"Q{n_asked} {WORDS}"

    def ask(self, text: str = "") -> Message:
        end = self.try_ask(text)
        assert isinstance(end, MessageFinished), end
        return end.message

    def fill(self) -> None:
        """Seven turns: an eighth does not fit."""
        for _ in range(7):
            self.ask()

    def branch(self) -> list[Message]:
        return self.store.branch(self.conversation_id) if self.conversation_id else []

    def rooms(self) -> list[ContextMadeRoom]:
        return [event for event in self.happened if isinstance(event, ContextMadeRoom)]

    def last_prompt(self) -> list[str]:
        """The first word of each message that the engine read last."""
        return [f"{each.role}:{each.text.split()[0]}" for each in self.engine.prompts[-1]]

    def id(self) -> str:
        assert self.conversation_id is not None
        return self.conversation_id


@pytest.fixture
def chat(services: Services, engine: FakeEngine, events: EventLog, settings: Settings) -> LongChat:
    return LongChat(services, engine, events, settings)


def test_it_stops_with_a_choice_and_nothing_is_lost(chat: LongChat) -> None:
    chat.fill()
    assert chat.rooms() == []
    before = chat.branch()
    end = chat.try_ask("Q7 " + WORDS)
    assert isinstance(end, TurnFailed)
    assert (end.error.kind, end.error.values["can_leave_out"]) == ("ContextFull", 1)
    assert end.error.values["larger_n_ctx"] == 2 * N_CTX
    assert "--overflow drop" in end.error.remedy_text
    assert "1024 tokens" in end.error.remedy_text
    assert end.message is not None
    assert end.message.status is MessageStatus.FAILED
    assert len(chat.engine.prompts) == 7, "the engine was not asked"
    assert chat.branch()[:-2] == before
    chat.store.set_overflow(chat.id(), OverflowPolicy.DROP).result()
    end = chat.events.end_of(chat.services.chat.retry(chat.id(), chat.settings))
    assert isinstance(end, MessageFinished)
    assert end.message.text == "Fine."


def test_the_oldest_turns_are_left_out_and_it_says_so(chat: LongChat) -> None:
    chat.use("drop")
    chat.fill()
    last = chat.ask()
    (told,) = chat.rooms()
    assert (told.message_id, told.room) == (last.id, last.room)
    assert told.room.policy is OverflowPolicy.DROP
    kept = ["user:Q4", "assistant:Fine.", "user:Q5", "assistant:Fine.", "user:Q6", "assistant:Fine.", "user:Q7"]
    assert chat.last_prompt() == ["system:Be", *kept], "60 % of the context"
    assert told.room.n_left_out == 8
    assert chat.branch()[7].id == told.room.upto


def test_the_turns_after_it_read_on_from_the_same_place(chat: LongChat) -> None:
    chat.use("drop")
    chat.fill()
    chat.ask()
    first_kept = chat.last_prompt()[1]
    chat.ask()
    assert chat.last_prompt()[1] == first_kept, "were the beginning another, all would be read anew"
    assert len(chat.rooms()) == 1


def test_forty_turns_lose_nothing_of_the_history(chat: LongChat) -> None:
    chat.use("drop")
    texts = []
    for _ in range(40):
        texts.append(chat.next())
        chat.ask(texts[-1])
    messages = chat.store.messages(chat.id())
    assert [each.text for each in messages] == [text for question in texts for text in (question, "Fine.")]
    starts = [prompt[1].text.split()[0] for prompt in chat.engine.prompts]
    changes = [n for n in range(1, 40) if starts[n] != starts[n - 1]]
    told = [n for n in range(40) if messages[2 * n + 1].room is not None]
    assert changes == told, "what the model reads changes only where it is said"
    assert told == [7, 11, 15, 19, 23, 27, 31, 35, 39]


def test_pinned_turns_and_the_system_prompt_stay(chat: LongChat) -> None:
    chat.use("drop")
    chat.ask()
    chat.store.pin(chat.branch()[0].id, True).result()
    for _ in range(12):
        chat.ask()
    for prompt in chat.engine.prompts:
        assert (prompt[0].text, prompt[1].text.split()[0]) == ("Be brief.", "Q0")
    assert len(chat.rooms()) > 1
    assert chat.branch()[chat.rooms()[-1].room.n_left_out + 1].id == chat.rooms()[-1].room.upto


def test_what_must_stay_alone_is_too_much(chat: LongChat) -> None:
    chat.use("drop")
    huge = "word " * (4 * 16_777_216 // N_CTX)
    end = chat.try_ask(huge)
    assert isinstance(end, TurnFailed)
    assert end.error.kind in ("ContextFull", "ContextOverflow")
    assert end.error.values.get("can_leave_out", 0) == 0
    assert chat.ask("Short?").text == "Fine."


def test_the_oldest_turns_are_summed_up_by_the_model(chat: LongChat) -> None:
    chat.use("summarise")
    chat.fill()
    chat.engine.will_answer("Tea", " was asked for.")
    answer = chat.ask()
    assert answer.room is not None
    assert (answer.room.policy, answer.room.summary) == (OverflowPolicy.SUMMARISE, "Tea was asked for.")
    summary_prompt, prompt = chat.engine.prompts[-2:]
    assert "User: Q0 word" in summary_prompt[1].text
    assert chat.engine.conversation_ids[-2:] == ["", chat.id()], "the summary is nobody's conversation"
    assert prompt[0].text == "Be brief.", "a summary is data, no instruction"
    assert (prompt[1].role, "Tea was asked for." in prompt[1].text) == (Role.USER, True)
    progress = [event for event in chat.happened if isinstance(event, SummaryProgressed)]
    assert (progress[0].n_done, progress[-1].n_done) == (0, progress[-1].n_total)
    assert progress[-1].n_total == answer.room.n_left_out


def test_a_summary_is_made_once_and_then_extended(chat: LongChat) -> None:
    chat.use("summarise")
    for n in range(14):
        chat.engine.will_answer(f"Reply {n}.")
        chat.ask()
    summaries = [prompt for prompt in chat.engine.prompts if "sum up" in prompt[0].text]
    assert len(summaries) == len(chat.rooms()) > 1
    first = chat.rooms()[0].room.summary
    assert first in summaries[1][1].text, "the second goes on from the first"
    assert "Q0 word" not in summaries[1][1].text


def test_a_summary_serves_another_answer_to_the_same_question(chat: LongChat) -> None:
    chat.use("summarise")
    chat.fill()
    chat.ask()
    n_prompts = len(chat.engine.prompts)
    end = chat.events.end_of(chat.services.chat.retry(chat.id(), chat.settings))
    assert isinstance(end, MessageFinished)
    assert len(chat.engine.prompts) == n_prompts + 1
    assert end.message.room is not None
    assert end.message.room.summary == chat.rooms()[0].room.summary


def test_a_summary_of_another_branch_is_not_used(chat: LongChat) -> None:
    chat.use("summarise")
    chat.fill()
    chat.ask()
    first_question = chat.branch()[0]
    end = chat.events.end_of(chat.services.chat.edit(first_question.id, "Another beginning.", chat.settings))
    assert isinstance(end, MessageFinished)
    assert [each.text for each in chat.engine.prompts[-1]] == ["Be brief.", "Another beginning."]
    assert end.message.room is None


def test_a_summary_that_fails_leaves_nothing_out(chat: LongChat) -> None:
    chat.use("summarise")
    chat.fill()
    chat.engine.will_answer(GenerationFailed("llama.cpp failed."))
    end = chat.try_ask("Q7 " + WORDS)
    assert isinstance(end, TurnFailed)
    assert (end.error.kind, end.error.values["can_leave_out"]) == ("SummaryFailed", 1)
    assert "llama.cpp failed." in end.error.cause
    assert end.message is not None
    assert end.message.room is None
    assert chat.rooms() == []
    end = chat.events.end_of(chat.services.chat.retry(chat.id(), chat.settings))
    assert isinstance(end, MessageFinished)
    assert len(chat.rooms()) == 1


def test_an_empty_summary_is_a_failed_one(chat: LongChat) -> None:
    chat.use("summarise")
    chat.fill()
    chat.engine.will_answer(" ")
    end = chat.try_ask("Q7 " + WORDS)
    assert isinstance(end, TurnFailed)
    assert (end.error.kind, end.error.values["can_leave_out"]) == ("SummaryFailed", 1)
    assert end.error.remedy_text.startswith("Choose another model"), "it would be empty again"


def test_a_worker_that_runs_out_of_memory_over_a_summary_offers_a_lighter_load(chat: LongChat) -> None:
    chat.use("summarise")
    chat.settings = with_model(chat.settings, n_ctx=2 * N_CTX)
    for _ in range(15):
        chat.ask()
    chat.engine.will_answer(EngineStopped("The engine stopped.", cause="exit status -9"))
    end = chat.try_ask("Q15 " + WORDS)
    assert isinstance(end, TurnFailed)
    assert (end.error.kind, end.error.values["rung_n_ctx"]) == ("EngineStopped", N_CTX)


def test_a_summary_can_be_stopped(chat: LongChat) -> None:
    chat.use("summarise")
    chat.fill()
    stall = Stall()
    chat.engine.will_answer("Tea", stall, "never")
    request_id = chat.services.chat.send(chat.conversation_id, "Q7 " + WORDS, chat.settings)
    assert stall.reached.wait(PATIENCE_S)
    chat.services.chat.stop(request_id)
    end = chat.events.end_of(request_id)
    assert isinstance(end, MessageFinished)
    assert (end.message.finish_reason, end.message.text, end.message.room) == (FinishReason.CANCELLED, "", None)
    assert chat.rooms() == []


def test_the_context_is_raised_and_it_says_what_that_costs(chat: LongChat) -> None:
    chat.use("extend")
    chat.fill()
    chat.ask()
    (told,) = chat.rooms()
    assert (told.room.n_ctx, told.room.n_left_out, told.room.upto) == (2 * N_CTX, 0, "")
    assert told.room.n_bytes
    assert [load.n_ctx for load in chat.engine.loads] == [N_CTX, 2 * N_CTX]
    assert len(chat.engine.prompts[-1]) == 16, "all that was said, and the system prompt"
    assert chat.store.get(chat.id()).n_ctx == 2 * N_CTX
    other = chat.services.chat.send(None, "Another chat?", chat.settings)
    assert isinstance(chat.events.end_of(other), MessageFinished)
    assert len(chat.engine.loads) == 2, "the model is not loaded again for another conversation"


def test_the_longer_context_is_there_again_in_the_next_process(chat: LongChat, monkeypatch: pytest.MonkeyPatch) -> None:
    chat.use("extend")
    chat.fill()
    chat.ask()
    monkeypatch.setattr(chat.services.library, "_lengths", ContextLengths())
    chat.engine.kill()
    chat.ask()
    assert chat.engine.loads[-1].n_ctx == 2 * N_CTX
    assert len(chat.rooms()) == 1


def test_a_context_that_memory_does_not_allow_is_a_choice_again(
    chat: LongChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat.use("extend")
    chat.fill()
    monkeypatch.setattr(chat.services.library, "free_memory", lambda _: FreeMemory(main_bytes=0))
    end = chat.try_ask("Q7 " + WORDS)
    assert isinstance(end, TurnFailed)
    assert (end.error.kind, end.error.values["larger_n_ctx"]) == ("ContextFull", 0)
    assert "extend" not in end.error.remedy_text


@pytest.mark.parametrize("error", [NotEnoughMemory, ModelLoadFailed])
def test_a_longer_context_that_cannot_be_loaded_gives_the_old_one_back(
    chat: LongChat, monkeypatch: pytest.MonkeyPatch, error: type[FamulusError]
) -> None:
    chat.use("extend")
    chat.fill()
    plan = model_loading.plan_load

    def short_of_memory(settings, *rest):  # type: ignore[no-untyped-def]
        if settings.n_ctx > N_CTX:
            raise error("No.", n_ctx=settings.n_ctx)
        return plan(settings, *rest)

    monkeypatch.setattr(model_loading, "plan_load", short_of_memory)
    end = chat.try_ask("Q7 " + WORDS)
    assert isinstance(end, TurnFailed)
    assert end.error.kind == "ContextFull"
    assert chat.engine.loads[-1].n_ctx == N_CTX
    assert chat.store.get(chat.id()).n_ctx == 0
    chat.use("drop")
    assert chat.ask("Q8 " + WORDS).text == "Fine."


def test_a_step_that_fails_keeps_the_step_before(chat: LongChat, monkeypatch: pytest.MonkeyPatch) -> None:
    chat.use("extend")
    chat.fill()
    chat.ask()
    plan = model_loading.plan_load

    def short_of_memory(settings, *rest):  # type: ignore[no-untyped-def]
        if settings.n_ctx > 2 * N_CTX:
            raise NotEnoughMemory("No.", n_ctx=settings.n_ctx)
        return plan(settings, *rest)

    monkeypatch.setattr(model_loading, "plan_load", short_of_memory)
    end = chat.try_ask()
    while isinstance(end, MessageFinished):
        end = chat.try_ask()
    assert end.error.kind == "ContextFull"
    assert chat.engine.loads[-1].n_ctx == 2 * N_CTX
    assert chat.store.get(chat.id()).n_ctx == 2 * N_CTX


def test_a_load_ahead_has_the_length_that_the_conversation_was_given(
    chat: LongChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat.use("extend")
    chat.fill()
    chat.ask()
    monkeypatch.setattr(chat.services.library, "_lengths", ContextLengths())
    chat.engine.kill()
    n_loads = len(chat.engine.loads)
    chat.services.chat.load_ahead(chat.id(), chat.settings)
    chat.ask()
    assert [load.n_ctx for load in chat.engine.loads[n_loads:]] == [2 * N_CTX], "loaded once"


def test_a_raised_context_is_used_by_a_conversation_that_still_wants_it(
    chat: LongChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat.use("extend")
    chat.fill()
    chat.ask()
    monkeypatch.setattr(chat.services.library, "_lengths", ContextLengths())
    chat.engine.kill()
    chat.use("drop")
    chat.ask()
    assert chat.engine.loads[-1].n_ctx == N_CTX


def test_where_nothing_can_go_a_long_question_is_answered(chat: LongChat) -> None:
    chat.use("drop")
    chat.settings = msgspec.structs.replace(
        chat.settings, sampling=msgspec.structs.replace(chat.settings.sampling, max_tokens=0)
    )
    answer = chat.ask("Long " + "word " * 400)
    assert (answer.text, answer.room) == ("Fine.", None)


def test_summing_up_is_offered_only_where_it_helps(chat: LongChat) -> None:
    for _ in range(2):
        chat.ask()
    chat.use("stop")
    end = chat.try_ask("Long " + "word " * 430)
    assert isinstance(end, TurnFailed)
    assert end.error.kind == "ContextFull"
    assert (end.error.values["can_leave_out"], end.error.values["can_sum_up"]) == (1, 0)
    assert "summarise" not in end.error.remedy_text


def test_a_longer_context_brings_back_what_was_left_out(chat: LongChat) -> None:
    chat.use("drop")
    chat.fill()
    assert chat.ask().room is not None
    chat.settings = with_model(chat.settings, n_ctx=8 * N_CTX)
    answer = chat.ask()
    assert len(chat.engine.prompts[-1]) == 18
    assert answer.room is not None
    assert (answer.room.n_left_out, answer.room.text) == (0, "The model reads the whole conversation again.")


def test_the_choice_of_a_conversation_goes_before_the_settings(chat: LongChat) -> None:
    chat.use("drop")
    chat.fill()
    chat.store.set_overflow(chat.id(), OverflowPolicy.STOP).result()
    end = chat.try_ask("Q7 " + WORDS)
    assert isinstance(end, TurnFailed)
    assert end.error.kind == "ContextFull"


def test_an_engine_that_refuses_the_prompt_is_asked_with_a_shorter_one(chat: LongChat) -> None:
    chat.use("drop")
    for _ in range(3):
        chat.ask()
    chat.engine.will_answer(ContextOverflow("No room."))
    answer = chat.ask()
    assert answer.text == "Fine."
    assert answer.room is not None
    assert chat.last_prompt()[1] != "user:Q0"


def test_a_longer_context_that_the_engine_asked_for_can_be_stopped_while_it_loads(chat: LongChat) -> None:
    chat.use("extend")
    chat.ask()
    chat.engine.will_answer(ContextOverflow("No room."))
    stall = Stall()
    chat.engine.will_load(0.5, stall, 1.0)
    request_id = chat.services.chat.send(chat.conversation_id, "Q1?", chat.settings)
    assert stall.reached.wait(PATIENCE_S)
    chat.services.chat.stop(request_id)
    stopped = stall.is_over
    stall.go_on()
    end = chat.events.end_of(request_id)
    assert stopped
    assert isinstance(end, MessageFinished)
    assert end.message.finish_reason is FinishReason.CANCELLED


def test_an_engine_that_refuses_what_should_fit_is_quoted(chat: LongChat) -> None:
    chat.ask()
    n_prompts = len(chat.engine.prompts)
    chat.engine.will_answer(ContextOverflow("No room."))
    end = chat.try_ask()
    assert isinstance(end, TurnFailed)
    assert (end.error.kind, end.error.text) == ("ContextOverflow", "No room.")
    assert len(chat.engine.prompts) == n_prompts + 1, "it is not asked the same again"


def test_what_was_stopped_before_it_began_counts_for_nothing(chat: LongChat, monkeypatch: pytest.MonkeyPatch) -> None:
    chat.use("drop")
    chat.fill()
    generate = chat.engine.generate

    def withdrawn(*args: Any, **options: Any) -> EngineCall:
        call = generate(*args, **options)
        chat.engine.cancel(call.request_id)
        return call

    chat.engine.will_answer(RequestCancelled("The request was stopped."))
    monkeypatch.setattr(chat.engine, "generate", withdrawn)
    stopped = chat.ask("Q7?")
    assert (stopped.finish_reason, stopped.usage) == (FinishReason.CANCELLED, None)
    monkeypatch.undo()
    assert chat.ask("Q8 " + "word " * 45).room is not None
    assert chat.last_prompt()[1] != "user:Q0"


def test_a_system_prompt_that_grew_is_counted(chat: LongChat) -> None:
    chat.use("drop")
    for _ in range(4):
        chat.ask()
    chat.store.set_system_prompt(chat.id(), "word " * 240).result()
    assert chat.ask("Q4?").room is not None


def test_what_a_continued_answer_wrote_before_it_failed_is_counted(chat: LongChat) -> None:
    chat.use("drop")
    for _ in range(4):
        chat.ask()
    chat.engine.will_answer(*["more "] * 16, "never")
    cut = chat.ask("Q4?")
    assert cut.finish_reason is FinishReason.LENGTH
    sampling = msgspec.structs.replace(chat.settings.sampling, max_tokens=400)
    longer = msgspec.structs.replace(chat.settings, sampling=sampling)
    chat.engine.will_answer(*["more "] * 220, GenerationFailed("llama.cpp failed."))
    end = chat.events.end_of(chat.services.chat.continue_answer(cut.id, longer))
    assert isinstance(end, TurnFailed)
    assert end.message is not None
    assert (len(end.message.text.split()), end.message.usage) == (236, None)
    assert chat.ask("Q5?").room is not None


def test_counting_is_spared_where_it_surely_fits(chat: LongChat, monkeypatch: pytest.MonkeyPatch) -> None:
    counts: list[object] = []
    count: Callable[..., int] = chat.engine.count_tokens
    monkeypatch.setattr(chat.engine, "count_tokens", lambda messages: counts.append(messages) or count(messages))
    chat.settings = with_model(chat.settings, n_ctx=8192)
    for _ in range(5):
        chat.ask()
    assert counts == []
