from __future__ import annotations

import pytest

from assistant.core.reasoning import SplitAnswer, opening_tag, split_reasoning


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Paris.", SplitAnswer("", "Paris.", closed=True)),
        ("<think>It is", SplitAnswer("It is", "", closed=False)),
        ("\n<think>\nIt is.\n</think>\n\nParis.", SplitAnswer("\nIt is.\n", "\n\nParis.", closed=True)),
        ("<thinking>a</think>b</thinking>c", SplitAnswer("a</think>b", "c", closed=True)),
        ("Say <think> to me.", SplitAnswer("", "Say <think> to me.", closed=True)),
        ("<thin", SplitAnswer("", "<thin", closed=True)),
        ("It is.\n</think>\n\nParis.", SplitAnswer("It is.\n", "\n\nParis.", closed=True)),
        ("Say <think>a</think> to me.", SplitAnswer("", "Say <think>a</think> to me.", closed=True)),
    ],
)
def test_split_reasoning(text: str, expected: SplitAnswer) -> None:
    assert split_reasoning(text) == expected


@pytest.mark.parametrize(
    ("prompt", "tag"),
    [
        ("<assistant><think>\n", "<think>"),
        ("<reasoning>", "<reasoning>"),
        ("<assistant><think>\n\n</think>\n\n", ""),
        ("<think> aloud", ""),
        ("", ""),
    ],
)
def test_a_prompt_may_end_inside_the_reasoning(prompt: str, tag: str) -> None:
    assert opening_tag(prompt) == tag
