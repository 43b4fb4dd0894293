from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from assistant.core.errors import FamulusError, ModelLoadFailed, NotEnoughMemory, RequestCancelled
from assistant.core.memory_estimate import KvType, estimate_memory
from assistant.core.settings import ModelSettings
from assistant.services.chosen_model import ChosenModel, ModelChooser
from assistant.services.context_lengths import ContextLengths, LargerContext
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


def larger(
    chosen: ChosenModel,
    n_ctx: int,
    n_wanted: int,
    available_bytes: int = PLENTY,
    *,
    lengths: ContextLengths | None = None,
    settings: ModelSettings | None = None,
) -> LargerContext | None:
    return (lengths or ContextLengths()).larger(
        settings or ModelSettings(),
        chosen,
        KvType.F16,
        n_ctx=n_ctx,
        n_wanted=n_wanted,
        available_bytes=available_bytes,
    )


def test_a_larger_context_is_doubled_until_it_holds_enough(chosen: ChosenModel) -> None:
    found = larger(chosen, 512, 600)
    assert found is not None
    assert found.n_ctx == 1024
    twice, once = estimate_memory(chosen.facts, 1024), estimate_memory(chosen.facts, 512)
    assert found.n_bytes == twice.total_bytes - once.total_bytes > 0
    much_larger = larger(chosen, 512, 5000)
    assert much_larger is not None
    assert much_larger.n_ctx == 8192
    assert larger(chosen, 512, 8193) is None, "past four times the trained one"


def test_where_twice_as_long_is_too_much_there_may_be_less(chosen: ChosenModel) -> None:
    up_to_the_limit = larger(chosen, 5120, 6000)
    assert up_to_the_limit is not None
    assert up_to_the_limit.n_ctx == 8192
    tight = larger(chosen, 1024, 1200, estimate_memory(chosen.facts, 1536).total_bytes)
    assert tight is not None
    assert tight.n_ctx == 1536
    assert larger(chosen, 8192, 8000) is None


def test_what_does_not_fit_is_not_offered(chosen: ChosenModel) -> None:
    need = estimate_memory(chosen.facts, 768).total_bytes
    assert larger(chosen, 512, 600, need) is not None
    assert larger(chosen, 512, 600, need - 1) is None
    assert larger(chosen, 512, 2**40, 2**80) is None, "no setting could say it"


def test_a_raise_is_forgotten_with_the_settings_it_was_made_for(settings: ModelSettings) -> None:
    lengths = ContextLengths()
    with lengths.raising(settings, 2048):
        pass
    assert lengths.applied(settings) == 2048
    assert lengths.applied(msgspec.structs.replace(settings, n_ctx=256)) == 256


@pytest.mark.parametrize("error", [ModelLoadFailed("No."), NotEnoughMemory("No."), RequestCancelled("No.")])
def test_a_raise_whose_load_fails_is_undone(settings: ModelSettings, chosen: ChosenModel, error: FamulusError) -> None:
    lengths = ContextLengths()
    with lengths.raising(settings, 1024):
        pass
    with pytest.raises(type(error)), lengths.raising(settings, 2048):
        raise error
    assert lengths.applied(settings) == 1024, "what it was before"
    again = larger(chosen, 1024, 1500, lengths=lengths, settings=settings)
    assert again is not None
    assert again.n_ctx == (2048 if isinstance(error, RequestCancelled) else 1792), "no such length is offered again"


def test_what_a_conversation_was_given_is_kept_where_memory_allows(
    settings: ModelSettings, chosen: ChosenModel
) -> None:
    lengths = ContextLengths()
    lengths.keep(settings, chosen, KvType.F16, 1024, estimate_memory(chosen.facts, 1024).total_bytes - 1)
    assert lengths.applied(settings) == 512
    lengths.keep(settings, chosen, KvType.F16, 1024, PLENTY)
    assert lengths.applied(settings) == 1024
    lengths.keep(settings, chosen, KvType.F16, 768, PLENTY)
    assert lengths.applied(settings) == 1024, "never shorter than it was raised to"
    automatic = msgspec.structs.replace(settings, n_ctx=0)
    lengths.keep(automatic, chosen, KvType.F16, 512, PLENTY)
    assert lengths.applied(automatic) == 0, "what is chosen for it is as long already"
    longest = msgspec.structs.replace(settings, n_ctx=-1)
    lengths.keep(longest, chosen, KvType.F16, 4096, PLENTY)
    assert lengths.applied(longest) == -1, "the longest is longer already"


def test_what_another_model_was_given_is_of_use_up_to_its_limit_only(
    settings: ModelSettings, chosen: ChosenModel
) -> None:
    lengths = ContextLengths()
    lengths.keep(settings, chosen, KvType.F16, 65_536, PLENTY)
    assert lengths.applied(settings) == 4 * 2048
