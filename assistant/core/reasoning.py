"""The reasoning that some models write, between tags, before their answer.

Process: any. Thread rule: pure functions.

Qwen3 and DeepSeek-R1 write ``<think>``; other templates use the longer words.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_OPENING = re.compile(r"\s*<(think|thinking|reasoning)>")


class SplitAnswer(NamedTuple):
    """An answer in two parts.

    Attributes:
        reasoning: What stands between the tags; empty if the answer has none.
        answer: The rest.
        closed: Whether the reasoning has ended; True if there is none.
    """

    reasoning: str
    answer: str
    closed: bool


def split_reasoning(text: str) -> SplitAnswer:
    """Take the reasoning off the beginning of an answer, which may still be growing."""
    opening = _OPENING.match(text)
    if opening is None:
        return SplitAnswer("", text, closed=True)
    reasoning, closing, answer = text[opening.end() :].partition(f"</{opening[1]}>")
    return SplitAnswer(reasoning, answer, closed=bool(closing))
