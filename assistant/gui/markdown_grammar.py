r"""The Markdown that answers are written in: CommonMark, tables, strikethrough and LaTeX math.

Process: app. Thread: GUI.

The parser is markdown-it-py without what reaches backwards (reference definitions: a line at the end would change
finished blocks) and without HTML. Addresses are passed through as they are; `rich_text` decides which become links.

Math follows Pandoc's rule for dollars (https://pandoc.org/MANUAL.html#math), a little stricter, so that prices stay
prices; ``\(..\)`` and ``\[..\]`` are as in LaTeX. A line that starts with ``$$`` or ``\[`` always starts a block of its
own, up to the closing marker or to a blank line: so no later line can make it part of a paragraph again.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token
from markdown_it.utils import EnvType

MAX_NESTING = 20
"""Levels of blocks and of inline markup that are parsed; the parser drops blocks that are deeper."""

_MAX_INLINE_MATH = 1_000
_FENCES = {"$$": "$$", r"\[": r"\]"}
_PAIRS = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"))
# "$5 and US$ 7": an amount, a space and a word are no formula.
_PRICE = re.compile(r"\d[\d.,]*[kKmMbB]?\s+[^\W\d_]{2}")
_CJK = re.compile(
    r"[\u1100-\u11ff\u2e80-\u303f\u3040-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]"
)


class _Inline(ParserInline):
    """Inline parser whose emphasis may touch Chinese, Japanese and Korean text."""

    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        state = _InlineState(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


class _InlineState(StateInline):
    """Takes a CJK neighbour of a run of ``*`` for a word border, as there are no spaces to mark one.

    CommonMark alone leaves ``**中文。**后`` as it is (https://github.com/commonmark/commonmark-spec/issues/650).
    """

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:
        scanned = super().scanDelims(start, canSplitWord)
        if not canSplitWord:
            return scanned
        before = self.src[start - 1 : start] if start else ""
        after = self.src[start + scanned.length : start + scanned.length + 1]
        touches = bool(_CJK.match(before) or _CJK.match(after))
        can_open = scanned.can_open or (touches and bool(after.strip()))
        can_close = scanned.can_close or (touches and bool(before.strip()))
        return Scanned(can_open, can_close, scanned.length)


def _inline_math(state: StateInline, silent: bool) -> bool:
    """Rule for math inside a paragraph."""
    source, start = state.src, state.pos
    if source[start] not in "$\\":
        return False
    for opening, closing in _PAIRS:
        if not source.startswith(opening, start):
            continue
        begin = start + len(opening)
        end = source.find(closing, begin, min(state.posMax, begin + _MAX_INLINE_MATH))
        if end > begin and (opening != "$" or _is_formula(source, begin, end)):
            if not silent:
                token = state.push("math_inline", "", 0)
                token.content = source[begin:end].strip()
                token.markup = source[start : end + len(closing)]
            state.pos = end + len(closing)
            return True
        if opening.startswith("$$"):
            return False
    return False


def _is_formula(source: str, begin: int, end: int) -> bool:
    """Whether what is between two single dollars is a formula rather than prices."""
    content = source[begin:end]
    before, after = source[max(0, begin - 2) : begin - 1], source[end + 1 : end + 2]
    if content[0].isspace() or content[-1].isspace() or content[-1] == "\\":
        return False
    if after.isdigit() or (before.isascii() and before.isalnum()):
        return False
    return not _PRICE.match(content) and bool(content.strip(".,;:!?-/"))


def _block_math(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Rule for display math; unclosed at a blank line it is a paragraph, at the end of the text it stays open."""
    if state.is_code_block(start_line):
        return False
    first = _line(state, start_line)
    opening = first[:2]
    if opening not in _FENCES:
        return False
    closing = _FENCES[opening]
    if closing in first[2:]:
        if first.find(closing, 2) != len(first) - 2:
            return False
        last, is_closed = start_line, True
    else:
        last, is_closed = _closing_line(state, start_line, end_line, closing)
    if silent:
        return True
    _push_math(state, start_line, last, is_closed)
    return True


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()


def _closing_line(state: StateBlock, start: int, end: int, closing: str) -> tuple[int, bool]:
    """The last line of the math that starts at `start`, and whether that line closes it."""
    for line in range(start + 1, end):
        if state.isEmpty(line) or state.sCount[line] < state.blkIndent:
            return line - 1, False
        if _line(state, line).endswith(closing):
            return line, True
    return end - 1, False


def _push_math(state: StateBlock, start: int, last: int, is_closed: bool) -> None:
    text = state.getLines(start, last + 1, state.blkIndent, False).strip()
    is_open = not is_closed and last + 1 >= state.lineMax
    state.line = last + 1
    if is_closed or is_open:
        token = state.push("math_block", "", 0)
        token.content = text[2:-2].strip() if is_closed else text
        token.markup = text
        token.hidden = is_open
        token.map = [start, state.line]
        return
    state.push("paragraph_open", "p", 1).map = [start, state.line]
    token = state.push("inline", "", 0)
    token.content, token.map, token.children = text, [start, state.line], []
    state.push("paragraph_close", "p", -1)


def markdown_parser() -> MarkdownIt:
    """A parser for the Markdown of answers."""
    parser = MarkdownIt("zero", {"maxNesting": MAX_NESTING})
    parser.inline = _Inline()
    parser.configure("zero", {"maxNesting": MAX_NESTING})
    parser.enable(["table", "code", "fence", "blockquote", "hr", "list", "heading", "lheading"])
    parser.enable(
        ["newline", "escape", "backticks", "strikethrough", "emphasis", "link", "image", "autolink", "entity"]
    )
    parser.block.ruler.before("fence", "math_block", _block_math, {"alt": ["paragraph", "blockquote", "list"]})
    parser.inline.ruler.before("escape", "math_inline", _inline_math)
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # which addresses are links: rich_text
    return parser
