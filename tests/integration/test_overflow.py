"""Forty turns that do not fit into a context of 2,048 tokens, with the real model, under each policy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assistant.bootstrap import build_services
from assistant.clients.engine_calls import EngineCall
from assistant.core.conversation import FinishReason, Message, MessageStatus, Role
from assistant.core.events import ContextMadeRoom, Event, MessageFinished, TurnFailed
from assistant.core.overflow import OverflowPolicy
from assistant.core.settings import Settings
from assistant.protocol.prompt_messages import PromptMessage
from assistant.services import summary
from assistant.services.services import Services
from assistant.services.summary import Summariser
from tests.fakes.fake_services import EventLog, with_model
from tests.integration.cli.famulus import Famulus

pytestmark = pytest.mark.timeout(900)

N_TURNS = 40
N_CTX = 2048
SENTENCE = "The harbour of the old town was built of grey stone, and ships from the north came every spring. "


def question(n: int) -> str:
    """About 70 tokens."""
    return f"Number {n}. {SENTENCE * 2} What was built of stone?"


class FortyTurns:
    """One conversation over the real engine; notes every prompt."""

    def __init__(self, services: Services, monkeypatch: pytest.MonkeyPatch, policy: OverflowPolicy) -> None:
        self.services = services
        self.events = EventLog(services.bus)
        self.told: list[ContextMadeRoom] = []
        self.prompts: list[tuple[PromptMessage, ...]] = []
        services.bus.subscribe(self._note)
        generate = services.engine.generate

        def noted(messages: tuple[PromptMessage, ...], *rest: Any, conversation_id: str = "", **options: Any) -> Any:
            if conversation_id:
                self.prompts.append(messages)
            return generate(messages, *rest, conversation_id=conversation_id, **options)

        monkeypatch.setattr(services.engine, "generate", noted)
        settings = with_model(services.settings.load(), n_ctx=N_CTX)
        sampling = msgspec.structs.replace(settings.sampling, temperature=0.0, max_tokens=4)
        chat = msgspec.structs.replace(settings.chat, overflow=policy.value)
        self.settings: Settings = msgspec.structs.replace(settings, sampling=sampling, chat=chat)
        self.conversation_id: str | None = None

    def _note(self, event: Event) -> None:
        if isinstance(event, ContextMadeRoom):
            self.told.append(event)

    def ask(self, n: int) -> MessageFinished | TurnFailed:
        chat = self.services.chat
        end = self.events.end_of(chat.send(self.conversation_id, question(n), self.settings))
        self.conversation_id = end.conversation_id
        if n == 0:
            self.services.conversations.pin(self.branch()[0].id, True).result()
        return end

    def retry(self) -> MessageFinished | TurnFailed:
        assert self.conversation_id is not None
        return self.events.end_of(self.services.chat.retry(self.conversation_id, self.settings))

    def branch(self) -> list[Message]:
        assert self.conversation_id is not None
        return self.services.conversations.branch(self.conversation_id)

    def run(self, first: int = 0) -> None:
        for n in range(first, N_TURNS):
            end = self.ask(n)
            assert isinstance(end, MessageFinished), end

    def check(self) -> None:
        """Nothing is lost from the history, nothing changes silently, and what is pinned stays."""
        branch = self.branch()
        assert [each.text for each in branch if each.role is Role.USER] == [question(n) for n in range(N_TURNS)]
        assert all(each.status is MessageStatus.COMPLETE and each.text for each in branch)
        assert len(branch) == 2 * N_TURNS
        answers = branch[1::2]
        assert all(answer.usage.prompt_tokens <= self.n_ctx(answer) for answer in answers if answer.usage)
        told = {event.message_id: event.room for event in self.told}
        assert {answer.id: answer.room for answer in answers if answer.room is not None} == told
        whole = True
        for prompt, answer in zip(self.prompts, answers, strict=True):
            if answer.room is not None:
                whole = answer.room.n_left_out == 0
            texts = "\n".join(each.text for each in prompt)
            n_questions = texts.count("What was built of stone?")
            asked = branch.index(answer) // 2 + 1
            assert (n_questions == asked) == whole, "what is left out is said"
            assert "Number 0." in texts, "the pinned question stays"
            assert prompt[0].text == self.settings.chat.system_prompt

    def n_ctx(self, answer: Message) -> int:
        return max([N_CTX, *(event.room.n_ctx for event in self.told)])


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter_model: Path) -> Iterator[Services]:
    monkeypatch.setenv("FAMULUS_HOME", str(tmp_path / "home"))
    with build_services() as services:
        yield services


@pytest.mark.faults
def test_forty_turns_leave_out_the_oldest(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = FortyTurns(services, monkeypatch, OverflowPolicy.DROP)
    turns.run()
    turns.check()
    assert 1 <= len(turns.told) <= 4, "room is made for several turns at once"
    told = {event.message_id for event in turns.told}
    unchanged = [each for each in turns.branch()[3::2] if each.id not in told]
    assert all(each.usage and each.usage.cached_tokens > 0.8 * (each.usage.prompt_tokens - 90) for each in unchanged)


@pytest.mark.faults
def test_forty_turns_sum_up_the_oldest(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = FortyTurns(services, monkeypatch, OverflowPolicy.SUMMARISE)
    turns.run()
    turns.check()
    assert turns.told
    assert all(event.room.summary for event in turns.told)


@pytest.mark.faults
def test_forty_turns_raise_the_context(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = FortyTurns(services, monkeypatch, OverflowPolicy.EXTEND)
    turns.run()
    turns.check()
    assert [event.room.n_ctx for event in turns.told] == [4096]
    assert all(event.room.n_left_out == 0 and event.room.n_bytes > 0 for event in turns.told)


@pytest.mark.faults
def test_forty_turns_stop_once_with_a_choice(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = FortyTurns(services, monkeypatch, OverflowPolicy.STOP)
    n = 0
    while isinstance(end := turns.ask(n), MessageFinished):
        n += 1
    assert end.error.kind == "ContextFull"
    assert (end.error.values["can_leave_out"], end.error.values["larger_n_ctx"]) == (1, 2 * N_CTX)
    assert 15 < n < 35
    before = turns.branch()[:-1]
    assert turns.conversation_id is not None
    services.conversations.set_overflow(turns.conversation_id, OverflowPolicy.DROP).result()
    assert isinstance(turns.retry(), MessageFinished)
    assert turns.branch()[: len(before)] == before
    turns.run(first=n + 1)
    turns.check()


def test_a_summary_of_a_long_message_ends_at_its_length(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary, "_MAX_TOKENS", 8)
    turns = FortyTurns(services, monkeypatch, OverflowPolicy.STOP)
    assert isinstance(turns.ask(0), MessageFinished)
    held: list[EngineCall | None] = []
    summariser = Summariser(services.engine, N_CTX, held.append, lambda *_: None)
    long = msgspec.structs.replace(turns.branch()[0], text=SENTENCE * 150)
    written = summariser.sum_up([long])
    assert 0 < len(written.split()) <= 8
    assert sum(call is not None for call in held) == 2, "3,000 tokens are two pieces"
    assert isinstance(turns.ask(1), MessageFinished), "the engine is free again"


def test_a_cut_off_answer_goes_on_where_it_stopped(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = FortyTurns(services, monkeypatch, OverflowPolicy.STOP)
    end = turns.ask(0)
    assert isinstance(end, MessageFinished)
    before = end.message
    assert before.finish_reason is FinishReason.LENGTH
    end = turns.events.end_of(services.chat.continue_answer(before.id, turns.settings))
    assert isinstance(end, MessageFinished)
    assert end.message.text.startswith(before.text)
    assert len(end.message.text) > len(before.text)
    assert len(end.message.token_ids) > len(before.token_ids) > 0
    assert end.message.usage is not None
    assert end.message.usage.cached_tokens > 50, "the prompt is not read again"


@pytest.mark.parametrize("policy", ["drop", "summarise", "extend", "stop"])
def test_forty_turns_in_the_terminal(
    tmp_path: Path, starter_model: Path, policy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.integration.cli.famulus.PATIENCE_S", 600.0)
    famulus = Famulus(tmp_path / "home")
    lines = [line for n in range(N_TURNS) for line in ([question(n), "/pin"] if n == 0 else [question(n)])]
    if policy == "stop":
        lines.insert(32, "/overflow drop")  # behind the first failure; the questions between fail with it
    options = ("--interactive", "--json", "--temperature", "0", "--max-tokens", "4", "--n-ctx", str(N_CTX))
    ended = famulus("chat", *options, "--overflow", policy, stdin="\n".join(lines).encode())
    errors, rooms = ended.only("error"), ended.only("room")
    assert {each["kind"] for each in errors} == ({"ContextFull"} if policy == "stop" else set())
    assert ended.code == (1 if policy == "stop" else 0), ended.err
    assert rooms
    assert all(room["text"] for room in rooms)
    (listed,) = famulus("conversations", "list", "--json").objects
    (conversation_id,) = (each["id"] for each in listed["conversations"])
    shown = famulus("conversations", "show", conversation_id, "--json").objects[0]
    asked = [each["text"] for each in shown["messages"] if each["role"] == "user"]
    assert asked == [question(n) for n in range(N_TURNS)]
    kept = [each["room"] for each in shown["messages"] if each["room"] is not None]
    assert kept == [room["room"] for room in rooms]
    assert shown["messages"][0]["pinned"]
