from __future__ import annotations

import pytest

from assistant.gui import code_highlight
from assistant.gui.code_highlight import DARK_PALETTE, LIGHT_PALETTE, GrowingCode, highlight
from assistant.gui.render_style import RenderStyle
from tests.unit.gui.rich_text_check import RichTextCheck


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    high, low = sorted([luminance(first), luminance(second)], reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_every_colour_can_be_read_on_its_background(dark: bool) -> None:
    background = RenderStyle.of_theme(dark, 1.0).sunken
    palette = DARK_PALETTE if dark else LIGHT_PALETTE
    assert {colour: ratio for colour in palette.values() if (ratio := contrast(colour, background)) < 4.5} == {}


def text_of(html: str) -> str:
    return RichTextCheck(html.replace("<br>", "\n")).text


@pytest.mark.parametrize("language", ["python", "Python", "c++", "html", "nothing", "", "<b>", "x" * 5_000])
@pytest.mark.parametrize("code", ["", "x", "\n\nx = '<b>&amp;'\n", "  # 注释\n", "a\n\n"])
def test_every_character_of_the_code_is_there(code: str, language: str) -> None:
    assert text_of(highlight(code, language, dark=False)) == code


def test_keywords_have_a_colour_and_unknown_languages_none() -> None:
    assert "<span" in highlight("def f(): pass", "python", dark=True)
    assert "<span" not in highlight("def f(): pass", "nothing", dark=True)


def test_a_very_long_line_stays_plain() -> None:
    assert "<span" not in highlight("x = 1; " * 1_000, "python", dark=False)


def test_growing_code_is_coloured_at_a_cost_in_proportion_to_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []

    def counted(code: str, language: str, dark: bool) -> str:
        done.append(len(code))
        return highlight(code, language, dark)

    monkeypatch.setattr(code_highlight, "highlight", counted)
    growing, code = GrowingCode(), ""
    for number in range(150):
        code += f"x{number} = '{number}'\n"
        assert text_of(growing.highlight(code, "python", dark=False)) == code
    assert sum(done) < 25 * len(code)  # all of it at each of 150 lines would be 75 times its length


def test_growing_code_starts_anew_with_another_block() -> None:
    growing = GrowingCode()
    growing.highlight("x = 1\ny = 2\n", "python", dark=False)
    assert growing.highlight("z = 3\n", "python", dark=False) == highlight("z = 3\n", "python", dark=False)
    assert growing.highlight("z = 3\n", "python", dark=True) == highlight("z = 3\n", "python", dark=True)
