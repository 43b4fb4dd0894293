from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.storage.full_text import (
    SNIPPET_CHARACTERS,
    SNIPPET_LEAD,
    fold,
    indexed_text,
    match_expression,
    parse_query,
    snippet,
)


@pytest.mark.parametrize(
    ("text", "words", "grams"),
    [
        ("GPU显存", "gpu", "显存 存"),
        ("发票。支付", "。", "发票 票 支付 付"),
        ("东", "", "东"),
        ("カタカナ", "", "カタ タカ カナ ナ"),
        ("ガス", "", "ガス ス"),
        ("한국어 text", "text", "한국 국어 어"),
        ("𠮷野家", "", "𠮷野 野家 家"),
        ("plain words", "plain words", ""),
    ],
)
def test_indexed_text(text: str, words: str, grams: str) -> None:
    indexed = indexed_text(text)
    assert (" ".join(indexed.words.split()), indexed.grams) == (words, grams)


@pytest.mark.parametrize("text", ["ＧＰＵ", "GPU", "gpu"])
def test_width_and_case_fall_away(text: str) -> None:
    assert fold(text) == "gpu"


def test_diacritics_fall_away_but_kana_keep_their_sound_marks() -> None:
    assert fold("Žluťoučký é e\u0301") == "zlutoucky e e"
    assert fold("ｶﾞ") == "ガ" != fold("カ")


@pytest.mark.parametrize(
    ("query", "expression"),
    [
        ("red apple", '"red" AND "apple" *'),
        ("GPU显存", '"gpu" * AND "显存"'),
        ("显存不足 gpu", '"gpu" * AND "显存 存不 不足"'),
        ("票", '"票" *'),
        ('say "hi" AND NEAR(x)', '"say" AND "hi" AND "and" AND "near x" *'),
        ("e-mail", '"e mail" *'),
        ("a\0b", '"a b" *'),
        ("", ""),
        ('*"()-^:', ""),
        ("🚀 ?!", ""),
    ],
)
def test_match_expression(query: str, expression: str) -> None:
    assert match_expression(parse_query(query)) == expression


def test_a_huge_query_is_cut() -> None:
    assert match_expression(parse_query("word " * 10_000)).count("AND") < 32


@pytest.mark.parametrize(
    ("text", "query", "shown"),
    [
        ("A short text", "short", "A short text"),
        ("two\n  lines\there", "lines", "two lines here"),
        ("start " * 60 + "art", "art", "start art"),
        ("x" * 300 + " the ÉCOLE is here", "ecole", "ÉCOLE"),
        ("ﬁ" * 200 + " needle " + "y" * 300, "needle", "needle"),
        ("无" * 300 + "发票" + "有" * 300, "发票", "发票"),
        ("无" * 300 + "GPU" + "有" * 300, "gpu", "GPU"),
        ("long " * 100 + "snake_case" + " tail" * 100, "snake_case", "snake_case"),
    ],
)
def test_snippet_shows_the_match(text: str, query: str, shown: str) -> None:
    made = snippet(text, parse_query(query))
    assert shown in made
    assert "\n" not in made
    assert made.index(shown) <= SNIPPET_LEAD + 1
    assert len(made) <= SNIPPET_CHARACTERS + 2


@pytest.mark.parametrize(
    ("text", "query", "made"),
    [
        ("needle at once", "needle", "needle at once"),
        ("They walked for many days and then saw the needle", "needle", "…and then saw the needle"),
        ("a word, " * 30 + "needle", "needle", "…a word, a word, needle"),
        ("他们走了很多天然后又走了很多天才终于看见了发票", "发票", "…了很多天才终于看见了发票"),
        ("x" * 50 + "发票", "发票", "…" + "x" * SNIPPET_LEAD + "发票"),
    ],
)
def test_a_snippet_begins_shortly_before_the_match(text: str, query: str, made: str) -> None:
    assert snippet(text, parse_query(query)) == made


def test_a_snippet_of_markdown_has_no_marks_but_shows_a_match_in_them() -> None:
    text = "## Trees\n\nSee **the [big oak](https://example.org/quercus)** there."
    assert snippet(text, parse_query("oak"), markdown=True) == "Trees See the big oak there."
    assert "org/quercus" in snippet(text, parse_query("quercus"), markdown=True)
    assert snippet("2 ** 3 and **this**", parse_query("this")) == "2 ** 3 and **this**"


def test_snippet_marks_what_is_left_out() -> None:
    made = snippet("before " * 100 + "needle" + " after" * 100, parse_query("needle"))
    assert made.startswith("…before ")
    assert made.endswith("…")
    assert "needle" in made


@given(st.text(), st.text())
def test_any_text_makes_a_short_snippet(text: str, query: str) -> None:
    terms = parse_query(query)
    if terms.words or terms.runs:
        assert len(snippet(text, terms)) <= SNIPPET_CHARACTERS + 2
