"""What QML reads of a list model."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel

from assistant.gui.conversation_view_model import ConversationViewModel


def rows(model: QAbstractListModel, *roles: str) -> list[Any]:
    """The values of one role, or tuples of several, row by row."""
    numbers = {bytes(name.data()).decode(): number for number, name in model.roleNames().items()}
    values = [tuple(model.data(model.index(row), numbers[role]) for role in roles) for row in range(model.rowCount())]
    return values if len(roles) > 1 else [value for (value,) in values]


def texts(conversation: ConversationViewModel) -> list[str]:
    return rows(conversation.messages, "text")


def statuses(conversation: ConversationViewModel) -> list[str]:
    return rows(conversation.messages, "status")


def ids(conversation: ConversationViewModel) -> list[str]:
    return rows(conversation.messages, "messageId")


def blocks_text(conversation: ConversationViewModel, row: int) -> str:
    blocks = rows(conversation.messages, "blocks")[row]
    return "\n\n".join(row.plain.strip() for row in blocks.rows())
