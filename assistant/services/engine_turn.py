"""Whose turn it is with the engine: one load at a time, and at times somebody has the engine for himself.

Process: app. Thread: any.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from assistant.core.errors import RequestCancelled

_SLICE_S = 0.1
"""How long a load that is not wanted any more waits for its turn at most."""


class EngineTurn:
    """A lock that its holder can be asked to give back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._on_needed: Callable[[], None] | None = None

    @contextmanager
    def take(self, cancelled: threading.Event) -> Iterator[None]:
        """Hold it; who has borrowed it is asked to give it back.

        Raises:
            RequestCancelled: `cancelled` was set before the turn came.
        """
        while not self._lock.acquire(timeout=_SLICE_S):
            if cancelled.is_set():
                raise RequestCancelled("The request was stopped.")
            on_needed = self._on_needed
            if on_needed is not None:
                on_needed()
        try:
            yield
        finally:
            self._lock.release()

    @contextmanager
    def borrow(self, on_needed: Callable[[], None]) -> Iterator[None]:
        """Hold it until somebody else needs it.

        Args:
            on_needed: Called, more than once and from any thread, while somebody waits.
        """
        with self._lock:
            self._on_needed = on_needed
            try:
                yield
            finally:
                self._on_needed = None
