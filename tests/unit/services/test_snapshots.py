from __future__ import annotations

import threading

import pytest

from assistant.core.errors import EngineStopped
from assistant.core.settings import Settings
from assistant.protocol.engine_messages import SnapshotOptions
from assistant.services.services import SAVE_TIMEOUT_S, Services
from tests.fakes.fake_engine import FakeEngine


def load(services: Services, settings: Settings) -> SnapshotOptions | None:
    """Load the model, and return what the engine was told of snapshots."""
    services.library.ensure_loaded(settings.model, threading.Event())
    assert isinstance(services.engine, FakeEngine)
    return services.engine.loads[-1].snapshots


def test_the_engine_is_told_where_and_how_many(services: Services, settings: Settings) -> None:
    services.settings.set("snapshots.max_mib", "3")
    assert load(services, settings) == SnapshotOptions(
        folder=str(services.paths.snapshots), key_path=str(services.paths.snapshot_key), max_bytes=3 * 1024**2
    )


@pytest.mark.parametrize(("key", "value"), [("snapshots.enabled", "false"), ("snapshots.max_mib", "0")])
def test_without_them_the_engine_keeps_none(services: Services, settings: Settings, key: str, value: str) -> None:
    services.settings.set(key, value)
    assert load(services, settings) is None


def test_a_changed_setting_waits_for_the_next_load(services: Services, engine: FakeEngine, settings: Settings) -> None:
    load(services, settings)
    services.settings.set("snapshots.enabled", "false")
    load(services, settings)
    assert len(engine.loads) == 1


def test_a_broken_settings_file_does_not_keep_a_model_from_loading(services: Services, settings: Settings) -> None:
    services.paths.settings.write_text("[snapshots\nenabled = ")
    options = load(services, settings)
    assert options is not None
    assert options.max_bytes == 4096 * 1024**2


def test_closing_saves_while_the_engine_lives(
    services: Services, engine: FakeEngine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[float, bool]] = []
    monkeypatch.setattr(engine, "save_snapshots", lambda timeout_s: told.append((timeout_s, engine.closed)))
    load(services, settings)
    services.close()
    assert told == [(SAVE_TIMEOUT_S, False)]
    assert engine.closed


def test_an_engine_that_cannot_save_does_not_keep_the_app_open(
    services: Services, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: float) -> int:
        raise EngineStopped("The model's process stopped unexpectedly.")

    monkeypatch.setattr(engine, "save_snapshots", fail)
    services.close()
    assert engine.closed
