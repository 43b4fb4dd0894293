"""The real window, driven as a person would: by clicks and keys on what can be seen."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QAccessible, QImage, QTextDocumentFragment, QWheelEvent
from PySide6.QtQuick import QQuickItem, QQuickTextDocument, QQuickWindow
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
        everything = descendants((window or self.window).contentItem())
        found = [item for item in everything if item.objectName() == name and item.isVisible()]
        return sorted(found, key=lambda item: item.mapToScene(QPointF(0, 0)).y())

    def named(self, name: str) -> QQuickItem:
        """The visible control that a screen reader calls so, once there is one; of several the highest."""
        self.wait_until(lambda: bool(self.all_named(name)))
        return self.all_named(name)[0]

    def all_named(self, name: str) -> list[QQuickItem]:
        """All visible controls that a screen reader calls so, from the top of the window down."""
        everything = descendants(self.window.contentItem())
        found = [item for item in everything if item.isVisible() and _is_control(item) and spoken_name(item) == name]
        return sorted(found, key=lambda item: item.mapToScene(QPointF(0, 0)).y())

    def words(self, item: QQuickItem | None = None) -> str:
        """All words that can be read in the window, or in one item; an item's on a line."""
        everything = descendants(item or self.window.contentItem())
        return "\n".join(text for item in everything if item.isVisible() and (text := _text_of(item)))

    def everything(self, window: QQuickWindow | None = None) -> list[QQuickItem]:
        """All items, visible or not."""
        return descendants((window or self.window).contentItem())

    def click(self, item: QQuickItem, at: QPointF | None = None, window: QQuickWindow | None = None) -> None:
        """Click into the middle of an item, or at another place of it."""
        # Not `item.window()`: PySide would bind the window's wrapper to the item's, and invalidate both together.
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        self._wait_until_still(item)
        QTest.mouseClick(window or self.window, left, none, _place(item, at))

    def double_click(self, item: QQuickItem, at: QPointF | None = None) -> None:
        """Click twice into the middle of an item, or at another place of it."""
        self.click(item, at)
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QTest.mouseDClick(self.window, left, none, _place(item, at))

    def press_and_move(self, item: QQuickItem, start: QPointF, end: QPointF) -> None:
        """Press the mouse button at a place of an item and move it to another, without letting it go."""
        self._wait_until_still(item)
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QTest.mousePress(self.window, left, none, _place(item, start))
        for step in (0.25, 0.5, 0.75, 1.0):
            QTest.mouseMove(self.window, _place(item, start + (end - start) * step))

    def let_go(self, item: QQuickItem, at: QPointF) -> None:
        """Let the mouse button go at a place of an item."""
        QTest.mouseRelease(self.window, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, _place(item, at))

    def hover(self, item: QQuickItem) -> None:
        """Move the pointer to the middle of an item."""
        self._wait_until_still(item)
        QTest.mouseMove(self.window, _place(item))

    def scroll(self, item: QQuickItem, notches: int) -> None:
        """Turn the mouse wheel above an item; upwards if `notches` is positive."""
        place = QPointF(_place(item))
        turned = QWheelEvent(
            place,
            QPointF(self.window.mapToGlobal(place.toPoint())),
            QPoint(),
            QPoint(0, 120 * notches),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QCoreApplication.sendEvent(self.window, turned)

    def press(
        self,
        key: Qt.Key,
        modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
        window: QQuickWindow | None = None,
    ) -> None:
        """Press and release a key."""
        QTest.keyClick(window or self.window, key, modifiers)

    def go_to_top(self) -> None:
        """Press Home in the list of messages, which must be higher than the window: once it is laid out to its end."""
        messages = self.item("messageList")
        self.wait_until(lambda: messages.property("contentHeight") > 1000 and bool(messages.property("atYEnd")))
        messages.forceActiveFocus()
        self.wait_until(messages.hasActiveFocus)
        self.press(Qt.Key.Key_Home)
        self.wait_until(lambda: bool(messages.property("atYBeginning")))

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
        # Not `QTest.qWait`: PySide keeps Python's lock in it, and the app's other threads stand still. One timer for
        # all turns: every `QTimer.singleShot` with a method leaks a little memory.
        pause = QEventLoop()
        timer = QTimer(interval=5, singleShot=True)
        timer.timeout.connect(pause.quit)
        while not condition():
            assert time.monotonic() < deadline, f"the window did not come to it; it shows:\n{self.words()}"
            timer.start()
            pause.exec()

    def live(self, milliseconds: int) -> None:
        """Let the window live for this long; the app's other threads too."""
        pause = QEventLoop()
        QTimer.singleShot(milliseconds, pause.quit)
        pause.exec()

    def wait_for_words(self, words: str) -> None:
        """Wait until they can be read in the window."""
        self.wait_until(lambda: words in self.words())

    def wait_for_answer(self) -> None:
        """Wait until nothing is generated in the open conversation."""
        self.wait_until(lambda: not self.app.conversation.generating and not self.app.conversation.empty)

    def _wait_until_still(self, item: QQuickItem) -> None:
        places: list[QPoint] = []

        def is_still() -> bool:
            places.append(_place(item))
            return len(places) > 4 and len(set(places[-4:])) == 1

        self.wait_until(is_still)

    def picture(self) -> QImage:
        """What the window shows."""
        return self.window.grabWindow()

    def close(self) -> None:
        """Close the window and its services; closing twice does nothing."""
        if not self._closed:
            self._closed = True
            self.desktop.close()
            self.services.close()


def descendants(item: QQuickItem) -> list[QQuickItem]:
    found = [item]
    for child in item.childItems():
        found.extend(descendants(child))
    return found


def spoken_name(item: QQuickItem) -> str:
    """What a screen reader calls the item; empty for nothing."""
    interface = QAccessible.queryAccessibleInterface(item)
    return interface.text(QAccessible.Text.Name) if interface is not None else ""


def _is_control(item: QQuickItem) -> bool:
    return item.inherits("QQuickControl") or item.inherits("QQuickTextInput") or item.inherits("QQuickTextEdit")


def _text_of(item: QQuickItem) -> str:
    document = item.property("textDocument")
    if isinstance(document, QQuickTextDocument):
        return document.textDocument().toPlainText()
    if item.inherits("QQuickText") or item.inherits("QQuickTextInput"):
        return QTextDocumentFragment.fromHtml(str(item.property("text"))).toPlainText()
    return ""


def _place(item: QQuickItem, at: QPointF | None = None) -> QPoint:
    return item.mapToScene(at or QPointF(item.width() / 2, item.height() / 2)).toPoint()
