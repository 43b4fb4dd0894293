from __future__ import annotations

import pytest

from assistant.core.reasoning import SplitAnswer, split_reasoning


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Paris.", SplitAnswer("", "Paris.", closed=True)),
        ("<think>It is", SplitAnswer("It is", "", closed=False)),
        ("\n<think>\nIt is.\n</think>\n\nParis.", SplitAnswer("\nIt is.\n", "\n\nParis.", closed=True)),
        ("<thinking>a</think>b</thinking>c", SplitAnswer("a</think>b", "c", closed=True)),
        ("Say <think> to me.", SplitAnswer("", "Say <think> to me.", closed=True)),
        ("<thin", SplitAnswer("", "<thin", closed=True)),
    ],
)
def test_split_reasoning(text: str, expected: SplitAnswer) -> None:
    assert split_reasoning(text) == expected
