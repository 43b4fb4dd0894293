from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl

from assistant.gui.code_highlight import highlight
from assistant.gui.markdown_blocks import BlockStream
from assistant.gui.math_image import FORMULAS
from assistant.gui.render_style import RenderStyle
from assistant.gui.rich_text import FormulaImage, RichText
from tests.unit.gui.rich_text_check import RichTextCheck

STYLE = RenderStyle.of_theme(dark=False, text_scale=1.0)
IMAGE = FormulaImage(QUrl.fromLocalFile(str(FORMULAS.folder / "0.png")).toString(), 10, 20, 15)


def html(markdown: str, *, is_understood: bool = True) -> str:
    formulas: list[str] = []

    def formula(latex: str, is_display: bool) -> FormulaImage | None:
        formulas.append(latex)
        return IMAGE if is_understood else None

    renderer = RichText(STYLE, formula, lambda code, language: highlight(code, language, STYLE.dark))
    stream = BlockStream()
    stream.feed(markdown)
    stream.close()
    rendered = "".join(renderer.blocks(block.tokens) for block in stream.finished)
    RichTextCheck(rendered)
    return rendered


def bare(markdown: str, **options: bool) -> str:
    """The HTML without styles."""
    return re.sub(r' style="[^"]*"', "", html(markdown, **options))


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("**a** *b* ~~c~~", "<p><b>a</b> <i>b</i> <s>c</s></p>"),
        ("a\nb  \nc\\\nd", "<p>a b<br>c<br>d</p>"),
        ("`a<b`", "<p><span>a&lt;b</span></p>"),
        ('[a](http://b.c "t")', '<p><a href="http://b.c"><span>a</span></a></p>'),
        ("<https://b.c/?d&e>", '<p><a href="https://b.c/?d&amp;e"><span>https://b.c/?d&amp;e</span></a></p>'),
        ("[a](javascript:b)", "<p>a</p>"),
        ("![a *b*](http://c)", "<p>a b</p>"),
        ("![](http://c)", "<p>http://c</p>"),
        ("3. a\n4. b", '<ol start="3"><li><p>a</p></li><li><p>b</p></li></ol>'),
        ("0. a", '<ol start="0"><li><p>a</p></li></ol>'),
        ("- [ ] a\n- [x] b\n- [y] c", "<ul><li><p>☐ a</p></li><li><p>☑ b</p></li><li><p>[y] c</p></li></ul>"),
        ("- a\n  - b", "<ul><li><p>a</p><ul><li><p>b</p></li></ul></li></ul>"),
        ("<b>a</b> &lt; &copy;", "<p>&lt;b&gt;a&lt;/b&gt; &lt; ©</p>"),
        ("**中文。**后 和**“引”**字", "<p><b>中文。</b>后 和<b>“引”</b>字</p>"),
        ("a*b* 2*3*4", "<p>a<i>b</i> 2<i>3</i>4</p>"),
        ("snake_case_name", "<p>snake_case_name</p>"),
    ],
)
def test_markup(markdown: str, expected: str) -> None:
    assert bare(markdown) == expected


@pytest.mark.parametrize(
    "text",
    [
        "$5 and $10",
        "$5-$10",
        "costs $5 and US$ 7",
        "between $5 and 10$ each",
        "$ x $",
        "a$b$",
        "$$",
        r"\$x\$",
        "`$x$`",
        "it is $1,000 more than US$",
        "$x",
        r"\(x",
    ],
)
def test_prices_are_no_formulas(text: str) -> None:
    assert "<img" not in html(text)


@pytest.mark.parametrize(
    "text",
    ["$x$", "$5x$", "($x$)", "若$x$，", "$x$-axis", r"\(x\)", r"so \[x\] is", "a $$x$$ b", "$10$", "- a\n\n  $$x$$"],
)
def test_formulas(text: str) -> None:
    assert html(text).count("<img") == 1


def test_a_formula_that_is_not_understood_shows_its_source() -> None:
    assert bare(r"a $x<y$ b", is_understood=False) == "<p>a <span>$x&lt;y$</span> b</p>"


def test_table_columns_are_aligned() -> None:
    rendered = html("| a | b | c |\n|:--|--:|:-:|\n| 1 | **2** | `3` |")
    assert re.findall(r'<td align="(\w+)"', rendered) == ["left", "right", "center"] * 2
    assert RichTextCheck(rendered).text.replace("\xa0", "") == "abc123"


@pytest.mark.parametrize("dark", [True, False])
def test_colours_and_sizes_are_those_of_the_theme(dark: bool) -> None:
    theme = (Path(__file__).parents[3] / "resources" / "qml" / "theme" / "Theme.qml").read_text(encoding="utf-8")
    pairs = re.findall(r'property color (\w+): dark \? "(#\w{6})" : "(#\w{6})"', theme)
    colours = {name: of_dark if dark else of_light for name, of_dark, of_light in pairs}
    sizes = dict(re.findall(r"property int (\w+): Math.round\(([\d.]+) \* textScale\)", theme))
    style = RenderStyle.of_theme(dark, text_scale=1.0)
    names = ("text", "secondary", "accent", "sunken", "hairline")
    assert {name: getattr(style, name) for name in names} == {name: colours[name] for name in names}
    assert (style.body_px, style.code_px) == (float(sizes["bodySize"]), float(sizes["codeSize"]))


def test_the_scale_of_text_scales_it() -> None:
    large = RenderStyle.of_theme(dark=True, text_scale=2.0)
    assert (large.body_px, large.code_px, large.dark) == (30.0, 27.0, True)
