"""The ``famulus`` command: its groups, its exit codes.

Process: app. Thread: the main one.

Exit codes: 0; 1, with the reason on standard error; 2 for wrong usage; 130 after Ctrl+C, 143 after SIGTERM.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Annotated

import typer

from assistant import __version__
from assistant.cli import adapters, context, conversations, models, settings
from assistant.cli.chat import chat
from assistant.cli.demonstration import demonstrate
from assistant.cli.doctor import bench, doctor
from assistant.cli.terminal import is_terminal, notes, print_error, write_utf8
from assistant.core.errors import FamulusError
from assistant.services.services import Services

log = logging.getLogger(__name__)

app = typer.Typer(
    name="famulus",
    help="Famulus: a personal AI assistant that runs on your own computer.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(chat)
app.command()(doctor)
app.command()(bench)
app.add_typer(adapters.app, name="adapters")
app.add_typer(context.app, name="context")
app.add_typer(conversations.app, name="conversations")
app.add_typer(models.app, name="models")
app.add_typer(settings.app, name="settings")


@app.callback(invoke_without_command=True)
def famulus(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and end.")] = False,
) -> None:
    """Without a command: a conversation on a terminal, a demonstration elsewhere."""
    if version:
        print(f"famulus {__version__}")
        raise typer.Exit(0)
    if context.invoked_subcommand is not None:
        return
    if is_terminal(sys.stdin) and is_terminal(sys.stdout):
        context.invoke(chat, context)
        return
    services: Services
    with context.obj() as services:
        code = demonstrate(services)
    raise typer.Exit(code)


def run(arguments: Sequence[str], build_services: Callable[[], Services]) -> int:
    """Run a command line.

    Args:
        arguments: The words after ``famulus``.
        build_services: Builds the services; called only by commands that need them.

    Returns:
        The exit code.
    """
    logging.getLogger("assistant").addHandler(logging.NullHandler())  # never onto the terminal
    write_utf8()
    _end_in_order()
    try:
        app(list(arguments), prog_name="famulus", obj=build_services)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except FamulusError as error:
        log.error("%s (%s)", error, error.info.cause)
        print_error(error.info)
        return 1
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        log.error("%r", error)
        notes.print(f"famulus: reading or writing failed: {error.strerror or error}", style="red")
        _drop_output()
        return 1
    except Exception as error:
        log.exception("unexpected error")
        notes.print(f"famulus: something unexpected went wrong: {type(error).__name__}: {error}", style="red")
        notes.print("The log has the details; `famulus doctor` shows where it is.")
        return 1
    return 0


def _drop_output() -> None:
    """Send what is still buffered nowhere: Python would try it again at its end, and complain."""
    if sys.stdout is not None and not sys.stdout.closed:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def _end_in_order() -> None:
    """Let the signals that end a program unwind it: the answer is kept, the worker and the terminal are left clean."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _leave)


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
