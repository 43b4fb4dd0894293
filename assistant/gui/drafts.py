"""What was typed and not sent, for every conversation.

Process: app with a window. Thread: any; `Drafts` the GUI's.
"""

from __future__ import annotations

from collections.abc import Iterable


class Drafts:
    """One text a conversation; a new conversation has the empty id."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def add(self, conversation_id: str, text: str) -> None:
        """Put a text below what is there."""
        text = joined(self._texts.get(conversation_id, ""), text)
        if text.strip():
            self._texts[conversation_id] = text

    def take(self, conversation_id: str) -> str:
        """Take a text out; empty if there is none."""
        return self._texts.pop(conversation_id, "")

    def as_dict(self) -> dict[str, str]:
        """A copy of all that are not blank."""
        return dict(self._texts)


def joined(first: str, second: str) -> str:
    """Both texts with a blank line between; one of them where the other is blank."""
    if not first.strip():
        return second
    if not second.strip():
        return first
    return f"{first.rstrip()}\n\n{second}"


def merged(*sets: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Sets of ids and texts as one set; the texts of one conversation stay in order."""
    drafts = Drafts()
    for each in sets:
        for conversation_id, text in each:
            drafts.add(conversation_id, text)
    return drafts.as_dict()
