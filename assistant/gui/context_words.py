"""What a context length takes and what a check found, in the words of the window's language.

Process: app with a window. Thread: the GUI's; pure but for the language.
"""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QCoreApplication, QLocale

from assistant.core.context_chart import perplexity_scale
from assistant.core.context_check import ContextCheck, MethodRun, Series, best_method, beyond, deciding
from assistant.core.context_plan import ContextPlan
from assistant.core.memory_estimate import KvType, MemoryEstimate
from assistant.core.needle_grid import needle_grid
from assistant.core.rope import RopeMethod
from assistant.gui.error_text import error_words
from assistant.services.context_outlook import ContextOutlook


def number_words(number: int) -> str:
    """A number with the separators of the language."""
    return QLocale().toString(number)


def duration_words(seconds: float) -> str:
    """Seconds as a person says them."""
    minutes = round(seconds / 60)
    if seconds < 10:
        return QCoreApplication.translate("context_words", "{n} s").format(n=QLocale().toString(seconds, "f", 1))
    if seconds < 90:
        return QCoreApplication.translate("context_words", "{n} s").format(n=round(seconds))
    if minutes < 90:
        return QCoreApplication.translate("context_words", "{n} min").format(n=minutes)
    hours = QCoreApplication.translate("context_words", "{hours} h {minutes} min")
    return hours.format(hours=minutes // 60, minutes=minutes % 60)


def memory_parts(memory: MemoryEstimate) -> list[dict[str, Any]]:
    """The parts of the memory, the largest causes first: `title`, `text` and `bytes` of each."""
    parts = (
        (QCoreApplication.translate("context_words", "Model"), memory.weights_bytes + memory.projector_bytes),
        (QCoreApplication.translate("context_words", "Context"), memory.kv_bytes),
        (QCoreApplication.translate("context_words", "Computing"), memory.compute_bytes),
        (QCoreApplication.translate("context_words", "Program"), memory.overhead_bytes),
    )
    return [{"title": title, "text": size_words(n_bytes), "bytes": float(n_bytes)} for title, n_bytes in parts]


def size_words(n_bytes: int) -> str:
    """Bytes as the model picker writes them."""
    return QLocale().formattedDataSize(n_bytes, 1, QLocale.DataSizeFormat.DataSizeSIFormat)


def plan_words(plan: ContextPlan) -> list[str]:
    """What a person should know of a plan, a sentence each."""
    return [error_words(note).title for note in plan.notes]


def speed_words(outlook: ContextOutlook, n_ctx: int) -> str:
    """How long reading takes at a length."""
    pace, whole = outlook.reading_pace(n_ctx), outlook.reading_time(n_ctx)
    if pace is None or whole is None:
        return QCoreApplication.translate("context_words", "How fast it reads was not measured yet.")
    words = QCoreApplication.translate(
        "context_words", "At its end it reads 1,000 tokens in about {pace}; all of it takes about {whole}."
    )
    return words.format(pace=duration_words(pace), whole=duration_words(whole))


def verdict_words(check: ContextCheck, series: Series) -> str:
    """What follows from a series."""
    comparison = deciding(check, series.n_ctx, series.kv_type) if series.n_ctx > check.n_ctx_train else None
    if comparison is None or comparison.series != series:
        return _no_verdict_words(check, series)
    best = best_method(check, series.n_ctx, series.kv_type)
    if best is None or best is RopeMethod.NONE:
        return QCoreApplication.translate("context_words", "“auto” leaves the model as it is: that reads best there.")
    words = QCoreApplication.translate(
        "context_words", "“auto” stretches it by {method}: that reads best beyond {n} tokens."
    )
    return words.format(method=best.value, n=number_words(check.n_ctx_train))


def _no_verdict_words(check: ContextCheck, series: Series) -> str:
    if len(check.runs_of(series)) > 1 and check.comparison(series) is None:
        return QCoreApplication.translate("context_words", "Not all ways were measured at this length yet.")
    if deciding(check, series.n_ctx, series.kv_type) is not None:
        return QCoreApplication.translate("context_words", "Another check decides what “auto” does at this length.")
    return QCoreApplication.translate("context_words", "Nothing was compared at this length.")


def chart_of(check: ContextCheck, series: Series) -> dict[str, Any]:
    """A series of a check, as QML draws it: all places are shares of the chart's width and height.

    Args:
        check: What was measured.
        series: Which of it to show.

    Returns:
        `title`, `verdict`, `trained` (place of the trained length; above 1 if it is not in view), `trainedText`,
        `ticks` and `places` (each with `at` and `text`), `lines` (each with `method` and `points`, pairs of places)
        and `grids` (each with `method`, `lengths` and `rows` of shares; -1 for none).
    """
    runs, n_ctx = check.runs_of(series), series.n_ctx
    scale = perplexity_scale(runs)
    trained = QCoreApplication.translate("context_words", "trained length")
    return {
        "title": _title_words(series),
        "verdict": verdict_words(check, series),
        "trained": check.n_ctx_train / n_ctx,
        "trainedText": trained,
        "ticks": [{"at": scale.share(math.log(value)), "text": _perplexity(value)} for value in scale.ticks()],
        "places": [{"at": part / 4, "text": number_words(n_ctx * part // 4)} for part in range(5)],
        "lines": [
            {
                "method": run.method.value,
                "points": [
                    [min(1.0, (index + 0.5) * run.bucket / n_ctx), scale.share(loss)]
                    for index, loss in enumerate(run.losses)
                ],
                "beyond": _perplexity(beyond(run, check.n_ctx_train)),
            }
            for run in runs
        ],
        "grids": [_grid(run) for run in runs],
    }


def _title_words(series: Series) -> str:
    words = QCoreApplication.translate("context_words", "Perplexity while it reads {n} tokens; lower is better")
    if series.kv_type is not KvType.F16:
        words = QCoreApplication.translate(
            "context_words", "Perplexity while it reads {n} tokens with the memory in {kv_type}; lower is better"
        )
    return words.format(n=number_words(series.n_ctx), kv_type=series.kv_type.value)


def _grid(run: MethodRun) -> dict[str, Any]:
    grid = needle_grid(run)
    return {
        "method": run.method.value,
        "lengths": [number_words(length) for length in grid.lengths],
        "rows": [[-1.0 if share is None else share for share in row] for row in grid.shares],
    }


def _perplexity(value: float) -> str:
    if math.isnan(value):
        return ""
    return QLocale().toString(round(value)) if value >= 10 else QLocale().toString(value, "g", 2)
