"""Models that cannot drop a part of their memory read again, and say the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.core.conversation import FinishReason
from tests.integration.engine.conversation_walk import N_THREADS, Talker, judge_walk
from tests.integration.engine.other_models import write_recurrent_model, write_sliding_window_model
from tests.integration.engine.teacher import Teacher

N_CTX = 512
MAX_GAP = 0.001


@pytest.fixture(params=[write_sliding_window_model, write_recurrent_model], ids=["sliding window", "recurrent"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    write: Callable[[Path], Path] = request.param
    return write(tmp_path / "model.gguf")


@pytest.fixture
def pair(path: Path) -> Iterator[tuple[Talker, Teacher]]:
    talker, teacher = Talker(path, 32, N_CTX), Teacher(path, 32, N_THREADS)
    yield talker, teacher
    teacher.close()
    talker.close()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_walk(pair: tuple[Talker, Teacher], seed: int) -> None:
    talker, teacher = pair
    judge_walk(talker, teacher, seed, 30, max_gap=MAX_GAP, may_forget=True)


def test_going_on_reads_only_what_is_new(pair: tuple[Talker, Teacher]) -> None:
    talker, _ = pair
    prompt = list(range(10, 70))
    first = talker.answer(prompt)
    assert first.reason is FinishReason.LENGTH
    following = [*first.held, *range(100, 110)]
    assert talker.answer(following).cached_tokens == len(first.held)


def test_a_change_in_the_past_of_a_recurrent_model_reads_all_again(tmp_path: Path) -> None:
    talker = Talker(write_recurrent_model(tmp_path / "model.gguf"), 32, N_CTX)
    try:
        prompt = list(range(10, 70))
        cold = talker.answer(prompt)
        again = talker.answer(prompt)
        assert again.cached_tokens == 0
        assert again.ids == cold.ids
    finally:
        talker.close()
