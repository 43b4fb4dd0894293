from __future__ import annotations

import os
import threading
from pathlib import Path
from types import SimpleNamespace

import msgspec
import psutil
import pytest

from assistant.core.errors import ModelFileDamaged, ModelNotFound, NotEnoughMemory
from assistant.core.media import MediaKind
from assistant.core.memory_estimate import estimate_memory
from assistant.core.settings import ModelSettings, Settings
from assistant.hub import projector_header
from assistant.hub.gguf_file import GgufFile
from assistant.services import chosen_model
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine
from tests.unit.hub.projector_files import write_projector


def load(services: Services, settings: Settings) -> float:
    return services.library.ensure_loaded(settings.model, threading.Event())[1]


def test_a_model_is_called_by_its_file(services: Services, settings: Settings) -> None:
    assert services.library.name_of(settings.model) == "tiny"
    chosen = services.library.choose(settings.model)
    assert (chosen.name, chosen.is_starter) == ("tiny", False)
    starter = services.library.choose(ModelSettings())
    assert (starter.is_starter, starter.facts.recommended_temperature) == (True, 0.2)


def test_what_is_no_model_is_refused(services: Services, tmp_path: Path) -> None:
    noise = tmp_path / "noise.gguf"
    noise.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ModelFileDamaged):
        services.library.choose(ModelSettings(path=str(noise)))
    with pytest.raises(ModelNotFound):
        services.library.choose(ModelSettings(path=str(tmp_path / "none.gguf")))


def test_without_the_starter_model_the_error_names_a_remedy(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chosen_model, "find_starter_model", lambda: None)
    assert services.library.name_of(ModelSettings()) == ""
    with pytest.raises(ModelNotFound) as caught:
        services.library.choose(ModelSettings())
    assert "--model FILE" in caught.value.info.remedy


def test_the_load_says_path_context_and_threads(services: Services, engine: FakeEngine, settings: Settings) -> None:
    assert load(services, settings) == 0.25
    (request,) = engine.loads
    assert request.path == settings.model.path
    assert request.n_ctx > 0
    assert 1 <= request.n_threads <= (os.cpu_count() or 1)


def test_a_projector_takes_its_part_of_the_memory(
    services: Services, engine: FakeEngine, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = services.library.choose(settings.model).facts
    available = estimate_memory(facts, 1024).total_bytes
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=available, total=2**34))
    asked = msgspec.structs.replace(settings, model=msgspec.structs.replace(settings.model, n_ctx=1024))
    load(services, asked)
    write_projector(tmp_path / "mmproj-tiny.gguf")
    with pytest.raises(NotEnoughMemory):
        load(services, asked)


def test_a_file_that_changed_is_loaded_again(services: Services, engine: FakeEngine, settings: Settings) -> None:
    load(services, settings)
    assert load(services, settings) == 0.0
    os.utime(settings.model.path, ns=(1, 1))
    assert load(services, settings) == 0.25
    assert (len(engine.loads), engine.unloads) == (2, 2)


def test_the_header_of_the_projector_is_read_once_for_all_turns(
    services: Services, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[Path] = []
    read = projector_header.read_gguf

    def count(path: Path) -> GgufFile:
        reads.append(path)
        return read(path)

    monkeypatch.setattr(projector_header, "read_gguf", count)
    projector = write_projector(tmp_path / "mmproj-tiny.gguf")
    for _ in range(2):  # what a turn with a picture asks
        services.library.require_media(settings.model, [MediaKind.IMAGE])
        load(services, settings)
    services.model_choices.list(settings.model)
    assert reads == [projector]
