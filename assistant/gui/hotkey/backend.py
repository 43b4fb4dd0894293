"""What every system's registration of the shortcut looks like to the app.

Process: app. Thread rule: a backend runs on a thread of its own and reports from there; `StopToken` is safe anywhere.
"""

from __future__ import annotations

import enum
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from assistant.core.errors import FamulusError, ShortcutUnavailable
from assistant.gui.hotkey.shortcut import Shortcut


class HotkeyState(enum.StrEnum):
    """Whether the shortcut works."""

    OFF = "off"
    ON = "on"
    CONFLICT = "conflict"
    UNAVAILABLE = "unavailable"
    WAITING = "waiting"
    """The system is asking the person."""


@dataclass(frozen=True, slots=True)
class Registration:
    """State of the shortcut.

    Attributes:
        state: Whether it works.
        problem: Why it does not, with a remedy; None in the other states.
        keys: The keys in the system's own words, where it chose them itself; else empty.
    """

    state: HotkeyState
    problem: FamulusError | None = None
    keys: str = ""


def unavailable(message: str, cause: str = "", remedy: str = "", **values: str) -> Registration:
    """The shortcut cannot work here; `message` is the template of one sentence.

    Without a `remedy` the person is told to let the system run the command instead.
    """
    problem = ShortcutUnavailable(
        message,
        remedy=remedy or "Bind the command famulus --quick to keys in the system's keyboard settings.",
        cause=cause,
        **values,
    )
    return Registration(HotkeyState.UNAVAILABLE, problem)


class StopToken:
    """Asks a running backend to end; asking twice does nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_set = False
        self._callbacks: list[Callable[[], None]] = []

    @property
    def is_set(self) -> bool:
        """Whether the backend was asked to end."""
        return self._is_set

    def set(self) -> None:
        """Ask for the end, and call what `when_set` was given, on this thread."""
        with self._lock:
            callbacks, self._callbacks, self._is_set = self._callbacks, [], True
        for callback in callbacks:
            callback()

    def when_set(self, callback: Callable[[], None]) -> None:
        """Call `callback` at `set`; at once where that was before."""
        with self._lock:
            if not self._is_set:
                self._callbacks.append(callback)
                return
        callback()


class HotkeyBackend(ABC):
    """One registration of one shortcut with the system.

    Args:
        shortcut: The keys.
        report: Called with every change of the registration's state.
        pressed: Called at every press, once however long the keys are held; with an activation token where the
            system hands one out, else with an empty text.
    """

    def __init__(
        self, shortcut: Shortcut, report: Callable[[Registration], None], pressed: Callable[[str], None]
    ) -> None:
        self.shortcut = shortcut
        self.report = report
        self.pressed = pressed

    @abstractmethod
    def run(self, stop: StopToken) -> None:
        """Register the shortcut and serve it until `stop` is set or nothing more can come; then free the keys.

        Raises nothing that a working system would bring about: problems are reported.
        """
