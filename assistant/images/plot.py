"""Draws a context check: perplexity over position, one line a method, and their needle grids below.

Process: image worker. Thread: its only one.

The chart is drawn twice as large and then made smaller, which smooths its lines.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

# Imported here, so that Pillow opens all it needs while files may still be opened.
from PIL import Image, ImageDraw, ImageFont

from assistant.core.context_chart import PerplexityScale, perplexity_scale
from assistant.core.context_check import ContextCheck, MethodRun, Series
from assistant.core.memory_estimate import KvType
from assistant.core.needle_grid import N_DEPTHS, needle_grid
from assistant.core.rope import RopeMethod

WIDTH, HEIGHT = 1200, 800
_SCALE = 2
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 1168, 118, 486
"""Edges of the plane of the lines, pixels of the finished chart."""
_GRID_TOP, _GRID_HEIGHT = 604, 128
_MARGIN = 32
_PAPER, _INK, _SECONDARY, _HAIRLINE, _ACCENT = "#FFFFFF", "#1F1E1B", "#5D5A52", "#E4E1D8", "#2C6E5B"
_EMPTY, _FULL = (0xF6, 0xF4, 0xEF), (0x2C, 0x6E, 0x5B)
_COLOURS = {
    RopeMethod.NONE: "#7A766C",
    RopeMethod.LINEAR: "#B3392F",
    RopeMethod.NTK: "#2F6DB3",
    RopeMethod.YARN: "#2C6E5B",
    RopeMethod.MIXED: "#8A5A00",
}
_CORNERS = {
    RopeMethod.NONE: 16,
    RopeMethod.LINEAR: 4,
    RopeMethod.NTK: 3,
    RopeMethod.YARN: 4,
    RopeMethod.MIXED: 6,
}
_N_TICKS = 8
_LONGEST_NAME = 60
_PROBE = 16
_NO_LETTER = "\U0010fffd"


@dataclass(frozen=True, slots=True)
class _Plane:
    """Where positions and losses lie.

    Attributes:
        n_ctx: Position at the right edge, tokens.
        scale: Of the perplexities.
    """

    n_ctx: int
    scale: PerplexityScale

    def x(self, position: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * position / self.n_ctx

    def y(self, loss: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * self.scale.share(loss)


def draw_check(check: ContextCheck, series: Series) -> Image.Image:
    """Draw one series of runs.

    Args:
        check: What was measured.
        series: Which; one without runs makes an empty chart.

    Returns:
        RGB, `WIDTH` times `HEIGHT`.
    """
    runs = check.runs_of(series)
    image = Image.new("RGB", (WIDTH * _SCALE, HEIGHT * _SCALE), _PAPER)
    pen = _Pen(image)
    pen.text(_MARGIN, 26, _title(check, series), size=25, colour=_INK)
    pen.text(_MARGIN, 60, _subtitle(check, series), size=16)
    plane = _Plane(series.n_ctx, perplexity_scale(runs))
    _draw_axes(pen, plane, check.n_ctx_train)
    for run in runs:
        _draw_line(pen, plane, run)
    _draw_legend(pen, runs)
    pen.text(_MARGIN, 548, "Needles found again, by depth in the text and by tokens read (higher is better)", size=16)
    for index, run in enumerate(runs):
        _draw_grid(pen, run, index, max(4, len(runs)))
    return image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


class _Pen:
    """Draws on the large image with the pixels of the finished chart."""

    def __init__(self, image: Image.Image) -> None:
        self._draw = ImageDraw.Draw(image)

    def text(self, x: float, y: float, words: str, *, size: int = 15, colour: str = _SECONDARY, at: str = "la") -> None:
        """Write words; `at` is the anchor in Pillow's letters."""
        self._draw.text((x * _SCALE, y * _SCALE), words, fill=colour, font=_font(size * _SCALE), anchor=at)

    def line(self, points: Sequence[tuple[float, float]], colour: str, width: float = 1) -> None:
        """Draw through all points."""
        if width <= 1:
            self._draw.line([(x * _SCALE, y * _SCALE) for x, y in points], fill=colour, width=_SCALE)
            return
        half = width / 2
        for (x0, y0), (x1, y1) in pairwise(points):  # Pillow's own thick lines are too thin at some angles
            length = math.hypot(x1 - x0, y1 - y0) or 1.0
            dx, dy = half * (y0 - y1) / length, half * (x1 - x0) / length
            self.shape([(x0 + dx, y0 + dy), (x1 + dx, y1 + dy), (x1 - dx, y1 - dy), (x0 - dx, y0 - dy)], colour)
        for x, y in points[1:-1]:
            self._draw.circle((x * _SCALE, y * _SCALE), half * _SCALE, fill=colour)

    def shape(self, points: Sequence[tuple[float, float]], colour: str) -> None:
        """Fill the polygon of these corners."""
        self._draw.polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill=colour)

    def box(self, x: float, y: float, width: float, height: float, colour: tuple[int, int, int]) -> None:
        """Fill a rectangle."""
        corners = (x * _SCALE, y * _SCALE, (x + width) * _SCALE, (y + height) * _SCALE)
        self._draw.rectangle(corners, fill=colour)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _title(check: ContextCheck, series: Series) -> str:
    words = f"ow well it reads {series.n_ctx:,} tokens"
    words += f", memory in {series.kv_type}" if series.kv_type is not KvType.F16 else ""
    return f"{check.model[:_LONGEST_NAME]}: h{words}" if _can_write(check.model) else f"H{words}"


