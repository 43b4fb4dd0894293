from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.gui.answer_stream import AnswerStream
from assistant.gui.markdown_blocks import Block, BlockKind
from tests.unit.gui.markdown_documents import DOCUMENTS, pieces


def read(*texts: str) -> AnswerStream:
    stream = AnswerStream()
    for text in texts:
        stream.feed(text)
    stream.close()
    return stream


def sources(stream: AnswerStream) -> tuple[list[str] | None, list[str]]:
    thoughts = None if stream.reasoning is None else [block.source for block in stream.reasoning.finished]
    return thoughts, [block.source for block in stream.answer.finished]


@given(DOCUMENTS, st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_any_pieces_give_the_answer_of_the_whole(text: str, sizes: list[int]) -> None:
    assert sources(read(*pieces(text, sizes))) == sources(read(text))


@pytest.mark.parametrize("tag", ["think", "thinking", "reasoning"])
def test_reasoning_is_apart_from_the_answer(tag: str) -> None:
    stream = read(f"\n<{tag}>\nfirst\n\nthen</{tag}>\n\nAnswer")
    assert sources(stream) == (["first", "then"], ["Answer"])
    assert stream.reasoning_source == "first\n\nthen"


@pytest.mark.parametrize("text", ["a <think>b</think>", "<thinks>b", "<thin", "`<think>`", "</think>"])
def test_only_a_tag_at_the_very_start_opens_reasoning(text: str) -> None:
    assert sources(read(text)) == (None, [text])


def test_open_reasoning_is_thinking_still() -> None:
    stream = AnswerStream()
    for piece in ("<thi", "nk>so", " far</thi"):
        stream.feed(piece)
    assert (stream.is_thinking, stream.reasoning_source) == (True, "so far")
    stream.close()
    assert (stream.is_thinking, stream.reasoning_source) == (False, "so far</thi")
    assert stream.answer.finished == []


def test_nothing_is_shown_before_it_is_known_to_be_no_tag() -> None:
    stream = AnswerStream()
    stream.feed("<th")
    shown = [stream.answer.open_block]
    stream.feed("e answer>")
    shown.append(stream.answer.open_block)
    assert shown == [None, Block(BlockKind.TEXT, "<the answer>")]


def test_line_ends_of_every_system_and_characters_that_qt_keeps_for_itself() -> None:
    assert sources(read("a\r", "\n\r", "\nb\u2029\u2029c\ud800\ufdd0\x00")) == (None, ["a", "b", "c\ufffd\ufffd\ufffd"])
