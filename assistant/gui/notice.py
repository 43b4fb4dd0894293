"""What the window says in passing.

Process: app with a window. Thread: the GUI's.
"""

from __future__ import annotations

import enum
from collections.abc import Callable

from PySide6.QtCore import Property, QObject, QTimer, Signal, Slot

NOTICE_MS = 8_000
"""How long a notice stays; as long again after the pointer or the keyboard was on it."""


class NoticeAction(enum.StrEnum):
    """What a notice offers, as QML reads it."""

    NONE = ""
    UNDO_DELETE = "undoDelete"
    OPEN_FOLDER = "openFolder"


def _nothing() -> None:
    """What most notices do when they go."""


class Notice(QObject):
    """One sentence that goes away by itself, with at most one thing to do about it.

    Args:
        parent: Qt's owner.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._action = NoticeAction.NONE
        self._held = False
        self._act = self._lapse = _nothing
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(NOTICE_MS)
        self._timer.timeout.connect(self.dismiss)

    @Property(str, notify=changed)
    def text(self) -> str:
        """The sentence; empty for none."""
        return self._text

    @Property(str, notify=changed)
    def action(self) -> str:
        """What `run` would do: a `NoticeAction`."""
        return self._action.value

    def offers(self, action: NoticeAction) -> bool:
        """Whether this is what can be done about it now."""
        return self._action is action

    def tell(
        self,
        text: str,
        action: NoticeAction = NoticeAction.NONE,
        act: Callable[[], None] = _nothing,
        lapse: Callable[[], None] = _nothing,
    ) -> None:
        """Say something, instead of what was said before.

        Args:
            text: The sentence.
            action: What it offers.
            act: Does that.
            lapse: Called once the notice is gone, if the person has not chosen the action.
        """
        lapsed = self._take_away()
        self._text, self._action, self._act, self._lapse = text, action, act, lapse
        self._wait()
        self.changed.emit()
        lapsed()

    @Slot()
    def dismiss(self) -> None:
        """Say nothing more."""
        lapsed = self._take_away()
        self.changed.emit()
        lapsed()

    @Slot()
    def run(self) -> None:
        """Do what the notice offers, and take it away."""
        act = self._act
        self._take_away()
        self.changed.emit()
        act()

    @Slot(bool)
    def hold(self, held: bool) -> None:
        """Stay while the pointer or the keyboard is on it."""
        self._held = held
        self._wait()

    def _wait(self) -> None:
        if self._text and not self._held:
            self._timer.start()
        else:
            self._timer.stop()

    def _take_away(self) -> Callable[[], None]:
        """Forget everything; returns what is to be called now that the offer has lapsed."""
        lapsed = self._lapse
        self._text, self._action = "", NoticeAction.NONE
        self._act = self._lapse = _nothing
        self._timer.stop()
        return lapsed
