"""The engine worker as the app sees it: calls with replies, restarts, and a limit on its patience.

Process: app. Thread: every method from any thread; `EngineCall.next_reply` blocks its caller.
"""

from __future__ import annotations

import itertools
import logging
import queue
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from assistant.clients.worker_process import WorkerProcess, worker_stopped
from assistant.core.errors import EngineUnavailable, FamulusError, ModelLoadFailed
from assistant.core.sampling import SamplingParameters
from assistant.protocol.engine_messages import (
    PROTOCOL_VERSION,
    BackendsDescribed,
    Cancel,
    CountTokens,
    DescribeBackends,
    EngineReply,
    EngineRequest,
    Failed,
    Generate,
    GenerationFinished,
    Hello,
    LoadModel,
    LoadProgressed,
    ModelLoaded,
    ModelUnloaded,
    TokensCounted,
    UnloadModel,
)
from assistant.protocol.prompt_messages import PromptMessage
from assistant.protocol.workers import WorkerName

log = logging.getLogger(__name__)

START_TIMEOUT_S = 30.0
"""From the start of the process to its first message."""
STALL_TIMEOUT_S = 25.0
"""Longest silence during a load, and of answers that need no computing."""
CANCEL_TIMEOUT_S = 10.0
"""A worker that has not ended a cancelled request by then hangs in a native step and is killed."""

_CLOSING = GenerationFinished | ModelLoaded | ModelUnloaded | TokensCounted | BackendsDescribed | Failed


class EngineCall:
    """An open request and the replies to it.

    Attributes:
        request_id: Its id, for `EngineClient.cancel`.
    """

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        self._replies: queue.SimpleQueue[EngineReply] = queue.SimpleQueue()

    def put(self, reply: EngineReply) -> None:
        """Hand over a reply; for the client only."""
        self._replies.put(reply)

    def next_reply(self, timeout_s: float) -> EngineReply | None:
        """Wait for the next reply; None if none came in time.

        Raises:
            FamulusError: The request failed, or the worker ended.
        """
        try:
            reply = self._replies.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if isinstance(reply, Failed):
            raise FamulusError.from_info(reply.error)
        return reply


