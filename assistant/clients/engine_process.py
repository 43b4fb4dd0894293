"""The process of the engine worker: started when it is needed, greeted, and started again after it died.

Process: app. Thread: every method from any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from assistant.clients.worker_process import WorkerProcess
from assistant.core.errors import EngineUnavailable
from assistant.protocol.engine_messages import PROTOCOL_VERSION, EngineReply, Hello
from assistant.protocol.workers import WorkerName

START_TIMEOUT_S = 30.0
"""From the start of the process to its first message."""


class EngineProcess:
    """At most one worker at a time.

    Args:
        home: Data folder.
        logs: Folder of the worker's log.
        on_reply: Called with each message but `Hello`, on the reader thread.
        on_end: Called with the exit status when a worker has ended, on the reader thread and with `lock` held.

    Attributes:
        lock: Guards which worker runs, and whatever its end changes for the owner: both change in one step.
    """

    def __init__(
        self, home: Path, logs: Path, on_reply: Callable[[EngineReply], None], on_end: Callable[[int], None]
    ) -> None:
        self.lock = threading.RLock()
        self._home = home
        self._logs = logs
        self._on_reply = on_reply
        self._on_end = on_end
        self._worker: WorkerProcess[EngineReply] | None = None
        self._hello: Hello | None = None
        self._greeted = threading.Event()

    @property
    def worker(self) -> WorkerProcess[EngineReply] | None:
        """The worker that runs; None if none does."""
        with self.lock:
            return self._worker

    def hello(self) -> Hello:
        """What the worker said first; starts it if need be.

        Raises:
            EngineUnavailable: It does not start, or speaks another protocol.
        """
        self.running()
        with self.lock:
            assert self._hello is not None
            return self._hello

    def running(self) -> WorkerProcess[EngineReply]:
        """The worker, which is started if need be, once it can take requests.

        Raises:
            EngineUnavailable: It does not start, or speaks another protocol.
        """
        with self.lock:
            if self._worker is None:
                self._start()
            worker = self._worker
            assert worker is not None
            greeted = self._greeted
        if not greeted.wait(START_TIMEOUT_S):
            worker.kill()
            raise _unavailable(f"no first message within {START_TIMEOUT_S} s")
        with self.lock:
            if self._worker is not worker or self._hello is None:
                raise _unavailable("the worker ended before its first message")
            if self._hello.protocol_version != PROTOCOL_VERSION:
                worker.kill()
                raise _unavailable(f"it speaks protocol {self._hello.protocol_version}, not {PROTOCOL_VERSION}")
        return worker

    def kill(self) -> None:
        """End the worker at once, if one runs, and wait until its end was told."""
        worker = self.worker
        if worker is not None:
            worker.kill()
            worker.wait()

    def close(self) -> None:
        """Let the worker end, if one runs."""
        worker = self.worker
        if worker is not None:
            worker.close()

    def _start(self) -> None:
        self._hello = None
        greeted = self._greeted = threading.Event()

        def ended(status: int) -> None:
            with self.lock:
                self._worker = None
                self._on_end(status)
            greeted.set()

        self._worker = WorkerProcess(
            WorkerName.ENGINE,
            home=self._home,
            logs=self._logs,
            union=EngineReply,
            on_message=self._received,
            on_exit=ended,
        )

    def _received(self, reply: EngineReply) -> None:
        if isinstance(reply, Hello):
            with self.lock:
                self._hello = reply
                self._greeted.set()
        else:
            self._on_reply(reply)


def _unavailable(cause: str) -> EngineUnavailable:
    return EngineUnavailable(
        "The model's process does not start.",
        remedy="Run `famulus doctor`; if it stays so, install Famulus again.",
        cause=cause,
    )
