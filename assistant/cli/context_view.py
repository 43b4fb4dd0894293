"""What ``famulus context`` shows: a check as tables, a plan in words.

Process: terminal. Thread: main.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from assistant.cli.terminal import gibibytes, harmless, output
from assistant.core.context_check import (
    MAX_PRICE,
    CheckProgress,
    ContextCheck,
    MethodRun,
    Series,
    best_method,
    beyond,
    deciding,
    perplexity,
    price,
)
from assistant.core.context_plan import ALL_LAYERS, ContextPlan
from assistant.core.memory_estimate import KvType
from assistant.core.needle_grid import N_DEPTHS, needle_grid
from assistant.core.rope import RopeMethod
from assistant.services.context_outlook import ContextOutlook

_N_ROWS = 8
_FIRST, _COLUMN = 30, 12
"""Widths of the columns of a table, characters."""


def progress_words(progress: CheckProgress) -> str:
    """One line about how far a check is."""
    words = f"{progress.method.value} at {progress.n_ctx:,} tokens ({progress.number} of {progress.n_runs})"
    words += f": {progress.n_done / progress.n_total:.0%}" if progress.n_total else ""
    return words + (f", about {duration(progress.seconds_left)} left" if progress.seconds_left is not None else "")


def duration(seconds: float) -> str:
    """Seconds as a person says them, for example ``12 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def print_check(check: ContextCheck, shown: Sequence[Series]) -> None:
    """Tables of what was measured of these series, and what follows from it."""
    output.print(harmless(f"{check.model}, trained with {check.n_ctx_train:,} tokens"), style="bold")
    text: str | None = None
    for series in shown:
        runs = check.runs_of(series)
        output.print()
        if series.text_digest != text:
            text = series.text_digest
            output.print(harmless(f"Read from {check.title_of(series)}:"))
        _print_row(_series_words(series), [run.method.value for run in runs], style="bold")
        for line in _perplexity_rows(runs, series.n_ctx):
            _print_row(*line)
        for line in _summary_rows(check, runs):
            _print_row(*line)
        _print_row("reading, tokens/s", [f"{run.n_read / run.seconds:.0f}" if run.seconds else "-" for run in runs])
        for run in runs:
            _print_needles(run)
    output.print()
    for sentence in _verdicts(check, shown):
        output.print(harmless(sentence))


def check_summary(check: ContextCheck, shown: Sequence[Series], picture: Path | None) -> dict[str, Any]:
    """The same for a program."""
    return {
        "type": "context_check",
        "model": check.model,
        "n_ctx_train": check.n_ctx_train,
        "lengths": [
            {
                "n_ctx": series.n_ctx,
                "kv_type": series.kv_type,
                "text": next((text.name for text in check.texts if text.digest == series.text_digest), ""),
                "automatic": _automatic(check, series),
                "runs": [_run_summary(check, run) for run in check.runs_of(series)],
            }
            for series in shown
        ],
        "picture": str(picture) if picture is not None else None,
    }


def plan_lines(name: str, outlook: ContextOutlook, plan: ContextPlan) -> Iterator[str]:
    """How a model would be loaded, in words."""
    facts, memory = outlook.facts, plan.memory
    yield f"{'model':<22} {name}"
    stretch = f", {plan.n_ctx / facts.n_ctx_train:.1f} times" if plan.n_ctx > facts.n_ctx_train else " of"
    yield f"{'context':<22} {plan.n_ctx:,} tokens{stretch} the trained {facts.n_ctx_train:,}"
    yield f"{'stretched by':<22} {plan.rope.method.value}"
    free = gibibytes(outlook.free.total_bytes)
    yield f"{'memory':<22} {gibibytes(memory.total_bytes)} of {free} free"
    parts = {
        "weights": memory.weights_bytes,
        f"context ({plan.kv_type.value})": memory.kv_bytes,
        "computing": memory.compute_bytes,
        "projector": memory.projector_bytes,
        "the rest": memory.overhead_bytes,
    }
    for part, n_bytes in parts.items():
        if n_bytes:
            yield f"  {part:<20} {gibibytes(n_bytes)}"
    if outlook.free.card_bytes:
        layers = "all layers" if plan.n_gpu_layers == ALL_LAYERS else f"{plan.n_gpu_layers} of {facts.n_layer} layers"
        yield f"{'graphics card':<22} {layers}"
    pace = outlook.reading_pace(plan.n_ctx)
    speed = "not measured" if pace is None else f"about {pace:.1f} s for 1,000 tokens at the end of it"
    yield f"{'reading':<22} {speed}"
    yield f"{'longest that fits':<22} {outlook.longest(plan.kv_type):,} tokens"
    yield from (note.text for note in plan.notes)


