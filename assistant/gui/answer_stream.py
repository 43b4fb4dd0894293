"""Reads an answer: the model's reasoning, where it begins with some, and the Markdown after it.

Process: app. Thread: GUI.

Reasoning models write what they think between ``<think>`` and ``</think>`` before they answer (DeepSeek-R1, Qwen3);
some name the tag ``<thinking>`` or ``<reasoning>``. Only a tag at the very start counts.
"""

from __future__ import annotations

import re

from assistant.gui.markdown_blocks import BlockStream

_TAGS = ("<think>", "<thinking>", "<reasoning>")
# Qt reads some characters as its own marks of frames and objects; a lone surrogate cannot be encoded.
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffc\ufffe\uffff]")
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029\u0085]")


class AnswerStream:
    """Reads an answer piece by piece.

    Attributes:
        reasoning: Blocks of the reasoning; None if the answer has none.
        answer: Blocks of the answer proper.
        is_thinking: Whether the reasoning is still open.
        is_closed: Whether everything has been read.
    """

    def __init__(self) -> None:
        self.reasoning: BlockStream | None = None
        self.answer = BlockStream()
        self.is_thinking = False
        self.is_closed = False
        self._thoughts: list[str] = []
        self._closing = ""
        self._held = ""
        self._is_start = True
        self._carriage_return = ""

    @property
    def reasoning_source(self) -> str:
        """Markdown of the reasoning so far."""
        return "".join(self._thoughts).strip()

    def feed(self, text: str) -> None:
        """Read the next piece."""
        text = self._carriage_return + text
        self._carriage_return = "\r" if text.endswith("\r") else ""
        self._take(_clean(text.removesuffix("\r")))

    def close(self) -> None:
        """Read what was kept back; every block is finished afterwards."""
        held, self._held, self._is_start = self._held, "", False
        held += "\n" if self._carriage_return else ""
        if self.is_thinking:
            self._end_thinking(held)
        else:
            self.answer.feed(held)
        self.answer.close()
        self.is_closed = True

    def _take(self, text: str) -> None:
        text, self._held = self._held + text, ""
        if self._is_start:
            text = self._open(text)
        if self.is_thinking:
            text = self._think(text)
        if text:
            self.answer.feed(text)

    def _open(self, text: str) -> str:
        """Look for an opening tag; returns what follows it."""
        start = text.lstrip()
        if any(tag.startswith(start) and tag != start for tag in _TAGS):
            self._held = text
            return ""
        self._is_start = False
        tag = next((tag for tag in _TAGS if start.startswith(tag)), "")
        if not tag:
            return text
        self.reasoning, self.is_thinking, self._closing = BlockStream(), True, f"</{tag[1:]}"
        return start.removeprefix(tag)

    def _think(self, text: str) -> str:
        """Feed the reasoning up to its closing tag; returns what follows it."""
        assert self.reasoning is not None
        thought, closing, rest = text.partition(self._closing)
        if closing:
            self._end_thinking(thought)
            return rest
        n_held = next((n for n in range(len(self._closing) - 1, 0, -1) if text.endswith(self._closing[:n])), 0)
        thought, self._held = text[: len(text) - n_held], text[len(text) - n_held :]
        self._thoughts.append(thought)
        self.reasoning.feed(thought)
        return ""

    def _end_thinking(self, thought: str) -> None:
        assert self.reasoning is not None
        self._thoughts.append(thought)
        self.reasoning.feed(thought)
        self.reasoning.close()
        self.is_thinking = False


def _clean(text: str) -> str:
    return _UNFIT.sub("\ufffd", _LINE_ENDS.sub("\n", text))
