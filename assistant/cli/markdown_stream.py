"""Markdown that grows: finished blocks are printed once, only the last one is painted again.

Process: app. Thread: the main one.
"""

from __future__ import annotations

from markdown_it import MarkdownIt
from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.markdown import Markdown
from rich.segment import Segment

from assistant.cli.terminal import harmless

_PARSER = MarkdownIt("commonmark").enable("table")
_REFRESH_PER_SECOND = 8


class MarkdownStream:
    """Prints an answer while it is written.

    Args:
        console: Console on a terminal.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._open = ""
        self._live = Live(console=console, auto_refresh=True, refresh_per_second=_REFRESH_PER_SECOND, transient=True)
        self._live.start()

    def add(self, text: str) -> None:
        """Add new text."""
        text = harmless(text)
        self._open += text
        if "\n" in text:
            finished, self._open = split_finished(self._open)
            if finished:
                self._live.update("")  # or the block is painted twice, above and in the live region
                self._console.print(_markdown(finished), "", soft_wrap=False)
        self._live.update(_Tail(self._open))

    def close(self) -> None:
        """Print what is still open."""
        self._live.update("")
        self._live.stop()
        if self._open.strip():
            self._console.print(_markdown(self._open), soft_wrap=False)
        self._open = ""


def split_finished(text: str) -> tuple[str, str]:
    """Split into the blocks that later text cannot change, and the last block with what follows it.

    The last line counts only when it is whole: its next letters may still make it part of the block above.
    """
    lines = text.split("\n")
    blocks = _PARSER.parse("\n".join(lines[:-1]))
    starts = [token.map[0] for token in blocks if token.level == 0 and token.map is not None]
    if len(starts) < 2:
        return "", text
    finished = "".join(f"{line}\n" for line in lines[: starts[-1]])
    return finished, text[len(finished) :]


def _markdown(text: str) -> Markdown:
    return Markdown(text, hyperlinks=False)


class _Tail:
    """As many last lines of a block as fit on the screen: a live region must not be taller."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        # The console's own soft wrap would leave long lines to the terminal, and the live region miscounts them.
        options = options.update(height=None, no_wrap=False, overflow="fold")
        lines = console.render_lines(_markdown(self._text), options, pad=False)
        for line in lines[-max(1, console.height - 2) :]:
            yield from line
            yield Segment.line()
