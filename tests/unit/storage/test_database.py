from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

import assistant
from assistant.core.errors import DatabaseFailed, FamulusError
from assistant.storage import database as database_module
from assistant.storage import schema
from assistant.storage.database import Database

CHILD = Path(__file__).with_name("process_child.py")
CHILD_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(assistant.__file__).parents[1])}


def count_conversations(connection: sqlite3.Connection) -> int:
    count: int = connection.execute("SELECT count(*) FROM conversation").fetchone()[0]
    return count


def insert(connection: sqlite3.Connection, id: str) -> None:
    connection.execute(
        "INSERT INTO conversation (id, title, system_prompt, created_at, updated_at) VALUES (?, '', '', 0, 0)", (id,)
    )


def failure(error: BaseException | None) -> DatabaseFailed:
    assert isinstance(error, DatabaseFailed)
    return error


def test_a_new_file_is_private_and_durable(database: Database, tmp_path: Path) -> None:
    database.write(lambda connection: insert(connection, "a")).result()
    for name in ("famulus.db", "famulus.db-wal"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    pragmas = database.write(
        lambda connection: [
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    ).result()
    assert pragmas == ["wal", 2, 1]
    assert database.check() == "ok"


def test_an_empty_file_is_migrated(tmp_path: Path) -> None:
    (tmp_path / "famulus.db").touch()
    with closing(Database(tmp_path / "famulus.db")) as database:
        assert database.read(schema.schema_version) == schema.migrations()[-1].number


def test_migrations_are_numbered_without_gaps() -> None:
    assert [migration.number for migration in schema.migrations()] == list(range(1, len(schema.migrations()) + 1))


def test_only_missing_migrations_run(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database.write(lambda connection: insert(connection, "a")).result()
    known = schema.migrations()
    following = schema.Migration(
        known[-1].number + 1, "next.sql", "CREATE TABLE later (a);\nINSERT INTO later VALUES (7);"
    )
    monkeypatch.setattr(schema, "migrations", lambda: [*known, following])
    with closing(Database(tmp_path / "famulus.db")) as newer:
        assert newer.read(lambda connection: connection.execute("SELECT a FROM later").fetchall()) == [(7,)]
        assert newer.read(count_conversations) == 1
        assert newer.read(schema.schema_version) == following.number


def test_a_failing_migration_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = schema.migrations()
    bad = schema.Migration(known[-1].number + 1, "bad.sql", "CREATE TABLE half (a);\nSELECT missing FROM nowhere;")
    with monkeypatch.context() as patched:
        patched.setattr(schema, "migrations", lambda: [*known, bad])
        with pytest.raises(DatabaseFailed, match="refused"):
            Database(tmp_path / "famulus.db")
    with closing(Database(tmp_path / "famulus.db")) as database:
        assert database.read(schema.schema_version) == known[-1].number
        tables = database.read(lambda connection: connection.execute("SELECT name FROM sqlite_master").fetchall())
        assert ("half",) not in tables


def test_an_unfinished_migration_is_refused(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "migrations", lambda: [schema.Migration(99, "cut.sql", "CREATE TABLE cut (a")])
    with pytest.raises(ValueError, match="unfinished"):
        Database(tmp_path / "famulus.db")


def test_many_open_a_new_file_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        databases = list(pool.map(lambda _: Database(tmp_path / "famulus.db"), range(8)))
    writes = [database.write(lambda c, id=str(number): insert(c, id)) for number, database in enumerate(databases)]
    for write in writes:
        write.result()
    assert databases[0].read(count_conversations) == 8
    for database in databases:
        database.close()


def test_a_newer_database_is_refused_with_a_remedy(database: Database, tmp_path: Path) -> None:
    database.write(lambda connection: connection.execute("PRAGMA user_version = 999")).result()
    with pytest.raises(DatabaseFailed, match="newer version") as raised:
        Database(tmp_path / "famulus.db")
    assert "Update Famulus" in raised.value.info.remedy_text


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "famulus.db"
    path.write_bytes(b"This is a letter to my aunt. " * 100)
    with pytest.raises(DatabaseFailed, match="not a database") as raised:
        Database(path)
    assert str(path) in raised.value.info.remedy_text
    assert path.read_bytes().startswith(b"This is a letter")


def test_a_damaged_page_is_named(tmp_path: Path) -> None:
    path = tmp_path / "famulus.db"
    database = Database(path)
    for number in range(500):
        database.write(lambda connection, id=f"{number:0500}": insert(connection, id))
    database.close()
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = b"\xa5" * (len(content) - len(content) // 2)
    path.write_bytes(content)
    with closing(Database(path)) as database:
        assert failure_or_report(database) != "ok"
        with pytest.raises(DatabaseFailed, match="damaged"):
            database.read(
                lambda connection: connection.execute("SELECT id, title FROM conversation NOT INDEXED").fetchall()
            )


def failure_or_report(database: Database) -> str:
    try:
        return database.check()
    except DatabaseFailed as error:
        return str(error)


@pytest.mark.parametrize("path", ["missing/famulus.db", "."])
def test_a_path_that_cannot_be_opened(tmp_path: Path, path: str) -> None:
    with pytest.raises(DatabaseFailed, match="cannot be opened") as raised:
        Database(tmp_path / path)
    assert "permissions" in raised.value.info.remedy_text


def test_a_read_only_file_can_be_read_and_a_write_says_why_not(tmp_path: Path) -> None:
    path = tmp_path / "famulus.db"
    Database(path).close()
    path.chmod(0o400)
    with closing(Database(path)) as database:
        assert database.read(count_conversations) == 0
        error = database.write(lambda connection: insert(connection, "a")).exception()
        if os.access(path, os.W_OK):  # the superuser may write everywhere
            assert (error, database.read(count_conversations)) == (None, 1)
        else:
            assert "may only be read" in str(failure(error))


def test_a_write_that_becomes_impossible_says_read_only(database: Database) -> None:
    database.write(lambda connection: connection.execute("PRAGMA query_only = ON")).result()
    error = failure(database.write(lambda connection: insert(connection, "a")).exception())
    assert "may only be read" in str(error)
    assert "permissions" in error.info.remedy_text
    assert "SQLITE" not in str(error)


def test_a_full_disk_saves_nothing_and_later_writes_succeed(database: Database) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        insert(connection, "small")
        for number in range(2000):
            insert(connection, f"{number:01000}")

    pages = database.read(lambda connection: connection.execute("PRAGMA page_count").fetchone()[0])
    database.write(lambda connection: connection.execute(f"PRAGMA max_page_count = {pages + 20}").fetchone()).result()
    error = failure(database.write(fill).exception())
    assert str(error) == "The disk is full, nothing was saved."
    assert error.info.remedy_text
    assert "full" in error.info.cause
    assert database.read(count_conversations) == 0
    database.write(lambda connection: insert(connection, "small")).result()
    assert database.read(count_conversations) == 1


def test_every_sentence_can_be_shown(tmp_path: Path) -> None:
    for sentence, remedy in database_module._SENTENCES.values():
        error = DatabaseFailed(sentence, remedy=remedy, path="C:/{odd}/famulus.db")
        assert str(error)
        assert FamulusError.from_info(error.info).info.remedy_text == error.info.remedy_text


def test_a_failed_change_is_rolled_back_and_its_error_is_passed_on(database: Database) -> None:
    def change(connection: sqlite3.Connection) -> None:
        insert(connection, "a")
        raise ZeroDivisionError

    assert isinstance(database.write(change).exception(), ZeroDivisionError)
    assert database.read(count_conversations) == 0


def test_writes_keep_their_order_and_share_one_thread(database: Database) -> None:
    threads: set[int] = set()

    def change(connection: sqlite3.Connection, number: int) -> int:
        threads.add(threading.get_ident())
        insert(connection, str(number))
        return connection.execute("SELECT max(number) FROM conversation").fetchone()[0]  # type: ignore[no-any-return]

    futures = [database.write(lambda connection, number=number: change(connection, number)) for number in range(20)]
    assert [future.result() for future in futures] == list(range(1, 21))
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_a_resolved_write_is_visible_to_another_connection(database: Database, tmp_path: Path) -> None:
    database.write(lambda connection: insert(connection, "a")).result()
    with closing(sqlite3.connect(tmp_path / "famulus.db")) as connection:
        assert count_conversations(connection) == 1


def test_a_read_sees_one_state_and_cannot_write(database: Database) -> None:
    def counts(connection: sqlite3.Connection) -> tuple[int, int]:
        before = count_conversations(connection)
        database.write(lambda writer: insert(writer, "a")).result()
        return before, count_conversations(connection)

    assert database.read(counts) == (0, 0)
    assert database.read(count_conversations) == 1
    with pytest.raises(DatabaseFailed):
        database.read(lambda connection: insert(connection, "b"))


def test_reads_run_on_many_threads_and_inside_each_other(database: Database) -> None:
    database.write(lambda connection: insert(connection, "a")).result()
    assert database.read(lambda _: database.read(count_conversations)) == 1
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: database.read(count_conversations), range(100))) == 100


def test_a_write_waits_for_another_process_longer_than_the_busy_timeout(database: Database, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "famulus.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = database.write(lambda connection: insert(connection, "a"))
        time.sleep(0.3)
        assert not waiting.done()
        assert database.read(count_conversations) == 0
        other.execute("COMMIT")
    waiting.result()
    assert database.read(count_conversations) == 1


def test_a_lock_that_never_ends_is_reported(tmp_path: Path) -> None:
    with (
        closing(Database(tmp_path / "famulus.db", busy_timeout_s=0.02)) as database,
        closing(sqlite3.connect(tmp_path / "famulus.db", isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        error = failure(database.write(lambda connection: insert(connection, "a")).exception())
    assert "locked" in str(error)
    assert str(tmp_path) in error.info.remedy_text


def test_close_finishes_queued_writes(tmp_path: Path) -> None:
    database = Database(tmp_path / "famulus.db")
    futures = [database.write(lambda connection, id=str(number): insert(connection, id)) for number in range(20)]
    database.close()
    database.close()
    assert all(future.done() and future.exception() is None for future in futures)
    with pytest.raises(DatabaseFailed, match="closed"):
        database.write(count_conversations)
    with pytest.raises(DatabaseFailed, match="closed"):
        database.read(count_conversations)
    with closing(Database(tmp_path / "famulus.db")) as again:
        assert again.read(count_conversations) == 20


def test_a_read_under_way_survives_close(tmp_path: Path) -> None:
    database = Database(tmp_path / "famulus.db")

    def close_and_count(connection: sqlite3.Connection) -> int:
        database.close()
        return count_conversations(connection)

    assert database.read(close_and_count) == 0


def test_two_processes_write_at_once(database: Database, tmp_path: Path) -> None:
    command = [sys.executable, str(CHILD), str(tmp_path), "write", "50"]
    children = [subprocess.Popen(command, env=CHILD_ENVIRONMENT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for child in children:
        conversation_id = child.communicate(timeout=60)[0].strip()
        assert child.returncode == 0
        texts = database.read(
            lambda connection, id=conversation_id: connection.execute(
                "SELECT text FROM message WHERE conversation_id = ? ORDER BY number", (id,)
            ).fetchall()
        )
        assert texts == [(f"question {number}",) for number in range(50)]
    assert database.check() == "ok"
