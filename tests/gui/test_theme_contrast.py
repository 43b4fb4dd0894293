"""Contrast of everything that is read, computed from the tokens of the theme as QML has them.

The formula is WCAG 2.2's: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QColor
from PySide6.QtQml import QQmlComponent, QQmlEngine
from PySide6.QtWidgets import QApplication

QML = Path(__file__).parents[2] / "resources" / "qml"
TEXT_RATIO, SHAPE_RATIO = 4.5, 3.0

GROUNDS = [("page",), ("surface",), ("sunken",)]
"""What lies below: a token, and what is laid over it, if anything."""

WASHED = [(*ground, wash) for ground in GROUNDS[:2] for wash in ("hover", "pressed")]
TEXT_PAIRS = [
    *[
        (ink, ground)
        for ink in ("text", "secondary", "faint", "danger", "warning", "good", "accent")
        for ground in GROUNDS
    ],
    *[("text", ground) for ground in WASHED],
    ("secondary", ("page", "hover")),
    ("faint", ("page", "hover")),
    ("secondary", ("page", "accentWash")),
    ("danger", ("surface", "dangerWash")),
    ("accentText", ("accent",)),
    ("accentText", ("danger",)),
    ("page", ("text",)),
    *[("text", (*ground, wash)) for ground in GROUNDS for wash in ("selection", "accentWash")],
]
SHAPE_PAIRS = [(ink, ground) for ink in ("accent", "danger", "secondary") for ground in GROUNDS]
"""Rings of the keyboard focus, outlines of what is wrong, and icons."""


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[QObject]:
    engine = QQmlEngine()
    component = QQmlComponent(engine)
    component.setData(b'import QtQml\nimport "theme"\nQtObject { property var theme: Theme }', QUrl(f"file://{QML}/"))
    holder = component.create()
    assert holder is not None, component.errorString()
    yield holder.property("theme")
    holder.deleteLater()


def ratio(ink: QColor, ground: QColor) -> float:
    """Contrast of two opaque colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(ink), _luminance(ground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_formula_knows_black_and_white() -> None:
    assert ratio(QColor("black"), QColor("white")) == pytest.approx(21.0)
    assert ratio(QColor("#777777"), QColor("white")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_contrast(theme: QObject, dark: bool) -> None:
    theme.setProperty("dark", dark)
    try:
        ratios = {
            (ink, ground): (ratio(_colour(theme, ink), _laid(theme, ground)), least)
            for pairs, least in ((TEXT_PAIRS, TEXT_RATIO), (SHAPE_PAIRS, SHAPE_RATIO))
            for ink, ground in pairs
        }
    finally:
        theme.setProperty("dark", False)
    weakest = min((found, pair) for pair, (found, least) in ratios.items() if least == TEXT_RATIO)
    print(f"weakest text: {weakest[1][0]} on {'+'.join(weakest[1][1])}, {weakest[0]:.2f}")
    assert {pair: round(found, 2) for pair, (found, least) in ratios.items() if found < least} == {}


def _colour(theme: QObject, token: str) -> QColor:
    colour = theme.property(token)
    assert isinstance(colour, QColor), token
    return colour


def _laid(theme: QObject, tokens: tuple[str, ...]) -> QColor:
    """The colour that is seen where each token lies over the one before."""
    seen = _colour(theme, tokens[0])
    for token in tokens[1:]:
        over = _colour(theme, token)
        opacity = over.alphaF()
        mixed = [
            new * opacity + old * (1 - opacity)
            for new, old in zip(over.getRgbF()[:3], seen.getRgbF()[:3], strict=True)  # type: ignore[index]
        ]
        seen = QColor.fromRgbF(*mixed)
    return seen


def _luminance(colour: QColor) -> float:
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in colour.getRgbF()[:3]  # type: ignore[index]
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
