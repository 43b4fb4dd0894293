"""Colours code: Pygments tokens as HTML for Qt's rich text.

Process: app. Thread: GUI.

Every colour has a contrast of at least 4.5:1 on the `sunken` background of its theme; a test computes it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Literal, Name, Number, Operator, String, _TokenType
from pygments.util import ClassNotFound

LIGHT_PALETTE: dict[_TokenType, str] = {
    Comment: "#6A675E",
    Keyword: "#8A3B6B",
    Keyword.Constant: "#8A4B08",
    Operator.Word: "#8A3B6B",
    String: "#3A6B2A",
    String.Escape: "#8A4B08",
    Number: "#8A4B08",
    Literal: "#8A4B08",
    Name.Function: "#2A5A9A",
    Name.Class: "#2A5A9A",
    Name.Decorator: "#6B4FA0",
    Name.Builtin: "#1F6A75",
    Name.Tag: "#8A3B6B",
    Name.Attribute: "#2A5A9A",
    Generic.Deleted: "#A8322A",
    Generic.Inserted: "#3A6B2A",
}
DARK_PALETTE: dict[_TokenType, str] = {
    Comment: "#A09B90",
    Keyword: "#E0A0C8",
    Keyword.Constant: "#E3B778",
    Operator.Word: "#E0A0C8",
    String: "#A9CF91",
    String.Escape: "#E3B778",
    Number: "#E3B778",
    Literal: "#E3B778",
    Name.Function: "#92BCEE",
    Name.Class: "#92BCEE",
    Name.Decorator: "#C3B0EE",
    Name.Builtin: "#86CBD3",
    Name.Tag: "#E0A0C8",
    Name.Attribute: "#92BCEE",
    Generic.Deleted: "#F08A80",
    Generic.Inserted: "#A9CF91",
}

_LANGUAGE = re.compile(r"[A-Za-z0-9_+#.-]{1,30}\Z")
# Some lexers take time quadratic in the length of a line, and nobody reads the colours of minified code.
_MAX_LINE_CHARS = 1_000
_GROWTH = 1.25


def highlight(code: str, language: str, dark: bool) -> str:
    """HTML of `code`: escaped text in coloured spans, lines parted by ``<br>``; plain for an unknown language."""
    lexer = _lexer(language)
    if lexer is None or any(len(line) > _MAX_LINE_CHARS for line in code.split("\n")):
        return _escaped(code)
    palette = DARK_PALETTE if dark else LIGHT_PALETTE
    parts: list[str] = []
    for kind, text in lexer.get_tokens(code):
        colour = _colour(kind, palette)
        escaped = _escaped(text)
        parts.append(f'<span style="color:{colour}">{escaped}</span>' if colour and text.strip() else escaped)
    html = "".join(parts)
    # Lexers end every text with one line end.
    return html if code.endswith("\n") else html.removesuffix("<br>")


def language_name(language: str) -> str:
    """What people call a fence's language: ``py`` is Python; as it is written for an unknown one."""
    lexer = _lexer(language)
    return language if lexer is None or lexer.name == "Text only" else str(lexer.name)


class GrowingCode:
    """Colours code that is being written, at a cost in proportion to its final length.

    What is there is coloured as a whole whenever it has grown by a quarter; the lines since then by themselves.
    """

    def __init__(self) -> None:
        self._prefix = ""
        self._html = ""
        self._look = ("", False)

    def highlight(self, code: str, language: str, dark: bool) -> str:
        """HTML of the code so far, as `highlight` gives it but for the last lines."""
        end = code.rfind("\n") + 1
        if not code.startswith(self._prefix) or self._look != (language, dark):
            self._prefix, self._html, self._look = "", "", (language, dark)
        if end > len(self._prefix) * _GROWTH:
            self._prefix = code[:end]
            self._html = highlight(self._prefix, language, dark)
        return self._html + highlight(code[len(self._prefix) :], language, dark)


def _escaped(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _colour(kind: _TokenType, palette: dict[_TokenType, str]) -> str | None:
    current: _TokenType | None = kind
    while current is not None:
        if current in palette:
            return palette[current]
        current = current.parent
    return None


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    """The lexer of a fence's language; None for an unknown name."""
    if not _LANGUAGE.match(language):
        return None
    try:
        return get_lexer_by_name(language.lower(), stripnl=False)
    except ClassNotFound:
        return None
