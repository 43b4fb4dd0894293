"""The SQL of attachments: which message has which, in the table ``message_attachment``.

Process: the app. Thread rule: the thread that owns the connection; changes run inside its transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from assistant.core.conversation import Message, Role
from assistant.core.media import Attachment, MediaKind

_COLUMNS = "sha256, name, kind, mime, n_bytes, width, height, seconds"


def attach(connection: sqlite3.Connection, message_id: str, attachments: Sequence[Attachment]) -> None:
    """Note what goes with a new message, in this order."""
    connection.executemany(
        f"INSERT INTO message_attachment (message_id, position, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(message_id, position, *_row(attachment)) for position, attachment in enumerate(attachments)],
    )


def with_attachments(connection: sqlite3.Connection, messages: Sequence[Message]) -> list[Message]:
    """The same messages with what goes with them; one query for all."""
    # An answer has none, and an IN with a parameter for each id would meet SQLite's limit.
    questions = json.dumps([message.id for message in messages if message.role is Role.USER])
    rows = connection.execute(
        f"""
        SELECT message_id, {_COLUMNS} FROM message_attachment
        WHERE message_id IN (SELECT value FROM json_each(?)) ORDER BY message_id, position
        """,
        (questions,),
    )
    found: defaultdict[str, list[Attachment]] = defaultdict(list)
    for message_id, *row in rows:
        found[message_id].append(_attachment(row))
    return [
        msgspec.structs.replace(message, attachments=tuple(found[message.id])) if message.id in found else message
        for message in messages
    ]


def unreferenced(connection: sqlite3.Connection, sha256s: Iterable[str]) -> list[str]:
    """Those of the hashes that no message refers to, each once, sorted."""
    rows = connection.execute(
        """
        SELECT DISTINCT value FROM json_each(?)
        WHERE NOT EXISTS (SELECT * FROM message_attachment WHERE sha256 = value) ORDER BY value
        """,
        (json.dumps(list(sha256s)),),
    )
    return [sha256 for (sha256,) in rows]


def _row(one: Attachment) -> tuple[str | float, ...]:
    return (one.sha256, one.name, one.kind, one.mime, one.n_bytes, one.width, one.height, one.seconds)


def _attachment(row: Sequence[Any]) -> Attachment:
    return Attachment(
        sha256=row[0],
        name=row[1],
        kind=MediaKind(row[2]),
        mime=row[3],
        n_bytes=row[4],
        width=row[5],
        height=row[6],
        seconds=row[7],
    )
