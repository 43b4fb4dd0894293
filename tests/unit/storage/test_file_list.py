from __future__ import annotations

from pathlib import Path

from assistant.storage.database import Database
from assistant.storage.file_list import FileList


def test_the_last_used_file_comes_first_and_each_once(database: Database) -> None:
    store = FileList(database, "model_file")
    for name in ("a.gguf", "b.gguf", "a.gguf"):
        store.remember(Path(name)).result()
    assert store.list() == [Path("a.gguf"), Path("b.gguf")]
    store.forget(Path("a.gguf")).result()
    store.forget(Path("unknown.gguf")).result()
    assert store.list() == [Path("b.gguf")]
