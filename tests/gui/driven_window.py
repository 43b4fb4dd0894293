"""The real window, driven as a person would: by clicks and keys on what can be seen."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtQuick import QQuickItem, QQuickWindow
from PySide6.QtTest import QTest

from assistant.core.window_command import WindowCommand
from assistant.gui.app_view_model import AppViewModel
from assistant.gui.desktop import Desktop
from assistant.gui.running_window import WindowRequest
from assistant.services.services import Services

PATIENCE_S = 60.0


class DrivenWindow:
    """A window that a test opens, uses and closes.

    Args:
        services: What it works with; closed with the window.
        command: How it is started.
    """

    def __init__(self, services: Services, command: WindowCommand = WindowCommand.RAISE) -> None:
        self.services = services
        self.desktop = Desktop(services)
        self._closed = False
        self.desktop.start(WindowRequest(command))
        if command is WindowCommand.RAISE:
            self.wait_until(self.window.isExposed)

    @property
    def app(self) -> AppViewModel:
        return self.desktop.app

    @property
    def window(self) -> QQuickWindow:
        return self.desktop.window

    def item(self, name: str, window: QQuickWindow | None = None) -> QQuickItem:
        """The visible item with this `objectName`."""
        found = self.items(name, window)
        assert found, f"no visible item {name}"
        return found[0]

    def items(self, name: str, window: QQuickWindow | None = None) -> list[QQuickItem]:
        """All visible items with this `objectName`, from the top of the window down."""
        everything = _descendants((window or self.window).contentItem())
        found = [item for item in everything if item.objectName() == name and item.isVisible()]
        return sorted(found, key=lambda item: item.mapToScene(QPointF(0, 0)).y())

    def click(self, item: QQuickItem) -> None:
        """Click into the middle of an item."""
        centre = item.mapToScene(QPointF(item.width() / 2, item.height() / 2))
        window = item.window()
        assert window is not None
        QTest.mouseClick(
            window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(int(centre.x()), int(centre.y()))
        )

    def press(
        self,
        key: Qt.Key,
        modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
        window: QQuickWindow | None = None,
    ) -> None:
        """Press and release a key."""
        QTest.keyClick(window or self.window, key, modifiers)

    def type(self, text: str, window: QQuickWindow | None = None) -> None:
        """Type ASCII text where the keyboard focus is."""
        for character in text:
            QTest.keyClick(window or self.window, character)

    def ask(self, text: str) -> None:
        """Type a question into the composer and send it by Enter."""
        self.item("composerInput").forceActiveFocus()
        self.type(text)
        self.press(Qt.Key.Key_Return)

    def wait_until(self, condition: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
        """Let the window live until the condition holds; fail after `timeout_s` seconds."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, "the window did not come to it in time"
            QTest.qWait(5)

    def wait_for_answer(self) -> None:
        """Wait until nothing is generated in the open conversation."""
        self.wait_until(lambda: not self.app.conversation.generating and not self.app.conversation.empty)

    def picture(self) -> QImage:
        """What the window shows."""
        return self.window.grabWindow()

    def close(self) -> None:
        """Close the window and its services; closing twice does nothing."""
        if not self._closed:
            self._closed = True
            self.desktop.close()
            self.services.close()


def _descendants(item: QQuickItem) -> list[QQuickItem]:
    found = [item]
    for child in item.childItems():
        found.extend(_descendants(child))
    return found
