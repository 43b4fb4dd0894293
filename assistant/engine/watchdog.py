"""Does something when time is up, unless told before.

Process: engine worker. Thread rule: one thread at a time calls it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Watchdog:
    """One thread that is there from the start.

    A thread for each deadline could not be started where memory is short, and CPython waits without end for one that
    fails in its first steps (``Thread.start`` waits for a flag that it never sets).
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._on_timeout: Callable[[], object] | None = None
        self._due_at = 0.0
        threading.Thread(target=self._work, name="watchdog", daemon=True).start()

    def watch(self, on_timeout: Callable[[], object], timeout_s: float) -> None:
        """Call `on_timeout` in `timeout_s` seconds, in place of what was watched before."""
        with self._changed:
            self._on_timeout, self._due_at = on_timeout, time.monotonic() + timeout_s
            self._changed.notify()

    def rest(self) -> None:
        """Call nothing; when this returns, nothing is being called."""
        with self._changed:
            self._on_timeout = None
            self._changed.notify()

    def _work(self) -> None:
        with self._changed:
            while True:
                if self._on_timeout is None:
                    self._changed.wait()
                elif (left_s := self._due_at - time.monotonic()) > 0:
                    self._changed.wait(left_s)
                else:
                    on_timeout, self._on_timeout = self._on_timeout, None
                    on_timeout()
