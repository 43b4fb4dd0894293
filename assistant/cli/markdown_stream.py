"""Markdown that grows: finished blocks are printed once, only the last one is painted again.

Process: app. Thread: the main one.
"""

from __future__ import annotations

import itertools
import time

from markdown_it import MarkdownIt
from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.markdown import Markdown
from rich.segment import Segment

from assistant.cli.terminal import harmless

_PARSER = MarkdownIt("commonmark").enable("table")
_PAINT_INTERVAL_S = 0.1


class MarkdownStream:
    """Prints an answer while it is written.

    Args:
        console: Console on a terminal.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._open = ""
        self._is_painted = True
        self._painted_at = 0.0
        # Rich's refreshing thread and a print of ours would mix up their cursor movements.
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._live.start()

    def add(self, text: str) -> None:
        """Add new text; it is painted at once, or after `_PAINT_INTERVAL_S` by the next call of this or `paint`."""
        text = harmless(text)
        self._open += text
        self._is_painted = False
        if "\n" in text:
            finished, self._open = split_finished(self._open)
            if finished:
                self._print(finished)
        if time.monotonic() - self._painted_at >= _PAINT_INTERVAL_S:
            self.paint()

    def paint(self) -> None:
        """Show what was added and is not shown yet."""
        if not self._is_painted:
            self._live.update(_Block(self._open, n_last=max(1, self._console.height - 2)), refresh=True)
            self._is_painted = True
            self._painted_at = time.monotonic()

    def close(self) -> None:
        """Print what is still open."""
        self._live.stop()
        self._console.print(_Block(self._open))
        self._open = ""

    def _print(self, blocks: list[str]) -> None:
        self._live.update("", refresh=True)  # or they would be there twice, above and in the live region
        for block in blocks:
            self._console.print(_Block(block))
            self._console.print()
        self._painted_at = 0.0


def split_finished(text: str) -> tuple[list[str], str]:
    """Split into the blocks that later text cannot change, and the last block with what follows it.

    The last line counts only when it is whole: its next letters may still make it part of the block above.
    """
    lines = text.split("\n")
    blocks = _PARSER.parse("\n".join(lines[:-1]))
    starts = [token.map[0] for token in blocks if token.level == 0 and token.nesting >= 0 and token.map is not None]
    finished = [
        "".join(f"{line}\n" for line in lines[start:end]) for start, end in itertools.pairwise([0, *starts[1:]])
    ]
    return finished, text[sum(map(len, finished)) :]


class _Block:
    """Markdown without blank lines around it, as wide as the screen.

    Args:
        text: Markdown.
        n_last: Show only so many of its last lines: a live region must not be taller than the screen.
    """

    def __init__(self, text: str, n_last: int = 0) -> None:
        self._text = text
        self._n_last = n_last

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        # The console's own soft wrap would leave long lines to the terminal, and the live region miscounts them.
        options = options.update(height=None, no_wrap=False, overflow="fold")
        lines = console.render_lines(Markdown(self._text, hyperlinks=False), options, pad=False)
        shown = [number for number, line in enumerate(lines) if any(segment.text.strip() for segment in line)]
        for line in lines[shown[0] : shown[-1] + 1][-self._n_last :] if shown else ():
            yield from line
            yield Segment.line()
