from __future__ import annotations

import time

import pytest

from assistant.storage.markdown_marks import without_marks


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("# Trees\n\nTall ones", "Trees Tall ones"),
        ("some **bold**, *slanted* and ***both***", "some bold, slanted and both"),
        ("__bold__ and _slanted_", "bold and slanted"),
        ("call `print(x)` or ``a`b``", "call print(x) or a`b"),
        ("```python\nx = 1\n```\nDone", "x = 1 Done"),
        ("- one\n* two\n  + three\n- [x] four", "one two three four"),
        ("> said\n> > twice", "said twice"),
        ("[words](https://example.org) and ![a cat](cat.png)", "words and a cat"),
        ("| Name | Age |\n| --- | ---: |\n| Ada | 36 |", "Name Age Ada 36"),
        ("above\n\n---\n\nbelow", "above below"),
        ("**重要**的事", "重要的事"),
        ("snake_case_name, 2 * 3 * 4, a | b, #tag, 5 - 3", "snake_case_name, 2 * 3 * 4, a | b, #tag, 5 - 3"),
        ("1. first\n2. second", "1. first 2. second"),
        ("an **open end", "an **open end"),
        ("", ""),
    ],
)
def test_only_marks_are_left_out(markdown: str, words: str) -> None:
    assert " ".join(without_marks(markdown).split()) == words


@pytest.mark.parametrize("hostile", ["*a ", "_a ", "**", "`", "[", "| ", "> ", "- "])
def test_no_text_takes_long(hostile: str) -> None:
    began_at = time.monotonic()
    without_marks(hostile * 20_000)
    assert time.monotonic() - began_at < 5  # quadratic time would take minutes
