"""Long walks over conversation trees: what is in the KV memory never changes an answer."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from assistant.hub.starter_model import find_starter_model
from tests.integration.engine.conversation_walk import Walk, judge_walk
from tests.integration.engine.talker import N_THREADS, Talker
from tests.integration.engine.teacher import Teacher


@pytest.mark.faults
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("n_batch", [32, 256])
def test_long_walks(n_batch: int) -> None:
    path = find_starter_model()
    assert isinstance(path, Path)
    with closing(Talker(path, n_batch)) as talker, closing(Teacher(path, n_batch, N_THREADS)) as teacher:
        for seed in range(10, 13):
            talker.forget()
            judge_walk(Walk(talker, seed, 4), talker, teacher, 40, max_gap=0.25)
