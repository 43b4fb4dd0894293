"""Takes the keyboard for a window that the person called, and gives it back to the program before.

Process: app. Thread: GUI. On X11 each call asks the X server, well under a millisecond on the person's own machine.

Under Wayland a program cannot know who has the keyboard: the compositor gives it back by itself, and it lets a window
take it only with an activation token. On Windows and macOS Qt and the system do both.
"""

from __future__ import annotations

import importlib
import logging
import os

from PySide6.QtGui import QGuiApplication

log = logging.getLogger(__name__)


class WindowFocus:
    """Does nothing: for systems that need no help."""

    def remember(self) -> None:
        """Remember who has the keyboard: before a window is shown."""

    def take(self, window: int) -> None:
        """Give the keyboard to a window that is shown already; `window` is ``QWindow.winId()``."""

    def give_back(self) -> None:
        """Give the keyboard to the window that had it at `remember`: after ours was hidden."""


def window_focus() -> WindowFocus:
    """The one for the running QGuiApplication."""
    if QGuiApplication.platformName() != "xcb":
        return WindowFocus()
    try:
        focus: WindowFocus = importlib.import_module("assistant.gui.x11_focus").X11Focus()
    except Exception as error:  # without python-xlib, or where the X server takes no second connection
        log.warning("the keyboard will not be given back: %r", error)
        return WindowFocus()
    return focus


def accept_activation(token: str) -> None:
    """Use an activation token for the next window that is activated; an empty one does nothing.

    Qt's Wayland plugin takes it from this variable, and removes it.
    """
    if token:
        os.environ["XDG_ACTIVATION_TOKEN"] = token
