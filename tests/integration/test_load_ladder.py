"""Loads with less and less address space: each one is loaded or ends in a sentence and a rung, and the app lives on."""

from __future__ import annotations

import resource
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import bootstrap
from assistant.clients import worker_process
from assistant.core.errors import ErrorInfo, FamulusError
from assistant.core.memory_estimate import MIB, KvType
from assistant.core.settings import ModelSettings
from assistant.services.load_ladder import rung_offered
from assistant.services.services import Services

N_STEPS = 20
LEAST_MIB = 200
STEP_MIB = 50
"""From where the worker has room for its libraries alone to where all of the model has room: found by trying."""
N_CTX = 16_384


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    monkeypatch.setenv("FAMULUS_HOME", str(tmp_path / "home"))
    with bootstrap.build_services() as services:
        yield services


class Limit:
    """Address space of the workers that are started from now on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.mib = 0
        options = worker_process.spawn_options
        monkeypatch.setattr(worker_process, "spawn_options", lambda: {**options(), "preexec_fn": self._set})

    def _set(self) -> None:
        resource.setrlimit(resource.RLIMIT_AS, (self.mib * MIB, self.mib * MIB))


def refusal(services: Services, settings: ModelSettings) -> ErrorInfo | None:
    """Why the model could not be loaded; None if it is."""
    try:
        services.library.ensure_loaded(settings, threading.Event())
    except FamulusError as error:
        return error.info
    return None


@pytest.mark.timeout(300)
def test_each_step_of_too_little_memory_is_a_sentence_and_a_rung(
    services: Services, monkeypatch: pytest.MonkeyPatch, starter_model: Path
) -> None:
    limit = Limit(monkeypatch)
    asked = ModelSettings(path=str(starter_model), n_ctx=N_CTX, n_gpu_layers=0, n_threads=1)
    refusals = []
    for step in range(N_STEPS):
        limit.mib = LEAST_MIB + STEP_MIB * step
        services.engine.kill()
        info = refusal(services, asked)
        print(limit.mib, "MiB:", f"{info.text} | {info.remedy_text}" if info is not None else "loaded")
        if info is not None:
            refusals.append(info)
    assert all(info.text and rung_offered(info.values) is not None for info in refusals), refusals
    assert 0 < len(refusals) < N_STEPS


@pytest.mark.timeout(300)
def test_down_the_ladder_until_it_fits(
    services: Services, monkeypatch: pytest.MonkeyPatch, starter_model: Path
) -> None:
    limit = Limit(monkeypatch)
    limit.mib = 600
    asked = ModelSettings(path=str(starter_model), n_ctx=N_CTX, n_gpu_layers=0, n_threads=1)
    taken = []
    while (info := refusal(services, asked)) is not None:
        rung = rung_offered(info.values)
        assert rung is not None, info
        taken.append((rung.n_ctx, rung.kv_type))
        services.library.take_less(info, asked)
    assert services.engine.loaded is not None
    assert taken[0] == (N_CTX, KvType.Q8_0)
    assert taken == sorted(taken, reverse=True)
    assert services.engine.loaded.n_ctx == taken[-1][0]
    services.engine.kill()
    assert refusal(services, asked) is None  # the way down is remembered
