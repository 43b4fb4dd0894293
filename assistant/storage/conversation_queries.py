"""The SQL behind `ConversationStore` and `AnswerStore`: one function a question to, or a change of, their tables.

Process: the app. Thread rule: the thread that owns the connection; changes run inside its transaction.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Set

from assistant.core.conversation import Conversation, FinishReason, Message, MessageStatus
from assistant.core.errors import ConversationNotFound, MessageNotFound
from assistant.storage import attachments
from assistant.storage.message_rows import (
    CONVERSATION_COLUMNS,
    MESSAGE_COLUMNS,
    as_json,
    conversation_from_row,
    message_from_row,
)

SqlValue = str | float | bytes | None

_MIN_PREFIX_DIGITS = 4
_LIST_REMEDY = "List the conversations to see their ids."


def conversation(connection: sqlite3.Connection, conversation_id: str) -> Conversation:
    """The conversation with exactly this id; raises ConversationNotFound."""
    row = connection.execute(
        f"SELECT {CONVERSATION_COLUMNS} FROM conversation WHERE id = ?", (conversation_id,)
    ).fetchone()
    if row is None:
        raise ConversationNotFound("There is no conversation {id}.", remedy=_LIST_REMEDY, id=conversation_id)
    return conversation_from_row(row)


def find(connection: sqlite3.Connection, prefix: str) -> Conversation:
    """The only conversation whose id begins so; raises ConversationNotFound."""
    prefix = prefix.strip().lower()
    if not re.fullmatch("[0-9a-f]+", prefix):
        raise ConversationNotFound("There is no conversation {id}.", remedy=_LIST_REMEDY, id=prefix)
    if len(prefix) < _MIN_PREFIX_DIGITS:
        raise ConversationNotFound(
            "{id} is too short for the id of a conversation.",
            remedy="Give at least {digits} digits of it.",
            id=prefix,
            digits=_MIN_PREFIX_DIGITS,
        )
    # "g" follows the last hexadecimal digit.
    rows = connection.execute(
        f"SELECT {CONVERSATION_COLUMNS} FROM conversation WHERE id >= ? AND id < ? ORDER BY id LIMIT 4",
        (prefix, prefix + "g"),
    ).fetchall()
    if not rows:
        raise ConversationNotFound("There is no conversation {id}.", remedy=_LIST_REMEDY, id=prefix)
    if len(rows) > 1:
        raise ConversationNotFound(
            "The ids of several conversations begin with {id}: {ids}.",
            remedy="Give more digits of the id.",
            id=prefix,
            ids=", ".join(row[0] for row in rows[:3]) + (", …" if len(rows) > 3 else ""),
        )
    return conversation_from_row(rows[0])


def newest(connection: sqlite3.Connection, limit: int | None) -> list[Conversation]:
    """Conversations, the last changed first; None for all."""
    rows = connection.execute(
        f"SELECT {CONVERSATION_COLUMNS} FROM conversation ORDER BY updated_at DESC, number DESC LIMIT ?",
        (-1 if limit is None else max(0, limit),),
    )
    return [conversation_from_row(row) for row in rows]


def update_conversation(connection: sqlite3.Connection, conversation_id: str, **values: SqlValue) -> None:
    """Set columns of a conversation; raises ConversationNotFound."""
    assignments = ", ".join(f"{column} = ?" for column in values)
    updated = connection.execute(
        f"UPDATE conversation SET {assignments} WHERE id = ?", (*values.values(), conversation_id)
    )
    if updated.rowcount == 0:
        raise ConversationNotFound("There is no conversation {id}.", remedy=_LIST_REMEDY, id=conversation_id)


def message(connection: sqlite3.Connection, message_id: str) -> Message:
    """The message with this id; raises MessageNotFound."""
    row = connection.execute(f"SELECT {MESSAGE_COLUMNS} FROM message WHERE id = ?", (message_id,)).fetchone()
    if row is None:
        raise MessageNotFound("There is no message {id}.", id=message_id)
    return attachments.with_attachments(connection, [message_from_row(row)])[0]


def require_message(connection: sqlite3.Connection, conversation_id: str, message_id: str | None) -> None:
    """Raise unless the conversation exists and holds the message; None stands for no message."""
    conversation(connection, conversation_id)
    if message_id is not None and message(connection, message_id).conversation_id != conversation_id:
        raise MessageNotFound("Message {id} belongs to another conversation.", id=message_id)


def messages(connection: sqlite3.Connection, conversation_id: str) -> list[Message]:
    """All messages in the order of their creation; raises ConversationNotFound."""
    conversation(connection, conversation_id)
    rows = connection.execute(
        f"SELECT {MESSAGE_COLUMNS} FROM message WHERE conversation_id = ? ORDER BY number", (conversation_id,)
    )
    return attachments.with_attachments(connection, [message_from_row(row) for row in rows])


def branch(connection: sqlite3.Connection, conversation_id: str) -> list[Message]:
    """The messages from the root to the active leaf; raises ConversationNotFound."""
    conversation(connection, conversation_id)
    rows = connection.execute(
        f"""
        WITH RECURSIVE branch (id, height) AS (
            SELECT active_leaf_id, 0 FROM conversation WHERE id = ?
            UNION ALL
            SELECT parent_id, height + 1 FROM branch JOIN message USING (id)
        )
        SELECT {MESSAGE_COLUMNS} FROM branch JOIN message USING (id) ORDER BY height DESC
        """,
        (conversation_id,),
    )
    return attachments.with_attachments(connection, [message_from_row(row) for row in rows])


def siblings(connection: sqlite3.Connection, message_id: str) -> list[Message]:
    """The message and those with the same parent in the order of their creation; raises MessageNotFound."""
    one = message(connection, message_id)
    rows = connection.execute(
        f"SELECT {MESSAGE_COLUMNS} FROM message WHERE conversation_id = ? AND parent_id IS ? ORDER BY number",
        (one.conversation_id, one.parent_id),
    )
    return attachments.with_attachments(connection, [message_from_row(row) for row in rows])


def newest_leaf(connection: sqlite3.Connection, message_id: str) -> str:
    """From the message down, the newest child each time; raises MessageNotFound."""
    one = message(connection, message_id)
    row = connection.execute(
        """
        WITH RECURSIVE branch (id, depth) AS (
            VALUES (?, 0)
            UNION ALL
            SELECT (
                SELECT child.id FROM message AS child
                WHERE child.conversation_id = ? AND child.parent_id = branch.id ORDER BY child.number DESC LIMIT 1
            ), depth + 1
            FROM branch WHERE branch.id IS NOT NULL
        )
        SELECT id FROM branch WHERE id IS NOT NULL ORDER BY depth DESC LIMIT 1
        """,
        (message_id, one.conversation_id),
    ).fetchone()
    leaf: str = row[0]
    return leaf


def add_message(connection: sqlite3.Connection, new: Message, owner: str | None, *, shown: bool = True) -> None:
    """Insert a message that has just begun and, if it is to be shown, make it the active leaf.

    Raises:
        ConversationNotFound: There is no such conversation.
        MessageNotFound: It holds no such parent.
    """
    require_message(connection, new.conversation_id, new.parent_id)
    connection.execute(
        """
        INSERT INTO message (id, conversation_id, parent_id, role, text, status, created_at, model, adapters, owner)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (
            new.id,
            new.conversation_id,
            new.parent_id,
            new.role,
            new.text,
            new.status,
            new.created_at,
            new.model,
            as_json(new.adapters),
            owner,
        ),
    )
    attachments.attach(connection, new.id, new.attachments)
    changes = {"active_leaf_id": new.id} if shown else {}
    update_conversation(connection, new.conversation_id, **changes, updated_at=new.created_at)


