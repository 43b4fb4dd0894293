"""Questions that are being edited: each keeps its text until it is sent or given up.

Process: app with a window. Thread: the GUI's.

A view destroys the editor of a question that is scrolled out of sight; what was typed in it stays here.
"""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QObject, Signal, Slot


class _Edit(NamedTuple):
    text: str
    cursor: int
    dropped: frozenset[int] = frozenset()


class QuestionEdits(QObject):
    """The unfinished edits of one window or panel, by id of the question, in whichever conversation that is.

    Args:
        parent: Qt's owner.
    """

    toggled = Signal(str)
    """The editing of the question with this id has begun or ended."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._edits: dict[str, _Edit] = {}

    def holds(self, message_id: str) -> bool:
        """Whether this question is being edited."""
        return message_id in self._edits

    @Slot(str, str)
    def begin(self, message_id: str, text: str) -> None:
        """Edit a question, from its present text on; one that is being edited stays as it is."""
        if message_id not in self._edits:
            self._edits[message_id] = _Edit(text, len(text))
            self.toggled.emit(message_id)

    @Slot(str, str, int)
    def keep(self, message_id: str, text: str, cursor: int) -> None:
        """Keep what is typed so far, and where the cursor stands in it (UTF-16 units, as Qt counts)."""
        if message_id in self._edits:  # an editor that is being destroyed may still tell something
            self._edits[message_id] = self._edits[message_id]._replace(text=text, cursor=cursor)

    @Slot(str, int)
    def drop(self, message_id: str, position: int) -> None:
        """Leave an attachment of the question out; counted from 0 in the question as it is."""
        if message_id in self._edits:
            edit = self._edits[message_id]
            self._edits[message_id] = edit._replace(dropped=edit.dropped | {position})

    @Slot(str, result="QVariantList")
    def dropped(self, message_id: str) -> list[int]:
        """Which attachments are left out."""
        return sorted(self._edits[message_id].dropped) if message_id in self._edits else []

    @Slot(str)
    def end(self, message_id: str) -> None:
        """Forget what was typed: it was sent, or given up."""
        if self._edits.pop(message_id, None) is not None:
            self.toggled.emit(message_id)

    @Slot(str, result=str)
    def text(self, message_id: str) -> str:
        """What is typed; empty where nothing is edited."""
        return self._edits[message_id].text if message_id in self._edits else ""

    @Slot(str, result=int)
    def cursor(self, message_id: str) -> int:
        """Where the cursor stands."""
        return self._edits[message_id].cursor if message_id in self._edits else 0
