"""An engine client whose answers are written in the test, and that stalls, fails and dies where it is told to.

It keeps the promises of `EngineClient` that `tests/contracts/test_engine_contract.py` checks on both.
"""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from assistant.clients.engine_calls import EngineCall
from assistant.clients.worker_process import worker_stopped
from assistant.core.adapter import AdapterUse
from assistant.core.context_check import NeedleScore
from assistant.core.conversation import FinishReason, Timings, Usage
from assistant.core.errors import (
    ContextOverflow,
    FamulusError,
    MediaNotSupported,
    ModelLoadFailed,
    ModelNotLoaded,
    RequestCancelled,
)
from assistant.core.media import MediaKind
from assistant.core.rope import RopeMethod
from assistant.core.sampling import SamplingParameters
from assistant.protocol.engine_messages import (
    PROTOCOL_VERSION,
    BackendsDescribed,
    ContextMeasured,
    Device,
    EngineReply,
    Failed,
    GenerationFinished,
    Hello,
    LoadModel,
    LoadProgressed,
    MeasureContext,
    MediaProgressed,
    ModelLoaded,
    PromptProgressed,
    TokensGenerated,
)
from assistant.protocol.prompt_messages import PromptMessage

GIB = 1024**3
FAKE_LOSSES = {
    RopeMethod.NONE: 5.0,
    RopeMethod.LINEAR: 4.0,
    RopeMethod.NTK: 3.0,
    RopeMethod.YARN: 2.0,
    RopeMethod.MIXED: 2.5,
}
"""Of every token, nats."""
MEDIA_TOKENS = 16
"""What a picture takes of the context."""
WORTH_SAVING = 256
"""Tokens from which on a conversation is put on disk."""


class Stall:
    """A step that lasts until `go_on`, or until its request is cancelled or its engine killed.

    Attributes:
        reached: Set once the engine has come to it.
    """

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._over = threading.Event()

    def go_on(self) -> None:
        self._over.set()

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    def last(self) -> None:
        self.reached.set()
        self._over.wait()


class Death:
    """A step at which the worker process ends."""


@dataclass(frozen=True)
class Paced:
    """A step that is many tokens, at a steady rate however long the listener takes.

    Attributes:
        tokens: Their texts.
        tokens_per_s: The rate.
    """

    tokens: tuple[str, ...]
    tokens_per_s: float

    def __iter__(self) -> Iterator[str]:
        start = time.monotonic()
        for number, token in enumerate(self.tokens):
            time.sleep(max(0.0, start + number / self.tokens_per_s - time.monotonic()))
            yield token


Step = str | float | Stall | Death | Paced | FamulusError


@dataclass
class _Request:
    call: EngineCall
    steps: tuple[Step, ...]
    execute: Callable[[_Request], None]
    cancelled: bool = False


