from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from assistant.core.context_plan import estimate_memory
from assistant.core.settings import ModelSettings
from assistant.services.chosen_model import ChosenModel, ModelChooser
from assistant.services.context_lengths import ContextLengths
from tests.tiny_gguf import write_tiny_model

PLENTY = 2**40


@pytest.fixture
def settings(tmp_path: Path) -> ModelSettings:
    return ModelSettings(
        path=str(write_tiny_model(tmp_path / "tiny.gguf", metadata={"llama.context_length": 2048})), n_ctx=512
    )


@pytest.fixture
def chosen(settings: ModelSettings, tmp_path: Path) -> ChosenModel:
    return ModelChooser(tmp_path / "verified").choose(settings)


def test_a_larger_context_is_doubled_until_it_holds_enough(chosen: ChosenModel) -> None:
    larger = ContextLengths.larger(ModelSettings(), chosen, 512, 600, PLENTY)
    assert larger is not None
    assert larger.n_ctx == 1024
    twice, once = estimate_memory(chosen.facts, 1024), estimate_memory(chosen.facts, 512)
    assert larger.n_bytes == twice.total_bytes - once.total_bytes > 0
    much_larger = ContextLengths.larger(ModelSettings(), chosen, 512, 5000, PLENTY)
    assert much_larger is not None
    assert much_larger.n_ctx == 8192
    assert ContextLengths.larger(ModelSettings(), chosen, 512, 8193, PLENTY) is None, "past four times the trained one"


def test_what_does_not_fit_is_not_offered(chosen: ChosenModel) -> None:
    need = estimate_memory(chosen.facts, 1024).total_bytes
    assert ContextLengths.larger(ModelSettings(), chosen, 512, 600, need) is not None
    assert ContextLengths.larger(ModelSettings(), chosen, 512, 600, need - 1) is None
    assert ContextLengths.larger(ModelSettings(), chosen, 512, 2**40, 2**80) is None, "no setting could say it"


def test_a_raise_is_forgotten_with_the_settings_it_was_made_for(settings: ModelSettings) -> None:
    lengths = ContextLengths()
    lengths.set(settings, 2048)
    assert lengths.applied(settings).n_ctx == 2048
    other = msgspec.structs.replace(settings, n_ctx=256)
    assert lengths.applied(other) == other
    lengths.set(settings, 0)
    assert lengths.applied(settings) == settings


def test_what_a_conversation_was_given_is_kept_where_memory_allows(
    settings: ModelSettings, chosen: ChosenModel
) -> None:
    lengths = ContextLengths()
    lengths.keep(settings, chosen, 1024, estimate_memory(chosen.facts, 1024).total_bytes - 1)
    assert lengths.applied(settings).n_ctx == 512
    lengths.keep(settings, chosen, 1024, PLENTY)
    assert lengths.applied(settings).n_ctx == 1024
    lengths.keep(settings, chosen, 768, PLENTY)
    assert lengths.applied(settings).n_ctx == 1024, "never shorter than it was raised to"
    automatic = msgspec.structs.replace(settings, n_ctx=0)
    lengths.keep(automatic, chosen, 512, PLENTY)
    assert lengths.applied(automatic).n_ctx == 0, "what is chosen for it is as long already"