def set_pinned(connection: sqlite3.Connection, message_id: str, pinned: bool) -> None:
    """Pin a message, or no more; raises MessageNotFound."""
    if connection.execute("UPDATE message SET pinned = ? WHERE id = ?", (int(pinned), message_id)).rowcount == 0:
        raise MessageNotFound("There is no message {id}.", id=message_id)


def take_over(connection: sqlite3.Connection, message_id: str, owner: str) -> None:
    """Make an ended answer one that `owner` is generating."""
    connection.execute(
        "UPDATE message SET status = ?, owner = ?, finish_reason = NULL, error = NULL WHERE id = ?",
        (MessageStatus.GENERATING, owner, message_id),
    )


def update_owned_message(connection: sqlite3.Connection, message_id: str, owner_now: str, **values: SqlValue) -> None:
    """Set columns of a message that `owner_now` is generating; raises MessageNotFound if it is not."""
    assignments = ", ".join(f"{column} = ?" for column in values)
    updated = connection.execute(
        f"UPDATE message SET {assignments} WHERE id = ? AND owner = ?", (*values.values(), message_id, owner_now)
    )
    if updated.rowcount == 0:
        raise MessageNotFound("No such answer is being written.", cause=f"message {message_id} of {owner_now}")


def interrupt_all_but(connection: sqlite3.Connection, owners: Set[str]) -> list[str]:
    """End the answers under way whose owner is not among `owners`; ids in the order of their creation."""
    generating = connection.execute("SELECT id, owner FROM message WHERE owner IS NOT NULL ORDER BY number").fetchall()
    interrupted = [message_id for message_id, owner in generating if owner not in owners]
    connection.executemany(
        "UPDATE message SET status = ?, finish_reason = ?, owner = NULL WHERE id = ?",
        [(MessageStatus.INTERRUPTED, FinishReason.ERROR, message_id) for message_id in interrupted],
    )
    return interrupted
