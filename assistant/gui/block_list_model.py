"""A page of an answer: some of its blocks, as rows for QML.

Process: app. Thread: GUI.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from PySide6.QtCore import QAbstractListModel, QByteArray, QModelIndex, QObject, QPersistentModelIndex, Qt

from assistant.gui.block_renderer import RenderedBlock
from assistant.gui.markdown_blocks import BlockKind

_ROOT = QModelIndex()


class BlockListModel(QAbstractListModel):
    """Rows that only change at their end, as an answer does while it is written.

    Args:
        parent: Qt parent.
    """

    _ROLES: ClassVar[dict[int, tuple[str, str]]] = {
        Qt.ItemDataRole.UserRole + 1 + number: role
        for number, role in enumerate(
            [
                ("kind", "kind"),
                ("html", "html"),
                ("plain", "plain"),
                ("language", "language"),
                ("source", "source"),
                ("imageWidth", "image_width"),
                ("imageHeight", "image_height"),
                ("seconds", "seconds"),
                ("finished", "finished"),
            ]
        )
    }

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[RenderedBlock] = []

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        """Number of blocks."""
        return 0 if parent.isValid() else len(self._rows)

    def roleNames(self) -> dict[int, QByteArray]:
        """Names of the roles in QML."""
        return {role: QByteArray(name.encode()) for role, (name, _) in self._ROLES.items()}

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """One field of one block."""
        if not index.isValid() or role not in self._ROLES:
            return None
        value = getattr(self._rows[index.row()], self._ROLES[role][1])
        return str(value) if isinstance(value, BlockKind) else value

    def rows(self) -> list[RenderedBlock]:
        """The rows as they are shown now."""
        return list(self._rows)

    def show(self, rows: Sequence[RenderedBlock]) -> None:
        """Show these rows and tell QML what is different: rows of another kind are other rows."""
        old, rows = self._rows, list(rows)
        n_both = min(len(old), len(rows))
        n_same = next((row for row in range(n_both) if old[row] is not rows[row]), n_both)
        n_changed = next((row for row in range(n_same, n_both) if old[row].kind != rows[row].kind), n_both)
        if n_changed < len(old):
            self.beginRemoveRows(_ROOT, n_changed, len(old) - 1)
            self._rows = old[:n_changed]
            self.endRemoveRows()
        if n_same < n_changed:
            self._rows = rows[:n_changed]
            self.dataChanged.emit(self.index(n_same), self.index(n_changed - 1))
        if n_changed < len(rows):
            self.beginInsertRows(_ROOT, n_changed, len(rows) - 1)
            self._rows = rows
            self.endInsertRows()
