from __future__ import annotations

import os

import pytest

from assistant.core.errors import GenerationFailed
from assistant.core.settings import Settings
from assistant.services.benchmark import ANSWER_TOKENS, run_benchmark
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine


def test_every_run_reads_another_prompt_and_the_medians_are_told(
    services: Services, engine: FakeEngine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_process_ids", iter([os.getpid()]))
    runs: list[int] = []
    result = run_benchmark(services.engine, services.library, settings, 3, runs.append)
    assert runs == [1, 2, 3]
    assert len({prompt[0].text[:10] for prompt in engine.prompts}) == 3
    assert {sampling.max_tokens for sampling in engine.samplings} == {ANSWER_TOKENS}
    assert (result.model, result.runs, result.load_s) == ("tiny", 3, 0.25)
    assert (result.first_token_s, result.decode_tokens_per_s) == (0.75, 20.0)
    assert result.prompt_tokens_per_s == result.prompt_tokens / 0.5
    assert result.memory_bytes > 0


def test_a_failing_run_is_raised(services: Services, engine: FakeEngine, settings: Settings) -> None:
    engine.will_answer(GenerationFailed("llama.cpp failed."))
    with pytest.raises(GenerationFailed):
        run_benchmark(services.engine, services.library, settings, 1, lambda run: None)
