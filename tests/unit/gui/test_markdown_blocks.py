from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.gui import markdown_blocks
from assistant.gui.markdown_blocks import MAX_BLOCK_CHARS, MAX_CODE_CHARS, Block, BlockKind, BlockStream
from tests.unit.gui.markdown_documents import DOCUMENTS, pieces


def blocks(text: str) -> list[Block]:
    stream = BlockStream()
    stream.feed(text)
    stream.close()
    return stream.finished


@given(DOCUMENTS, st.lists(st.integers(1, 9), min_size=1, max_size=5), st.sampled_from([MAX_BLOCK_CHARS, 40]))
def test_any_pieces_give_the_blocks_of_the_whole(text: str, sizes: list[int], limit: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(markdown_blocks, "MAX_BLOCK_CHARS", limit)
        patch.setattr(markdown_blocks, "MAX_CODE_CHARS", limit)
        stream = BlockStream()
        seen: list[Block] = []
        for piece in pieces(text, sizes):
            stream.feed(piece)
            assert stream.finished[: len(seen)] == seen
            seen = list(stream.finished)
        stream.close()
        assert stream.finished == blocks(text)
        assert stream.finished[: len(seen)] == seen


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("a\n\nb", ["text", "text"]),
        ("# a\nb", ["text", "text"]),
        ("```py\nx\n```", ["code"]),
        ("    x", ["code"]),
        ("|a|\n|-|\n|b|", ["table"]),
        ("a\n\n---\n\nb", ["text", "rule", "text"]),
        ("$$x$$", ["math"]),
        ("$$\nx\n$$", ["math"]),
        ("text:\n\\[\nx\n\\]\nmore", ["text", "math", "text"]),
        ("$$\nx\n\ny", ["text", "text"]),
        ("$$x$$ and more", ["text"]),
        ("$$\nx", ["code"]),
        ("[a]: http://b\n\n[a]", ["text", "text"]),
        ("", []),
    ],
)
def test_kinds(text: str, kinds: list[str]) -> None:
    assert [str(block.kind) for block in blocks(text)] == kinds


def test_source_is_what_copy_gives() -> None:
    code, math, text = blocks("  ```Python title=x\n    a\n  b\n  ```\n$$ x $$\n**b**\n")
    assert (code.source, code.language) == ("  a\nb", "Python")
    assert math.source == "x"
    assert text.source == "**b**"


@pytest.mark.parametrize("held", ["-", "1.", "==", "``", "```py", "$$x", r"\[x", "|--|", "> "])
def test_a_line_that_may_become_another_kind_of_line_is_kept_back(held: str) -> None:
    stream = BlockStream()
    stream.feed(f"text\n{held}")
    assert stream.finished == []
    assert stream.open_block == Block(BlockKind.TEXT, "text")


def test_the_open_block_shows_every_letter() -> None:
    stream = BlockStream()
    stream.feed("one\n\ntw")
    assert [block.source for block in stream.finished] == ["one"]
    assert stream.open_block == Block(BlockKind.TEXT, "tw")
    stream.feed("o\n\n```py\nx = 1")
    assert stream.open_block == Block(BlockKind.CODE, "x = 1", "py")


def test_open_code_is_never_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = BlockStream()
    stream.feed("```\n")
    monkeypatch.setattr(markdown_blocks, "_PARSER", None)
    for _ in range(5_000):
        stream.feed("x = 1\n")
    assert sum(block.source.count("x") for block in stream.finished) <= 5_000
    assert len(stream.finished) == 5_000 * 6 // MAX_CODE_CHARS


class CountingParser:
    """Counts what the parser is given."""

    def __init__(self) -> None:
        self.parser = markdown_blocks._PARSER
        self.sizes: list[int] = []

    def parse(self, text: str) -> object:
        self.sizes.append(len(text))
        return self.parser.parse(text)


def test_a_piece_parses_only_the_last_block(monkeypatch: pytest.MonkeyPatch) -> None:
    parser = CountingParser()
    monkeypatch.setattr(markdown_blocks, "_PARSER", parser)
    stream = BlockStream()
    for number in range(300):
        stream.feed(f"paragraph {number}\n\n")
    assert max(parser.sizes) <= 2 * len("paragraph 299\n\n")


@pytest.mark.parametrize(
    "text",
    ["word " * 20_000, "x" * 100_000, "中文" * 50_000, "- item\n" * 10_000, "|a|b|\n|-|-|\n" + "|1|2|\n" * 9_000],
)
def test_the_parser_never_sees_more_than_one_window(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    parser = CountingParser()
    monkeypatch.setattr(markdown_blocks, "_PARSER", parser)
    stream = BlockStream()
    stream.feed(text)
    stream.close()
    assert max(parser.sizes) <= MAX_BLOCK_CHARS
    assert sum(parser.sizes) <= 3 * len(text)
    joined = "".join(block.source for block in stream.finished)
    assert joined.replace("\n", "").replace(" ", "") == text.replace("\n", "").replace(" ", "")


def test_long_code_comes_in_parts_and_whole() -> None:
    lines = [f"line {number}" for number in range(5_000)]
    parts = blocks("```py\n" + "\n".join(lines) + "\n```\nend")
    assert "\n".join(part.source for part in parts[:-1]).split("\n") == lines
    assert {part.language for part in parts[:-1]} == {"py"}
    assert all(len(part.source) <= MAX_CODE_CHARS + 20 for part in parts)


def test_what_is_nested_too_deeply_is_shown_as_it_is_written() -> None:
    (block,) = blocks("> " * 50 + "deep")
    assert block.tokens == ()
    assert block.source.endswith("deep")
