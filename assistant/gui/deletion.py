"""Deleting a conversation, with time to think better of it.

Process: app with a window. Thread: the GUI's; the database is written in the background.
"""

from __future__ import annotations

import contextlib
from functools import partial

from PySide6.QtCore import QObject, Signal

from assistant.core.errors import ConversationNotFound, FamulusError
from assistant.gui.window_context import WindowContext


class Deletion(QObject):
    """Keeps one conversation out of sight until it is deleted or brought back; the window says how long that may be.

    Args:
        context: What the window works with.
        parent: Qt's owner.
    """

    changed = Signal()

    committed = Signal(str)
    """The conversation is gone for good."""

    failed = Signal(object)
    """An `ErrorInfo`; the conversation is still there."""

    def __init__(self, context: WindowContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._pending = ""
        self._hidden: set[str] = set()

    @property
    def pending(self) -> str:
        """Id of the conversation that can still be brought back; empty for none."""
        return self._pending

    def hides(self, conversation_id: str) -> bool:
        """Whether the conversation is out of sight."""
        return conversation_id in self._hidden

    def begin(self, conversation_id: str) -> None:
        """Hide a conversation and stop its turns; one that was hidden before is deleted now."""
        self.commit()
        for turn in reversed(self._context.turns.turns):
            if turn.place.conversation_id == conversation_id:
                self._context.turns.stop(turn)
        self._pending = conversation_id
        self._hidden.add(conversation_id)
        self.changed.emit()

    def undo(self) -> str:
        """Bring the hidden conversation back; returns its id, empty if there was none."""
        undone, self._pending = self._pending, ""
        self._hidden.discard(undone)
        self.changed.emit()
        return undone

    def commit(self) -> None:
        """Delete the hidden conversation, if there is one."""
        conversation_id, self._pending = self._pending, ""
        if not conversation_id:
            return
        self._context.background.run(
            partial(self._delete, conversation_id),
            lambda _: self.committed.emit(conversation_id),  # and it stays hidden: an older list may still hold it
            lambda error: self._fail(conversation_id, error),
        )

    def _delete(self, conversation_id: str) -> None:
        with contextlib.suppress(ConversationNotFound):  # another process was faster
            self._context.services.deletion.delete(conversation_id)

    def _fail(self, conversation_id: str, error: FamulusError) -> None:
        self._hidden.discard(conversation_id)
        self.changed.emit()
        self.failed.emit(error.info)
