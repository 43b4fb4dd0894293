from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.storage.conversations import ConversationStore
from assistant.storage.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "famulus.db", busy_timeout_s=0.2)
    yield database
    database.close()


@pytest.fixture
def store(database: Database, tmp_path: Path) -> Iterator[ConversationStore]:
    store = ConversationStore(database, tmp_path / "locks")
    yield store
    store.close()
