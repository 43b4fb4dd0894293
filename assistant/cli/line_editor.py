"""Where the lines of a conversation come from: an editor with history, or a pipe.

Process: app. Thread: the main one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.history import FileHistory
from prompt_toolkit.output import create_output

from assistant.core.errors import InputInvalid

PROMPT = "› "


class LineEditor:
    """Lines typed at a terminal: history, search, completion of commands; Ctrl+C clears, Ctrl+D ends.

    Args:
        history: File of the lines typed so far; made readable for its owner only.
        commands: Words to complete.
    """

    interactive = True

    def __init__(self, history: Path, commands: list[str]) -> None:
        history.touch(mode=0o600)
        self._session: PromptSession[str] = PromptSession(
            history=FileHistory(str(history)),
            auto_suggest=AutoSuggestFromHistory(),
            completer=WordCompleter(commands, sentence=True),
            complete_while_typing=False,
            output=create_output(always_prefer_tty=True),  # with the answers in a file, the prompt goes to stderr
        )

    def __iter__(self) -> Iterator[str]:
        """Ask for lines until Ctrl+D."""
        while True:
            try:
                yield self._session.prompt(PROMPT)
            except KeyboardInterrupt:
                continue
            except EOFError:
                return

    def edited(self, text: str) -> str:
        """Let the person change a text; empty if they gave up."""
        try:
            return self._session.prompt("edit › ", default=text)
        except (KeyboardInterrupt, EOFError):
            return ""


class PipedLines:
    """Lines of the standard input, one message or command each."""

    interactive = False

    def __iter__(self) -> Iterator[str]:
        """Read until the end of the input."""
        for line in sys.stdin.buffer if sys.stdin is not None else ():
            try:
                yield line.decode("utf-8-sig").rstrip("\r\n")
            except UnicodeDecodeError as error:
                raise InputInvalid("The standard input is not text in UTF-8.", cause=str(error)) from error

    def edited(self, text: str) -> str:
        """Nobody is there to edit."""
        return ""