def plan_summary(name: str, outlook: ContextOutlook, plan: ContextPlan) -> dict[str, Any]:
    """The same for a program."""
    return {
        "type": "context_plan",
        "model": name,
        "n_ctx_train": outlook.facts.n_ctx_train,
        "plan": plan,
        "total_bytes": plan.memory.total_bytes,
        "free_bytes": outlook.free.total_bytes,
        "longest": outlook.longest(plan.kv_type),
        "notes": [note.text for note in plan.notes],
    }


def _run_summary(check: ContextCheck, run: MethodRun) -> dict[str, Any]:
    plain = check.run(RopeMethod.NONE, run.series)
    return {
        "run": run,
        "price": price(run, plain, check.n_ctx_train) if plain is not None else None,
        "beyond": beyond(run, check.n_ctx_train),
        "needle_grid": needle_grid(run),
    }


def _perplexity_rows(runs: Sequence[MethodRun], n_ctx: int) -> Iterator[tuple[str, list[str]]]:
    for row in range(_N_ROWS):
        start, end = n_ctx * row // _N_ROWS, n_ctx * (row + 1) // _N_ROWS
        label = f"perplexity {start:>7,} - {end:>7,}"
        yield label, [_number(perplexity(run, start, end)) for run in runs]


def _summary_rows(check: ContextCheck, runs: Sequence[MethodRun]) -> Iterator[tuple[str, list[str]]]:
    plain = next((run for run in runs if run.method is RopeMethod.NONE), None)
    if len(runs) > 1 and plain is not None:
        prices = [price(run, plain, check.n_ctx_train) for run in runs]
        cells = [
            "-" if math.isnan(each) or run is plain else f"{each:+.1%}" for run, each in zip(runs, prices, strict=True)
        ]
        yield "price within the trained length", cells
    if any(not math.isnan(beyond(run, check.n_ctx_train)) for run in runs):
        yield "perplexity beyond it", [_number(beyond(run, check.n_ctx_train)) for run in runs]


def _print_needles(run: MethodRun) -> None:
    grid = needle_grid(run)
    if not grid.lengths:
        return
    output.print()
    _print_row(f"needles found by {run.method.value}", [f"of {length:,}" for length in grid.lengths], style="dim")
    for depth, shares in enumerate(grid.shares):
        label = f"  at {100 * depth // N_DEPTHS:>2} - {100 * (depth + 1) // N_DEPTHS} % of them"
        _print_row(label, ["-" if share is None else f"{share:.0%}" for share in shares])


def _series_words(series: Series) -> str:
    """A length, with the type of the memory where that is not the usual one."""
    return f"{series.n_ctx:,} tokens" + (f" in {series.kv_type}" if series.kv_type is not KvType.F16 else "")


def _automatic(check: ContextCheck, series: Series) -> RopeMethod | None:
    return best_method(check, series.n_ctx, series.kv_type) if series.n_ctx > check.n_ctx_train else None


def _verdicts(check: ContextCheck, shown: Sequence[Series]) -> Iterator[str]:
    """What ``auto`` takes from now on, and why."""
    stretched = [series for series in shown if series.n_ctx > check.n_ctx_train]
    if not stretched:
        yield f"Nothing is stretched within the trained {check.n_ctx_train:,} tokens; nothing was to be compared."
    for series in stretched:
        comparison = deciding(check, series.n_ctx, series.kv_type)
        if comparison is None or comparison.series != series:
            yield f"At {_series_words(series)} this decides nothing: {_why_not(check, series)}."
            continue
        best = best_method(check, series.n_ctx, series.kv_type)
        reason = "".join(_reason(check, run) for run in check.runs_of(series) if run.method is best)
        yield f"At about {_series_words(series)} auto takes {best} from now on: {reason}."


def _why_not(check: ContextCheck, series: Series) -> str:
    runs = check.runs_of(series)
    if len(runs) < 2:
        return "only one way was measured"
    if check.comparison(series) is None:
        return "not all ways were measured that were asked for"
    if sum(not math.isnan(beyond(run, check.n_ctx_train)) for run in runs) < 2:
        return "too little lies beyond the trained length"
    return "a newer check of this length counts"


def _reason(check: ContextCheck, run: MethodRun) -> str:
    reason = f"perplexity {_number(beyond(run, check.n_ctx_train))} beyond the trained length"
    plain = check.run(RopeMethod.NONE, run.series)
    if plain is None or run is plain:
        return reason
    cost = price(run, plain, check.n_ctx_train)
    limit = (
        f"no stretch costs less than {MAX_PRICE:.0%}"
        if cost > MAX_PRICE
        else f"more than {MAX_PRICE:.0%} would be too dear"
    )
    return f"{reason}, at a price of {cost:.1%} within it ({limit})"


def _number(value: float) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:.2f}" if value < 100 else f"{value:,.0f}" if value < 1e6 else f"{value:.1e}"


def _print_row(label: str, cells: Sequence[str], style: str = "") -> None:
    output.print(f"{label:<{_FIRST}}" + "".join(f"{cell:>{_COLUMN}}" for cell in cells), style=style or None)
