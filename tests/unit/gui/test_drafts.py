from __future__ import annotations

import pytest

from assistant.core.draft import Draft
from assistant.core.media import Attachment, MediaKind
from assistant.gui.drafts import NO_DRAFT, Drafts, joined, merged


def picture(name: str) -> Attachment:
    return Attachment(sha256=name * 64, name=name, kind=MediaKind.IMAGE, mime="image/png", n_bytes=1)


A, B = picture("a"), picture("b")


@pytest.mark.parametrize(
    ("first", "second", "text"), [("x", "y", "x\n\ny"), ("x\n", "y", "x\n\ny"), (" ", "y", "y"), ("x", "", "x")]
)
def test_texts_stand_below_each_other(first: str, second: str, text: str) -> None:
    assert joined(Draft(text=first), Draft(text=second)) == Draft(text=text)


def test_an_attachment_of_both_goes_along_once() -> None:
    both = joined(Draft(text="x", attachments=(A,)), Draft(attachments=(B, A)))
    assert both == Draft(text="x", attachments=(A, B))


def test_a_picture_without_words_is_a_draft_and_blanks_are_none() -> None:
    drafts = Drafts()
    drafts.add("c1", Draft(attachments=(A,)))
    drafts.add("c2", Draft(text=" \n"))
    assert drafts.as_dict() == {"c1": Draft(attachments=(A,))}
    assert drafts.take("c1").attachments == (A,)
    assert drafts.take("c1") == NO_DRAFT


def test_sets_are_merged_in_order() -> None:
    merge = merged([("c", Draft(text="1"))], [("c", Draft(text="2")), ("d", NO_DRAFT)])
    assert merge == {"c": Draft(text="1\n\n2")}
