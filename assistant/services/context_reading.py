"""One reading of a context check: a load of its own, then the text from its beginning.

Process: app. Thread: blocks its caller.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import msgspec

from assistant.clients.engine_client import EngineClient
from assistant.core.context_check import CheckProgress, MethodRun, Series
from assistant.core.context_plan import N_CTX_MIN, FreeMemory
from assistant.core.errors import RequestCancelled
from assistant.core.rope import RopeMethod
from assistant.core.settings import ModelSettings
from assistant.protocol.engine_messages import ContextMeasured, MeasureContext, PromptProgressed
from assistant.services.chosen_model import ChosenModel
from assistant.services.context_pace import Pace
from assistant.services.context_runs import bucket_tokens
from assistant.services.load_plan import plan_load

STRIDE = 4
N_NEEDLES = 16
N_PARTS = 4
"""At the end of each of so many parts of the text the needles are asked for."""
_N_BUCKETS = 32
_SEQUENCES = 2
"""The text, and a question on a copy of it."""
_SLICE_S = 0.1


class ContextReader:
    """Lets the engine read.

    Args:
        engine: The engine worker's client, for nobody else.
        settings: The type of the KV cache, threads and layers on the graphics card.
        chosen: The model, without a projector.
        free: Memory that it may take.
        cancelled: Set when it is not wanted any more.
    """

    def __init__(
        self,
        engine: EngineClient,
        settings: ModelSettings,
        chosen: ChosenModel,
        free: FreeMemory,
        cancelled: threading.Event,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._chosen = chosen
        self._free = free
        self._cancelled = cancelled

    def count(self, text: str) -> int:
        """Tokens of a text with the needles."""
        self._load(RopeMethod.NONE, N_CTX_MIN)
        counting = MeasureContext(request_id="", text=text, n_tokens=1, n_needles=N_NEEDLES)
        return self._follow(counting, lambda progress: None).n_text

    def read(
        self, text: str, method: RopeMethod, series: Series, pace: Pace, on_progress: Callable[[CheckProgress], None]
    ) -> MethodRun:
        """Read a text with a method.

        Args:
            text: The text.
            method: How positions beyond the trained length are reached.
            series: What the run belongs to.
            pace: Told what is read.
            on_progress: Called often, in this thread.
        """
        self._load(method, series.n_ctx)
        request = MeasureContext(
            request_id="",
            text=text,
            n_tokens=series.n_ctx,
            stride=STRIDE,
            bucket=bucket_tokens(self._chosen.facts, series.n_ctx, _N_BUCKETS),
            n_needles=N_NEEDLES,
            lengths=tuple(series.n_ctx * part // N_PARTS for part in range(1, N_PARTS + 1)),
        )
        pace.begin(method)
        measured = self._follow(request, lambda told: on_progress(pace.progress(told.n_done, told.n_total)))
        pace.end(measured.n_read)
        return MethodRun(
            method=method,
            series=series,
            n_read=measured.n_read,
            losses=measured.losses,
            bucket=request.bucket,
            stride=request.stride,
            needles=measured.needles,
            seconds=measured.seconds,
        )

    def _load(self, method: RopeMethod, n_ctx: int) -> None:
        self._engine.unload()  # its memory counts for the plan
        self._check_wanted()
        wanted = msgspec.structs.replace(self._settings, n_ctx=n_ctx, rope=method.value)
        request, _ = plan_load(wanted, self._chosen, self._free.card_bytes, snapshots=None)
        request = msgspec.structs.replace(request, n_seq_max=_SEQUENCES, n_outputs=request.n_batch // STRIDE)
        call = self._engine.begin_load(request)

        def progressed(fraction: float) -> None:
            if self._cancelled.is_set():
                self._engine.cancel(call.request_id)

        try:
            self._engine.finish_load(call, progressed)
        except BaseException:
            self._engine.cancel(call.request_id)
            raise

    def _follow(self, request: MeasureContext, on_progress: Callable[[PromptProgressed], None]) -> ContextMeasured:
        call = self._engine.measure_context(request)
        try:
            while True:
                self._check_wanted()
                reply = call.next_reply(_SLICE_S)
                if isinstance(reply, PromptProgressed):
                    on_progress(reply)
                elif isinstance(reply, ContextMeasured):
                    return reply
        except BaseException:
            self._engine.cancel(call.request_id)
            raise

    def _check_wanted(self) -> None:
        if self._cancelled.is_set():
            raise RequestCancelled("The request was stopped.")
