"""Quick chat's panel as a window of the system: made once, shown and hidden, and who has the keyboard meanwhile.

Process: app with a window. Thread: GUI.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtQml import QQmlApplicationEngine
from PySide6.QtQuick import QQuickWindow

from assistant.core.resource_files import resource_folder
from assistant.gui.app_view_model import AppViewModel
from assistant.gui.window_focus import WindowFocus, accept_activation, window_focus


class QuickPanel(QObject):
    """The panel of one `QuickChatViewModel`; its window is the engine's, which destroys it.

    Args:
        app: What QML gets.
        engine: The engine that also runs the main window.
        parent: Qt's owner.

    Raises:
        RuntimeError: The panel's QML is broken.
    """

    linkActivated = Signal(str)
    """A link was clicked; carries its address."""

    def __init__(self, app: AppViewModel, engine: QQmlApplicationEngine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._quick_chat = app.quickChat
        self._focus: WindowFocus = window_focus()
        self._had_keyboard = False
        self._quick_chat.activated.connect(accept_activation)
        # Comes first of all: of one signal QML's handlers run before ours, whenever they were connected.
        self._quick_chat.visibleChanged.connect(self._before_change)
        self._window = self._create(app, engine)
        self._quick_chat.showRequested.connect(self._after_show)
        self._quick_chat.hideRequested.connect(self._after_hide)

    @property
    def window(self) -> QQuickWindow:
        """The window."""
        return self._window

    def hide(self) -> None:
        """Take the window off the screen."""
        self._window.hide()

    def _create(self, app: AppViewModel, engine: QQmlApplicationEngine) -> QQuickWindow:
        n_before = len(engine.rootObjects())
        engine.setInitialProperties({"app": app})
        engine.load(QUrl.fromLocalFile(str(resource_folder() / "qml" / "quickchat" / "QuickChatPanel.qml")))
        window = next(iter(engine.rootObjects()[n_before:]), None)
        if not isinstance(window, QQuickWindow):
            raise RuntimeError("the panel's QML is broken; the log says where")
        window.create()  # the system's window too: showing it is then quick
        window.linkActivated.connect(self.linkActivated)  # type: ignore[attr-defined]
        return window

    def _before_change(self) -> None:
        if self._quick_chat.visible:
            self._focus.remember()
        else:
            self._had_keyboard = self._window.isActive()

    def _after_show(self) -> None:
        self._focus.take(int(self._window.winId()))

    def _after_hide(self) -> None:
        if self._had_keyboard:  # else the person clicked elsewhere, and the keyboard is there
            self._focus.give_back()
        self._had_keyboard = False
