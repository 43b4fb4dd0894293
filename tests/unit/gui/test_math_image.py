from __future__ import annotations

import gc
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QImage

from assistant.gui import math_image
from assistant.gui.math_image import Formulas
from assistant.gui.render_style import RenderStyle

STYLE = RenderStyle.of_theme(dark=False, text_scale=1.0)


def drawn(formulas: Formulas, latex: str, style: RenderStyle = STYLE, is_display: bool = False) -> QImage:
    formula = formulas.typeset(latex, is_display, style)
    assert formula is not None
    return QImage(QUrl(formula.url).toLocalFile())


def ink(image: QImage) -> int:
    return sum(image.pixelColor(x, y).alpha() > 0 for x in range(image.width()) for y in range(image.height()))


def test_a_formula_is_drawn_at_the_size_it_was_laid_out_for() -> None:
    formulas = Formulas()
    laid_out = formulas.typeset(r"\frac{a}{b}", True, STYLE)
    assert laid_out is not None
    image = drawn(formulas, r"\frac{a}{b}", is_display=True)
    assert (image.width(), image.height()) == (laid_out.width, laid_out.height)
    assert ink(image) > 20


def test_the_image_has_the_pixels_of_the_screen() -> None:
    formulas = Formulas()
    once = drawn(formulas, "x")
    twice = drawn(formulas, "x", RenderStyle.of_theme(False, 1.0, device_pixel_ratio=2.0))
    assert (twice.width(), twice.height()) == (2 * once.width(), 2 * once.height())


def test_the_colour_is_that_of_the_text() -> None:
    formulas = Formulas()
    dark = RenderStyle.of_theme(dark=True, text_scale=1.0)
    image = drawn(formulas, "x", dark, is_display=True)
    colours = {image.pixelColor(x, y).name().upper() for x in range(image.width()) for y in range(image.height())}
    assert dark.text in colours


def test_a_letter_without_descender_stands_on_the_line() -> None:
    formulas = Formulas()
    x, y = formulas.typeset("x", False, STYLE), formulas.typeset("y", False, STYLE)
    assert x is not None
    assert y is not None
    assert x.ascent == x.height
    assert y.ascent < y.height


def test_the_files_are_private_and_go_with_their_owner() -> None:
    formulas = Formulas()
    assert not drawn(formulas, "x").isNull()
    folder = formulas.folder
    assert folder.stat().st_mode & 0o777 == 0o700
    del formulas
    gc.collect()
    assert not folder.exists()


def test_what_a_killed_process_left_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    dead, foreign = tmp_path / "famulus-formulas-4194305-x", tmp_path / "famulus-formulas-x"
    for folder in (dead, foreign):
        folder.mkdir()
    formulas = Formulas()
    assert formulas.folder.parent == tmp_path
    assert not dead.exists()
    assert foreign.exists()


def test_a_full_disk_costs_the_picture_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Formulas, "folder", Path("/nonexistent"))
    assert Formulas().typeset("x", False, STYLE) is None


HOSTILE_LATEX = {
    "very long": "x" * 100_000,
    "deep braces": "{" * 5_000 + "x" + "}" * 5_000,
    "deep fractions": r"1+\frac{1}{" * 20 + "1" + "}" * 20,
    "deep roots": r"\sqrt" * 150 + "1",
    "deep brackets": r"\left(" * 60 + "1" + r"\right)" * 60,
    "deep matrices": r"\begin{pmatrix}" * 20 + "1" + r"\end{pmatrix}" * 20,
    "powers": "x^{1+" * 24 + "1" + "}" * 24,
    "carets": "^" * 200,
    "never closed": r"\begin{matrix} \left( {",
    "never opened": r"} \right) \end{matrix}",
    "huge space": r"x\hspace{99999999em}x",
    "file": r"\includegraphics{/etc/passwd}\input{/etc/passwd}",
    "own elements": r"\text{</mtext><mi mathcolor='url(http://canary.invalid)'>x</mi><mtext>}",
    "huge size": r"\text{</mtext><mi mathsize='1e300'>x</mi><mtext>}",
    "entity": r"\text{&lol;}",
    "two tags": r"\tag{1}\tag{2}",
    "no glyph": r"\text{如果}",
    "nothing": "",
    "backslash": "\\",
    "null": "\x00",
}


@pytest.mark.parametrize("latex", HOSTILE_LATEX.values(), ids=HOSTILE_LATEX.keys())
@pytest.mark.timeout(20)
def test_hostile_latex_is_refused_or_drawn(latex: str) -> None:
    formulas = Formulas()
    laid_out = formulas.typeset(latex, True, STYLE)
    if laid_out is not None:
        image = QImage(QUrl(laid_out.url).toLocalFile())
        assert 0 < image.width() <= math_image._MAX_WIDTH + 2


@pytest.mark.parametrize(
    "name",
    ["very long", "deep braces", "deep fractions", "deep roots", "powers", "own elements", "huge space", "no glyph"],
)
def test_what_costs_too_much_or_is_foreign_is_refused(name: str) -> None:
    assert Formulas().typeset(HOSTILE_LATEX[name], True, STYLE) is None


@pytest.mark.parametrize(
    "latex",
    [
        r"x = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}",
        r"\sum_{i=1}^{n} \frac{1}{i^2} = \frac{\pi^2}{6}",
        r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
        r"\begin{aligned} a &= b + c \\ &= d \end{aligned}",
        r"f(x) = \begin{cases} 1 & x > 0 \\ 0 & \text{otherwise} \end{cases}",
        r"\int_0^\infty e^{-x^2}\,dx",
        r"\nabla \times \mathbf{E} = -\frac{\partial \mathbf{B}}{\partial t}",
        r"P(A \mid B) = \frac{P(B \mid A)\,P(A)}{P(B)}",
        r"\sigma(z)_i = \frac{e^{z_i}}{\sum_{j=1}^{K} e^{z_j}}",
        r"1 + \cfrac{1}{1 + \cfrac{1}{1 + \cfrac{1}{1 + x}}}",
    ],
)
def test_formulas_of_everyday_are_typeset(latex: str) -> None:
    assert Formulas().typeset(latex, True, STYLE) is not None


def test_a_formula_is_laid_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    formulas = Formulas()
    formulas.typeset("x", False, STYLE)
    monkeypatch.setattr(math_image, "_draw", None)
    monkeypatch.setattr(math_image, "_rasterize", None)
    assert formulas.typeset("x", False, STYLE) is not None
