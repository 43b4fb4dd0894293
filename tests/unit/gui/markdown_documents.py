"""Markdown made of lines that are apt to be mistaken for one another, and ways to cut a text."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import strategies as st

_LINES = st.sampled_from(
    [
        *("", "   ", "\t", "\tx", "A paragraph", "of 发票 and **bold**", "# Heading", "===", "---", "* * *", "- - -"),
        *("- item", "  - nested", "  continued", "* other list", "1. first", "2. second", "1", "12", "-", "+", "***x"),
        *("> quote", "> > nested quote", "> - list in a quote", "    indented code", "a | b", "--|--", "1 | 2"),
        *("```python", "```", "~~~~", "   ~~~", "``` a`b", "- ```", "`", "<div>", "[a]: http://x", "\\", "x\r", "\r"),
        *("$$", "$$x$$", "$$x$$ y", r"\[", r"\]", "x $$", "  $$", "> $$", "- $$", "<think>", "</think>", "</thi"),
    ]
)
DOCUMENTS = st.one_of(
    st.lists(_LINES, max_size=12).map("\n".join),
    st.lists(_LINES, max_size=12).map(lambda lines: "".join(f"{line}\n" for line in lines)),
    st.lists(_LINES, max_size=12).map(lambda lines: "<think>" + "\n".join(lines)),
)


def pieces(text: str, sizes: list[int]) -> Iterator[str]:
    """The text in pieces of `sizes` characters, over and over."""
    start = number = 0
    while start < len(text):
        size = sizes[number % len(sizes)]
        yield text[start : start + size]
        start, number = start + size, number + 1
