"""One answer as pages of blocks for QML, while it is written and afterwards.

Process: app. Thread: GUI.

Text that arrives is gathered and read at most once in `MIN_REPAINT_MS`; less often where a repaint costs so much that
it would take more than a third of the GUI thread. No repaint works much longer than `BUDGET_MS`: what is left of a long
answer follows in the next ones, between which the window does other things. A row changes only while it is the last
one, and a page is small, so that the next word costs the same however long the answer is.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QAbstractListModel, QByteArray, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Slot

from assistant.gui.answer_stream import AnswerStream
from assistant.gui.block_list_model import BlockListModel
from assistant.gui.block_renderer import BlockRenderer, RenderedBlock
from assistant.gui.markdown_blocks import BlockStream
from assistant.gui.render_style import RenderStyle

MIN_REPAINT_MS = 33
"""Shortest time between two repaints of a streaming answer."""
BUDGET_MS = 30
"""After this long a repaint begins no further piece of text and no further block."""
PAGE_ROWS = 32
"""Blocks of one page."""

_PIECE_CHARACTERS = 4_000
_COSTLY_REPAINT_MS = 10
_MAX_REPAINT_MS = 1_000
_PAUSE_MS = 16
_PAGE_ROLE = int(Qt.ItemDataRole.UserRole) + 1
_ROOT = QModelIndex()


class AnswerModel(QAbstractListModel):
    """Pages of one answer; their role ``page`` is a `BlockListModel`.

    Args:
        style: Colours and sizes.
        parent: Qt parent.
    """

    def __init__(self, style: RenderStyle, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._repaint)
        self._renderer = BlockRenderer(style)
        self._pages: list[BlockListModel] = []
        self._reset()

    def set_text(self, text: str) -> None:
        """Show a whole, finished answer instead of what is shown."""
        self._reset()
        self._show(since=0)
        self.append(text)
        self.finish()

    def resume(self, text: str) -> None:
        """Show this text as an answer that goes on."""
        self._reset()
        self._pending = text
        self._repaint()

    def append(self, text: str) -> None:
        """Add text that was just written; it shows with the next repaint."""
        self._pending += text
        if not self._timer.isActive():
            self._timer.start(self._interval_ms)

    def finish(self, reasoning_s: float = 0.0) -> None:
        """End the answer; `reasoning_s` is how long the model thought, in seconds, 0 if that is not known."""
        self._reasoning_s = reasoning_s
        self._is_ending = True
        self._timer.stop()
        if self._finished and self._stream.reasoning is not None:
            self._finished[0] = replace(self._finished[0], seconds=reasoning_s)
            self._show(since=0)
        self._repaint()

    def restyle(self, style: RenderStyle) -> None:
        """Render everything again in another style."""
        self._renderer = BlockRenderer(style)
        self._finished.clear()
        self._thoughts.clear()
        self._render(deadline=None)
        self._show(since=0)

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        """Number of pages."""
        return 0 if parent.isValid() else len(self._pages)

    def roleNames(self) -> dict[int, QByteArray]:
        """Names of the roles in QML."""
        return {_PAGE_ROLE: QByteArray(b"page")}

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = _PAGE_ROLE) -> Any:
        """One page."""
        return self._pages[index.row()] if index.isValid() and role == _PAGE_ROLE else None

    def rows(self) -> list[RenderedBlock]:
        """The rows of all pages as they are shown now."""
        return [row for page in self._pages for row in page.rows()]

    def _reset(self) -> None:
        self._timer.stop()
        self._stream = AnswerStream()
        self._pending = ""
        self._finished: list[RenderedBlock] = []
        self._open: RenderedBlock | None = None
        self._thoughts: list[str] = []
        self._reasoning_s = 0.0
        self._is_ending = False
        self._interval_ms = MIN_REPAINT_MS

    @Slot()  # else PySide gives every answer a meta-object of its own, and QML never forgets one
    def _repaint(self) -> None:
        started, n_before = time.perf_counter(), len(self._finished)
        has_all = self._work(started + BUDGET_MS / 1_000)
        self._show(since=n_before)
        cost_ms = (time.perf_counter() - started) * 1_000
        is_costly = cost_ms > _COSTLY_REPAINT_MS
        self._interval_ms = (
            min(_MAX_REPAINT_MS, max(MIN_REPAINT_MS, round(3 * cost_ms))) if is_costly else MIN_REPAINT_MS
        )
        if not has_all:
            self._timer.start(_PAUSE_MS if self._is_ending else self._interval_ms)

    def _work(self, deadline: float) -> bool:
        """Read and render what has come; returns whether all of it was done before the deadline."""
        while self._render(deadline):
            if not self._pending and (self._stream.is_closed or not self._is_ending):
                return True
            if _is_over(deadline):
                return False
            if self._pending:
                piece, self._pending = self._pending[:_PIECE_CHARACTERS], self._pending[_PIECE_CHARACTERS:]
                self._stream.feed(piece)
            else:
                self._stream.close()
        return False

    def _render(self, deadline: float | None) -> bool:
        """Render the blocks that are finished, each once, and the one that is being written.

        Returns:
            Whether all were rendered; the deadline keeps the rest from being begun.
        """
        reasoning, self._open = self._stream.reasoning, None
        if self._stream.is_thinking and reasoning is not None:
            self._open = self._reasoning_row(reasoning, is_finished=False)
            return True
        if reasoning is not None and not self._finished:
            row = self._reasoning_row(reasoning, is_finished=True)
            self._finished.append(replace(row, seconds=self._reasoning_s))
        n_before = 0 if reasoning is None else 1
        for block in self._stream.answer.finished[len(self._finished) - n_before :]:
            if _is_over(deadline):
                return False
            self._finished.append(self._renderer.row(block))
        open_block = self._stream.answer.open_block
        self._open = self._renderer.row(open_block, finished=False) if open_block is not None else None
        return True

    def _reasoning_row(self, reasoning: BlockStream, is_finished: bool) -> RenderedBlock:
        for block in reasoning.finished[len(self._thoughts) :]:
            self._thoughts.append(self._renderer.inside(block))
        parts, open_block = list(self._thoughts), reasoning.open_block
        if open_block is not None:
            parts.append(self._renderer.inside(open_block, finished=False))
        source = self._stream.reasoning_source
        return self._renderer.reasoning(parts, source, is_finished)

    def _show(self, since: int) -> None:
        """Show the rows from `since` on; those before have not changed."""
        n_rows = len(self._finished) + (self._open is not None)
        n_pages = -(-n_rows // PAGE_ROWS)
        for number in range(min(since // PAGE_ROWS, n_pages), min(n_pages, len(self._pages))):
            self._pages[number].show(self._page_rows(number))
        if n_pages < len(self._pages):
            self._remove_pages(n_pages)
        elif n_pages > len(self._pages):
            self._add_pages(n_pages)

    def _page_rows(self, number: int) -> list[RenderedBlock]:
        end = (number + 1) * PAGE_ROWS
        rows = self._finished[number * PAGE_ROWS : end]
        return [*rows, self._open] if self._open is not None and len(self._finished) < end else rows

    def _add_pages(self, n_pages: int) -> None:
        new = range(len(self._pages), n_pages)
        self.beginInsertRows(_ROOT, new.start, new.stop - 1)
        for number in new:
            page = BlockListModel(self)
            page.show(self._page_rows(number))
            self._pages.append(page)
        self.endInsertRows()

    def _remove_pages(self, n_pages: int) -> None:
        self.beginRemoveRows(_ROOT, n_pages, len(self._pages) - 1)
        gone, self._pages = self._pages[n_pages:], self._pages[:n_pages]
        self.endRemoveRows()
        for page in gone:
            page.deleteLater()


def _is_over(deadline: float | None) -> bool:
    return deadline is not None and time.perf_counter() >= deadline
