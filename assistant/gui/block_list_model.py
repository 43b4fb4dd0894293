"""The blocks of one answer as rows for QML, while it is written and afterwards.

Process: app. Thread: GUI.

Text that arrives is gathered and read at most once in `MIN_REPAINT_MS`; less often where a repaint costs so much that
it would take more than a third of the GUI thread. A row changes only while it is the last one.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, ClassVar

from PySide6.QtCore import QAbstractListModel, QByteArray, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer

from assistant.gui.answer_stream import AnswerStream
from assistant.gui.block_renderer import BlockRenderer, RenderedBlock
from assistant.gui.markdown_blocks import BlockKind, BlockStream
from assistant.gui.rich_text import RenderStyle

MIN_REPAINT_MS = 33
"""Shortest time between two repaints of a streaming answer."""

_COSTLY_REPAINT_MS = 10
_MAX_REPAINT_MS = 1_000
_ROOT = QModelIndex()


class BlockListModel(QAbstractListModel):
    """Rows of one answer.

    Args:
        style: Colours and sizes.
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

    def __init__(self, style: RenderStyle, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._repaint)
        self._renderer = BlockRenderer(style)
        self._rows: list[RenderedBlock] = []
        self._reset()

    def set_text(self, text: str) -> None:
        """Show a whole, finished answer."""
        self.beginResetModel()
        self._reset()
        self._stream.feed(text)
        self._stream.close()
        self._rows = self._finished_rows()
        self.endResetModel()

    def append(self, text: str) -> None:
        """Add text that was just written; it shows with the next repaint."""
        self._pending.append(text)
        if not self._timer.isActive():
            self._timer.start(self._interval_ms)

    def finish(self, reasoning_s: float = 0.0) -> None:
        """End the answer; `reasoning_s` is how long the model thought, in seconds, 0 if that is not known."""
        self._timer.stop()
        self._read_pending()
        self._stream.close()
        self._reasoning_s = reasoning_s
        if self._finished and self._stream.reasoning is not None:
            self._finished[0] = replace(self._finished[0], seconds=reasoning_s)
        self._show(self._finished_rows())

    def restyle(self, style: RenderStyle) -> None:
        """Render everything again in another style."""
        self._renderer = BlockRenderer(style)
        self.beginResetModel()
        self._finished.clear()
        self._thoughts.clear()
        self._rows = self._current_rows()
        self.endResetModel()

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

    def _reset(self) -> None:
        self._timer.stop()
        self._stream = AnswerStream()
        self._pending: list[str] = []
        self._finished: list[RenderedBlock] = []
        self._thoughts: list[str] = []
        self._rows = []
        self._reasoning_s = 0.0
        self._interval_ms = MIN_REPAINT_MS

    def _repaint(self) -> None:
        started = time.perf_counter()
        self._read_pending()
        self._show(self._current_rows())
        cost_ms = (time.perf_counter() - started) * 1_000
        is_costly = cost_ms > _COSTLY_REPAINT_MS
        self._interval_ms = (
            min(_MAX_REPAINT_MS, max(MIN_REPAINT_MS, round(3 * cost_ms))) if is_costly else MIN_REPAINT_MS
        )

    def _read_pending(self) -> None:
        text = "".join(self._pending)
        self._pending = []
        self._stream.feed(text)

    def _show(self, rows: list[RenderedBlock]) -> None:
        """Tell QML what is different: rows of another kind are other rows."""
        old, n_same = self._rows, 0
        while n_same < min(len(old), len(rows)) and old[n_same] is rows[n_same]:
            n_same += 1
        n_changed = n_same
        while n_changed < min(len(old), len(rows)) and old[n_changed].kind == rows[n_changed].kind:
            n_changed += 1
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

    def _finished_rows(self) -> list[RenderedBlock]:
        """The rows of what is finished, each rendered once."""
        reasoning = self._stream.reasoning
        if reasoning is not None and not self._finished:
            row = self._reasoning_row(reasoning, is_finished=True)
            self._finished.append(replace(row, seconds=self._reasoning_s))
        n_before = 0 if reasoning is None else 1
        for block in self._stream.answer.finished[len(self._finished) - n_before :]:
            self._finished.append(self._renderer.row(block))
        return list(self._finished)

    def _current_rows(self) -> list[RenderedBlock]:
        """The finished rows and the one that is being written."""
        if self._stream.is_thinking and self._stream.reasoning is not None:
            return [self._reasoning_row(self._stream.reasoning, is_finished=False)]
        rows = self._finished_rows()
        block = self._stream.answer.open_block
        return [*rows, self._renderer.row(block, finished=False)] if block is not None else rows

    def _reasoning_row(self, reasoning: BlockStream, is_finished: bool) -> RenderedBlock:
        for block in reasoning.finished[len(self._thoughts) :]:
            self._thoughts.append(self._renderer.inside(block))
        parts, open_block = list(self._thoughts), reasoning.open_block
        if open_block is not None:
            parts.append(self._renderer.inside(open_block, finished=False))
        source = self._stream.reasoning_source
        return self._renderer.reasoning(parts, source, is_finished)
