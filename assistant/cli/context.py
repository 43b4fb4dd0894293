"""``famulus context``: how long a context a model can have, and how well it reads it.

Process: app. Thread: the main one.
"""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.context_options import (
    AUTOMATIC,
    KvTypeOption,
    NCtx,
    NGpuLayers,
    Rope,
    context_options,
    parse_n_ctx,
    parse_rope,
)
from assistant.cli.context_view import check_summary, plan_lines, plan_summary, print_check, progress_words
from assistant.cli.options import model_options, overridden
from assistant.cli.terminal import harmless, notes, output, print_error, print_json
from assistant.core.context_check import CheckProgress, ContextCheck, Series
from assistant.core.errors import FamulusError, InputInvalid, unwritable
from assistant.core.paths import absolute
from assistant.core.rope import RopeMethod
from assistant.core.settings import ModelSettings
from assistant.services.context_measuring import CheckOutcome
from assistant.services.context_runs import CheckWish
from assistant.services.load_plan import context_wish
from assistant.services.services import Services

_INTERRUPTED = 130

app = typer.Typer(no_args_is_help=True, help="How long a context may be, planned and measured.")

Model = Annotated[Path | None, typer.Option(help="GGUF file of the model.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Plot = Annotated[Path | None, typer.Option(metavar="FILE.png", help="Write the chart to this file, too.")]


@app.callback()
def context() -> None:
    """How long a context a model can have, and how well it reads it."""


@app.command()
def check(
    context: typer.Context,
    model: Model = None,
    n_ctx: Annotated[
        list[int] | None,
        typer.Option(
            parser=parse_n_ctx,
            metavar="N|auto|max",
            help="Context length, tokens; may be given more than once. auto is twice the trained length.",
        ),
    ] = None,
    rope: Annotated[
        list[str] | None,
        typer.Option(
            parser=parse_rope,
            metavar="auto|none|linear|ntk|yarn|mixed",
            help="Way to stretch it; may be given more than once. auto is all that the model knows.",
        ),
    ] = None,
    kv_type: KvTypeOption = None,
    n_gpu_layers: NGpuLayers = None,
    text: Annotated[Path | None, typer.Option(metavar="FILE", help="UTF-8 text to read in place of ours.")] = None,
    plot: Plot = None,
    again: Annotated[bool, typer.Option("--again", help="Measure anew what is known.")] = False,
    as_json: Json = False,
) -> None:
    """Measure how well a model reads a long text with each way to stretch its context; may take long."""
    wish = CheckWish(
        lengths=tuple(n_ctx or ()),
        methods=tuple(RopeMethod(each) for each in rope or () if each != AUTOMATIC),
        text=absolute(text) if text is not None else None,
        again=again,
    )
    target = _target(plot)
    services: Services
    with context.obj() as services:
        options = {**model_options(model), **context_options(None, None, kv_type, n_gpu_layers)}
        settings = overridden(services.settings.load(), options).model
        outcome = _run(services, settings, wish)
        _tell(services, settings, outcome.check, outcome.series, target, as_json=as_json)


@app.command()
def show(context: typer.Context, model: Model = None, plot: Plot = None, as_json: Json = False) -> None:
    """Show what checks of a model found."""
    target = _target(plot)
    services: Services
    with context.obj() as services:
        settings = overridden(services.settings.load(), model_options(model)).model
        known = services.context_checks.outlook(settings).check
        if known is None or not known.runs:
            raise InputInvalid(
                "The context of {model} was not checked yet.",
                remedy="famulus context check does it.",
                model=services.library.name_of(settings),
            )
        _tell(services, settings, known, known.all_series(), target, as_json=as_json)


@app.command()
def plan(
    context: typer.Context,
    model: Model = None,
    n_ctx: NCtx = None,
    rope: Rope = None,
    kv_type: KvTypeOption = None,
    n_gpu_layers: NGpuLayers = None,
    as_json: Json = False,
) -> None:
    """Say how a model would be loaded now: how long, stretched how, and with what memory."""
    services: Services
    with context.obj() as services:
        options = {**model_options(model), **context_options(n_ctx, rope, kv_type, n_gpu_layers)}
        settings = overridden(services.settings.load(), options).model
        name = services.library.choose(settings).name
        services.library.card_bytes(settings)
        outlook = services.context_checks.outlook(settings)
    planned = outlook.plan(context_wish(settings))
    if as_json:
        print_json(plan_summary(name, outlook, planned))
        return
    for line in plan_lines(name, outlook, planned):
        output.print(harmless(line))


def _run(services: Services, settings: ModelSettings, wish: CheckWish) -> CheckOutcome:
    with notes.status("Looking at the model") as status:

        def progressed(progress: CheckProgress) -> None:
            status.update(progress_words(progress))

        try:
            outcome = services.context_checks.run(settings, wish, progressed, threading.Event())
        except KeyboardInterrupt as interrupt:
            status.stop()
            same = "the same command without --again" if wish.again else "the same command"
            notes.print(f"Stopped. The ways that were measured to their end are kept; {same} measures the others.")
            raise typer.Exit(_INTERRUPTED) from interrupt
    if outcome.n_text:
        lengths = ", ".join(f"{series.n_ctx:,}" for series in outcome.series)
        notes.print(f"The text has {outcome.n_text:,} tokens: it was read with {lengths}.")
    if not outcome.n_measured:
        notes.print("All of that was measured before; --again measures it anew.")
    return outcome


def _target(plot: Path | None) -> Path | None:
    """Where the chart is to go, which is asked before anything is measured."""
    if plot is None:
        return None
    target = absolute(plot)
    if not target.parent.is_dir():
        raise InputInvalid(
            "The chart cannot be written to {path}: there is no such folder.",
            remedy="Make the folder first, or choose another one.",
            path=str(target),
        )
    number = errno.EISDIR if target.is_dir() else errno.EACCES
    if target.is_dir() or not os.access(target if target.exists() else target.parent, os.W_OK):
        raise unwritable(target, OSError(number, os.strerror(number)))
    return target


def _tell(
    services: Services,
    settings: ModelSettings,
    check: ContextCheck,
    shown: Sequence[Series],
    target: Path | None,
    *,
    as_json: bool,
) -> None:
    """Tables of these series, and then the chart of the longest; what fails of it costs no more, but the exit code."""
    if not as_json:
        print_check(check, shown)
    picture: Path | None = None
    try:
        picture = _draw(services, settings, check, max(shown, key=lambda series: series.n_ctx), target)
    except FamulusError as error:
        print_error(error.info)
    if as_json:
        print_json(check_summary(check, shown, picture))
    elif picture is not None:
        output.print(f"chart: {harmless(str(picture))}")
    if picture is None and target is not None:
        raise typer.Exit(1)


def _draw(
    services: Services, settings: ModelSettings, check: ContextCheck, series: Series, target: Path | None
) -> Path:
    """The chart of a series, at `target` if that is given."""
    picture = services.context_checks.draw(settings, check, series)
    if target is None:
        return picture
    try:
        shutil.copyfile(picture, target)
    except OSError as error:
        raise unwritable(target, error) from error
    return target
