from __future__ import annotations

from pathlib import Path

from assistant.storage.database import Database
from assistant.storage.model_files import ModelFileStore


def test_the_last_used_file_comes_first_and_each_once(database: Database) -> None:
    store = ModelFileStore(database)
    for name in ("a.gguf", "b.gguf", "a.gguf"):
        store.remember(Path(name)).result()
    assert store.list() == [Path("a.gguf"), Path("b.gguf")]
    store.forget(Path("a.gguf")).result()
    store.forget(Path("unknown.gguf")).result()
    assert store.list() == [Path("b.gguf")]
