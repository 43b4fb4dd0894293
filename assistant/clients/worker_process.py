"""A worker process: start, messages both ways, its log, its end.

Process: app. Thread: `start`, `send`, `kill` and `close` from any thread; messages and the exit are told on a reader
thread of the worker's own.
"""

from __future__ import annotations

import logging
import logging.handlers
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Generic, TypeVar, cast

import msgspec

from assistant.clients.process_group import spawn_options, tie_to_app
from assistant.core.errors import EngineStopped, EngineUnavailable, InputInvalid
from assistant.protocol.framing import FrameError, FrameReader, FrameWriter
from assistant.protocol.workers import WorkerName, worker_command, worker_environment

log = logging.getLogger(__name__)

MAX_LOG_BYTES = 1024 * 1024
_N_OLD_LOGS = 3
_CLOSE_TIMEOUT_S = 2.0

MessageT = TypeVar("MessageT", bound=msgspec.Struct)


class WorkerProcess(Generic[MessageT]):
    """One run of a worker; a new run is a new object.

    Args:
        name: Which worker.
        home: Data folder, its working directory.
        logs: Folder of its log file, ``<name>.log``, rotated at `MAX_LOG_BYTES`.
        union: Union of the message types it may send.
        on_message: Called with each message, on the reader thread.
        on_exit: Called once with the exit status when the worker has ended, on the reader thread.

    Raises:
        EngineUnavailable: The process could not be started.
    """

    def __init__(
        self,
        name: WorkerName,
        *,
        home: Path,
        logs: Path,
        union: Any,
        on_message: Callable[[MessageT], None],
        on_exit: Callable[[int], None],
    ) -> None:
        self._name = name
        self._on_message = on_message
        self._on_exit = on_exit
        try:
            self._process = subprocess.Popen(
                worker_command(name),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=home,
                env=worker_environment(),
                **spawn_options(),
            )
        except OSError as error:
            raise EngineUnavailable(
                "The {worker} process could not be started.",
                remedy="Try again; if it stays so, install Famulus again.",
                cause=repr(error),
                worker=name.value,
            ) from error
        tie_to_app(self._process)
        self._writer = FrameWriter(cast(IO[bytes], self._process.stdin))
        self._reader: FrameReader[MessageT] = FrameReader(cast(IO[bytes], self._process.stdout), union)
        self._threads = (
            threading.Thread(target=self._read, name=f"{name}-reader", daemon=True),
            threading.Thread(target=self._collect_log, args=(logs,), name=f"{name}-log", daemon=True),
        )
        for thread in self._threads:
            thread.start()

    @property
    def process_id(self) -> int:
        """The system's id of the process."""
        return self._process.pid

    def send(self, message: msgspec.Struct) -> None:
        """Send a message.

        Raises:
            EngineStopped: The worker has ended.
            InputInvalid: The message is too large for a frame, or cannot be encoded.
        """
        try:
            self._writer.write(message)
        except (FrameError, UnicodeEncodeError) as error:
            raise InputInvalid(
                "The request is too large, or holds text that is no Unicode.", cause=repr(error)
            ) from error
        except (OSError, ValueError) as error:
            raise worker_stopped(repr(error)) from error

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()

    def close(self) -> None:
        """Let the worker end by closing its pipe, kill it if it does not, and wait; not from the reader thread."""
        self._writer.close()
        try:
            self._process.wait(_CLOSE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self.wait()

    def wait(self) -> None:
        """Wait until the end of a killed worker was told and its log is written; not from the reader thread."""
        for thread in self._threads:
            thread.join(_CLOSE_TIMEOUT_S)

    def _read(self) -> None:
        try:
            while (message := self._reader.read()) is not None:
                self._on_message(message)
        except FrameError as error:
            log.error("%s sent no valid frame: %s", self._name, error)
            self._process.kill()
        status = self._process.wait()
        cast(IO[bytes], self._process.stdout).close()
        log.info("%s ended with status %d", self._name, status)
        self._writer.close()
        self._on_exit(status)

    def _collect_log(self, logs: Path) -> None:
        handler = logging.handlers.RotatingFileHandler(
            logs / f"{self._name}.log",
            maxBytes=MAX_LOG_BYTES,
            backupCount=_N_OLD_LOGS,
            encoding="utf-8",
            errors="replace",
            delay=True,  # a log that cannot be opened must not keep this thread from emptying the pipe
        )
        handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(message)s"))
        lines = logging.Logger(f"{__name__}.{self._name}")
        lines.addHandler(handler)
        with cast(IO[bytes], self._process.stderr) as stream:
            for line in stream:
                lines.info("[%d] %s", self.process_id, line.decode("utf-8", "replace").rstrip())
        handler.close()


def worker_stopped(cause: str) -> EngineStopped:
    """The error of every request that was open when the worker ended."""
    return EngineStopped(
        "The model's process stopped unexpectedly.",
        remedy="What was written so far is kept; ask again and a new one starts.",
        cause=cause,
    )
