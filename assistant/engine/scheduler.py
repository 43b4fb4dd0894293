"""Runs requests one after another and stops the one that is cancelled.

Process: engine worker. Thread: `submit` and `cancel` from the reader thread; everything native on its own thread.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import time

from assistant.core.errors import FamulusError, GenerationFailed, RequestCancelled
from assistant.engine.engine import Engine, Executable
from assistant.engine.generation import Emit
from assistant.engine.model import CancelFlag
from assistant.protocol.engine_messages import EngineReply, Failed

log = logging.getLogger(__name__)


class Scheduler:
    """A queue of requests and the thread that works it off.

    Args:
        emit: Where replies go; called on the scheduler's thread, and on the reader's for what it cancels.
    """

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._cancel = CancelFlag()
        self._queue: queue.SimpleQueue[tuple[Executable, float]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._waiting: set[str] = set()
        self._running = ""
        threading.Thread(target=self._work, name="scheduler", daemon=True).start()

    def submit(self, request: Executable) -> None:
        """Add a request to the queue."""
        with self._lock:
            self._waiting.add(request.request_id)
        self._queue.put((request, time.perf_counter()))

    def cancel(self, request_id: str) -> None:
        """Stop a request: a waiting one is closed at once, the running one soon; an unknown or ended one is ignored."""
        with self._lock:
            if request_id == self._running:
                self._cancel.is_set = True
                return
            if request_id not in self._waiting:
                return
            self._waiting.discard(request_id)
        self._emit(Failed(request_id=request_id, error=RequestCancelled("The request was stopped.").info))

    def _work(self) -> None:
        try:
            engine = Engine(self._cancel, self._emit)
            while True:
                request, received_at = self._queue.get()
                if self._begin(request.request_id):
                    self._emit(self._run(engine, request, received_at))
        except BaseException:
            log.exception("the scheduler ended")
            os._exit(1)  # a worker that takes requests and does nothing would be waited for without end

    def _begin(self, request_id: str) -> bool:
        with self._lock:
            if request_id not in self._waiting:
                return False
            self._waiting.discard(request_id)
            self._running = request_id
            self._cancel.is_set = False
            return True

    def _run(self, engine: Engine, request: Executable, received_at: float) -> EngineReply:
        request_id = request.request_id
        try:
            return engine.execute(request, received_at)
        except FamulusError as error:
            return Failed(request_id=request_id, error=error.info)
        except Exception as error:
            log.exception("request %s failed", request_id)
            failure = GenerationFailed("The engine met an unexpected error.", remedy="Try again.", cause=repr(error))
            return Failed(request_id=request_id, error=failure.info)
        finally:
            with self._lock:
                self._running = ""
                self._cancel.is_set = False
