"""Quick chat's panel as a window of the system: made once, shown and hidden, and who has the keyboard meanwhile.

Process: app with a window. Thread: GUI.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QUrl, Signal
from PySide6.QtQml import QQmlApplicationEngine
from PySide6.QtQuick import QQuickWindow

from assistant.gui.app_view_model import AppViewModel
from assistant.gui.resource_files import resource_folder
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
        # QML's own handlers of these two signals run between ours: before and after the panel is shown or hidden.
        self._quick_chat.showRequested.connect(self._before_show)
        self._quick_chat.hideRequested.connect(self._before_hide)
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

    def _before_show(self) -> None:
        if not self._window.isVisible():
            self._focus.remember()

    def _after_show(self) -> None:
        self._focus.take(int(self._window.winId()))

    def _before_hide(self) -> None:
        self._had_keyboard = self._window.isActive()

    def _after_hide(self) -> None:
        if self._had_keyboard:  # else the person clicked elsewhere, and the keyboard is there
            self._focus.give_back()


def bring_to_front(window: QQuickWindow) -> None:
    """Show a window above the others with the keyboard, also where it was minimized or hidden."""
    window.setWindowStates(window.windowStates() & ~Qt.WindowState.WindowMinimized)
    window.show()
    window.raise_()
    window.requestActivate()