class FakeEngine:
    """Stands in for `EngineClient`.

    Attributes:
        loads: All requests to load.
        prompts: All prompts, in order.
        samplings: Their sampling, in order.
        conversation_ids: Whose they were, in order.
        adapters: What they were to be answered with, in order.
        measures: All requests to measure a context, in order.
        unloads: Number of requests to free the model.
        forgotten: Conversations that were to be forgotten, in order.
        saves: Number of requests to save snapshots.
        projector_sees: What a projector adds to a model.
        media_note: Why no projector is used; empty if one can be.
        reasoning_tag: What the chat template opens in front of every answer.
        closed: Whether `close` was called.
    """

    def __init__(self) -> None:
        self.loads: list[LoadModel] = []
        self.prompts: list[tuple[PromptMessage, ...]] = []
        self.samplings: list[SamplingParameters] = []
        self.conversation_ids: list[str] = []
        self.adapters: list[tuple[AdapterUse, ...]] = []
        self.measures: list[MeasureContext] = []
        self.unloads = 0
        self.forgotten: list[str] = []
        self.saves = 0
        self.projector_sees = frozenset({MediaKind.IMAGE})
        self.media_note = ""
        self.reasoning_tag = ""
        self._seen: set[str] = set()
        self._unsaved: set[str] = set()
        self.closed = False
        self.loaded: ModelLoaded | None = None
        self.process_id: int | None = None
        self._process_ids = itertools.count(1_000_000)
        self._ids = itertools.count(1)
        self._load_scripts: deque[tuple[Step, ...]] = deque()
        self._answer_scripts: deque[tuple[Step, ...]] = deque()
        self._measure_scripts: deque[tuple[Step, ...]] = deque()
        self._lock = threading.RLock()
        self._open: dict[str, _Request] = {}
        self._queue: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="fake-engine", daemon=True).start()

    @property
    def held(self) -> frozenset[str]:
        if self.loaded is None:
            return frozenset()
        return frozenset(self.conversation_ids) - {"", *self.forgotten}

    def will_load(self, *steps: Step) -> None:
        """Script of the next load without one: numbers are progress."""
        self._load_scripts.append(steps)

    def will_answer(self, *steps: Step) -> None:
        """Script of the next answer without one: strings are tokens."""
        self._answer_scripts.append(steps)

    def will_measure(self, *steps: Step) -> None:
        """Script of the next measuring of a context without one: numbers are the share that is read."""
        self._measure_scripts.append(steps)

    def hello(self) -> Hello:
        self._start()
        return Hello(protocol_version=PROTOCOL_VERSION, llama_cpp_python="0", llama_cpp="fake")

    def describe_backends(self) -> BackendsDescribed:
        self._start()
        cpu = Device(name="CPU", description="Fake", kind="cpu", free_bytes=GIB, total_bytes=2 * GIB)
        return BackendsDescribed(request_id="", cpu_features=("FAKE",), devices=(cpu,), gpu_offload=False)

    def begin_load(self, request: LoadModel) -> EngineCall:
        self.loads.append(request)
        self.loaded = None
        steps = self._load_scripts.popleft() if self._load_scripts else (0.0, 1.0)
        return self._submit(steps, lambda each: self._load(each, request))

    def finish_load(self, call: EngineCall, on_progress: Callable[[float], None]) -> ModelLoaded:
        while True:
            match call.next_reply(timeout_s=60):
                case LoadProgressed(fraction=fraction):
                    on_progress(fraction)
                case ModelLoaded() as ready:
                    return ready
                case None:
                    raise AssertionError("the load stalled")

    def generate(
        self,
        messages: tuple[PromptMessage, ...],
        sampling: SamplingParameters,
        *,
        conversation_id: str = "",
        adapters: tuple[AdapterUse, ...] = (),
        interactive: bool = True,
    ) -> EngineCall:
        self.prompts.append(messages)
        self.samplings.append(sampling)
        self.conversation_ids.append(conversation_id)
        self.adapters.append(adapters)
        steps = self._answer_scripts.popleft() if self._answer_scripts else ("Fine", ".")
        return self._submit(steps, lambda request: self._generate(request, messages, sampling, conversation_id))

    def measure_context(self, request: MeasureContext) -> EngineCall:
        """A text has a token for each word; YaRN reads best."""
        self.measures.append(request)
        steps = self._measure_scripts.popleft() if self._measure_scripts else (0.5, 1.0)
        return self._submit(steps, lambda each: self._measure(each, request))

    def count_tokens(self, messages: tuple[PromptMessage, ...]) -> int:
        if self.loaded is None:
            raise _not_loaded()
        return _n_tokens(messages)

    def save_snapshots(self, timeout_s: float) -> int:
        if self.loaded is None:
            return 0
        self.saves += 1
        unsaved, self._unsaved = self._unsaved, set()
        return len(unsaved) if self.loads[-1].snapshots is not None else 0

    def forget(self, conversation_id: str) -> None:
        if self.loaded is not None:
            self.forgotten.append(conversation_id)
            self._unsaved.discard(conversation_id)

    def unload(self) -> None:
        self.unloads += 1
        self.loaded = None

    def cancel(self, request_id: str) -> None:
        with self._lock:
            request = self._open.get(request_id)
        if request is not None:
            request.cancelled = True
            _end_stalls(request)

    def kill(self) -> None:
        with self._lock:
            dying, self._open = list(self._open.values()), {}
            self.loaded = self.process_id = None
            self._seen.clear()
            self._unsaved.clear()
        for request in dying:
            _end_stalls(request)
            self._put(request, Failed(request_id=request.call.request_id, error=worker_stopped("fake death").info))

    def close(self) -> None:
        self.closed = True
        self.kill()
        self._queue.put(None)

    def _start(self) -> None:
        with self._lock:
            if self.process_id is None:
                self.process_id = next(self._process_ids)

    def _submit(self, steps: tuple[Step, ...], execute: Callable[[_Request], None]) -> EngineCall:
        self._start()
        request = _Request(EngineCall(f"f{next(self._ids)}"), steps, execute)
        with self._lock:
            self._open[request.call.request_id] = request
        self._queue.put(request)
        return request.call

    def _work(self) -> None:
        while (request := self._queue.get()) is not None:
            try:
                if request.cancelled:
                    raise RequestCancelled("The request was stopped.")
                request.execute(request)
            except FamulusError as error:
                self._end(request, Failed(request_id=request.call.request_id, error=error.info))

    def _load(self, request: _Request, load: LoadModel) -> None:
        request_id = request.call.request_id
        if not Path(load.path).is_file():
            raise ModelLoadFailed("The model cannot be loaded.")
        for step in self._steps(request):
            assert isinstance(step, float)
            self._tell(request, LoadProgressed(request_id=request_id, fraction=step))
        if request.cancelled:
            raise RequestCancelled("The request was stopped.")
        ready = ModelLoaded(
            request_id=request_id,
            n_ctx=load.n_ctx,
            n_ctx_train=8192,
            vocabulary="fake",
            load_s=0.25,
            reasoning_tag=self.reasoning_tag,
            media=self.projector_sees if load.mmproj and not self.media_note else frozenset(),
            media_note=self.media_note if load.mmproj else "",
        )
        with self._lock:
            if request_id in self._open:
                self.loaded = ready
        self._end(request, ready)

    def _generate(
        self,
        request: _Request,
        messages: tuple[PromptMessage, ...],
        sampling: SamplingParameters,
        conversation_id: str,
    ) -> None:
        if self.loaded is None:
            raise _not_loaded()
        n_prompt = _n_tokens(messages)
        if n_prompt >= self.loaded.n_ctx:
            raise ContextOverflow("{n} tokens do not fit.", n=n_prompt)
        n_encoded = self._look(request, messages)
        if conversation_id and n_prompt >= WORTH_SAVING:
            self._unsaved.add(conversation_id)
        request_id = request.call.request_id
        for n_done in (0, n_prompt):
            self._tell(request, PromptProgressed(request_id=request_id, n_done=n_done, n_total=n_prompt, n_cached=0))
        token_ids: list[int] = []
        reason = FinishReason.STOP
        for step in self._steps(request):
            assert isinstance(step, str)
            token_ids.append(len(token_ids))
            self._tell(request, TokensGenerated(request_id=request_id, text=step, token_ids=(token_ids[-1],)))
            if len(token_ids) == sampling.max_tokens:
                reason = FinishReason.LENGTH
                break
        finished = GenerationFinished(
            request_id=request_id,
            finish_reason=FinishReason.CANCELLED if request.cancelled else reason,
            usage=Usage(prompt_tokens=n_prompt, completion_tokens=len(token_ids), encoded_media=n_encoded),
            timings=Timings(prompt_s=0.5, first_token_s=0.75, decode_tokens_per_s=20.0),
            token_ids=tuple(token_ids),
        )
        self._end(request, finished)

    def _measure(self, request: _Request, measure: MeasureContext) -> None:
        if self.loaded is None:
            raise _not_loaded()
        n_text = len(measure.text.split())
        n_read = min(measure.n_tokens, n_text)
        request_id = request.call.request_id
        for step in self._steps(request):
            assert isinstance(step, float)
            n_done = int(step * n_read)
            self._tell(request, PromptProgressed(request_id=request_id, n_done=n_done, n_total=n_read, n_cached=0))
        if request.cancelled:
            raise RequestCancelled("The request was stopped.")
        loss = FAKE_LOSSES[self.loads[-1].rope.method]
        measured = ContextMeasured(
            request_id=request_id,
            n_text=n_text,
            n_read=n_read,
            losses=(loss,) * -(-n_read // measure.bucket),
            needles=tuple(NeedleScore(length=length, position=length // 2, recall=0.5) for length in measure.lengths),
            seconds=n_read / 1000,
        )
        self._end(request, measured)

    def _look(self, request: _Request, messages: tuple[PromptMessage, ...]) -> int:
        """Look at the media that are new; returns how many those are."""
        assert self.loaded is not None
        media = [each for message in messages for each in message.media]
        if {each.kind for each in media} - self.loaded.media:
            raise MediaNotSupported("The model cannot look at pictures.")
        new = {each.digest for each in media} - self._seen
        self._seen |= new
        for n_done in range(len(new) + 1) if new else ():
            self._tell(request, MediaProgressed(request_id=request.call.request_id, n_done=n_done, n_total=len(new)))
        return len(new)

    def _steps(self, request: _Request) -> Iterable[str | float]:
        """Strings and numbers of the script, until the request is cancelled or the engine dies."""
        for step in request.steps:
            match step:
                case Stall():
                    step.last()
                case Death():
                    self.kill()
                case FamulusError():
                    raise step
                case Paced():
                    yield from itertools.takewhile(lambda _: self._wanted(request), step)
                case str() | float():
                    yield step
            if not self._wanted(request):
                return

    def _wanted(self, request: _Request) -> bool:
        return not request.cancelled and request.call.request_id in self._open

    def _tell(self, request: _Request, reply: EngineReply) -> None:
        if request.call.request_id in self._open:
            self._put(request, reply)

    def _end(self, request: _Request, reply: EngineReply) -> None:
        with self._lock:
            known = self._open.pop(request.call.request_id, None)
        if known is not None:
            self._put(request, reply)

    def _put(self, request: _Request, reply: EngineReply) -> None:
        request.call.put(msgspec.structs.replace(reply, request_id=request.call.request_id))


def _end_stalls(request: _Request) -> None:
    for step in request.steps:
        if isinstance(step, Stall):
            step.go_on()


def _not_loaded() -> ModelNotLoaded:
    return ModelNotLoaded("No model is loaded.")


def _n_tokens(messages: Iterable[PromptMessage]) -> int:
    return sum(len(message.text.split()) + 3 + MEDIA_TOKENS * len(message.media) for message in messages)
