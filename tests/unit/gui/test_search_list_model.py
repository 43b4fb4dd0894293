from __future__ import annotations

import pytest

from assistant.core.conversation import Role, SearchHit
from assistant.gui.search_list_model import marked, search_row


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("a small butler", "butl", "a small <b>butl</b>er"),
        ("Butler, butler", "BUTLER", "<b>Butler</b>, <b>butler</b>"),
        ("a café", "cafe", "a <b>café</b>"),
        ("embutler", "butler", "embutler"),
        ("请把发票发给我", "发票", "请把<b>发票</b>发给我"),
        ("ｆｕｌｌ width", "full", "<b>ｆｕｌｌ</b> width"),
        ("<b>x</b> & 'y'", "x", "&lt;b&gt;<b>x</b>&lt;/b&gt; &amp; &#x27;y&#x27;"),
        ("one two three", "three one", "<b>one</b> two <b>three</b>"),
        ("a.b*c", ".*", "a.b*c"),
        ("Straße", "strasse", "<b>Straße</b>"),
        ("ﬁne", "f", "<b>ﬁ</b>ne"),
        ("nothing", "", "nothing"),
    ],
)
def test_words_are_marked_and_everything_is_escaped(text: str, query: str, expected: str) -> None:
    assert marked(text, query) == expected


def test_a_hit_in_a_title_has_no_message() -> None:
    hit = SearchHit(
        conversation_id="c", conversation_title="T", message_id=None, role=None, snippet="T", created_at=0.0
    )
    assert search_row(hit, "t") == ("c", "c", "", "T", "<b>T</b>", "title")


def test_a_hit_in_a_message_says_who_wrote_it() -> None:
    hit = SearchHit(
        conversation_id="c", conversation_title="T", message_id="m", role=Role.USER, snippet="x", created_at=0.0
    )
    assert search_row(hit, "y") == ("m", "c", "m", "T", "x", "user")
