"""Reads rendered HTML and refuses every tag, attribute and address that the renderer has no need for."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from PySide6.QtCore import QUrl

from assistant.gui.math_image import FORMULAS

TAGS = {
    "a": {"href"},
    "b": set[str](),
    "br": set[str](),
    "div": {"style"},
    "hr": set[str](),
    "i": set[str](),
    "img": {"src", "width", "height", "style"},
    "li": set[str](),
    "ol": {"start", "style"},
    "p": {"style", "align"},
    "s": set[str](),
    "span": {"style"},
    "table": {"cellspacing", "cellpadding", "width", "bgcolor"},
    "td": {"style", "align", "bgcolor", "colspan", "width"},
    "tr": set[str](),
    "ul": {"style"},
}
FORMULA = re.compile(re.escape(QUrl.fromLocalFile(str(FORMULAS.folder)).toString()) + r"/\d+\.png\Z")
LINK = re.compile(r"https?://[\w\[][^\s\"<>]*\Z", re.IGNORECASE)
VALUE = re.compile(r"[\w\s:;,.%#'-]*\Z")


class RichTextCheck(HTMLParser):
    """Raises an AssertionError at the first thing that is not allowed; `text` is what a reader sees."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.links: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        assert {name for name, _ in attrs} <= TAGS[tag], attrs
        for name, value in attrs:
            self._check_value(name, value or "")
        if tag not in {"br", "hr", "img"}:
            self.open.append(tag)

    def _check_value(self, name: str, value: str) -> None:
        if name == "src":
            assert FORMULA.match(value), value
        elif name == "href":
            assert LINK.match(value), value
            self.links.append(value)
        else:
            assert VALUE.match(value), value
            assert "url" not in value.lower(), value

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)
