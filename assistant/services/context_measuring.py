"""One context check: what it has to measure, and its results, each of which is kept at once.

Process: app. Thread: `run` blocks its caller for the whole check.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import msgspec

from assistant.clients.engine_client import EngineClient
from assistant.core.context_check import CheckProgress, ContextCheck, MethodRun, ReadText, Series
from assistant.core.context_plan import FreeMemory
from assistant.core.errors import NotEnoughMemory
from assistant.core.memory_estimate import KvType
from assistant.core.settings import ModelSettings
from assistant.services.chosen_model import ChosenModel
from assistant.services.context_pace import Pace
from assistant.services.context_reading import ContextReader
from assistant.services.context_results import ContextResults
from assistant.services.context_runs import CheckRuns, CheckWish, check_lengths, check_methods, check_runs
from assistant.services.context_text import CheckText


class CheckOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it.

    Attributes:
        check: All that is known of the model now.
        series: What was asked for, as far as the text reaches.
        n_measured: Runs that were measured now; the others were known.
        n_text: Tokens of the text where a length was cut to it; 0 where it was long enough.
    """

    check: ContextCheck
    series: tuple[Series, ...]
    n_measured: int
    n_text: int = 0


class Measuring:
    """One context check of a model with a text.

    Args:
        results: What was found before, and is found now.
        settings: The type of the KV cache, threads and layers on the graphics card.
        chosen: The model, without a projector.
        text: What it reads.
        wish: What is to be checked.
        cancelled: Set when it is not wanted any more.
    """

    def __init__(
        self,
        results: ContextResults,
        settings: ModelSettings,
        chosen: ChosenModel,
        text: CheckText,
        wish: CheckWish,
        cancelled: threading.Event,
    ) -> None:
        self._results = results
        self._settings = settings
        self._chosen = chosen
        self._text = text
        self._wish = wish
        self._cancelled = cancelled

    def known(self, free: FreeMemory) -> CheckOutcome | None:
        """The outcome if everything is known, which needs no engine; None if something is to be measured.

        Args:
            free: Memory that the model may take.

        Raises:
            InputInvalid: A method is none of the model's, or the text is too short.
        """
        check_methods(self._chosen.facts, self._wish.methods)
        known = self._results.of(self._chosen.path)
        text = known.text(self._text.digest) if known is not None else None
        if known is None or text is None:
            return None
        try:
            runs = self._runs(free, text, known)
        except NotEnoughMemory:  # what is free without the loaded model is known when that is gone
            return None
        return self._outcome(runs, text, known) if not runs.n_left else None

    def run(self, engine: EngineClient, free: FreeMemory, on_progress: Callable[[CheckProgress], None]) -> CheckOutcome:
        """Measure what is not known yet, as `ContextCheckService.run` says.

        Args:
            engine: The engine worker's client, for nobody else.
            free: Memory that the model may take.
            on_progress: Called often, in this thread.
        """
        self._lengths(free)  # what does not fit is said before anything is loaded
        reader = ContextReader(engine, self._settings, self._chosen, free, self._cancelled)
        known = self._results.of(self._chosen.path) or self._nothing()
        text = known.text(self._text.digest) or self._counted(reader)
        runs = self._runs(free, text, known)
        pace = Pace(known.runs, [series.n_ctx for series, methods in runs.left.items() for _ in methods])
        for series, methods in runs.left.items():
            for method in methods:
                measured = reader.read(self._text.text, method, series, pace, on_progress)
                known = self._keep(_adding(measured, text))
            if methods:
                known = self._keep(_comparing(series))
        return self._outcome(runs, text, known)

    def _runs(self, free: FreeMemory, text: ReadText, known: ContextCheck) -> CheckRuns:
        kv_type = KvType(self._settings.kv_type)
        return check_runs(self._chosen.facts, self._lengths(free), self._wish, kv_type, text, known)

    def _lengths(self, free: FreeMemory) -> tuple[int, ...]:
        return check_lengths(self._chosen.facts, free, self._wish.lengths, KvType(self._settings.kv_type))

    def _counted(self, reader: ContextReader) -> ReadText:
        n_tokens = reader.count(self._text.text)
        return ReadText(digest=self._text.digest, name=self._text.name, n_tokens=n_tokens)

    def _outcome(self, runs: CheckRuns, text: ReadText, known: ContextCheck) -> CheckOutcome:
        for series, methods in runs.series.items():
            comparison = known.comparison(series)
            if comparison is None or not set(methods) <= set(comparison.methods):  # measured one by one
                known = self._keep(_comparing(series))
        return CheckOutcome(
            check=msgspec.structs.replace(known, model=self._chosen.name),
            series=tuple(runs.series),
            n_measured=runs.n_left,
            n_text=text.n_tokens if runs.is_cut else 0,
        )

    def _keep(self, change: Callable[[ContextCheck], ContextCheck]) -> ContextCheck:
        """Change what is known now: another check of the model may have added to it."""
        named = self._nothing()

        def changed(known: ContextCheck | None) -> ContextCheck:
            return change(msgspec.structs.replace(known or named, model=named.model))

        return self._results.change(self._chosen.path, changed)

    def _nothing(self) -> ContextCheck:
        return ContextCheck(model=self._chosen.name, n_ctx_train=self._chosen.facts.n_ctx_train)


def _adding(run: MethodRun, text: ReadText) -> Callable[[ContextCheck], ContextCheck]:
    return lambda known: known.with_run(run, text)


def _comparing(series: Series) -> Callable[[ContextCheck], ContextCheck]:
    return lambda known: known.with_comparison(series)
