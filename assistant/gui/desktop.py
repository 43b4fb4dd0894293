"""The running app: the window, and around it the tray, the shortcut, quick chat's panel and the language.

Process: app with a window. Thread: GUI.
"""

from __future__ import annotations

import logging
import os
import sys
import threading

import shiboken6
from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, QUrl, Signal
from PySide6.QtQml import QQmlApplicationEngine
from PySide6.QtQuick import QQuickWindow

from assistant.core.resource_files import resource_folder
from assistant.core.window_command import WindowCommand
from assistant.gui import autostart
from assistant.gui.app_view_model import AppViewModel
from assistant.gui.graphics import check_graphics
from assistant.gui.hotkey.backend import HotkeyState
from assistant.gui.hotkey.hotkey import GlobalHotkey
from assistant.gui.language import Language
from assistant.gui.lazy_blocks import load_renderers
from assistant.gui.network_guard import RefusingNetworkFactory
from assistant.gui.other_processes import OtherProcesses
from assistant.gui.quick_panel import QuickPanel
from assistant.gui.running_window import WindowRequest
from assistant.gui.tray import Tray
from assistant.gui.window_focus import accept_activation
from assistant.services.services import Services

log = logging.getLogger(__name__)

_FRAME_LIMIT_MS = 2000
_TRAY_LIMIT_MS = 15_000
"""Trays come late when the person has just logged in."""

_FIRST_KEYS_MS = 250
"""After the first frame the window is left alone for this long: the first keys are not to wait."""


