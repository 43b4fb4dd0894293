"""The SQLite database: one writer thread, reads on the caller's thread.

Process: the app; several apps may share the file. Thread rule: safe from any thread.

A write is durable (WAL, ``synchronous=FULL``) before its future resolves. Reads see what was committed when they
began and never wait for a writer. https://www.sqlite.org/wal.html
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from assistant.core.errors import DatabaseFailed
from assistant.storage import schema

T = TypeVar("T")

SQLITE_VERSION = sqlite3.sqlite_version
BUSY_TIMEOUT_S = 10.0
"""How long SQLite itself waits for another process's write lock, seconds."""

LOCK_PATIENCE = 3
"""Busy timeouts after which a write that never got the lock is given up."""

_RETRY_PAUSE_S = 0.02

_DAMAGED_REMEDY = "Restore the file {path} from a backup, or move it away to start with an empty one."
_PERMISSION_REMEDY = "Check the permissions of the file {path} and of its folder."

# Primary result codes, https://www.sqlite.org/rescode.html
_SENTENCES: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_FULL: ("The disk is full, nothing was saved.", "Free some space and try again."),
    sqlite3.SQLITE_BUSY: (
        "Another program keeps the database locked, nothing was saved.",
        "Close other programs that use {path} and try again.",
    ),
    sqlite3.SQLITE_CORRUPT: ("The database is damaged.", _DAMAGED_REMEDY),
    sqlite3.SQLITE_NOTADB: ("The file {path} is not a database.", _DAMAGED_REMEDY),
    sqlite3.SQLITE_READONLY: ("The database may only be read, nothing was saved.", _PERMISSION_REMEDY),
    sqlite3.SQLITE_PERM: ("The database may not be opened.", _PERMISSION_REMEDY),
    sqlite3.SQLITE_CANTOPEN: ("The database {path} cannot be opened.", _PERMISSION_REMEDY),
    sqlite3.SQLITE_IOERR: ("The disk could not be read or written.", "Check the disk that holds {path}."),
}
_OTHER_SENTENCE = ("The database refused the request.", "")


