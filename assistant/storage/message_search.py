"""Full-text search over messages and titles, with SQLite's FTS5.

Process: the app. Thread rule: the thread that owns the connection.

Rows are deleted by triggers, so no path can forget the index.
"""

from __future__ import annotations

import sqlite3

from assistant.core.conversation import Role, SearchHit
from assistant.storage.full_text import indexed_text, match_expression, parse_query, snippet


def index_message(connection: sqlite3.Connection, message_id: str) -> None:
    """Put the message's text into the index, or replace it there."""
    number, text = connection.execute("SELECT number, text FROM message WHERE id = ?", (message_id,)).fetchone()
    _index(connection, number, text)


def index_title(connection: sqlite3.Connection, conversation_id: str) -> None:
    """Put the conversation's title into the index, or replace it there."""
    number, title = connection.execute(
        "SELECT number, title FROM conversation WHERE id = ?", (conversation_id,)
    ).fetchone()
    _index(connection, -number, title)


def search(connection: sqlite3.Connection, query: str, limit: int) -> list[SearchHit]:
    """Messages and titles that hold every word of the query, the last one by its beginning.

    Best first by BM25 over both columns, the newer first where that is equal. A query without a letter or a digit
    finds nothing.

    Args:
        connection: An open connection.
        query: Whatever the person typed.
        limit: Most hits to return.
    """
    terms = parse_query(query)
    expression = match_expression(terms)
    if not expression:
        return []
    rows = connection.execute(
        """
        SELECT conversation.id, title, message.id, role, coalesce(text, title),
               coalesce(message.created_at, conversation.created_at) AS time
        FROM (
            SELECT rowid AS number, bm25(search_index) AS rank FROM search_index
            WHERE search_index MATCH ? ORDER BY rank, rowid DESC LIMIT ?
        ) AS hit
        LEFT JOIN message ON message.number = hit.number
        JOIN conversation ON conversation.id = conversation_id OR conversation.number = -hit.number
        ORDER BY rank, time DESC, hit.number DESC
        """,
        (expression, limit),
    )
    return [
        SearchHit(
            conversation_id=conversation_id,
            conversation_title=title,
            message_id=message_id,
            role=None if role is None else Role(role),
            snippet=snippet(text, terms, markdown=role == Role.ASSISTANT),
            created_at=created_at,
        )
        for conversation_id, title, message_id, role, text, created_at in rows
    ]


def _index(connection: sqlite3.Connection, number: int, text: str) -> None:
    words, grams = indexed_text(text)
    connection.execute(
        "INSERT OR REPLACE INTO search_index (rowid, words, grams) VALUES (?, ?, ?)", (number, words, grams)
    )
