"""The shortcut of quick chat as the window sees it: asked for here, answered by signals.

Process: app. Thread: GUI. Nothing here waits; each registration runs on a thread of its own.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
import threading
from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Qt, Signal, Slot

from assistant.core.errors import SettingInvalid
from assistant.gui.hotkey.backend import HotkeyBackend, HotkeyState, Registration, StopToken, unavailable
from assistant.gui.hotkey.shortcut import parse_shortcut

log = logging.getLogger(__name__)

_OFF = Registration(HotkeyState.OFF)


def choose_backend(platform: str = sys.platform, environment: Mapping[str, str] = os.environ) -> type[HotkeyBackend]:
    """The backend of this system; loads its library, so it belongs on another thread than the window's.

    Under Wayland an X server may be there too, but it sees the keys of its own programs only.

    Raises:
        ImportError: The library of this system is not installed.
    """
    match platform:
        case "win32":
            module, name = "windows", "WindowsHotkey"
        case "darwin":
            module, name = "macos", "MacHotkey"
        case _ if _is_x11(environment):
            module, name = "x11", "X11Hotkey"
        case _:
            module, name = "portal", "PortalHotkey"
    backend: type[HotkeyBackend] = getattr(importlib.import_module(f"assistant.gui.hotkey.{module}"), name)
    return backend


def _is_x11(environment: Mapping[str, str]) -> bool:
    is_wayland = environment.get("XDG_SESSION_TYPE") == "wayland" or bool(environment.get("WAYLAND_DISPLAY"))
    return bool(environment.get("DISPLAY")) and not is_wayland


class GlobalHotkey(QObject):
    """One shortcut that works in every program, off until `register`.

    Args:
        choose: Gives the backend; called on the registration's thread.
        parent: Owner in Qt's sense.
    """

    pressed = Signal(str)
    """The keys were pressed; carries an activation token (`window_focus.accept_activation`), empty for none."""

    changed = Signal(object)
    """The state is another one now; carries the `Registration`."""

    _reported = Signal(object, object)
    _fired = Signal(object, str)

    def __init__(
        self, choose: Callable[[], type[HotkeyBackend]] = choose_backend, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._choose = choose
        self._stop: StopToken | None = None
        self._thread: threading.Thread | None = None
        self._registration = _OFF
        self._reported.connect(self._on_reported, Qt.ConnectionType.QueuedConnection)
        self._fired.connect(self._on_fired, Qt.ConnectionType.QueuedConnection)

    @property
    def registration(self) -> Registration:
        """The state now."""
        return self._registration

    def register(self, shortcut: str) -> None:
        """Take these keys instead of those before; `changed` says what came of it."""
        self._end_registration()
        try:
            keys = parse_shortcut(shortcut)
        except SettingInvalid as error:
            self._set(Registration(HotkeyState.UNAVAILABLE, error))
            return
        stop = StopToken()
        before = self._thread

        def serve() -> None:
            if before:
                before.join()  # the same keys may be asked for again, and it still holds them
            try:
                backend = self._choose()(keys, lambda now: self._reported.emit(stop, now), press)
            except ImportError as error:
                self._reported.emit(stop, unavailable("A part of Famulus for shortcuts is missing.", repr(error)))
                return
            if not stop.is_set:
                backend.run(stop)

        def press(token: str) -> None:
            self._fired.emit(stop, token)

        self._stop = stop
        self._thread = threading.Thread(target=serve, name="hotkey", daemon=True)
        self._thread.start()

    def unregister(self) -> None:
        """Free the keys soon."""
        self._end_registration()
        self._set(_OFF)

    def close(self, timeout_s: float = 2.0) -> None:
        """Free the keys and wait for it, at most `timeout_s` seconds: the end of the app."""
        self.unregister()
        if self._thread:
            self._thread.join(timeout_s)

    def _end_registration(self) -> None:
        if self._stop:
            self._stop.set()
            self._stop = None

    @Slot(object, object)
    def _on_reported(self, stop: StopToken, registration: Registration) -> None:
        if stop is self._stop:  # else it comes from a registration that was ended since
            self._set(registration)

    @Slot(object, str)
    def _on_fired(self, stop: StopToken, token: str) -> None:
        if stop is self._stop:
            self.pressed.emit(token)

    def _set(self, registration: Registration) -> None:
        if registration.problem:
            log.warning("shortcut: %s (%s)", registration.problem, registration.problem.info.cause)
        if registration != self._registration:
            self._registration = registration
            self.changed.emit(registration)
