"""What is offered where memory ran out, and that the choice is kept for this model and this machine."""

from __future__ import annotations

import platform
import threading
from pathlib import Path
from types import SimpleNamespace

import msgspec
import psutil
import pytest

from assistant.core.context_plan import ContextWish, FreeMemory, plan_context
from assistant.core.errors import ErrorInfo, FamulusError, ModelLoadFailed, NotEnoughMemory, OfferOutdated
from assistant.core.events import Event, ModelReady
from assistant.core.memory_estimate import KvType, estimate_memory
from assistant.core.settings import ModelSettings, Settings
from assistant.services.load_ladder import LoadLadder, rung_offered
from assistant.services.load_plan import context_wish
from assistant.services.services import Services
from assistant.storage.rungs_file import RungsFile
from tests.fakes.fake_engine import FakeEngine
from tests.tiny_gguf import write_tiny_model


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


def test_what_else_helps_is_still_said(services: Services, engine: FakeEngine, settings: Settings) -> None:
    engine.will_load(ModelLoadFailed("The model could not be loaded.", remedy="Try another model."))
    info = refused(services, wish(settings, n_ctx=2048))
    assert info.remedy_text.splitlines()[0] == "Try another model."
    assert "1024 tokens" in info.remedy_text.splitlines()[1]


def test_an_offer_is_for_its_model_only(
    services: Services, engine: FakeEngine, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = services.library.choose(settings.model).facts
    free(monkeypatch, estimate_memory(facts, 1024).total_bytes)
    info = refused(services, wish(settings, n_ctx=4096))
    other = wish(settings, n_ctx=4096, path=str(write_tiny_model(tmp_path / "other.gguf")))
    with pytest.raises(OfferOutdated):
        services.library.take_less(info, other)
    monkeypatch.setattr(platform, "node", lambda: "another")
    with pytest.raises(OfferOutdated):
        services.library.take_less(info, wish(settings, n_ctx=4096))


def test_other_wishes_keep_their_rungs(
    services: Services, engine: FakeEngine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = services.library.choose(settings.model).facts
    free(monkeypatch, estimate_memory(facts, 1024).total_bytes)
    wishes = [wish(settings, n_ctx=4096), wish(settings, n_ctx=3072)]
    for asked in wishes:
        services.library.take_less(refused(services, asked), asked)
    free(monkeypatch, 2**34)
    for asked in wishes:
        services.library.ensure_loaded(asked, threading.Event())
        assert engine.loads[-1].n_ctx <= 1024


def test_it_can_be_tried_in_full_again(
    services: Services, engine: FakeEngine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = services.library.choose(settings.model).facts
    free(monkeypatch, estimate_memory(facts, 1024).total_bytes)
    asked = wish(settings, n_ctx=4096)
    assert not services.library.load_in_full(asked), "nothing was given up"
    services.library.take_less(refused(services, asked), asked)
    services.library.ensure_loaded(asked, threading.Event())
    free(monkeypatch, 2**34)
    assert services.library.load_in_full(asked)
    services.library.ensure_loaded(asked, threading.Event())
    assert engine.loads[-1].n_ctx == 4096


def test_a_rung_taken_for_a_raised_context_counts(
    services: Services, engine: FakeEngine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = wish(settings, n_ctx=1024)
    with services.library.raising_context(asked, 4096):
        services.library.ensure_loaded(asked, threading.Event())
    engine.kill()
    engine.will_load(ModelLoadFailed("No."))
    info = refused(services, asked)
    services.library.take_less(info, asked)
    services.library.ensure_loaded(asked, threading.Event())
    assert engine.loads[-1].n_ctx == 2048


def test_a_raised_context_keeps_what_else_was_given_up(
    services: Services, engine: FakeEngine, settings: Settings
) -> None:
    asked = wish(settings, n_ctx=1024)
    chosen = services.library.choose(asked)
    ladder = LoadLadder(RungsFile(services.paths.load_rungs))
    plan = plan_context(chosen.facts, ContextWish(n_ctx=1024, n_gpu_layers=8), FreeMemory(main_bytes=2**34))
    less = ladder.failed(ModelLoadFailed("No."), asked, plan, chosen, has_card=True)
    services.library.take_less(less.info, asked)
    services.library.ensure_loaded(asked, threading.Event())
    n_gpu_layers = engine.loads[-1].n_gpu_layers
    assert n_gpu_layers >= 0
    with services.library.raising_context(asked, 2048):
        services.library.ensure_loaded(asked, threading.Event())
    assert (engine.loads[-1].n_ctx, engine.loads[-1].n_gpu_layers) == (2048, n_gpu_layers)


def test_the_outlook_knows_what_was_given_up(
    services: Services, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = services.library.choose(settings.model).facts
    free(monkeypatch, estimate_memory(facts, 1024).total_bytes)
    asked = wish(settings, n_ctx=4096)
    services.library.take_less(refused(services, asked), asked)
    free(monkeypatch, 2**34)
    outlook = services.context_checks.outlook(asked)
    assert outlook.plan(context_wish(asked)).n_ctx == 1024
    assert outlook.plan(context_wish(wish(settings, n_ctx=3072))).n_ctx == 3072


@pytest.mark.parametrize(("card_bytes", "layers"), [(0, -1), (2**30, 0)])
def test_a_card_without_memory_of_its_own_keeps_its_layers(
    services: Services, settings: Settings, monkeypatch: pytest.MonkeyPatch, card_bytes: int, layers: int
) -> None:
    chosen = services.library.choose(settings.model)
    ladder, asked = LoadLadder(RungsFile(services.paths.load_rungs)), wish(settings, n_ctx=512)
    plan = plan_context(chosen.facts, ContextWish(n_ctx=1024, n_gpu_layers=-1), FreeMemory(main_bytes=2**34))
    values = {}
    error: FamulusError = ModelLoadFailed("No.")
    while True:
        error = ladder.failed(error, asked, plan, chosen, has_card=card_bytes > 0)
        if error.info.values == values:
            break
        values = error.info.values
        rung = rung_offered(values)
        assert rung is not None
        plan = msgspec.structs.replace(plan, n_ctx=rung.n_ctx, n_gpu_layers=rung.n_gpu_layers)
    assert values["rung_n_gpu_layers"] == layers
