from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from assistant.core.context_plan import N_CTX_LONGEST
from assistant.core.errors import ModelNotFound
from assistant.core.events import ModelFailed, ModelReady
from assistant.core.memory_estimate import estimate_memory
from assistant.core.settings import ModelSettings, Settings
from assistant.hub.gguf_header import read_model_facts
from assistant.services import model_loading
from assistant.services.model_choices import Fit, describe_choice
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine
from tests.fakes.fake_services import EventLog
from tests.tiny_gguf import write_tiny_model
from tests.unit.hub.projector_files import N_EMBD, WIDTH, sound_metadata, write_header, write_projector


def test_the_fit_is_judged_by_the_free_memory(tmp_path: Path) -> None:
    path = tmp_path / "tiny.gguf"
    write_tiny_model(path)
    need = estimate_memory(read_model_facts(path), 512).total_bytes

    def fit(available_bytes: int) -> Fit:
        choice = describe_choice(path, is_starter=False, wanted_n_ctx=512, available_bytes=available_bytes)
        assert (choice.memory_bytes, choice.n_ctx) == (need, 512)
        return choice.fit

    assert fit(need * 2) is Fit.FITS
    assert fit(need) is Fit.TIGHT
    assert fit(need - 1) is Fit.TOO_LARGE


def test_a_damaged_file_is_offered_with_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "noise.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    choice = describe_choice(path, is_starter=False, wanted_n_ctx=0, available_bytes=10**9)
    assert choice.fit is Fit.BROKEN
    assert choice.error is not None


def test_the_picker_offers_the_starter_model_first_and_what_was_chosen(
    services: Services, settings: Settings, tmp_path: Path
) -> None:
    other = tmp_path / "other.gguf"
    write_tiny_model(other)
    services.model_choices.remember(other)
    names = [choice.name for choice in services.model_choices.list(settings.model)]
    assert names[1:] == ["other", "tiny"]
    assert services.model_choices.list(settings.model)[0].is_starter
    services.model_choices.forget(other)
    assert "other" not in [choice.name for choice in services.model_choices.list(settings.model)]
    with pytest.raises(ModelNotFound):
        services.model_choices.remember(tmp_path / "none.gguf")


def test_a_starter_model_chosen_by_hand_is_offered_once(services: Services, settings: Settings) -> None:
    starter = services.model_choices.list(settings.model)[0].path
    services.model_choices.remember(starter)
    assert [choice.path for choice in services.model_choices.list(settings.model)].count(starter) == 1


def test_a_projector_that_is_named_for_a_model_counts_for_that_model_only(
    services: Services, settings: Settings, tmp_path: Path
) -> None:
    services.model_choices.remember(write_tiny_model(tmp_path / "other.gguf"))
    folder = tmp_path / "elsewhere"
    folder.mkdir()

    def seeing(projector: Path) -> list[str]:
        wanted = msgspec.structs.replace(settings.model, mmproj=str(projector))
        return [choice.name for choice in services.model_choices.list(wanted) if choice.sees and not choice.is_starter]

    sound = write_projector(folder / "eye.gguf")
    assert seeing(sound) == ["tiny"]
    ear = write_header(folder / "ear.gguf", sound_metadata(), {"mm.a.mlp.2.weight": (N_EMBD, WIDTH)})
    assert seeing(ear) == []
    write_projector(tmp_path / "mmproj-model-f16.gguf")  # beside both
    assert sorted(seeing(sound)) == ["other", "tiny"]
    foreign_shape = {"mm.2.weight": (2 * N_EMBD, WIDTH), "mm.2.bias": (2 * N_EMBD,)}
    foreign = write_projector(folder / "foreign.gguf", tensors=foreign_shape)
    for unusable in (foreign, folder / "gone.gguf"):
        assert seeing(unusable) == ["other"], "the named one is used in place of the one beside it"


def test_a_projector_named_for_the_starter_model_counts_for_it(services: Services, tmp_path: Path) -> None:
    starter = services.model_choices.list(ModelSettings())[0]
    assert (starter.is_starter, starter.sees) == (True, False)
    n_embd = read_model_facts(starter.path).n_embd
    shape = {"mm.2.weight": (n_embd, WIDTH), "mm.2.bias": (n_embd,)}
    projector = write_projector(tmp_path / "eye.gguf", tensors=shape)
    assert services.model_choices.list(ModelSettings(mmproj=str(projector)))[0].sees


def test_a_load_ahead_can_be_announced(
    services: Services, engine: FakeEngine, settings: Settings, events: EventLog
) -> None:
    assert not services.library.is_loaded(settings.model)
    services.library.load_ahead(settings.model, announce=True)
    assert events.wait_for(ModelReady).model == "tiny"
    assert services.library.is_loaded(settings.model)
    engine.kill()
    assert not services.library.is_loaded(settings.model)


def test_a_load_ahead_that_fails_is_announced(services: Services, events: EventLog, tmp_path: Path) -> None:
    services.library.load_ahead(ModelSettings(path=str(tmp_path / "none.gguf")), announce=True)
    failed = events.wait_for(ModelFailed)
    assert (failed.model, failed.error.kind) == ("none", "ModelNotFound")


def test_the_memory_of_the_loaded_model_counts_as_free(
    services: Services, settings: Settings, events: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.library.load_ahead(settings.model, announce=True)
    events.wait_for(ModelReady)
    need = estimate_memory(read_model_facts(Path(settings.model.path)), settings.model.n_ctx or 512)
    scarce = need.weights_bytes + need.overhead_bytes + need.kv_bytes
    memory = SimpleNamespace(total=2**34, available=scarce)
    monkeypatch.setattr(model_loading.psutil, "virtual_memory", lambda: memory)
    loaded = msgspec.structs.replace(settings.model, n_ctx=512)
    assert all(
        choice.fit is not Fit.TOO_LARGE for choice in services.model_choices.list(loaded) if not choice.is_starter
    )


def test_the_longest_context_is_as_much_as_fits(tmp_path: Path) -> None:
    path = write_tiny_model(tmp_path / "model.gguf", metadata={"llama.context_length": 2048})
    need = estimate_memory(read_model_facts(path), 4096).total_bytes
    longest = describe_choice(path, is_starter=False, wanted_n_ctx=N_CTX_LONGEST, available_bytes=2 * need)
    assert (longest.n_ctx, longest.fit) == (4 * 2048, Fit.FITS)
    less = describe_choice(path, is_starter=False, wanted_n_ctx=N_CTX_LONGEST, available_bytes=need)
    assert less.n_ctx == 4096
