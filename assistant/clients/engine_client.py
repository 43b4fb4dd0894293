"""The engine worker as the app sees it: calls with replies, and a limit on its patience.

Process: app. Thread: every method from any thread.
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from assistant.clients.engine_calls import CLOSING, EngineCall
from assistant.clients.engine_process import EngineProcess
from assistant.clients.worker_process import WorkerProcess, worker_stopped
from assistant.core.adapter import AdapterUse
from assistant.core.errors import FamulusError, ModelLoadFailed
from assistant.core.sampling import SamplingParameters
from assistant.protocol.engine_messages import (
    BackendsDescribed,
    Cancel,
    CountTokens,
    DescribeBackends,
    EngineReply,
    EngineRequest,
    Failed,
    ForgetConversation,
    Generate,
    Hello,
    LoadModel,
    LoadProgressed,
    MeasureContext,
    ModelLoaded,
    ModelUnloaded,
    SaveSnapshots,
    SnapshotsSaved,
    TokensCounted,
    UnloadModel,
)
from assistant.protocol.prompt_messages import PromptMessage
from assistant.protocol.workers import EXIT_OUT_OF_MEMORY

log = logging.getLogger(__name__)

STALL_TIMEOUT_S = 25.0
"""Longest silence during a load, and of answers that need no computing."""
UNLOAD_SAVE_TIMEOUT_S = 60.0
"""Longest wait for snapshots before a model is freed: a full cache on a slow disk."""
CANCEL_TIMEOUT_S = 10.0
"""A worker that has not ended a cancelled request by then hangs in a native step and is killed."""


SHORT_OF_MEMORY = frozenset({"exit status -9", f"exit status {EXIT_OUT_OF_MEMORY}"})
"""Causes of the end of a worker that found no memory, or that the system ended, for which it has one signal."""


class EngineClient:
    """Asks the engine worker, which is started when it is needed, and again after it died.

    Args:
        home: Data folder.
        logs: Folder of the worker's log.
    """

    def __init__(self, home: Path, logs: Path) -> None:
        self._process = EngineProcess(home, logs, self._received, self._ended)
        self._lock = self._process.lock
        self._calls: dict[str, EngineCall] = {}
        self._ids = itertools.count(1)
        self._loaded: ModelLoaded | None = None
        self._held: set[str] = set()

    @property
    def loaded(self) -> ModelLoaded | None:
        """What is loaded now; None if nothing is."""
        with self._lock:
            return self._loaded

    @property
    def process_id(self) -> int | None:
        """Process id of the running worker; None if none runs."""
        worker = self._process.worker
        return worker.process_id if worker else None

    def hello(self) -> Hello:
        """Versions of the engine; starts it if need be.

        Raises:
            EngineUnavailable: It does not start, or speaks another protocol.
        """
        return self._process.hello()

    @property
    def held(self) -> frozenset[str]:
        """Ids of the conversations of which the worker may hold something; empty if nothing is loaded."""
        with self._lock:
            return frozenset(self._held) if self._loaded is not None else frozenset()

    def begin_load(self, request: LoadModel) -> EngineCall:
        """Start to load a model; follow it with `finish_load`. The `request_id` is filled in."""
        return self._begin(request)

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

    def generate(
        self,
        messages: tuple[PromptMessage, ...],
        sampling: SamplingParameters,
        *,
        conversation_id: str = "",
        adapters: tuple[AdapterUse, ...] = (),
        interactive: bool = True,
    ) -> EngineCall:
        """Start an answer; its replies end with `GenerationFinished`. The options are those of `Generate`."""
        if conversation_id:
            with self._lock:
                self._held.add(conversation_id)
        return self._begin(
            Generate(
                request_id="",
                messages=messages,
                sampling=sampling,
                conversation_id=conversation_id,
                adapters=adapters,
                interactive=interactive,
            )
        )

    def count_tokens(self, messages: tuple[PromptMessage, ...]) -> int:
        """Tokens of a prompt under the loaded model; raises `FamulusError` if there is none."""
        reply = self._ask(CountTokens(request_id="", messages=messages))
        assert isinstance(reply, TokensCounted)
        return reply.n_tokens

    def measure_context(self, request: MeasureContext) -> EngineCall:
        """Start to measure the loaded context; the call ends with `ContextMeasured`. The `request_id` is filled in."""
        return self._begin(request)

    def describe_backends(self) -> BackendsDescribed:
        """What llama.cpp can compute on."""
        reply = self._ask(DescribeBackends(request_id=""))
        assert isinstance(reply, BackendsDescribed)
        return reply

    def save_snapshots(self, timeout_s: float) -> int:
        """Have what was read put on disk, before the app closes.

        Args:
            timeout_s: Longest wait, seconds; what is not written by then is left out.

        Returns:
            How many conversations were saved; 0 if nothing is loaded.

        Raises:
            FamulusError: The worker ended, or is not done in time.
        """
        if self.loaded is None:
            return 0
        reply = self._ask(SaveSnapshots(request_id=""), timeout_s)
        assert isinstance(reply, SnapshotsSaved)
        return reply.n_saved

    def forget(self, conversation_id: str) -> None:
        """Drop what was read of a deleted conversation; waits for the answers that are under way.

        Raises:
            FamulusError: The worker ended: it holds nothing any more.
        """
        if self.loaded is None:
            return
        call = self._begin(ForgetConversation(request_id="", conversation_id=conversation_id))
        while call.next_reply(STALL_TIMEOUT_S) is None:
            pass
        with self._lock:
            self._held.discard(conversation_id)

    def unload(self) -> None:
        """Have what was read put on disk and free the model; nothing happens if none is loaded.

        A worker that does not do it is killed, which frees the model too.
        """
        try:
            self.save_snapshots(UNLOAD_SAVE_TIMEOUT_S)
        except FamulusError as error:
            log.warning("not every conversation was put on disk: %s", error.info.cause)
        try:
            if self.loaded is not None:
                self._ask(UnloadModel(request_id=""))
        except FamulusError as error:
            log.warning("the model was not freed: %s", error.info.cause)
            self.kill()

    def cancel(self, request_id: str) -> None:
        """Stop a request. It ends soon, or the worker is killed after `CANCEL_TIMEOUT_S`."""
        with self._lock:
            worker = self._process.worker
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
        self._process.kill()

    def close(self) -> None:
        """End the worker, if one runs."""
        self._process.close()

    def _begin(self, request: EngineRequest) -> EngineCall:
        """Send a request whose id is filled in here."""
        worker = self._process.running()
        call = EngineCall(f"e{next(self._ids)}")
        request = msgspec.structs.replace(request, request_id=call.request_id)
        with self._lock:
            if self._process.worker is not worker:
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

    def _ask(self, request: EngineRequest, timeout_s: float | None = None) -> EngineReply:
        timeout_s = STALL_TIMEOUT_S if timeout_s is None else timeout_s
        call = self._begin(request)
        reply = call.next_reply(timeout_s)
        if reply is None:
            self.cancel(call.request_id)
            raise worker_stopped(f"no answer for {timeout_s} s")
        return reply

    def _kill_if_open(self, worker: WorkerProcess[EngineReply], request_id: str) -> None:
        with self._lock:
            hangs = self._process.worker is worker and request_id in self._calls
        if hangs:
            log.warning("the engine did not stop %s within %s s and is killed", request_id, CANCEL_TIMEOUT_S)
            worker.kill()

    def _received(self, reply: EngineReply) -> None:
        assert not isinstance(reply, Hello), "the process keeps it"
        with self._lock:
            call = self._calls.get(reply.request_id)
            if isinstance(reply, CLOSING):
                self._calls.pop(reply.request_id, None)
            if isinstance(reply, ModelLoaded):
                self._loaded = reply
                self._held.clear()
            elif isinstance(reply, ModelUnloaded):
                self._loaded = None
        if call is not None:
            call.put(reply)

    def _ended(self, status: int) -> None:
        calls, self._calls = self._calls, {}
        self._loaded = None
        for call in calls.values():
            call.put(Failed(request_id=call.request_id, error=worker_stopped(f"exit status {status}").info))
