"""Writes Markdown tokens as the HTML that Qt's rich text understands.

Process: app. Thread: any; everything here is pure.

Every character of the document passes through `html.escape`. The only address in the result is that of a link with
``http`` or ``https``, or of a formula that this program has registered itself. Which HTML and CSS Qt knows:
https://doc.qt.io/qt-6/richtext-html-subset.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from assistant.gui.render_style import RenderStyle

if TYPE_CHECKING:
    from markdown_it.token import Token  # the window's start needs no parser

CODE_FONTS = (
    "'JetBrains Mono','Cascadia Mono','SF Mono','Menlo','Consolas','DejaVu Sans Mono','Noto Sans Mono CJK SC',monospace"
)

_LINE_HEIGHT = 1.55
_INDENT_PX = 24
_HEADINGS = {"h1": 1.5, "h2": 1.27, "h3": 1.13}
_WEB_ADDRESS = re.compile(r"https?://[\w\[][^\s\"<>\\]*\Z", re.IGNORECASE)
_TASK = re.compile(r"\[([ xX])\]\s")


@dataclass(frozen=True, slots=True)
class FormulaImage:
    """A typeset formula.

    Attributes:
        url: Address of a file that this app wrote.
        width, height: Logical pixels.
        ascent: Height above the baseline, logical pixels.
    """

    url: str
    width: float
    height: float
    ascent: float


class RichText:
    """Renders tokens in one style.

    Args:
        style: Colours and sizes.
        formula: Typesets LaTeX as ``(latex, is_display)``; None where it cannot.
        highlight: Colours code as ``(code, language)``; must escape it.
    """

    def __init__(
        self,
        style: RenderStyle,
        formula: Callable[[str, bool], FormulaImage | None],
        highlight: Callable[[str, str], str],
    ) -> None:
        self._style = style
        self._formula = formula
        self._highlight = highlight
        self._line_px = round(style.body_px * _LINE_HEIGHT)
        self._code = f"font-family:{CODE_FONTS};font-size:{round(style.code_px)}px"
        gap = f"margin:0;line-height:{round(style.body_px / 2)}px;-qt-line-height-type:fixed;font-size:1px"
        self._gap = f'<p style="-qt-paragraph-type:empty;{gap}"><br></p>'
        self._hairline = "margin:0;line-height:1px;-qt-line-height-type:fixed;font-size:1px"
        self._blocks: dict[str, Callable[[_Nodes], str]] = {
            "paragraph": self._paragraph,
            "heading": self._heading,
            "bullet_list": self._list,
            "ordered_list": self._list,
            "blockquote": self._quote,
            "table": self._table,
            "hr": lambda nodes: "<hr>",
            "fence": self._code_block,
            "code_block": self._code_block,
            "math_block": self._math_block,
        }

    def blocks(self, tokens: Sequence[Token]) -> str:
        """HTML of whole blocks."""
        return self.joined([self._blocks[nodes.name](nodes) for nodes in _nodes(tokens)])

    def joined(self, blocks: Sequence[str]) -> str:
        """HTML of blocks with space between them: Qt gives tables and images no margins."""
        return self._gap.join(blocks)

    def plain(self, text: str) -> str:
        """HTML that shows `text` as it is written."""
        return f'<p style="{self._line_style()};white-space:pre-wrap">{escape(text)}</p>'

    def code_paragraph(self, highlighted: str) -> str:
        """HTML of code whose lines are highlighted already."""
        height = round(self._style.code_px * 1.5)
        style = f"margin:0;line-height:{height}px;-qt-line-height-type:minimum;white-space:pre;{self._code}"
        return f'<p style="{style}">{highlighted}</p>'

    def _line_style(self, size: float = 1.0, top: float = 0, kind: str = "fixed") -> str:
        height = round(self._line_px * size)
        return f"margin-top:{round(top)}px;margin-bottom:0;line-height:{height}px;-qt-line-height-type:{kind}"

    def _paragraph(self, nodes: _Nodes, top: float = 0, is_item: bool = False) -> str:
        content = self.inline(nodes.tokens)
        if is_item and (task := _TASK.match(content)):
            content = ("☐ " if task[1] == " " else "☑ ") + content[task.end() :]
        return f'<p style="{self._paragraph_style(nodes.tokens, top)}">{content}</p>'

    def _paragraph_style(self, tokens: Sequence[Token], top: float = 0, size: float = 1.0) -> str:
        # Lines of one height, whatever fonts they mix; only a formula that would not fit makes its line taller.
        is_tall = any(child.type == "math_inline" for token in tokens for child in token.children or ())
        return self._line_style(size, top, "minimum" if is_tall else "fixed")

    def _heading(self, nodes: _Nodes) -> str:
        size = _HEADINGS.get(nodes.opening.tag, 1.0)
        style = f"font-size:{round(self._style.body_px * size)}px;font-weight:600"
        if size == 1.0 and nodes.opening.tag != "h4":
            style += f";color:{self._style.secondary}"
        paragraph = self._paragraph_style(nodes.tokens, 8 if size > 1 else 4, size)
        return f'<p style="{paragraph}"><span style="{style}">{self.inline(nodes.tokens)}</span></p>'

    def _list(self, nodes: _Nodes) -> str:
        is_ordered = nodes.name == "ordered_list"
        start = nodes.opening.attrGet("start")
        items = list(_nodes(nodes.tokens))
        tag = f'ol start="{1 if start is None else int(start)}"' if is_ordered else "ul"
        style = f"margin-top:0;margin-bottom:0;margin-left:{_INDENT_PX}px;-qt-list-indent:0"
        if all(_is_task(item) for item in items):
            return self._task_list(items)
        rows = "".join(f"<li>{self._item(item)}</li>" for item in items)
        return f'<{tag} style="{style}">{rows}</{tag[:2]}>'

    def _task_list(self, items: Sequence[_Nodes]) -> str:
        """Rows of a table: their boxes are bullets enough, and Qt Quick has no list without bullets."""
        rows = "".join(f'<tr><td style="padding:0 0 0 8px">{self._item(item)}</td></tr>' for item in items)
        return f'<table cellspacing="0" cellpadding="0">{rows}</table>'

    def _item(self, nodes: _Nodes) -> str:
        parts = []
        for number, inner in enumerate(_nodes(nodes.tokens)):
            if inner.name in ("bullet_list", "ordered_list"):
                parts.append(self._list(inner))
            elif inner.name == "paragraph":
                parts.append(self._paragraph(inner, 6 if number else 2, is_item=number == 0))
            else:
                # An empty line, as Qt Quick leaves out the margins between an item's text and a table.
                parts.append(f'<p style="{self._line_style(0.3)}">&nbsp;</p>{self._blocks[inner.name](inner)}')
        return "".join(parts)

    def _quote(self, nodes: _Nodes) -> str:
        bar = f'<td width="2" bgcolor="{self._style.hairline}"></td>'
        words = f'<div style="color:{self._style.secondary}">{self.blocks(nodes.tokens)}</div>'
        return (
            f'<table cellspacing="0" cellpadding="0" width="100%"><tr>{bar}'
            f'<td style="padding:0 0 0 14px">{words}</td></tr></table>'
        )

    def _box(self, content: str) -> str:
        """HTML of a sunken box; the background of a table is the only one that Qt Quick paints as a whole."""
        return (
            f'<table cellspacing="0" cellpadding="0" width="100%" bgcolor="{self._style.sunken}"><tr>'
            f'<td style="padding:8px 12px">{content}</td></tr></table>'
        )

    def _table(self, nodes: _Nodes) -> str:
        rows = [row for part in _nodes(nodes.tokens) for row in _nodes(part.tokens)]
        n_columns = max(len(list(_nodes(row.tokens))) for row in rows)
        # Qt Quick paints no borders of cells, but their backgrounds.
        line = (
            f'<tr><td colspan="{n_columns}" bgcolor="{self._style.hairline}">'
            f'<p style="{self._hairline}">&nbsp;</p></td></tr>'
        )
        return f'<table cellspacing="0" cellpadding="0">{line.join(map(self._row, rows))}</table>'

    def _row(self, row: _Nodes) -> str:
        cells = []
        for cell in _nodes(row.tokens):
            align = str(cell.opening.attrGet("style") or "").removeprefix("text-align:") or "left"
            content = self.inline(cell.tokens)
            content = f"<b>{content}</b>" if cell.opening.tag == "th" else content
            cells.append(
                f'<td align="{align}" style="padding:5px 24px 5px 0">'
                f'<p style="{self._paragraph_style(cell.tokens)}">{content}</p></td>'
            )
        return f"<tr>{''.join(cells)}</tr>"

    def _code_block(self, nodes: _Nodes) -> str:
        token = nodes.opening
        language = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
        return self.code_box(self._highlight(token.content.removesuffix("\n"), language))

    def code_box(self, highlighted: str) -> str:
        """HTML of code inside a text."""
        return self._box(self.code_paragraph(highlighted))

    def _math_block(self, nodes: _Nodes) -> str:
        token = nodes.opening
        return (
            self.code_box(self._highlight(token.content, "latex")) if token.hidden else self.display_math(token.content)
        )

    def display_math(self, latex: str) -> str:
        """HTML of a formula on a line of its own inside a text; its source where it cannot be typeset."""
        image = self._formula(latex, True)
        if image is None:
            return self.code_box(escape(latex).replace("\n", "<br>"))
        return f'<p align="center" style="margin:0">{_image(image)}</p>'

    def inline(self, tokens: Sequence[Token]) -> str:
        """HTML of the inline tokens among `tokens`."""
        return "".join(self._inline(token.children or []) for token in tokens if token.type == "inline")

    def _inline(self, tokens: Sequence[Token]) -> str:
        parts: list[str] = []
        closings: list[str] = []
        for token in tokens:
            if token.nesting > 0:
                opening, closing = self._markup(token)
                parts.append(opening)
                closings.append(closing)
            elif token.nesting < 0:
                parts.append(closings.pop())
            else:
                parts.append(self._leaf(token))
        return "".join(parts)

    def _markup(self, token: Token) -> tuple[str, str]:
        """Opening and closing tags of inline markup."""
        if token.type == "strong_open":
            return "<b>", "</b>"
        if token.type == "em_open":
            return "<i>", "</i>"
        if token.type == "s_open":
            return "<s>", "</s>"
        address = str(token.attrGet("href") or "")
        if token.type == "link_open" and _WEB_ADDRESS.match(address):
            style = f"color:{self._style.accent};text-decoration:underline"
            return f'<a href="{escape(address)}"><span style="{style}">', "</span></a>"
        return "", ""

    def _leaf(self, token: Token) -> str:
        if token.type == "softbreak":
            return " "
        if token.type == "hardbreak":
            return "<br>"
        if token.type == "code_inline":
            return f'<span style="{self._code};background-color:{self._style.sunken}">{escape(token.content)}</span>'
        if token.type == "math_inline":
            return self._inline_math(token)
        if token.type == "image":
            return escape(_alternative(token.children or []) or str(token.attrGet("src") or ""))
        return escape(token.content)

    def _inline_math(self, token: Token) -> str:
        image = self._formula(token.content, False)
        if image is None:
            return f'<span style="{self._code};background-color:{self._style.sunken}">{escape(token.markup)}</span>'
        return _image(image)


@dataclass(frozen=True, slots=True)
class _Nodes:
    """One element: its opening token and the tokens inside."""

    opening: Token
    tokens: Sequence[Token]

    @property
    def name(self) -> str:
        return self.opening.type.removesuffix("_open")


def _nodes(tokens: Sequence[Token]) -> Iterator[_Nodes]:
    """The elements at the level of the first token."""
    start, depth = 0, 0
    for position, token in enumerate(tokens):
        depth += token.nesting
        if depth == 0:
            yield _Nodes(tokens[start], tokens[start + 1 : position])
            start = position + 1


def _is_task(item: _Nodes) -> bool:
    """Whether a list item begins with a box to tick."""
    return len(item.tokens) > 1 and _TASK.match(item.tokens[1].content) is not None


def _image(image: FormulaImage) -> str:
    align = ' style="vertical-align:middle"' if image.ascent < image.height else ""
    return f'<img src="{escape(image.url)}" width="{round(image.width)}" height="{round(image.height)}"{align}>'


def _alternative(tokens: Sequence[Token]) -> str:
    """Text of an image's description."""
    return "".join(
        _alternative(token.children or []) or token.content or " " * (token.type == "softbreak") for token in tokens
    )
