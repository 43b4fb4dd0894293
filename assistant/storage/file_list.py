"""The model and adapter files that a person has chosen.

Process: the app; several apps may share the database. Thread rule: safe from any thread.
"""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Literal

from assistant.storage.database import Database

Table = Literal["model_file", "adapter_file"]


class FileList:
    """Remembers paths; what a file is, its header says.

    Args:
        database: The open database; whoever opened it closes it.
        table: Which list.
    """

    def __init__(self, database: Database, table: Table) -> None:
        self._database = database
        self._table = table

    def list(self) -> list[Path]:
        """The remembered files, the last used first; some may be gone from the disk."""
        rows = self._database.read(
            lambda connection: connection.execute(
                f"SELECT path FROM {self._table} ORDER BY last_used_at DESC"
            ).fetchall()
        )
        return [Path(path) for (path,) in rows]

    def remember(self, path: Path) -> Future[None]:
        """Note that the file was chosen now."""

        def change(connection: sqlite3.Connection) -> None:
            connection.execute(
                f"INSERT INTO {self._table} (path, last_used_at) VALUES (?, ?) "
                "ON CONFLICT (path) DO UPDATE SET last_used_at = excluded.last_used_at",
                (str(path), time.time()),
            )

        return self._database.write(change)

    def forget(self, path: Path) -> Future[None]:
        """Take a file off the list; the file itself stays."""

        def change(connection: sqlite3.Connection) -> None:
            connection.execute(f"DELETE FROM {self._table} WHERE path = ?", (str(path),))

        return self._database.write(change)
