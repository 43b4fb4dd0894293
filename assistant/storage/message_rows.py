"""Rows of the tables ``conversation`` and ``message`` as the structs of `core.conversation`, and back.

Process: any. Thread rule: any; functions without state.
"""

from __future__ import annotations

import array
import json
import secrets
import struct
import sys
from collections.abc import Sequence
from typing import Any

import msgspec

from assistant.core.adapter import AdapterUse
from assistant.core.conversation import Conversation, FinishReason, Message, MessageStatus, Role, Timings, Usage
from assistant.core.errors import ErrorInfo
from assistant.core.overflow import OverflowPolicy, RoomMade

CONVERSATION_COLUMNS = "id, title, created_at, updated_at, active_leaf_id, system_prompt, adapters, overflow, n_ctx"

MESSAGE_COLUMNS = (
    "id, conversation_id, parent_id, role, text, status, created_at, finish_reason, error, model, usage, timings, "
    "token_ids, vocabulary, adapters, pinned, room"
)


def conversation_from_row(row: Sequence[Any]) -> Conversation:
    """A row of `CONVERSATION_COLUMNS`."""
    return Conversation(
        id=row[0],
        title=row[1],
        created_at=row[2],
        updated_at=row[3],
        active_leaf_id=row[4],
        system_prompt=row[5],
        adapters=_adapters(row[6]),
        overflow=None if row[7] is None else OverflowPolicy(row[7]),
        n_ctx=row[8],
    )


def message_from_row(row: Sequence[Any]) -> Message:
    """A row of `MESSAGE_COLUMNS`; attachments have a table of their own."""
    return Message(
        id=row[0],
        conversation_id=row[1],
        parent_id=row[2],
        role=Role(row[3]),
        text=row[4],
        status=MessageStatus(row[5]),
        created_at=row[6],
        finish_reason=None if row[7] is None else FinishReason(row[7]),
        error=None if row[8] is None else msgspec.json.decode(row[8], type=ErrorInfo),
        model=row[9],
        usage=None if row[10] is None else msgspec.json.decode(row[10], type=Usage),
        timings=None if row[11] is None else msgspec.json.decode(row[11], type=Timings),
        token_ids=_unpack_token_ids(row[12]),
        vocabulary=row[13],
        adapters=_adapters(row[14]),
        pinned=bool(row[15]),
        room=None if row[16] is None else msgspec.json.decode(row[16], type=RoomMade),
    )


def _adapters(text: str) -> tuple[AdapterUse, ...]:
    return () if text == "[]" else msgspec.json.decode(text, type=tuple[AdapterUse, ...])


def new_id() -> str:
    """Id of a new row: 16 random hexadecimal digits."""
    return secrets.token_hex(8)


def pack_token_ids(token_ids: Sequence[int]) -> bytes:
    """Little-endian int32, 4 bytes a token; an ``array("i")`` is only copied.

    An answer under way is packed several times a second, so the price of a token must not grow with its length.
    """
    packed = array.array("i", token_ids)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def _unpack_token_ids(blob: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(blob) // 4}i", blob)


def json_or_null(value: msgspec.Struct | None) -> str | None:
    """A struct as JSON text; None for SQL's NULL."""
    return None if value is None else as_json(value)


def as_json(value: msgspec.Struct | Sequence[msgspec.Struct]) -> str:
    """A struct, or several in order, as JSON text."""
    # Not msgspec.json.encode: it refuses the lone surrogates of a file name that is no UTF-8.
    return storable(json.dumps(msgspec.to_builtins(value), ensure_ascii=False))


def storable(text: str) -> str:
    """The text with ``?`` for lone surrogates, which have no UTF-8 and which SQLite refuses."""
    return text.encode("utf-8", errors="replace").decode("utf-8")
