from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine
from tests.fakes.fake_services import fake_services, opened


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def services(tmp_path: Path, engine: FakeEngine) -> Iterator[Services]:
    with opened(fake_services(tmp_path, engine)) as services:
        yield services
