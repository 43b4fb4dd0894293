"""What the window says in passing.

Process: app with a window. Thread: the GUI's.
"""

from __future__ import annotations

import enum

from PySide6.QtCore import QObject, QTimer, Signal

NOTICE_MS = 8_000


class NoticeAction(enum.StrEnum):
    """What a notice offers, as QML reads it."""

    NONE = ""
    UNDO_DELETE = "undoDelete"
    OPEN_FOLDER = "openFolder"


class Notice(QObject):
    """One sentence that goes away by itself.

    Args:
        parent: Qt's owner.

    Attributes:
        text: The sentence; empty for none.
        action: What it offers.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.text = ""
        self.action = NoticeAction.NONE
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(NOTICE_MS)
        self._timer.timeout.connect(self.dismiss)

    def tell(self, text: str, action: NoticeAction = NoticeAction.NONE) -> None:
        """Say something, instead of what was said before."""
        self.text, self.action = text, action
        self._timer.start()
        self.changed.emit()

    def dismiss(self) -> None:
        """Say nothing more."""
        self.text, self.action = "", NoticeAction.NONE
        self._timer.stop()
        self.changed.emit()
