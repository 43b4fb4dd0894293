"""Runs requests one after another and stops the one that is cancelled.

Process: engine worker. Thread: `submit` and `cancel` from the reader thread; everything native on its own thread.

Requests that a person waits for go before those for which nobody does. While there is neither, the engine uses the
rest; a request that comes then waits for one short piece of that work at most.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque

from assistant.core.errors import FamulusError, GenerationFailed, RequestCancelled
from assistant.engine.cancel import CancelFlag
from assistant.engine.engine import Engine, Executable
from assistant.engine.generation import Emit
from assistant.engine.loaded_model import SAVE_AFTER_S
from assistant.protocol.engine_messages import EngineReply, Failed, Generate, LoadModel, UnloadModel
from assistant.protocol.workers import EXIT_OUT_OF_MEMORY

log = logging.getLogger(__name__)


class RequestQueue:
    """Requests that wait, and the one that runs.

    Args:
        cancel: Set here while the running request, or the use of rest, is to stop.
    """

    def __init__(self, cancel: CancelFlag) -> None:
        self._cancel = cancel
        self._changed = threading.Condition()
        self._awaited: deque[tuple[Executable, float]] = deque()
        self._unattended: deque[tuple[Executable, float]] = deque()
        self._running = ""

    def put(self, request: Executable) -> None:
        """Add a request; any thread."""
        is_unattended = isinstance(request, Generate) and not request.interactive
        with self._changed:
            if isinstance(request, LoadModel | UnloadModel):
                # What waits was meant for the model that is there now.
                self._awaited.extend(self._unattended)
                self._unattended.clear()
            (self._unattended if is_unattended else self._awaited).append((request, time.perf_counter()))
            if not self._running:
                self._cancel.is_set = True  # the use of rest gives way
            self._changed.notify()

    def withdraw(self, request_id: str) -> bool:
        """Take a waiting request back, or tell the running one to stop; any thread.

        Returns:
            Whether it had been waiting: then nobody else closes it.
        """
        with self._changed:
            if request_id == self._running:
                self._cancel.is_set = True
                return False
            for waiting in (self._awaited, self._unattended):
                for entry in waiting:
                    if entry[0].request_id == request_id:
                        waiting.remove(entry)
                        return True
        return False

    def take(self) -> tuple[Executable, float] | None:
        """The next request, running from now on, and when it arrived; None if none waits."""
        with self._changed:
            self._cancel.is_set = False
            waiting = self._awaited or self._unattended
            if not waiting:
                return None
            request, received_at = waiting.popleft()
            self._running = request.request_id
            return request, received_at

    def end(self) -> None:
        """Nothing runs any more."""
        with self._changed:
            self._running = ""
            self._cancel.is_set = False

    def wait(self, timeout_s: float | None) -> None:
        """Wait until there is a request."""
        with self._changed:
            self._changed.wait_for(lambda: self._awaited or self._unattended, timeout_s)


class Scheduler:
    """The thread that works the requests off.

    Args:
        emit: Where replies go; called on the scheduler's thread, and on the reader's for what it cancels.
    """

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._cancel = CancelFlag()
        self._queue = RequestQueue(self._cancel)
        threading.Thread(target=self._work, name="scheduler", daemon=True).start()

    def submit(self, request: Executable) -> None:
        """Add a request to the queue."""
        self._queue.put(request)

    def cancel(self, request_id: str) -> None:
        """Stop a request: a waiting one is closed at once, the running one soon; an unknown or ended one is ignored."""
        if self._queue.withdraw(request_id):
            self._emit(Failed(request_id=request_id, error=RequestCancelled("The request was stopped.").info))

    def _work(self) -> None:
        try:
            engine = Engine(self._cancel, self._emit)
            while True:
                request, received_at = self._next(engine)
                self._emit(self._run(engine, request, received_at))
        except BaseException as error:
            try:
                log.exception("the scheduler ended")
            finally:  # a worker that takes requests and does nothing would be waited for without end
                os._exit(EXIT_OUT_OF_MEMORY if isinstance(error, MemoryError) else 1)

    def _next(self, engine: Engine) -> tuple[Executable, float]:
        """Wait for a request, and use the time."""
        idle_since = time.monotonic()
        while (taken := self._queue.take()) is None:
            idle_s = time.monotonic() - idle_since
            if not self._use_rest(engine, idle_s):
                self._queue.wait(SAVE_AFTER_S - idle_s if idle_s < SAVE_AFTER_S else None)
        return taken

    def _use_rest(self, engine: Engine, idle_s: float) -> bool:
        try:
            return engine.use_rest(idle_s)
        except Exception:
            log.exception("the rest was not used")  # nobody asked for it: it must not end the worker
            return False

    def _run(self, engine: Engine, request: Executable, received_at: float) -> EngineReply:
        request_id = request.request_id
        try:
            return engine.execute(request, received_at)
        except FamulusError as error:
            return Failed(request_id=request_id, error=error.info)
        except MemoryError:
            raise  # whatever comes next would meet it again: a new worker begins with all memory free
        except Exception as error:
            log.exception("request %s failed", request_id)
            failure = GenerationFailed("The engine met an unexpected error.", remedy="Try again.", cause=repr(error))
            return Failed(request_id=request_id, error=failure.info)
        finally:
            self._queue.end()