class Desktop(QObject):
    """Everything that a person sees of the app, wired.

    Args:
        services: The services; whoever made them closes them, after `close`.
        parent: Qt's owner.

    Raises:
        RuntimeError: The window's QML is broken.
    """

    graphicsFailed = Signal()
    """There is no working graphics driver: nothing can be drawn before Qt Quick is told to use the processor."""

    def __init__(self, services: Services, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._language = Language()
        self._spoken = ""
        self._app = AppViewModel(services, autostart, self)
        self._speak()
        self._engine = QQmlApplicationEngine()
        self._prepare_engine()
        self._window: QQuickWindow | None = None
        self._panel: QuickPanel | None = None
        self._tray: Tray | None = None
        self._hotkey: GlobalHotkey | None = None
        self._other_processes = OtherProcesses(services, self)
        self._app.settings.changed.connect(self._follow_settings)
        self._app.quitRequested.connect(QCoreApplication.quit)

    @property
    def app(self) -> AppViewModel:
        """What QML works with."""
        return self._app

    @property
    def window(self) -> QQuickWindow:
        """The main window; it exists after `start`."""
        assert self._window is not None
        return self._window

    @property
    def panel(self) -> QuickPanel:
        """Quick chat's panel, made when it is first needed."""
        return self._ensure_panel()

    def start(self, request: WindowRequest) -> None:
        """Make the window and show it, unless the request is to stay hidden; all else comes after its first frame."""
        is_shown = request.command in (WindowCommand.RAISE, WindowCommand.NEW_CHAT)
        accept_activation(request.activation_token)
        self._engine.setInitialProperties({"app": self._app, "visible": is_shown})
        self._engine.load(QUrl.fromLocalFile(str(resource_folder() / "qml" / "Main.qml")))
        window = next(iter(self._engine.rootObjects()), None)
        if not isinstance(window, QQuickWindow):
            raise RuntimeError("the window's QML is broken; the log says where")
        self._window = window
        # Without a listener Qt would end the process.
        window.sceneGraphError.connect(self._tell_graphics_failed)
        if is_shown:
            self.window.frameSwapped.connect(self._complete, Qt.ConnectionType.SingleShotConnection)
            QTimer.singleShot(_FRAME_LIMIT_MS, self, self._complete)  # minimized, or behind a locked screen
        else:
            QTimer.singleShot(0, self, self._complete)
            QTimer.singleShot(0, self, lambda: self.take(request))
            QTimer.singleShot(_TRAY_LIMIT_MS, self, self._show_if_out_of_reach)

    def take(self, request: WindowRequest) -> None:
        """Do what a later start of the app asks for."""
        accept_activation(request.activation_token)
        match request.command:
            case WindowCommand.RAISE:
                self._app.raiseRequested.emit()
            case WindowCommand.NEW_CHAT:
                self._app.newChat()
                self._app.raiseRequested.emit()
            case WindowCommand.QUICK:
                self._ensure_panel()
                self._app.quickChat.show()
            case WindowCommand.TOGGLE:
                self._ensure_panel()
                self._app.quickChat.toggle()
            case WindowCommand.HIDDEN:
                pass

    def close(self) -> None:
        """Take everything off the screen at once, then stop what runs."""
        self.window.hide()
        if self._panel is not None:
            self._panel.hide()
        if self._tray is not None:
            self._tray.hide()
        if self._hotkey is not None:
            self._hotkey.close()
        self._other_processes.close()
        self._app.close()
        shiboken6.delete(self._engine)  # QML goes before the view-models that it is bound to

    def _complete(self) -> None:
        """What the first frame did not need."""
        if self._tray is not None or not shiboken6.isValid(self._engine):  # done already, or closed meanwhile
            return
        _clean_environment()
        self._app.start()
        self._tray = self._make_tray()
        self._app.watch_tray(lambda: self._tray is not None and self._tray.available)
        self._other_processes.watch()
        QTimer.singleShot(_FIRST_KEYS_MS, self, self._prepare)

    def _prepare(self) -> None:
        """What is not needed yet, but is to be there at once when it is."""
        if not shiboken6.isValid(self._engine):
            return
        self._ensure_panel()
        self._hotkey = GlobalHotkey(parent=self)
        self._app.quickChat.attach_hotkey(self._hotkey)
        check_graphics(self._services.paths.graphics)
        threading.Thread(target=load_renderers, name="renderers", daemon=True).start()

    def _show_if_out_of_reach(self) -> None:
        """Show the window where neither a tray nor the shortcut could call it."""
        has_tray = self._tray is not None and self._tray.available
        has_shortcut = self._hotkey is not None and self._hotkey.registration.state is HotkeyState.ON
        if not has_tray and not has_shortcut and not self.window.isVisible():
            self._app.raiseRequested.emit()

    def _ensure_panel(self) -> QuickPanel:
        if self._panel is None:
            self._panel = QuickPanel(self._app, self._engine, self)
            self._panel.linkActivated.connect(self._ask_about_link)
        return self._panel

    def _make_tray(self) -> Tray:
        tray = Tray(resource_folder() / "icons", self)
        tray.newChatRequested.connect(lambda: self.take(WindowRequest(WindowCommand.NEW_CHAT)))
        tray.quickChatRequested.connect(lambda: self.take(WindowRequest(WindowCommand.QUICK)))
        tray.openRequested.connect(lambda: self.take(WindowRequest(WindowCommand.RAISE)))
        tray.quitRequested.connect(QCoreApplication.quit)
        tray.show()
        return tray

    def _prepare_engine(self) -> None:
        self._network_factory = RefusingNetworkFactory()
        self._engine.setNetworkAccessManagerFactory(self._network_factory)

    def _tell_graphics_failed(self, _error: QQuickWindow.SceneGraphError, message: str) -> None:
        log.warning("no graphics: %s", message)
        self.graphicsFailed.emit()

    def _ask_about_link(self, url: str) -> None:
        self._app.raiseRequested.emit()
        self.window.askBeforeOpening(url)  # type: ignore[attr-defined]

    def _follow_settings(self) -> None:
        if self._app.settings.settings.appearance.language != self._spoken:
            self._speak()
            self._engine.retranslate()
            if self._tray is not None:
                self._tray.retranslate()

    def _speak(self) -> None:
        self._spoken = self._app.settings.settings.appearance.language
        self._language.choose(self._spoken)


def _clean_environment() -> None:
    """Take out what the frozen app's start put in and Qt has read: a browser that we open would use our parts of Qt."""
    if getattr(sys, "frozen", False):
        for name in ("QT_PLUGIN_PATH", "QML2_IMPORT_PATH"):
            os.environ.pop(name, None)
