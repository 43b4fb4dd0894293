"""Says why the app cannot start, where nothing else can be shown.

Process: app with a window. Thread: GUI.
"""

from __future__ import annotations

from PySide6.QtCore import QUrl
from PySide6.QtQml import QQmlApplicationEngine
from PySide6.QtWidgets import QApplication

from assistant.core.errors import ErrorInfo
from assistant.core.resource_files import resource_folder
from assistant.gui.error_text import error_words


def show_failure(qt: QApplication, error: ErrorInfo) -> int:
    """Show one error until the person closes the window; returns the exit status 1."""
    words = error_words(error)
    engine = QQmlApplicationEngine()
    engine.setInitialProperties({"sentence": words.title, "remedy": words.remedy})
    engine.load(QUrl.fromLocalFile(str(resource_folder() / "qml" / "StartFailure.qml")))
    qt.setQuitOnLastWindowClosed(True)
    qt.exec()
    return 1
