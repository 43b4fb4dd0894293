"""Whose turn it is with the engine: one load at a time, and at times somebody has the engine for himself.

Process: app. Thread: any.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from assistant.core.errors import RequestCancelled

_SLICE_S = 0.1
"""How long who is not wanted any more waits for his turn at most."""


class EngineTurn:
    """A lock that its holder can be asked to give back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._borrowed: threading.Event | None = None

    @contextmanager
    def take(self, cancelled: threading.Event) -> Iterator[None]:
        """Hold it; who has borrowed it is asked to give it back.

        Raises:
            RequestCancelled: `cancelled` was set before the turn came.
        """
        while not self._wait(cancelled):
            borrowed = self._borrowed
            if borrowed is not None:
                borrowed.set()
        try:
            yield
        finally:
            self._lock.release()

    @contextmanager
    def borrow(self, cancelled: threading.Event) -> Iterator[None]:
        """Hold it until somebody else needs it.

        Args:
            cancelled: Set when it is not wanted any more; set here while somebody waits.

        Raises:
            RequestCancelled: `cancelled` was set before the turn came.
        """
        while not self._wait(cancelled):
            pass
        self._borrowed = cancelled
        try:
            yield
        finally:
            self._borrowed = None
            self._lock.release()

    def _wait(self, cancelled: threading.Event) -> bool:
        """Wait for one slice of time; returns whether it is held now."""
        if self._lock.acquire(timeout=_SLICE_S):
            return True
        if cancelled.is_set():
            raise RequestCancelled("The request was stopped.")
        return False
