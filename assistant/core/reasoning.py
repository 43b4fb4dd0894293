"""The reasoning that some models write, between tags, before their answer.

Process: any. Thread rule: pure functions.

Qwen3 and DeepSeek-R1 write ``<think>``; other templates use the longer words. Some templates write the opening tag
themselves, at the end of the prompt: then the model only closes it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_NAMES = "(think|thinking|reasoning)"
_OPENING = re.compile(rf"\s*<{_NAMES}>")
_CLOSING = re.compile(rf"</{_NAMES}>")
_OPEN_END = re.compile(rf"<{_NAMES}>\s*$")


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
        return _split_at_closing(text)
    reasoning, closing, answer = text[opening.end() :].partition(f"</{opening[1]}>")
    return SplitAnswer(reasoning, answer, closed=bool(closing))


def opening_tag(prompt: str) -> str:
    """The tag with which a prompt ends: what follows is reasoning from its first word on; empty if there is none."""
    opening = _OPEN_END.search(prompt)
    return f"<{opening[1]}>" if opening is not None else ""


def _split_at_closing(text: str) -> SplitAnswer:
    """What stands before a tag that closes what nobody has opened is reasoning."""
    closing = _CLOSING.search(text)
    if closing is None or f"<{closing[1]}>" in text[: closing.start()]:
        return SplitAnswer("", text, closed=True)
    return SplitAnswer(text[: closing.start()], text[closing.end() :], closed=True)