class EngineClient:
    """Starts the engine worker when it is needed, and again after it died.

    Args:
        home: Data folder.
        logs: Folder of the worker's log.
    """

    def __init__(self, home: Path, logs: Path) -> None:
        self._home = home
        self._logs = logs
        self._lock = threading.RLock()
        self._calls: dict[str, EngineCall] = {}
        self._ids = itertools.count(1)
        self._worker: WorkerProcess[EngineReply] | None = None
        self._hello: Hello | None = None
        self._greeted = threading.Event()
        self._loaded: ModelLoaded | None = None

    @property
    def loaded(self) -> ModelLoaded | None:
        """What is loaded now; None if nothing is."""
        with self._lock:
            return self._loaded

    @property
    def process_id(self) -> int | None:
        """Process id of the running worker; None if none runs."""
        with self._lock:
            return self._worker.process_id if self._worker else None

    def hello(self) -> Hello:
        """Versions of the engine; starts it if need be.

        Raises:
            EngineUnavailable: It does not start, or speaks another protocol.
        """
        self._running()
        with self._lock:
            assert self._hello is not None
            return self._hello

    def begin_load(self, request: LoadModel) -> EngineCall:
        """Start to load a model; follow it with `finish_load`. The `request_id` is filled in."""
        return self._begin(lambda request_id: msgspec.structs.replace(request, request_id=request_id))

    def finish_load(self, call: EngineCall, on_progress: Callable[[float], None]) -> ModelLoaded:
        """Wait until the model is there.

        Raises:
            FamulusError: It cannot be loaded, the load was cancelled, or it stalled for `STALL_TIMEOUT_S`.
        """
        while (reply := call.next_reply(STALL_TIMEOUT_S)) is not None:
            if isinstance(reply, LoadProgressed):
                on_progress(reply.fraction)
            elif isinstance(reply, ModelLoaded):
                return reply
        self.kill()
        raise ModelLoadFailed(
            "The model stopped answering while it was being loaded.",
            remedy="The file may be damaged; try another model.",
            cause=f"no load progress for {STALL_TIMEOUT_S} s",
        )

    def generate(self, messages: tuple[PromptMessage, ...], sampling: SamplingParameters) -> EngineCall:
        """Start an answer; its replies end with `GenerationFinished`."""
        return self._begin(lambda request_id: Generate(request_id=request_id, messages=messages, sampling=sampling))

    def count_tokens(self, messages: tuple[PromptMessage, ...]) -> int:
        """Tokens of a prompt under the loaded model; raises `FamulusError` if there is none."""
        reply = self._ask(lambda request_id: CountTokens(request_id=request_id, messages=messages))
        assert isinstance(reply, TokensCounted)
        return reply.n_tokens

    def describe_backends(self) -> BackendsDescribed:
        """What llama.cpp can compute on."""
        reply = self._ask(lambda request_id: DescribeBackends(request_id=request_id))
        assert isinstance(reply, BackendsDescribed)
        return reply

    def unload(self) -> None:
        """Free the model; nothing happens if none is loaded."""
        if self.loaded is not None:
            self._ask(lambda request_id: UnloadModel(request_id=request_id))

    def cancel(self, request_id: str) -> None:
        """Stop a request. It ends soon, or the worker is killed after `CANCEL_TIMEOUT_S`."""
        with self._lock:
            worker = self._worker
            if worker is None or request_id not in self._calls:
                return
        try:
            worker.send(Cancel(request_id=request_id))
        except FamulusError:
            return  # it has ended, and so has the request
        timer = threading.Timer(CANCEL_TIMEOUT_S, self._kill_if_open, (worker, request_id))
        timer.daemon = True
        timer.start()

    def kill(self) -> None:
        """End the worker at once; open requests fail, the next request starts a new one."""
        with self._lock:
            worker = self._worker
        if worker is not None:
            worker.kill()
            worker.wait()

    def close(self) -> None:
        """End the worker, if one runs."""
        with self._lock:
            worker = self._worker
        if worker is not None:
            worker.close()

    def _begin(self, make: Callable[[str], EngineRequest]) -> EngineCall:
        worker = self._running()
        call = EngineCall(f"e{next(self._ids)}")
        request = make(call.request_id)
        with self._lock:
            if self._worker is not worker:
                raise worker_stopped("the worker ended before the request was sent")
            self._calls[call.request_id] = call
            if isinstance(request, LoadModel):
                self._loaded = None
        try:
            worker.send(request)
        except FamulusError:
            with self._lock:
                self._calls.pop(call.request_id, None)
            raise
        return call

    def _ask(self, make: Callable[[str], EngineRequest]) -> EngineReply:
        call = self._begin(make)
        reply = call.next_reply(STALL_TIMEOUT_S)
        if reply is None:
            self.cancel(call.request_id)
            raise worker_stopped(f"no answer for {STALL_TIMEOUT_S} s")
        return reply

    def _kill_if_open(self, worker: WorkerProcess[EngineReply], request_id: str) -> None:
        with self._lock:
            hangs = self._worker is worker and request_id in self._calls
        if hangs:
            log.warning("the engine did not stop %s within %s s and is killed", request_id, CANCEL_TIMEOUT_S)
            worker.kill()

    def _running(self) -> WorkerProcess[EngineReply]:
        with self._lock:
            if self._worker is None:
                self._start()
            worker = self._worker
            assert worker is not None
            greeted = self._greeted
        if not greeted.wait(START_TIMEOUT_S):
            worker.kill()
            raise _unavailable(f"no first message within {START_TIMEOUT_S} s")
        with self._lock:
            if self._worker is not worker or self._hello is None:
                raise _unavailable("the worker ended before its first message")
            if self._hello.protocol_version != PROTOCOL_VERSION:
                worker.kill()
                raise _unavailable(f"it speaks protocol {self._hello.protocol_version}, not {PROTOCOL_VERSION}")
        return worker

    def _start(self) -> None:
        self._hello = None
        greeted = self._greeted = threading.Event()

        def ended(status: int) -> None:
            self._ended(status)
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
            with self._lock:
                self._hello = reply
                self._greeted.set()
            return
        with self._lock:
            call = self._calls.get(reply.request_id)
            if isinstance(reply, _CLOSING):
                self._calls.pop(reply.request_id, None)
            if isinstance(reply, ModelLoaded):
                self._loaded = reply
            elif isinstance(reply, ModelUnloaded):
                self._loaded = None
        if call is not None:
            call.put(reply)

    def _ended(self, status: int) -> None:
        with self._lock:
            calls, self._calls = self._calls, {}
            self._worker = None
            self._loaded = None
        for call in calls.values():
            call.put(Failed(request_id=call.request_id, error=worker_stopped(f"exit status {status}").info))


def _unavailable(cause: str) -> EngineUnavailable:
    return EngineUnavailable(
        "The model's process does not start.",
        remedy="Run `famulus doctor`; if it stays so, install Famulus again.",
        cause=cause,
    )
