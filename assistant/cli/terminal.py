"""What every command shares: where text goes, how errors look, what must never reach a terminal.

Process: app. Thread: the main one.
"""

from __future__ import annotations

import contextlib
import io
import re
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from rich.console import Console

from assistant.core.errors import ErrorInfo

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""C0 and C1 controls but tab and newline, and the bidirectional overrides that can disguise text."""

output = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
"""Answers and results: standard output."""
notes = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
"""Everything else: standard error."""


def is_terminal(stream: io.TextIOBase | Any) -> bool:
    """Whether a person sits at this standard stream; False if it is closed, which Python shows as None."""
    return stream is not None and not stream.closed and stream.isatty()


def write_utf8() -> None:
    """Make both output streams write UTF-8, whatever the locale says; what is no text becomes ``?``."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


@contextlib.contextmanager
def on_interrupt(react: Callable[[], None]) -> Iterator[None]:
    """Inside the block Ctrl+C calls `react` instead of raising: nothing that is being shown is torn apart.

    Args:
        react: Called between two steps of the main thread, which may hold any lock: it must not take one.
    """
    previous = signal.signal(signal.SIGINT, lambda _number, _frame: react())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def harmless(text: str) -> str:
    """The text without control characters: a model or a document must not drive the terminal."""
    return _CONTROL.sub("", text.replace("\r\n", "\n"))


def print_json(value: Any) -> None:
    """One JSON object on one line of standard output, at once."""
    print(msgspec.json.encode(value).decode(), flush=True)


def print_error(error: ErrorInfo) -> None:
    """The sentence and the remedy on standard error."""
    notes.print(f"famulus: {harmless(error.text)}", style="red")
    if error.remedy:
        notes.print(harmless(error.remedy_text))


def gibibytes(n_bytes: int) -> str:
    """Bytes as a person reads them, for example ``1.5 GiB``."""
    if n_bytes < 1024**3:
        return f"{n_bytes / 1024**2:.0f} MiB"
    return f"{n_bytes / 1024**3:.1f} GiB"
