from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine
from tests.fakes.fake_services import fake_services, opened
from tests.unit.hub.projector_files import write_projector


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def projector(tmp_path: Path) -> Path:
    """Lies beside the model of the settings."""
    return write_projector(tmp_path / "mmproj-tiny.gguf")


@pytest.fixture
def services(tmp_path: Path, engine: FakeEngine) -> Iterator[Services]:
    with opened(fake_services(tmp_path, engine)) as services:
        yield services
