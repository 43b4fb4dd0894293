"""Notices what another process, for example a terminal, changes in the database.

Process: app with a window. Thread: GUI; the database is asked in the background.
"""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject, QTimer

from assistant.core.errors import FamulusError
from assistant.core.events import ConversationsChanged
from assistant.gui.background import Background
from assistant.services.services import Services

log = logging.getLogger(__name__)

_INTERVAL_MS = 2000


class OtherProcesses(QObject):
    """Publishes `ConversationsChanged` at most `_INTERVAL_MS` milliseconds after a foreign change.

    Args:
        services: Whose database is watched.
        parent: Qt's owner.
    """

    def __init__(self, services: Services, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._background = Background("other-processes", self)
        self._asking = False
        self._timer = QTimer(self, interval=_INTERVAL_MS)
        self._timer.timeout.connect(self._ask)

    def watch(self) -> None:
        """Begin."""
        self._timer.start()

    def close(self) -> None:
        """End, and wait for a question under way."""
        self._timer.stop()
        self._background.close()

    def _ask(self) -> None:
        if not self._asking:  # a locked database may keep the last question waiting
            self._asking = True
            self._background.run(self._services.conversations.changed_elsewhere, self._tell, self._give_up)

    def _give_up(self, error: FamulusError) -> None:
        self._asking = False
        log.info("other processes cannot be watched: %s (%s)", error, error.info.cause)

    def _tell(self, changed: bool) -> None:
        self._asking = False
        if changed:
            self._services.bus.publish(ConversationsChanged())
