"""Markdown as models write it, without a model: the same text in every run, different in every section."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

_TOKEN = re.compile(r"\s?\w{1,6}|[^\w\s]|\s")

_PROSE = (
    "The archive keeps letters, plans and invoices of the last two hundred years, and **section {n}** describes how a "
    "reader asks for one of them. A box has a number such as `A-{n:04}`; whoever knows it waits about ten minutes, "
    "*and whoever does not* begins with the catalogue. Most of what is kept there was never printed, which is why the "
    "reading room is full on {day} afternoons.\n\n"
    "Where the ink has faded the text is read under another light. That takes longer than one thinks: a page of "
    "{n} lines needs two hours, and the result is checked by a second person before it enters the catalogue.\n\n"
)
_LIST = (
    "What has to be known before a visit in week {n}:\n\n"
    "1. Bring a **pencil**; ink is not allowed.\n"
    "2. Order at most {few} boxes at a time:\n"
    "   - small ones come at once,\n"
    "   - large ones after `{n}` minutes.\n"
    "3. Return everything before the evening.\n\n"
)
_CODE = (
    "The catalogue is searched like this:\n\n"
    "```python\n"
    "from dataclasses import dataclass\n\n\n"
    "@dataclass(frozen=True)\n"
    "class Box{n}:\n"
    '    """One box of the archive."""\n\n'
    "    number: int = {n}\n"
    '    title: str = "letters"\n\n'
    "    def shelf(self, width: float = 0.{n}) -> int:\n"
    "        # boxes stand in the order of their numbers\n"
    "        return int(self.number * width) % 40\n\n\n"
    "def find(boxes: list[Box{n}], word: str) -> list[Box{n}]:\n"
    "    return [box for box in boxes if word.lower() in box.title.lower()]\n"
    "```\n\n"
)
_TABLE = (
    "| shelf | boxes | oldest | state |\n"
    "|:------|------:|-------:|:------|\n"
    "| north {n} | {n} | 18{few}2 | good |\n"
    "| south {n} | 40 | 1911 | **needs care** |\n"
    "| cellar | 7 | 1954 | damp, see `A-{n:04}` |\n\n"
)
_MATH = (
    "With $n = {n}$ boxes and $k$ readers the waiting time is\n\n"
    "$$\nT_{{{n}}} = \\frac{{1}}{{n}} \\sum_{{i=1}}^{{{n}}} \\sqrt{{t_i^2 + {few}}}\n$$\n\n"
    "so that twice as many readers wait $\\sqrt{{2}}$ times as long.\n\n"
)
_SECTIONS = (_PROSE, _LIST, _PROSE, _CODE, _PROSE, _TABLE, _MATH)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def sections(first: int = 1) -> Iterator[str]:
    """Endless Markdown: prose, lists, code, tables and math, each with numbers of its own."""
    for number in itertools.count(first):
        heading = f"## Part {number}\n\n" if number % len(_SECTIONS) == 1 else ""
        template = _SECTIONS[number % len(_SECTIONS)]
        yield heading + template.format(n=number, few=number % 8 + 1, day=_DAYS[number % len(_DAYS)])


def tokens(n_tokens: int, first: int = 1) -> list[str]:
    """The first tokens of that text, about four characters each."""
    pieces = (piece for section in sections(first) for piece in _TOKEN.findall(section))
    return list(itertools.islice(pieces, n_tokens))


def short_answer(number: int) -> str:
    """One section, as an answer of its own."""
    return next(sections(number)).strip()
