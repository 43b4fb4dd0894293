"""What is offered where memory ran out, and that the choice is kept for this model and this machine."""

from __future__ import annotations

import platform
import threading
from pathlib import Path
from types import SimpleNamespace

import msgspec
import psutil
import pytest

from assistant.core.errors import ErrorInfo, FamulusError, ModelLoadFailed, NotEnoughMemory
from assistant.core.events import Event, ModelReady
from assistant.core.memory_estimate import KvType, estimate_memory
from assistant.core.settings import ModelSettings, Settings
from assistant.services.load_ladder import rung_offered
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine


def wish(settings: Settings, **changes: object) -> ModelSettings:
    return msgspec.structs.replace(settings.model, **changes)


def refused(services: Services, settings: ModelSettings) -> ErrorInfo:
    with pytest.raises(FamulusError) as caught:
        services.library.ensure_loaded(settings, threading.Event())
    return caught.value.info


def free(monkeypatch: pytest.MonkeyPatch, available: int, total: int = 2**34) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=available, total=total))


def test_a_plan_that_does_not_fit_offers_the_first_rung_that_does(
    services: Services, engine: FakeEngine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = services.library.choose(settings.model).facts
    free(monkeypatch, estimate_memory(facts, 2048).total_bytes)
    asked = wish(settings, n_ctx=8192)
    info = refused(services, asked)
    assert info.kind == NotEnoughMemory.__name__
    rung = rung_offered(info.values)
    assert rung is not None
    assert (rung.n_ctx, rung.kv_type) == (2048, KvType.F16)  # its heads are too narrow for q8_0
    assert "2048 tokens" in info.remedy_text
    assert engine.loads == []

    services.library.take_less(info, asked)
    services.library.ensure_loaded(asked, threading.Event())
    assert engine.loads[-1].n_ctx == 2048


def test_it_is_kept_for_this_wish_this_model_and_this_machine(
    services: Services, engine: FakeEngine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    news: list[Event] = []
    services.bus.subscribe(news.append)
    facts = services.library.choose(settings.model).facts
    free(monkeypatch, estimate_memory(facts, 1024).total_bytes)
    asked = wish(settings, n_ctx=4096)
    services.library.take_less(refused(services, asked), asked)
    free(monkeypatch, 2**34)
    services.library.ensure_loaded(asked, threading.Event())
    assert engine.loads[-1].n_ctx == 1024
    ready = next(event for event in reversed(news) if isinstance(event, ModelReady))
    assert "Memory ran out before" in ready.note

    services.library.ensure_loaded(wish(settings, n_ctx=3072), threading.Event())
    assert engine.loads[-1].n_ctx == 3072
    free(monkeypatch, 2**34, total=2**35)
    services.library.ensure_loaded(asked, threading.Event())
    assert engine.loads[-1].n_ctx == 4096
    free(monkeypatch, 2**34)
    monkeypatch.setattr(platform, "node", lambda: "another")
    services.library.ensure_loaded(wish(settings, n_ctx=4096, n_threads=1), threading.Event())
    assert engine.loads[-1].n_ctx == 4096


def test_a_load_that_failed_offers_the_rung_below_until_there_is_none(
    services: Services, engine: FakeEngine, settings: Settings
) -> None:
    asked = wish(settings, n_ctx=2048)
    offered = []
    while True:
        engine.will_load(ModelLoadFailed("There is not enough memory for a context of {n_ctx} tokens.", n_ctx=1))
        info = refused(services, asked)
        rung = rung_offered(info.values)
        if rung is None:
            break
        offered.append(rung.n_ctx)
        services.library.take_less(info, asked)
    assert offered == [1024, 512]


def test_a_damaged_file_of_rungs_is_no_rung(services: Services, engine: FakeEngine, settings: Settings) -> None:
    services.paths.load_rungs.write_text("{")
    services.library.ensure_loaded(wish(settings, n_ctx=1024), threading.Event())
    assert engine.loads[-1].n_ctx == 1024


def test_a_choice_that_cannot_be_kept_is_a_named_error(
    services: Services, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = services.library.choose(settings.model).facts
    free(monkeypatch, estimate_memory(facts, 1024).total_bytes)
    asked = wish(settings, n_ctx=4096)
    info = refused(services, asked)
    services.paths.load_rungs.mkdir()
    with pytest.raises(FamulusError) as caught:
        services.library.take_less(info, asked)
    assert "cannot be written" in caught.value.info.text
    assert not list(services.paths.home.glob("load_rungs.json.*"))
