from __future__ import annotations

import io
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from assistant.cli import markdown_stream
from assistant.cli.markdown_stream import MarkdownStream, split_finished

LINES = st.sampled_from(
    [
        "",
        "   ",
        "A paragraph",
        "of 发票 and 🎉",
        "# Heading",
        "===",
        "---",
        "- item",
        "  - nested",
        "  continued",
        "* other list",
        "1. first",
        "2. second",
        "> quote",
        "> > nested quote",
        "> - list in a quote",
        "```python",
        "```",
        "~~~~",
        "    indented code",
        "a | b",
        "--|--",
        "1 | 2",
        "<div>",
        "</div>",
        "<!-- comment",
        "-->",
        "strange\u2028line\u2029ends\u0085and\x0cfeeds",
    ]
)
DOCUMENTS = st.lists(LINES, max_size=14).map("\n".join)
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=80)


@given(st.one_of(DOCUMENTS, ANY_TEXT))
def test_nothing_is_lost(text: str) -> None:
    finished, rest = split_finished(text)
    assert "".join(finished) + rest == text
    assert all(block.endswith("\n") for block in finished)


@given(DOCUMENTS, st.data())
def test_finished_blocks_never_change_as_the_text_grows(text: str, data: st.DataObject) -> None:
    length = data.draw(st.integers(0, len(text)))
    early, _ = split_finished(text[:length])
    late, _ = split_finished(text)
    assert late[: len(early)] == early


@given(DOCUMENTS, st.integers(1, 9))
def test_pieces_give_the_same_blocks_as_the_whole(text: str, size: int) -> None:
    blocks: list[str] = []
    rest = ""
    for start in range(0, len(text), size):
        finished, rest = split_finished(rest + text[start : start + size])
        blocks += finished
    assert "".join(blocks) + rest == text


@pytest.mark.parametrize(
    ("text", "finished", "rest"),
    [
        ("One\n\nTwo", [], "One\n\nTwo"),
        ("One\n\nTwo\n", ["One\n\n"], "Two\n"),
        ("> quote\n- x", [], "> quote\n- x"),
        ("- a\n- b\n\nText\n", ["- a\n- b\n\n"], "Text\n"),
        ("```\n# no heading\n\n\n", [], "```\n# no heading\n\n\n"),
        ("# A\n## B\nText\n", ["# A\n", "## B\n"], "Text\n"),
        ("a | b\n--|--\n1 | 2\n\nText\n", ["a | b\n--|--\n1 | 2\n\n"], "Text\n"),
    ],
)
def test_blocks(text: str, finished: list[str], rest: str) -> None:
    assert split_finished(text) == (finished, rest)


class Screen(io.StringIO):
    """A terminal of `width` x `height` that knows the movements rich makes: up, erase line, return."""

    def __init__(self, height: int) -> None:
        super().__init__()
        self.height = height
        self.lines = [""]
        self.row = 0

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        position = 0
        while position < len(text):
            position += self._step(text[position:])
        return len(text)

    def _step(self, text: str) -> int:
        if text.startswith("\x1b["):
            end = next(index for index, letter in enumerate(text[2:], 2) if letter.isalpha())
            number, letter = text[2:end], text[end]
            if letter == "A":
                moved = int(number or 1)
                assert moved < self.height, "a live region must not be taller than the screen"
                self.row -= moved
            elif letter == "K":
                self.lines[self.row] = ""
            return end + 1
        if text[0] == "\n":
            self.row += 1
            if self.row == len(self.lines):
                self.lines.append("")
        elif text[0] == "\r":
            pass
        else:
            self.lines[self.row] += text[0]
        return 1


def shown(text: str, *, size: int, width: int = 40, height: int = 12) -> list[str]:
    screen = Screen(height)
    console = Console(
        file=screen,
        force_terminal=True,
        width=width,
        height=height,
        soft_wrap=True,
        color_system=None,
        legacy_windows=False,
    )
    stream = MarkdownStream(console)
    for start in range(0, len(text), size):
        stream.add(text[start : start + size])
    stream.close()
    return [line.rstrip() for line in screen.lines]


LONG = (
    "# 标题\n\nA long paragraph that does not fit into one line, with 中文 in it.\n\n- one\n  - two\n\n"
    "```python\n" + "".join(f"x{number} = {number}\n" for number in range(40)) + "```\n\n"
    "a | b\n--|--\n1 | 2\n\nThe end.\n"
)


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("interval", [0.0, 1000.0])
def test_what_stays_on_the_screen_does_not_depend_on_the_pieces(
    monkeypatch: pytest.MonkeyPatch, size: int, interval: float
) -> None:
    monkeypatch.setattr(markdown_stream, "_PAINT_INTERVAL_S", interval)
    lines = shown(LONG, size=size)
    assert lines[0].strip() == "标题"
    assert [line.strip() for line in lines if line.startswith(" x")] == [
        f"x{number} = {number}" for number in range(40)
    ]
    assert lines[2:4] == ["A long paragraph that does not fit into", "one line, with 中文 in it."]
    assert lines[-3:] == ["", "The end.", ""]
    assert all(line or after for line, after in itertools.pairwise(lines)), "two blank lines in a row"


def test_held_back_words_are_painted_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown_stream, "_PAINT_INTERVAL_S", 1000.0)
    screen = Screen(12)
    stream = MarkdownStream(Console(file=screen, force_terminal=True, width=40, height=12, color_system=None))
    stream.add("first")
    stream.add(" second")
    assert "second" not in "".join(screen.lines)
    stream.paint()
    assert "first second" in screen.lines[screen.row - 1] + screen.lines[screen.row]
    stream.close()


def test_control_characters_do_not_reach_the_screen() -> None:
    assert shown("red \x1b[31malert\x07\u202e!\n", size=3)[0] == "red [31malert!"
