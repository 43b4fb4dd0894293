"""Reads the list of conversations in the background, as often as it changes and no oftener.

Process: app with a window. Thread: the GUI's; the database is read in the background.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from assistant.core.conversation import Conversation
from assistant.core.errors import FamulusError
from assistant.gui.window_context import WindowContext


class ConversationListReader(QObject):
    """Reads one list at a time; a request that comes meanwhile is answered by one more.

    Args:
        context: What the window works with.
        parent: Qt's owner.
    """

    done = Signal(object)
    """The list of `Conversation`, the last changed first."""

    failed = Signal(object)
    """A `FamulusError`."""

    def __init__(self, context: WindowContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._reading = self._again = False

    def read(self) -> None:
        """Read the list, or read it again."""
        if self._reading:
            self._again = True
            return
        self._reading = True
        self._context.background.run(self._context.services.conversations.list, self._finish, self._fail)

    def _finish(self, conversations: list[Conversation]) -> None:
        self._end()
        self.done.emit(conversations)

    def _fail(self, error: FamulusError) -> None:
        self._end()
        self.failed.emit(error)

    def _end(self) -> None:
        self._reading = False
        if self._again:
            self._again = False
            self.read()
