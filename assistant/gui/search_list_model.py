"""What a search found, with the words marked.

Process: app with a window. Thread: the GUI's.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import NamedTuple

from PySide6.QtCore import QObject

from assistant.core.conversation import SearchHit
from assistant.gui.row_list_model import RowListModel

_WORD = re.compile(r"\w+")
_TITLE = "title"


class SearchRow(NamedTuple):
    """One hit.

    Attributes:
        key: Which hit it is.
        conversation_id: Where it is.
        message_id: The message; empty when the title matched.
        title: Title of the conversation.
        snippet: Rich text, the words in ``<b>``.
        who: ``user``, ``assistant`` or ``title``.
    """

    key: str
    conversation_id: str
    message_id: str
    title: str
    snippet: str
    who: str


class SearchListModel(RowListModel[SearchRow]):
    """The fields of `SearchRow` as roles, best hit first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(SearchRow, "key", parent)


def search_row(hit: SearchHit, query: str) -> SearchRow:
    """A hit as it is shown."""
    return SearchRow(
        key=hit.message_id or hit.conversation_id,
        conversation_id=hit.conversation_id,
        message_id=hit.message_id or "",
        title=hit.conversation_title,
        snippet=marked(hit.snippet, query),
        who=hit.role.value if hit.role is not None else _TITLE,
    )


def marked(text: str, query: str) -> str:
    """The text as rich text, with the words of the query in ``<b>`` wherever the search sees them.

    Words count from their beginning, Chinese and Japanese anywhere; case and accents make no difference.
    """
    folded, origins = _folded(text)
    pieces = []
    end = 0
    for match in _pattern(query).finditer(folded):
        first, last = origins[match.start()], origins[match.end() - 1] + 1
        if match.end() > match.start() and first >= end:
            pieces += [html.escape(text[end:first]), "<b>", html.escape(text[first:last]), "</b>"]
            end = last
    return "".join([*pieces, html.escape(text[end:])])


def _pattern(query: str) -> re.Pattern[str]:
    words = _WORD.findall(_folded(query)[0])
    alternatives = [re.escape(word) if _is_cjk(word) else rf"(?<!\w){re.escape(word)}" for word in words]
    return re.compile("|".join(alternatives) or r"(?!)")


def _folded(text: str) -> tuple[str, list[int]]:
    """The text without case and accents, and for each of its characters the index of the one it came from."""
    characters = [
        (character, index)
        for index, original in enumerate(text)
        for character in unicodedata.normalize("NFKD", original).casefold()
        if not unicodedata.combining(character)
    ]
    return "".join(character for character, _index in characters), [index for _character, index in characters]


def _is_cjk(word: str) -> bool:
    return any(unicodedata.east_asian_width(character) in "WF" for character in word)
