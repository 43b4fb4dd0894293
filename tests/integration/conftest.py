from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.clients.engine_client import EngineClient
from tests.tiny_gguf import write_tiny_model


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny.gguf")


@pytest.fixture(scope="module")
def engine_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working directory of the worker and of its template renderer."""
    home = tmp_path_factory.mktemp("engine")
    (home / "logs").mkdir()
    return home


@pytest.fixture(scope="module")
def engine(engine_home: Path) -> Iterator[EngineClient]:
    """A client with a real worker; the tests of a module share it."""
    client = EngineClient(engine_home, engine_home / "logs")
    yield client
    client.close()
