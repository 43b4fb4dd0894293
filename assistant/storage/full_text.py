"""Text as the full-text index sees it: folded, and cut into words and pairs of characters.

Process: any. Thread rule: pure functions.

Latin and other alphabets are left to FTS5's unicode61 tokenizer. A run of Chinese, Japanese or Korean characters
becomes overlapping pairs: 显存不足 is indexed as 显存 存不 不足 足 and searched as the phrase 显存 存不 不足. The
single last character lets a query of one character find every place by prefix.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from typing import NamedTuple

from assistant.storage.markdown_marks import without_marks

SNIPPET_CHARACTERS = 120
SNIPPET_LEAD = 20
"""Columns of text before the match, two for a wide character: so the match is seen on a narrow line too."""

_MAX_TERMS = 32
_MAX_QUERY_CHARACTERS = 1000

# Han with its iteration marks, Hiragana, Katakana, Hangul; planes 2 and 3 are Han only.
_CJK = (
    "\u3005-\u3007\u3021-\u3029\u3038-\u303b\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u1100-\u11ff\u3131-\u318e\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
_CJK_RUN = re.compile(f"[{_CJK}]+")
_WORD_PART = re.compile(r"[^\W_]+")
_WORD_START = rf"(?<![^\W_{_CJK}])"


class IndexedText(NamedTuple):
    """The two columns of ``search_index``."""

    words: str
    grams: str


class Terms(NamedTuple):
    """What a query asks for; every term must occur.

    Attributes:
        words: What stood between spaces, folded, its letters and digits only: ``e-mail`` is the phrase ``e mail``. The
            last one stands for every word that begins with it.
        runs: Runs of Chinese, Japanese or Korean characters.
    """

    words: tuple[str, ...]
    runs: tuple[str, ...]


class _Folding(dict[int, str]):
    """Table for `str.translate` that fills itself: compatibility forms, case and Latin diacritics fall away."""

    def __missing__(self, code: int) -> str:
        decomposed = unicodedata.normalize("NFKD", chr(code))
        bare = "".join(character for character in decomposed if not "\u0300" <= character <= "\u036f")
        folded = unicodedata.normalize("NFC", bare).casefold()
        self[code] = folded
        return folded


_FOLDING = _Folding()


def fold(text: str) -> str:
    """The text as it is compared: ``ＧＰＵ``, ``gpu`` and ``GPU`` are the same, and so are ``é`` and ``e``."""
    # Composed first: a half-width katakana and its sound mark are one character only together.
    return unicodedata.normalize("NFKC", text).translate(_FOLDING)


def indexed_text(text: str) -> IndexedText:
    """Cut a message or a title into what the index stores of it."""
    folded = fold(text)
    grams = " ".join(gram for run in _CJK_RUN.findall(folded) for gram in (*_pairs(run), run[-1]))
    return IndexedText(words=_CJK_RUN.sub(" ", folded), grams=grams)


def parse_query(query: str) -> Terms:
    """What a person typed, as terms. Quotes and operators mean nothing; only the first 1,000 characters count."""
    folded = fold(query[:_MAX_QUERY_CHARACTERS])
    words = [" ".join(_WORD_PART.findall(word)) for word in _CJK_RUN.sub(" ", folded).split()]
    return Terms(
        words=tuple(filter(None, words))[:_MAX_TERMS],
        runs=tuple(_CJK_RUN.findall(folded))[:_MAX_TERMS],
    )


def match_expression(terms: Terms) -> str:
    """An FTS5 query for the terms; empty if there are none. https://www.sqlite.org/fts5.html#full_text_query_syntax."""
    phrases = [f'"{word}"' for word in terms.words]
    if phrases:
        phrases[-1] += " *"
    phrases += [f'"{" ".join(_pairs(run))}"' if len(run) > 1 else f'"{run}" *' for run in terms.runs]
    return " AND ".join(phrases)


def snippet(text: str, terms: Terms, *, markdown: bool = False) -> str:
    """At most `SNIPPET_CHARACTERS` characters of the text, on one line, from shortly before the first match on.

    Args:
        text: A message or a title.
        terms: What was searched for.
        markdown: Whether the text is Markdown, whose marks are left out.
    """
    line = _one_line(without_marks(text) if markdown else text)
    match = _first_match(line, terms)
    if match is None and markdown:  # it is in what was left out, as the address of a link is
        line = _one_line(text)
        match = _first_match(line, terms)
    start = _snippet_start(line, match or 0)
    end = min(len(line), start + SNIPPET_CHARACTERS)
    return ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _snippet_start(line: str, match: int) -> int:
    """Where to begin so that at most `SNIPPET_LEAD` columns stand before the match, at a word where one begins."""
    start, n_columns = match, 0
    while start > 0:
        n_columns += 2 if unicodedata.east_asian_width(line[start - 1]) in "WF" else 1
        if n_columns > SNIPPET_LEAD:
            break
        start -= 1
    space = line.find(" ", start, match) if start > 0 and line[start - 1] != " " else -1
    return space + 1 if space >= 0 else start


def _first_match(line: str, terms: Terms) -> int | None:
    """Index of the first character of `line` that matches a term; None if none is found."""
    # Terms hold only letters and digits. A word counts from its beginning; a run may be anywhere.
    words = [_WORD_START + word.replace(" ", r"[\W_]+") for word in terms.words]
    folded = line.translate(_FOLDING)
    found = re.search("|".join([*words, *terms.runs]), folded)
    if found is None:
        return None
    if len(folded) == len(line):
        return found.start()
    ends = itertools.accumulate(len(_FOLDING[ord(character)]) for character in line)
    return next(index for index, end in enumerate(ends) if end > found.start())


def _pairs(run: str) -> list[str]:
    return [run[index : index + 2] for index in range(len(run) - 1)]
