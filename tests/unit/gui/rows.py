"""What QML reads of a list model."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel


def rows(model: QAbstractListModel, *roles: str) -> list[Any]:
    """The values of one role, or tuples of several, row by row."""
    numbers = {bytes(name.data()).decode(): number for number, name in model.roleNames().items()}
    values = [tuple(model.data(model.index(row), numbers[role]) for role in roles) for row in range(model.rowCount())]
    return values if len(roles) > 1 else [value for (value,) in values]