class Database:
    """An open database.

    Args:
        path: The file; it is created with mode 0600, its folder must exist.
        busy_timeout_s: Seconds to wait for another process's write lock, given up after `LOCK_PATIENCE` times that.

    Raises:
        DatabaseFailed: The file cannot be opened or created, is damaged, or a newer Famulus wrote it.
    """

    def __init__(self, path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self._path = path
        self._busy_timeout_s = busy_timeout_s
        self._closed = False
        self._idle_readers: list[sqlite3.Connection] = []
        self._readers_lock = threading.Lock()
        with self._plain_errors():
            self._writer = self._open_writer()
        self._write_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database-writer")

    def write(self, change: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Run `change` in a transaction on the writer thread, after all writes asked for before.

        Args:
            change: Gets the connection inside ``BEGIN IMMEDIATE``; must neither commit nor roll back.

        Returns:
            What `change` returned, once it is on disk. Where `change` or the commit raised, nothing is changed and
            the future carries the exception, SQLite's as `DatabaseFailed`.

        Raises:
            DatabaseFailed: The database is closed.
        """
        return self._on_write_thread(lambda: self._transact(change))

    def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run `query` on the calling thread; all its statements see the same state.

        Args:
            query: Gets a connection that refuses to write.

        Raises:
            DatabaseFailed: The database is closed or cannot be read.
        """
        with self._plain_errors(), self._reader() as connection:
            connection.execute("BEGIN")
            try:
                return query(connection)
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def foreign_version(self) -> int:
        """A number that changes when another process has committed something; waits for the queued writes.

        https://www.sqlite.org/pragma.html#pragma_data_version: the connection's own commits do not change it, and
        only the writer's connection commits here.
        """

        def read() -> int:
            with self._plain_errors():
                return int(self._writer.execute("PRAGMA data_version").fetchone()[0])

        return self._on_write_thread(read).result()

    def check(self) -> str:
        """Result of ``PRAGMA integrity_check``: ``ok``, or one line a fault.

        Raises:
            DatabaseFailed: The file cannot be read at all.
        """
        # Not a reader's connection: newer versions of FTS5 check their index by a write that changes nothing.
        with self._plain_errors(), contextlib.closing(self._connect()) as connection:
            return "\n".join(row[0] for row in connection.execute("PRAGMA integrity_check"))

    def close(self) -> None:
        """Finish the queued writes and close the file. Closing twice does nothing."""
        with self._readers_lock:
            if self._closed:
                return
            self._closed = True
            idle, self._idle_readers = self._idle_readers, []
        for connection in idle:
            connection.close()
        self._write_thread.shutdown(wait=True)
        self._writer.close()

    def _on_write_thread(self, step: Callable[[], T]) -> Future[T]:
        try:
            return self._write_thread.submit(step)
        except RuntimeError as error:
            raise self._closed_error() from error

    def _connect(self) -> sqlite3.Connection:
        # Connections move between threads, but only one thread uses one at a time.
        return sqlite3.connect(self._path, timeout=self._busy_timeout_s, isolation_level=None, check_same_thread=False)

    def _open_writer(self) -> sqlite3.Connection:
        self._create_private_file()
        connection = self._connect()
        try:
            self._patiently(lambda: connection.execute("PRAGMA journal_mode = WAL"))
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")  # what a person deletes is overwritten
            # Only macOS knows this one: its fsync leaves data in the drive's cache.
            connection.execute("PRAGMA fullfsync = ON")
            self._patiently(lambda: schema.migrate(connection))
            connection.execute("PRAGMA foreign_keys = ON")
        except BaseException:
            connection.close()
            raise
        return connection

    def _create_private_file(self) -> None:
        # SQLite would create it with the umask's mode; its WAL files copy the mode of the database. A file that exists
        # is not opened here: closing it would drop the locks that SQLite holds on it elsewhere in this process.
        try:
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            pass
        except OSError as error:
            raise self._failure(sqlite3.SQLITE_CANTOPEN, error) from error

    def _transact(self, change: Callable[[sqlite3.Connection], T]) -> T:
        with self._plain_errors():
            self._patiently(lambda: self._writer.execute("BEGIN IMMEDIATE"))
            try:
                result = change(self._writer)
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
            return result

    def _patiently(self, step: Callable[[], object]) -> None:
        """Do a step that takes a lock; ask again where the busy timeout, or SQLite without waiting, gave up."""
        deadline = time.monotonic() + LOCK_PATIENCE * self._busy_timeout_s
        while True:
            try:
                step()
                return
            except sqlite3.OperationalError as error:
                if _primary_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                    raise
            time.sleep(_RETRY_PAUSE_S)

    @contextlib.contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        with self._readers_lock:
            if self._closed:
                raise self._closed_error()
            connection = self._idle_readers.pop() if self._idle_readers else None
        if connection is None:
            connection = self._connect()
            connection.execute("PRAGMA query_only = ON")
        try:
            yield connection
        finally:
            with self._readers_lock:
                keep = not self._closed
                if keep:
                    self._idle_readers.append(connection)
            if not keep:
                connection.close()

    @contextlib.contextmanager
    def _plain_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._failure(_primary_code(error), error) from error

    def _failure(self, code: int, cause: Exception) -> DatabaseFailed:
        sentence, remedy = _SENTENCES.get(code, _OTHER_SENTENCE)
        return DatabaseFailed(sentence, remedy=remedy, cause=repr(cause), path=str(self._path))

    def _closed_error(self) -> DatabaseFailed:
        return DatabaseFailed("The database is closed.", cause=f"{self._path} was used after close()")


def _primary_code(error: sqlite3.Error) -> int:
    """The primary result code; 0 where Python's module raised by itself."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
