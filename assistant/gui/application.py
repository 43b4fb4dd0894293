"""The desktop app, from its first line to its last.

Process: app with a window. Thread: GUI.

Only what the first frame shows happens before it. The tray, the shortcut, quick chat's panel and the model come after.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QLibraryInfo, QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QIcon
from PySide6.QtQuickControls2 import QQuickStyle
from PySide6.QtWidgets import QApplication

from assistant import __version__
from assistant.core.errors import FamulusError
from assistant.core.resource_files import resource_folder
from assistant.core.window_command import WindowCommand
from assistant.gui.desktop import Desktop
from assistant.gui.failure_window import show_failure
from assistant.gui.graphics import choose_graphics
from assistant.gui.identity import APP_ID, APP_NAME
from assistant.gui.language import Language
from assistant.gui.quit_signals import quit_on_signals
from assistant.gui.running_window import WindowRequest
from assistant.gui.single_instance import SingleInstance
from assistant.gui.window_program import start_detached
from assistant.services.services import Services

log = logging.getLogger(__name__)

_GRAPHICS_FAILED = 70
_BACKEND = "QT_QUICK_BACKEND"
"""Qt Quick's choice of how to draw; ``software`` needs no graphics driver."""

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def run(build_services: Callable[[], Services], data_folder: Path, command: WindowCommand) -> int:
    """Open the window of a data folder, or hand the command to the one that is open.

    Args:
        build_services: The composition root.
        data_folder: Where the person's data is.
        command: What this start asks for.

    Returns:
        Exit status: 0, or 1 where the window could not open.
    """
    qt = prepare_qt(sys.argv[:1])
    quit_on_signals(qt)
    request = WindowRequest.from_start(command)
    instance = SingleInstance(data_folder)
    try:
        if not instance.claim_or_deliver(request):
            return 0
        services = build_services()
    except FamulusError as error:
        instance.stop_listening()
        log.error("the window cannot open: %s (%s)", error, error.info.cause)
        return show_failure(qt, error.info)
    choose_graphics(services.paths.graphics)
    with services:
        desktop = Desktop(services)
        instance.received.connect(desktop.take)
        desktop.graphicsFailed.connect(lambda: qt.exit(_GRAPHICS_FAILED))
        desktop.start(request)
        status = qt.exec()
        instance.stop_listening()
        qInstallMessageHandler(None)  # it would need Python on threads that Qt waits for at the end
        desktop.close()
    instance.close()
    if status == _GRAPHICS_FAILED and not os.environ.get(_BACKEND):
        os.environ[_BACKEND] = "software"
        start_detached(command)
        return 0
    return status


def prepare_qt(arguments: list[str]) -> QApplication:
    """Qt's application object with Famulus's names, icon and style; its messages go to the log."""
    qInstallMessageHandler(_to_log)
    _choose_input_method()
    QQuickStyle.setStyle("Basic")
    qt = QApplication(arguments)
    qt.setApplicationName(APP_NAME.lower())
    qt.setApplicationDisplayName(APP_NAME)
    qt.setApplicationVersion(__version__)
    qt.setDesktopFileName(APP_ID)
    qt.setWindowIcon(QIcon(str(resource_folder() / "icons" / "famulus.svg")))
    qt.setQuitOnLastWindowClosed(False)  # it may go on in the tray
    Language().choose("system")
    return qt


def _choose_input_method() -> None:
    """Reach fcitx, which most Chinese desktops have, by the protocol of ibus, which it speaks too: Qt has no other."""
    if sys.platform == "linux" and os.environ.get("QT_IM_MODULE", "").startswith("fcitx"):
        plugins = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath)) / "platforminputcontexts"
        if not any("fcitx" in plugin.name for plugin in plugins.glob("*.so")):
            os.environ["QT_IM_MODULE"] = "ibus"


def _to_log(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    log.log(_LEVELS.get(kind, logging.WARNING), "Qt: %s (%s:%s)", message, context.file, context.line)
