"""The icon in the tray: there where the desktop has one, with a menu; a click opens the window.

Process: app. Thread: GUI.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from assistant.gui.identity import APP_NAME

_ACCENT = "#2C6E5B"
_FALLBACK_SIZE = 64


class Tray(QObject):
    """Icon and menu. Needs a QApplication: the icon is a widget of Qt.

    Args:
        icons: Folder with ``famulus.svg``; a plain drawing takes its place where it is missing.
        parent: Owner in Qt's sense.
    """

    newChatRequested = Signal()
    quickChatRequested = Signal()
    openRequested = Signal()
    quitRequested = Signal()

    def __init__(self, icons: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._menu = QMenu()
        self._new_chat = self._add(self.newChatRequested.emit)
        self._quick_chat = self._add(self.quickChatRequested.emit)
        self._menu.addSeparator()
        self._open = self._add(self.openRequested.emit)
        self._quit = self._add(self.quitRequested.emit)
        self._icon = QSystemTrayIcon(app_icon(icons), self)
        self._icon.setContextMenu(self._menu)
        self._icon.activated.connect(self._on_activated)
        self.retranslate()

    @property
    def available(self) -> bool:
        """Whether the desktop has a tray now; without one a closed window could not be opened from it again."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    def show(self) -> None:
        """Show the icon, also in a tray that comes later: Qt watches for it."""
        self._icon.show()

    def hide(self) -> None:
        """Take the icon away."""
        self._icon.hide()

    def retranslate(self) -> None:
        """Write the words in the language of the window."""
        self._new_chat.setText(QCoreApplication.translate("Tray", "New chat"))
        self._quick_chat.setText(QCoreApplication.translate("Tray", "Quick chat"))
        self._open.setText(QCoreApplication.translate("Tray", "Open Famulus"))
        self._quit.setText(QCoreApplication.translate("Tray", "Quit"))
        self._icon.setToolTip(APP_NAME)

    def _add(self, triggered: Callable[[], object]) -> QAction:
        action = QAction(self._menu)
        action.triggered.connect(lambda checked=False: triggered())
        self._menu.addAction(action)
        return action

    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason == QSystemTrayIcon.ActivationReason.Trigger:
            self.openRequested.emit()


def app_icon(icons: Path) -> QIcon:
    """The app's icon from ``famulus.svg`` in `icons`, or a plain drawing where that cannot be read."""
    icon = QIcon(str(icons / "famulus.svg"))
    if not icon.pixmap(_FALLBACK_SIZE).isNull():
        return icon
    pixmap = QPixmap(_FALLBACK_SIZE, _FALLBACK_SIZE)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QColor(_ACCENT))
    painter.setPen(Qt.PenStyle.NoPen)
    margin = _FALLBACK_SIZE / 16
    painter.drawRoundedRect(QRectF(pixmap.rect()).adjusted(margin, margin, -margin, -margin), margin * 3, margin * 3)
    painter.end()
    return QIcon(pixmap)
