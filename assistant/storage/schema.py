"""Brings a database to the newest schema: the numbered files in ``migrations/``, applied in order.

Process: any that opens the database. Thread rule: the thread that owns the connection.

The number of the last applied file is kept in ``PRAGMA user_version``.
"""

from __future__ import annotations

import importlib.resources
import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from assistant.core.errors import DatabaseFailed


class Migration(NamedTuple):
    """One file of ``migrations/``, named ``NNNN_what_it_does.sql``."""

    number: int
    name: str
    script: str


def migrations() -> list[Migration]:
    """All migrations in ascending order of their numbers."""
    folder = importlib.resources.files("assistant.storage") / "migrations"
    return sorted(
        Migration(int(file.name[:4]), file.name, file.read_text(encoding="utf-8"))
        for file in folder.iterdir()
        if file.name.endswith(".sql")
    )


def migrate(connection: sqlite3.Connection) -> None:
    """Apply what is missing, each migration in a transaction of its own.

    Several processes may do this at once: the number is read again under the write lock. Foreign keys must be off,
    so that a migration may rebuild a table.

    Raises:
        DatabaseFailed: A newer Famulus wrote this database.
        sqlite3.Error: A statement failed; its migration is rolled back.
    """
    known = migrations()
    if schema_version(connection) > known[-1].number:
        raise DatabaseFailed(
            "A newer version of Famulus has written this database.",
            remedy="Update Famulus, or start it with another data folder.",
            cause=f"schema {schema_version(connection)}, this program knows {known[-1].number}",
        )
    for migration in known:
        if schema_version(connection) < migration.number:
            _apply(connection, migration)


def schema_version(connection: sqlite3.Connection) -> int:
    """Number of the last migration applied; 0 for an empty database."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _apply(connection: sqlite3.Connection, migration: Migration) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        if schema_version(connection) < migration.number:
            for statement in _statements(migration.script):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {migration.number}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _statements(script: str) -> Iterator[str]:
    """Cut a script into statements, because ``executescript`` would commit the open transaction first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        raise ValueError(f"unfinished statement at the end of a migration: {statement!r}")
