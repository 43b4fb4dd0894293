"""Work that would make the window wait: the database, files, model headers.

Process: app with a window. Thread: `run` from the GUI thread; the work on one thread of its own, in order; what
follows it on the GUI thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from assistant.core.errors import FamulusError

log = logging.getLogger(__name__)

T = TypeVar("T")


class Background(QObject):
    """One thread that works off what it is given.

    Args:
        name: Name of the thread, for the log.
        parent: Qt's owner.
    """

    _ended = Signal(object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._closed = False
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._ended.connect(self._follow, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        work: Callable[[], T],
        done: Callable[[T], None] | None = None,
        failed: Callable[[FamulusError], None] | None = None,
    ) -> None:
        """Do `work` after all that was given before; after `close` nothing is done.

        Args:
            work: Runs on the other thread.
            done: Gets its result, on the GUI thread; not called after `close`.
            failed: Gets its error likewise; without it the error is only logged.
        """
        if self._closed:
            return
        self._executor.submit(self._work, work, done, failed)

    def close(self, *, drop: bool = False) -> None:
        """Finish the work that was given, and wait for it; its results are dropped.

        Args:
            drop: Whether work that has not begun is not done any more.
        """
        self._closed = True
        self._executor.shutdown(wait=True, cancel_futures=drop)

    def _work(
        self,
        work: Callable[[], T],
        done: Callable[[T], None] | None,
        failed: Callable[[FamulusError], None] | None,
    ) -> None:
        try:
            result = work()
        except FamulusError as error:
            self._fail(error, failed)
        except Exception as error:
            log.exception("work in the background failed")
            unexpected = FamulusError("Something unexpected went wrong.", remedy="Try again.", cause=repr(error))
            self._fail(unexpected, failed)
        else:
            if done is not None:
                self._ended.emit(lambda: done(result))

    def _fail(self, error: FamulusError, failed: Callable[[FamulusError], None] | None) -> None:
        if failed is None:
            log.warning("%s (%s)", error, error.info.cause)
        else:
            self._ended.emit(lambda: failed(error))

    @Slot(object)
    def _follow(self, step: Callable[[], None]) -> None:
        if not self._closed:
            step()
