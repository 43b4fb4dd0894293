"""What was read before changes how fast an answer comes, never what it says: on every kind of memory."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assistant.core.conversation import FinishReason
from assistant.engine.cells import Cell
from assistant.engine.kv_memory import MemoryKind
from tests.integration.engine.conversation_walk import Walk, judge, judge_walk
from tests.integration.engine.other_models import WINDOW, WRITERS, write_hybrid_model, write_sliding_window_model
from tests.integration.engine.talker import N_THREADS, Talker
from tests.integration.engine.teacher import Teacher

N_CTX = 512
MAX_GAP = 0.05
MAX_DRIFT = 0.08
"""Where cells lie decides how the kernels add them up in 16 bits; a wrong cell makes a difference of 0.1 to 3."""
PROMPT = list(range(10, 130))


@pytest.fixture(params=WRITERS, scope="module")
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return WRITERS[request.param](tmp_path_factory.mktemp("models") / "model.gguf")


@pytest.fixture(scope="module")
def pair(path: Path) -> Iterator[tuple[Talker, Teacher]]:
    talker, teacher = Talker(path, 32, N_CTX), Teacher(path, 32, N_THREADS)
    yield talker, teacher
    teacher.close()
    talker.close()


def ask(pair: tuple[Talker, Teacher], prompt: list[int], conversation_id: str = "mine") -> int:
    """Answer and have it judged; returns the tokens that were not read."""
    talker, teacher = pair
    answer = talker.answer(prompt, conversation_id=conversation_id)
    verdict = judge(teacher, answer, N_CTX)
    assert verdict.gap <= MAX_GAP
    assert verdict.drift <= MAX_DRIFT
    return answer.cached_tokens


def token_ids(held: list[Cell]) -> list[int]:
    return [cell for cell in held if isinstance(cell, int)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_walk_through_five_chats_that_do_not_fit(pair: tuple[Talker, Teacher], seed: int) -> None:
    talker, teacher = pair
    talker.forget()

    def evict(choose: random.Random) -> None:
        if choose.random() < 0.1:
            talker.table.evict()

    walk = Walk(talker, seed, 5, between=evict)
    answers = judge_walk(walk, talker, teacher, 60, max_gap=MAX_GAP, max_drift=MAX_DRIFT)
    assert talker.n_evicted > 3
    assert sum(answer.cached_tokens for answer in answers) > 1000
    assert len({answer.seq_id for answer in answers}) == talker.model.n_seq_max
    assert {answer.reason for answer in answers} >= {FinishReason.CANCELLED, FinishReason.LENGTH}


def test_going_on_reads_only_what_is_new(pair: tuple[Talker, Teacher]) -> None:
    pair[0].forget()
    first = pair[0].answer(PROMPT)
    held = token_ids(first.held)
    assert ask(pair, [*held, *range(100, 110)]) == len(held)


def test_a_retry_reads_one_token(pair: tuple[Talker, Teacher]) -> None:
    talker, _ = pair
    talker.forget()
    first = talker.answer(PROMPT)
    again = talker.answer(PROMPT)
    assert again.cached_tokens == len(PROMPT) - 1
    assert again.ids == first.ids


def test_an_edit_comes_back_to_before_the_question(pair: tuple[Talker, Teacher]) -> None:
    talker, _ = pair
    talker.forget()
    held = token_ids(talker.answer(PROMPT).held)
    assert ask(pair, [*held, *range(10, 50)]) == len(held)
    assert ask(pair, [*held, *range(60, 100)]) == len(held)


def test_two_chats_that_fit_are_switched_for_the_new_question(pair: tuple[Talker, Teacher]) -> None:
    pair[0].forget()
    prompts = {"one": PROMPT[:], "two": PROMPT[::-1]}
    held: dict[str, int] = {}
    for turn in range(6):
        chat = ("one", "two")[turn % 2]
        assert ask(pair, prompts[chat], chat) == held.get(chat, 0)
        answer = pair[0].answer(prompts[chat], conversation_id=chat)
        assert answer.cached_tokens == len(prompts[chat]) - 1
        held[chat] = len(answer.held)
        prompts[chat] = token_ids(answer.held) + list(range(20, 30))


def test_a_stop_in_the_prompt_spoils_nothing(pair: tuple[Talker, Teacher]) -> None:
    talker, _ = pair
    talker.forget()
    ask(pair, PROMPT[::-1], "other")
    stopped = talker.answer(PROMPT, cancel_in_prompt=True)
    assert stopped.reason is FinishReason.CANCELLED
    ask(pair, PROMPT)
    assert ask(pair, PROMPT[::-1], "other") == len(PROMPT) - 1


def test_a_stop_in_the_answer_keeps_it(pair: tuple[Talker, Teacher]) -> None:
    talker, _ = pair
    talker.forget()
    stopped = talker.answer(PROMPT, cancel_after_tokens=4)
    assert stopped.reason is FinishReason.CANCELLED
    assert len(stopped.held) >= len(PROMPT) + 3
    held = token_ids(stopped.held)
    assert ask(pair, [*held, *range(100, 110)]) == len(held)


def test_chats_share_what_they_begin_with(pair: tuple[Talker, Teacher]) -> None:
    talker, _ = pair
    talker.forget()
    ask(pair, [*PROMPT, 5, 6, 7], "first")
    n_shared = ask(pair, [*PROMPT, 8, 9], "second")
    assert n_shared == (0 if talker.model.memory.kind is MemoryKind.RECURRENT else len(PROMPT))
    assert ask(pair, [*PROMPT, 5, 6, 7], "first") == len(PROMPT) + 2


def test_a_window_that_is_gone_is_read_again(tmp_path: Path) -> None:
    """A state that is brought back holds the last window only: earlier than that nothing can be gone on from."""
    with closing(Talker(write_sliding_window_model(tmp_path / "model.gguf"), 32, N_CTX)) as talker:
        answer = talker.answer(PROMPT)
        memory, cells = talker.model.memory, answer.held
        state = bytearray(memory.state_bytes(answer.seq_id))
        assert memory.write_state(answer.seq_id, memoryview(state)) == len(state)
        assert memory.can_cut(answer.seq_id, cells, WINDOW)
        memory.drop(answer.seq_id)
        assert memory.read_state(answer.seq_id, memoryview(state))
        assert memory.holds(answer.seq_id, cells)
        assert not memory.can_cut(answer.seq_id, cells, len(cells) - 8)
        again = talker.answer(PROMPT)
        assert again.cached_tokens == 0
        assert again.ids == answer.ids


def test_a_part_of_a_hybrid_state_is_never_taken_for_the_whole(tmp_path: Path) -> None:
    with closing(Talker(write_hybrid_model(tmp_path / "model.gguf"), 32, N_CTX)) as talker:
        answer = talker.answer(PROMPT)
        assert not talker.model.memory.truncate(answer.seq_id, answer.held, len(PROMPT))
        assert not talker.model.memory.can_cut(answer.seq_id, answer.held, len(PROMPT))


def test_a_chat_alone_may_fill_the_whole_context(pair: tuple[Talker, Teacher]) -> None:
    talker, _ = pair
    talker.forget()
    for number in range(4):
        talker.answer([cell % 200 for cell in range(number, number + 110)], conversation_id=f"chat{number}")
    prompt = [cell % 200 for cell in range(7, N_CTX - 1)]
    last = talker.answer(prompt, conversation_id="large")
    assert last.usage.completion_tokens == N_CTX - len(prompt)
    assert talker.n_evicted >= 1
