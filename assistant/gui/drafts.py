"""What was written and not sent, for every conversation.

Process: app with a window. Thread: any; `Drafts` the GUI's.
"""

from __future__ import annotations

from collections.abc import Iterable

from assistant.core.draft import Draft

NO_DRAFT = Draft()


class Drafts:
    """One draft a conversation; a new conversation has the empty id."""

    def __init__(self) -> None:
        self._drafts: dict[str, Draft] = {}

    def add(self, conversation_id: str, draft: Draft) -> None:
        """Put a draft below what is there."""
        draft = joined(self._drafts.get(conversation_id, NO_DRAFT), draft)
        if not draft.is_blank:
            self._drafts[conversation_id] = draft

    def take(self, conversation_id: str) -> Draft:
        """Take a draft out; a blank one if there is none."""
        return self._drafts.pop(conversation_id, NO_DRAFT)

    def as_dict(self) -> dict[str, Draft]:
        """A copy of all that are not blank."""
        return dict(self._drafts)


def joined(first: Draft, second: Draft) -> Draft:
    """Both texts with a blank line between, or one of them where the other is blank; each attachment once."""
    attachments = tuple(dict.fromkeys((*first.attachments, *second.attachments)))
    if not first.text.strip():
        return Draft(text=second.text, attachments=attachments)
    if not second.text.strip():
        return Draft(text=first.text, attachments=attachments)
    return Draft(text=f"{first.text.rstrip()}\n\n{second.text}", attachments=attachments)


def merged(*sets: Iterable[tuple[str, Draft]]) -> dict[str, Draft]:
    """Sets of ids and drafts as one set; the drafts of one conversation stay in order."""
    drafts = Drafts()
    for each in sets:
        for conversation_id, draft in each:
            drafts.add(conversation_id, draft)
    return drafts.as_dict()
