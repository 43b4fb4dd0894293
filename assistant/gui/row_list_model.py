"""A list of named tuples as a model for QML.

Process: app with a window. Thread: the GUI's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from PySide6.QtCore import QAbstractListModel, QByteArray, QModelIndex, QObject, QPersistentModelIndex, Qt

RowT = TypeVar("RowT", bound=NamedTuple)

FIRST_ROLE = int(Qt.ItemDataRole.UserRole) + 1
ROOT = QModelIndex()


class RowListModel(QAbstractListModel, Generic[RowT]):
    """Shows rows; each field is a role, named in camel case.

    Args:
        row_type: The rows' named tuple.
        key: The field that says which row is which.
        parent: Qt's owner.
    """

    def __init__(self, row_type: type[RowT], key: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        fields: tuple[str, ...] = row_type._fields
        self._roles = {FIRST_ROLE + index: QByteArray(camel_case(field).encode()) for index, field in enumerate(fields)}
        self._key = fields.index(key)
        self._rows: list[RowT] = []

    @property
    def rows(self) -> Sequence[RowT]:
        """What is shown, in order."""
        return self._rows

    def roleNames(self) -> dict[int, QByteArray]:
        """Roles by number, for QML."""
        return self._roles

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = ROOT) -> int:
        """Number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = FIRST_ROLE) -> Any:
        """One field of one row."""
        if not index.isValid() or role not in self._roles:
            return None
        return self._rows[index.row()][role - FIRST_ROLE]

    def show(self, rows: Sequence[RowT]) -> None:
        """Show these rows; those that were there stay, so that a view keeps its place and moves what moved."""
        if not self._rows:
            self._fill(rows)
            return
        wanted = {row[self._key] for row in rows}
        for position in reversed(range(len(self._rows))):
            if self._rows[position][self._key] not in wanted:
                self._remove(position)
        for position, row in enumerate(rows):
            self._place(position, row)

    def _fill(self, rows: Sequence[RowT]) -> None:
        if rows:
            self.beginInsertRows(ROOT, 0, len(rows) - 1)
            self._rows = list(rows)
            self.endInsertRows()

    def _remove(self, position: int) -> None:
        self.beginRemoveRows(ROOT, position, position)
        del self._rows[position]
        self.endRemoveRows()

    def _place(self, position: int, row: RowT) -> None:
        """Have `row` at `position`; all rows before are in place already."""
        found = self._find(row[self._key], position)
        if found is None:
            self.beginInsertRows(ROOT, position, position)
            self._rows.insert(position, row)
            self.endInsertRows()
            return
        if found != position:
            self.beginMoveRows(ROOT, found, found, ROOT, position)
            self._rows.insert(position, self._rows.pop(found))
            self.endMoveRows()
        if self._rows[position] != row:
            self._rows[position] = row
            index = self.index(position)
            self.dataChanged.emit(index, index)

    def _find(self, key: object, start: int) -> int | None:
        return next((each for each in range(start, len(self._rows)) if self._rows[each][self._key] == key), None)


def camel_case(field: str) -> str:
    """For example ``message_id`` as ``messageId``."""
    first, *rest = field.split("_")
    return first + "".join(word.capitalize() for word in rest)
