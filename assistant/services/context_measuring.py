"""The runs of one context check: each way and length is a load of its own, and its result is kept at once.

Process: app. Thread: blocks its caller for the whole check.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from assistant.clients.engine_client import EngineClient
from assistant.core.context_check import CheckProgress, ContextCheck, MethodRun
from assistant.core.context_plan import (
    N_CTX_LONGEST,
    N_CTX_MIN,
    ContextPlan,
    ContextWish,
    FreeMemory,
    longest_n_ctx,
    plan_context,
    usable_kv_type,
)
from assistant.core.errors import InputInvalid, RequestCancelled
from assistant.core.memory_estimate import N_CTX_STEP, KvType, padded
from assistant.core.model_facts import ModelFacts
from assistant.core.rope import RopeMethod, methods
from assistant.core.settings import ModelSettings
from assistant.protocol.engine_messages import ContextMeasured, MeasureContext, PromptProgressed
from assistant.services.chosen_model import ChosenModel
from assistant.services.context_pace import Pace
from assistant.services.context_results import ContextResults
from assistant.services.context_text import CheckText
from assistant.services.load_plan import plan_load

STRIDE = 4
N_NEEDLES = 16
N_PARTS = 4
"""At the end of each of so many parts of the text the needles are asked for."""
USUAL_STRETCH = 2
_SEQUENCES = 2
"""The text, and a question on a copy of it."""
_SLICE_S = 0.1


class CheckWish(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be checked.

    Attributes:
        lengths: Context lengths as `ContextWish.n_ctx`; empty for twice the trained length, or the longest that fits.
        methods: Ways to stretch it; empty for all that make sense. Within the trained length nothing is stretched.
        text: Text file to read; None for the text that comes with Famulus.
        again: Measure what is known already anew.
    """

    lengths: tuple[int, ...] = ()
    methods: tuple[RopeMethod, ...] = ()
    text: Path | None = None
    again: bool = False


class CheckOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it.

    Attributes:
        check: All that is known of the model now.
        lengths: The lengths that were asked for, as far as the text reaches.
        n_measured: Runs that were measured now; the others were known.
        n_text: Tokens of the text where a length was cut to it; 0 where it was long enough.
    """

    check: ContextCheck
    lengths: tuple[int, ...]
    n_measured: int
    n_text: int = 0


class _Run(NamedTuple):
    method: RopeMethod
    n_ctx: int


class Measuring:
    """One context check, while it has the engine.

    Args:
        engine: The engine worker's client, for nobody else.
        results: What was found before, and is found now.
        settings: The type of the KV cache, threads and layers on the graphics card.
        chosen: The model, without a projector.
        text: What it reads.
        free: Memory that it may take.
        cancelled: Set when it is not wanted any more.
    """

    def __init__(
        self,
        engine: EngineClient,
        results: ContextResults,
        settings: ModelSettings,
        chosen: ChosenModel,
        text: CheckText,
        free: FreeMemory,
        cancelled: threading.Event,
    ) -> None:
        self._engine = engine
        self._results = results
        self._settings = settings
        self._chosen = chosen
        self._text = text
        self._free = free
        self._cancelled = cancelled
        self._kv_type = KvType(settings.kv_type)

    def run(self, wish: CheckWish, on_progress: Callable[[CheckProgress], None]) -> CheckOutcome:
        """Measure what is not known yet, as `ContextCheckService.run` says."""
        facts = self._chosen.facts
        wanted = self._lengths(wish.lengths)
        chosen_methods = _methods(facts, wish.methods)
        check = self._begin()
        lengths = tuple(dict.fromkeys(_cut(length, check.n_text) for length in wanted))
        runs = [run for length in lengths for run in _runs(facts, length, chosen_methods)]
        left = [run for run in runs if wish.again or not self._is_known(check, run)]
        pace = Pace(check.runs, [run.n_ctx for run in left])
        for run in left:
            self._check_wanted()
            measured = self._measure(run, pace, on_progress)
            check = check.with_run(measured)
            self._results.keep(self._chosen.path, check)
        cut = lengths != wanted
        return CheckOutcome(check=check, lengths=lengths, n_measured=len(left), n_text=check.n_text if cut else 0)

    def _lengths(self, wanted: Sequence[int]) -> tuple[int, ...]:
        """The lengths to read, each of which fits."""
        facts = self._chosen.facts
        usual = padded(min(longest_n_ctx(facts), USUAL_STRETCH * facts.n_ctx_train))
        lengths = []
        for n_ctx in wanted or (0,):
            wish = ContextWish(n_ctx=n_ctx or N_CTX_LONGEST, kv_type=self._kv_type)
            plan = plan_context(facts, wish, self._free)
            lengths.append(plan.n_ctx if n_ctx else min(plan.n_ctx, usual))
        return tuple(dict.fromkeys(lengths))

    def _begin(self) -> ContextCheck:
        """What is known of the model with this text; results of another text do not count."""
        text = self._text
        known = self._results.of(self._chosen.path)
        if known is not None and known.text_digest == text.digest:
            return msgspec.structs.replace(known, model=self._chosen.name)
        self._load(RopeMethod.NONE, N_CTX_MIN)
        counting = MeasureContext(request_id="", text=text.text, n_tokens=1, n_needles=N_NEEDLES)
        return ContextCheck(
            model=self._chosen.name,
            n_ctx_train=self._chosen.facts.n_ctx_train,
            text=text.name,
            text_digest=text.digest,
            n_text=self._follow(counting, lambda progress: None).n_text,
        )

    def _is_known(self, check: ContextCheck, run: _Run) -> bool:
        known = check.run(run.method, run.n_ctx)
        return known is not None and known.kv_type is usable_kv_type(self._chosen.facts, self._kv_type)

    def _measure(self, run: _Run, pace: Pace, on_progress: Callable[[CheckProgress], None]) -> MethodRun:
        plan = self._load(run.method, run.n_ctx)
        request = MeasureContext(
            request_id="",
            text=self._text.text,
            n_tokens=run.n_ctx,
            stride=STRIDE,
            n_needles=N_NEEDLES,
            lengths=tuple(run.n_ctx * part // N_PARTS for part in range(1, N_PARTS + 1)),
        )
        pace.begin(run.method)
        measured = self._follow(request, lambda told: on_progress(pace.progress(told.n_done, told.n_total)))
        pace.end(measured.n_read)
        return MethodRun(
            method=run.method,
            n_ctx=run.n_ctx,
            n_read=measured.n_read,
            losses=measured.losses,
            bucket=max(1, request.n_tokens // request.n_buckets),
            stride=request.stride,
            needles=measured.needles,
            seconds=measured.seconds,
            kv_type=plan.kv_type,
        )

    def _load(self, method: RopeMethod, n_ctx: int) -> ContextPlan:
        self._engine.unload()  # its memory counts for the plan
        self._check_wanted()
        wanted = msgspec.structs.replace(self._settings, n_ctx=n_ctx, rope=method.value)
        request, plan = plan_load(wanted, self._chosen, self._free.card_bytes, snapshots=None)
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
        return plan

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


def _methods(facts: ModelFacts, wanted: Sequence[RopeMethod]) -> tuple[RopeMethod, ...]:
    possible = methods(facts)
    for method in wanted:
        if method not in possible:
            raise InputInvalid(
                "The model {model} cannot be stretched by {method}.",
                remedy="Choose another way, or none for all that it knows.",
                model=facts.name,
                method=method.value,
            )
    return tuple(dict.fromkeys(wanted)) or possible


def _runs(facts: ModelFacts, n_ctx: int, chosen: Sequence[RopeMethod]) -> list[_Run]:
    """Within the trained length all ways are the same."""
    is_stretched = n_ctx > padded(facts.n_ctx_train)
    return [_Run(method, n_ctx) for method in (chosen if is_stretched else (RopeMethod.NONE,))]


def _cut(n_ctx: int, n_text: int) -> int:
    """The length, or the longest that the text fills."""
    if n_ctx <= n_text:
        return n_ctx
    longest = n_text // N_CTX_STEP * N_CTX_STEP
    if longest < N_CTX_MIN:
        raise InputInvalid(
            "The text is too short: it has {n_text} tokens, and a context check needs at least {n}.",
            remedy="Choose a longer text.",
            n_text=n_text,
            n=N_CTX_MIN,
        )
    return longest