def _subtitle(check: ContextCheck, series: Series) -> str:
    words, name = "Perplexity by position (lower is better)", check.title_of(series)
    return f"{words}; text: {name[:_LONGEST_NAME]}" if _can_write(name) else words


def _can_write(name: str) -> bool:
    """Whether Pillow's own font has all letters of the part that is shown: it writes a box for any other."""
    missing = bytes(_font(_PROBE).getmask(_NO_LETTER))
    return all(bytes(_font(_PROBE).getmask(letter)) != missing for letter in name[:_LONGEST_NAME])


def _draw_axes(pen: _Pen, plane: _Plane, n_ctx_train: int) -> None:
    for value in plane.scale.ticks():
        y = plane.y(math.log(value))
        pen.line([(_LEFT, y), (_RIGHT, y)], _HAIRLINE)
        pen.text(_LEFT - 10, y, f"{value:,.0f}" if value >= 10 else f"{value:g}", at="rm")
    for part in range(_N_TICKS + 1):
        position = plane.n_ctx * part // _N_TICKS
        x = plane.x(position)
        pen.line([(x, _BOTTOM), (x, _BOTTOM + 6)], _SECONDARY)
        pen.text(x, _BOTTOM + 12, f"{position:,}", at="rt" if part == _N_TICKS else "mt")
    pen.line([(_LEFT, _BOTTOM), (_RIGHT, _BOTTOM)], _SECONDARY)
    if n_ctx_train <= plane.n_ctx:
        x = plane.x(n_ctx_train)
        for y in range(_TOP, _BOTTOM, 10):
            pen.line([(x, y), (x, y + 5)], _INK, 1.5)
        at = "rt" if n_ctx_train > plane.n_ctx * 0.8 else "lt"
        pen.text(x + (-8 if at == "rt" else 8), _TOP, f"trained length: {n_ctx_train:,}", colour=_INK, at=at)


def _draw_line(pen: _Pen, plane: _Plane, run: MethodRun) -> None:
    colour = _COLOURS[run.method]
    points = [(plane.x((index + 0.5) * run.bucket), plane.y(loss)) for index, loss in enumerate(run.losses)]
    points = [(min(x, _RIGHT), y) for x, y in points]
    pen.line(points, colour, 2.5)
    for x, y in points[::4]:
        pen.shape(_marker(run.method, x, y), colour)


def _marker(method: RopeMethod, x: float, y: float) -> list[tuple[float, float]]:
    """A shape of its own for each method: prints may have no colours."""
    size = 6.0
    corners = _CORNERS[method]
    turn = math.pi / 4 if method is RopeMethod.LINEAR else 0.0
    angles = [turn + 2 * math.pi * corner / corners for corner in range(corners)]
    return [(x + size * math.sin(angle), y - size * math.cos(angle)) for angle in angles]


def _draw_legend(pen: _Pen, runs: Sequence[MethodRun]) -> None:
    x = _RIGHT - 104 * len(runs)
    for run in runs:
        colour = _COLOURS[run.method]
        pen.line([(x, 94), (x + 30, 94)], colour, 2.5)
        pen.shape(_marker(run.method, x + 15, 94), colour)
        pen.text(x + 38, 94, run.method.value, size=16, colour=_INK, at="lm")
        x += 104


def _draw_grid(pen: _Pen, run: MethodRun, index: int, n_grids: int) -> None:
    grid = needle_grid(run)
    left = _LEFT + index * (_RIGHT - _LEFT + 28) / n_grids
    width = (_RIGHT - _LEFT + 28) / n_grids - 28
    pen.text(left, _GRID_TOP - 26, run.method.value, size=16, colour=_COLOURS[run.method])
    if not grid.lengths:
        return
    cell_width, cell_height = width / len(grid.lengths), _GRID_HEIGHT / N_DEPTHS
    for row, shares in enumerate(grid.shares):
        y = _GRID_TOP + row * cell_height
        if index == 0:
            pen.text(left - 10, y + cell_height / 2, f"{100 * row // N_DEPTHS} %", size=14, at="rm")
        for column, share in enumerate(shares):
            if share is not None:
                _draw_cell(pen, (left + column * cell_width, y, cell_width - 2, cell_height - 2), share)
    for column, length in enumerate(grid.lengths):
        x = left + (column + 0.5) * cell_width
        pen.text(x, _GRID_TOP + _GRID_HEIGHT + 6, f"{length:,}", size=13, at="mt")


def _draw_cell(pen: _Pen, box: tuple[float, float, float, float], share: float) -> None:
    red, green, blue = (round(empty + (full - empty) * share) for empty, full in zip(_EMPTY, _FULL, strict=True))
    x, y, width, height = box
    pen.box(x, y, width, height, (red, green, blue))
    colour = _PAPER if share > 0.55 else _INK
    pen.text(x + width / 2, y + height / 2, f"{share:.0%}", size=14, colour=colour, at="mm")
