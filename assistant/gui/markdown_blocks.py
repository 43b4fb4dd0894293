"""Splits an answer into blocks while it is written: a finished block never changes again.

Process: app. Thread: GUI.

The same code reads a stream and a finished text, so both give the same blocks for any pieces. It rests on one property
of CommonMark without reference definitions: once a line has begun the next block at the top level, no later text
changes the blocks before it. A last line that is not whole and could still become another kind of line is kept back.

Work is bounded: the parser never sees more than `MAX_BLOCK_CHARS` at once. A longer block is cut there, at a line end
or a space where there is one. Code behind an open fence is not parsed at all, only searched line by line for its end.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from markdown_it.token import Token

from assistant.gui.markdown_grammar import MAX_NESTING, markdown_parser

MAX_BLOCK_CHARS = 8_000
"""Longest block, in characters."""
MAX_CODE_CHARS = 16_000
"""Longest block of code behind a fence, in characters; at least `MAX_BLOCK_CHARS`."""

_MAX_LANGUAGE_CHARS = 40
_PARSER = markdown_parser()
# Only markers so far: "-" may become a list item, a rule, or the underline of a heading.
_UNDECIDED_LINE = re.compile(r"[-=*+_~`#>|$\\\[:.)\d\s]*\Z")
# Not decided before its end: a fence may still turn out as inline code, display math as inline math.
_UNDECIDED_OPENING = re.compile(r" {0,3}(?:`{3}|~{3}|\$\$|\\\[)")


class BlockKind(StrEnum):
    """What a block is shown as."""

    TEXT = "text"
    CODE = "code"
    TABLE = "table"
    MATH = "math"
    RULE = "rule"
    REASONING = "reasoning"


_KINDS = {
    "fence": BlockKind.CODE,
    "code_block": BlockKind.CODE,
    "table_open": BlockKind.TABLE,
    "math_block": BlockKind.MATH,
    "hr": BlockKind.RULE,
}


@dataclass(frozen=True, slots=True)
class Block:
    """One block at the top level of an answer.

    Attributes:
        kind: What it is shown as.
        source: What Copy gives: its Markdown; of code and math only the content.
        language: First word of a fence's info string; empty if there is none.
        tokens: Tokens of a text or table; empty if it is nested too deeply and shown as it is written.
    """

    kind: BlockKind
    source: str
    language: str = ""
    tokens: tuple[Token, ...] = field(default=(), compare=False, repr=False)


@dataclass(slots=True)
class _Fence:
    """An open code fence whose content is being read."""

    closing: re.Pattern[str]
    indent: int
    language: str
    lines: list[str] = field(default_factory=list)
    n_chars: int = 0
    is_continued: bool = False

    @classmethod
    def opened_by(cls, token: Token, line: str) -> _Fence:
        closing = re.compile(rf" {{0,3}}{re.escape(token.markup[0])}{{{len(token.markup)},}}[ \t]*\Z")
        return cls(closing, len(line) - len(line.lstrip(" ")), _language(token.info))

    def add(self, line: str) -> None:
        n_spaces = len(line) - len(line.lstrip(" "))
        line = line[min(n_spaces, self.indent) :]
        self.lines.append(line)
        self.n_chars += len(line) + 1

    def take(self) -> Block:
        block = Block(BlockKind.CODE, "\n".join(self.lines), self.language)
        self.lines, self.n_chars, self.is_continued = [], 0, True
        return block


class BlockStream:
    """Reads Markdown piece by piece.

    Attributes:
        finished: Blocks that will not change, in order; it only grows.
    """

    def __init__(self) -> None:
        self.finished: list[Block] = []
        self._open: list[Block] = []
        self._fence: _Fence | None = None
        self._text = ""
        self._start = 0

    @property
    def open_block(self) -> Block | None:
        """The block that is being written; None between blocks."""
        if self._fence is not None:
            return Block(BlockKind.CODE, self._open_code(self._fence), self._fence.language)
        return self._open[0] if self._open else None

    def feed(self, text: str) -> None:
        """Read the next piece."""
        self._text = self._text[self._start :] + text
        self._start = 0
        self._read(is_last=False)

    def close(self) -> None:
        """Read what is left; every block is finished afterwards."""
        self._read(is_last=True)
        self._open = []

    def _read(self, is_last: bool) -> None:
        while self._read_code(is_last) if self._fence is not None else self._read_blocks(is_last):
            pass

    def _read_blocks(self, is_last: bool) -> bool:
        """Parse one window; returns whether there may be more to read."""
        window = self._text[self._start : self._start + MAX_BLOCK_CHARS]
        is_cut = self._start + MAX_BLOCK_CHARS < len(self._text)
        text = window if is_last and not is_cut else _decided(window)
        parts = _parse(text)
        if is_last and not is_cut:
            return self._finish_all(parts, len(window))
        if len(parts) < 2 and is_cut:
            return self._cut(window, parts)
        for part in parts[:-1]:
            self.finished.append(_block(part))
        if not parts:
            self._open = []
            return False
        last = parts[-1]
        self._start += last.start
        if self._enter_fence(last):
            return True
        self._open = [_block(last)] if not is_cut else []
        return is_cut

    def _finish_all(self, parts: list[_Part], n_chars: int) -> bool:
        self.finished += map(_block, parts)
        self._start += n_chars
        return False

    def _cut(self, window: str, parts: list[_Part]) -> bool:
        """Finish the one block that fills a whole window."""
        if parts and parts[0].start:
            self._start += parts[0].start
            return True
        if parts and self._enter_fence(parts[0]):
            return True
        end = _cut_at(window)
        self._start += end
        self.finished += map(_block, _parse(window[:end]))
        return True

    def _enter_fence(self, part: _Part) -> bool:
        token = part.tokens[0]
        if token.type != "fence":
            return False
        line_end = self._text.find("\n", self._start)
        if line_end < 0:
            return False
        self._fence = _Fence.opened_by(token, self._text[self._start : line_end])
        self._start = line_end + 1
        self._open = []
        return True

    def _read_code(self, is_last: bool) -> bool:
        """Read whole lines of code; returns whether the fence was closed."""
        fence = self._fence
        assert fence is not None
        while (line := self._next_line(is_last)) is not None:
            if fence.closing.match(line):
                self._leave_fence(fence)
                return True
            fence.add(line)
            if fence.n_chars > MAX_CODE_CHARS:
                self.finished.append(fence.take())
        if is_last:
            self._leave_fence(fence)
        return False

    def _next_line(self, is_last: bool) -> str | None:
        end = self._text.find("\n", self._start, self._start + MAX_CODE_CHARS + 1)
        if end < 0 and len(self._text) - self._start > MAX_CODE_CHARS:
            line = self._text[self._start : self._start + MAX_CODE_CHARS]
            self._start += MAX_CODE_CHARS
            return line
        if end < 0 and not (is_last and self._start < len(self._text)):
            return None
        end = end if end >= 0 else len(self._text)
        line = self._text[self._start : end]
        self._start = end + 1
        return line

    def _leave_fence(self, fence: _Fence) -> None:
        if fence.lines or not fence.is_continued:
            self.finished.append(fence.take())
        self._fence = None

    def _open_code(self, fence: _Fence) -> str:
        line = self._text[self._start :]
        return "\n".join(fence.lines if _UNDECIDED_LINE.match(line) else [*fence.lines, line])


@dataclass(frozen=True, slots=True)
class _Part:
    """Tokens of one block at the top level, with its place in the parsed text."""

    tokens: tuple[Token, ...]
    source: str
    start: int


def _parse(text: str) -> list[_Part]:
    groups = list(_groups(_PARSER.parse(text)))
    starts = [tokens[0].map[0] for tokens in groups if tokens[0].map is not None]
    lines = text.split("\n")
    offsets = list(itertools.accumulate((len(line) + 1 for line in lines), initial=0))
    return [
        _Part(tuple(tokens), "\n".join(lines[start:end]), offsets[start])
        for tokens, (start, end) in zip(groups, itertools.pairwise([*starts, len(lines)]), strict=True)
    ]


def _groups(tokens: list[Token]) -> Iterator[list[Token]]:
    group: list[Token] = []
    for token in tokens:
        group.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield group
            group = []


def _block(part: _Part) -> Block:
    token = part.tokens[0]
    kind = _KINDS.get(token.type, BlockKind.TEXT)
    if token.type == "math_block" and token.hidden:
        return Block(BlockKind.CODE, token.content, "latex")
    if token.type == "fence":
        return _fenced_code(token, part.source)
    if kind is BlockKind.CODE:
        return Block(kind, token.content.removesuffix("\n"), _language(token.info))
    if kind is BlockKind.MATH:
        return Block(kind, token.content)
    is_whole = all(inner.level < MAX_NESTING - 1 for inner in part.tokens)
    return Block(kind, part.source.strip("\n"), tokens=part.tokens if is_whole else ())


def _fenced_code(token: Token, source: str) -> Block:
    """The code of a whole fence, read line by line as that of an open one."""
    opening, *lines = source.split("\n")
    fence = _Fence.opened_by(token, opening)
    for line in itertools.takewhile(lambda line: not fence.closing.match(line), lines):
        fence.add(line)
    return fence.take()


def _language(info: str) -> str:
    return info.split(maxsplit=1)[0][:_MAX_LANGUAGE_CHARS] if info.strip() else ""


def _decided(text: str) -> str:
    """The text without a last line that could still become another kind of line."""
    start = text.rfind("\n") + 1
    line = text[start:]
    return text[:start] if _UNDECIDED_LINE.match(line) or _UNDECIDED_OPENING.match(line) else text


def _cut_at(window: str) -> int:
    """Where to cut a block that is too long: before a line at the margin, or any line, or a word."""
    line = len(window)
    while (line := window.rfind("\n", 0, line)) > 0:
        if not window[line + 1 : line + 2].isspace():
            return line + 1
    end = max(window.rfind("\n"), 0) or max(window.rfind(" "), 0)
    return end + 1 if end else len(window)
