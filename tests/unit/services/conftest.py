from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.core.settings import Settings
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine
from tests.fakes.fake_images import FakeImages
from tests.fakes.fake_services import EventLog, fake_services, opened


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def images() -> FakeImages:
    return FakeImages()


@pytest.fixture
def services(tmp_path: Path, engine: FakeEngine, images: FakeImages) -> Iterator[Services]:
    with opened(fake_services(tmp_path, engine, images)) as services:
        yield services


@pytest.fixture
def settings(services: Services) -> Settings:
    return services.settings.load()


@pytest.fixture
def events(services: Services) -> EventLog:
    return EventLog(services.bus)
