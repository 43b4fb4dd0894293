"""Typesets LaTeX as images: ziamath's SVG, drawn by Qt into a file that QML shows.

Process: app with a window. Thread: GUI; text must know the size of its formulas.

Files, because an image provider written in Python would be called on Qt's reader thread, which then waits for Python's
lock while the GUI thread may hold it and wait for the reader. ziamath takes a quarter of a second to import, so the
first formula pays for it, not the first message.
"""

from __future__ import annotations

import importlib
import logging
import os
import re
import shutil
import tempfile
import weakref
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import psutil
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, QUrl
from PySide6.QtGui import QImage, QImageReader

from assistant.gui.render_style import RenderStyle
from assistant.gui.rich_text import FormulaImage

if TYPE_CHECKING:
    import ziamath  # noqa: F401  # lets the packager see what `load_typesetter` loads by name

_LOG = logging.getLogger(__name__)
_MAX_LATEX_CHARS = 1_000
_MAX_DEPTH = 24
# ziamath lays out the elements of a row twice, so its time doubles with every row inside another: this is about 0.1 s.
_MAX_WORK = 2_000
_ROWS = {"math", "mrow", "mtd"}
_MAX_WIDTH, _MAX_HEIGHT = 3_000, 1_500
_MAX_PIXELS = 16_000_000
_MATH_SCALE = 1.12
_PREFIX = "famulus-formulas-"
_MAX_IMAGES = 5_000
"""About 15 MB of files; formulas after that are shown as their source."""
_FAST_PNG = 90
"""Of 0 to 100: the more, the less Qt tries to make the file small."""
# Qt puts the middle of an image at half the x-height; sans-serif fonts have an x-height of about 0.53 em.
_X_HEIGHT = 0.53
_SVG_TAGS = {"svg", "g", "path", "rect", "line"}
_SVG_VALUE = re.compile(r"(?!.*url)[\w\s.,#%()+-]*\Z", re.DOTALL)
_DEPTH_MARKS = re.compile(r"\\.|[{}]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Drawing:
    """A laid out formula: SVG of `width` x `height` logical pixels with the baseline `ascent` below its top."""

    svg: bytes
    width: int
    height: int
    ascent: float


@dataclass(frozen=True, slots=True)
class _Formula:
    latex: str
    is_display: bool
    size_px: float
    colour: str


class Formulas:
    """The formulas of one process, each laid out and drawn once.

    Their files go with the process; on Linux they are in memory, in the folder of the person's session.
    """

    def __init__(self) -> None:
        self._drawings: dict[_Formula, _Drawing | None] = {}
        self._images: dict[tuple[_Formula, float], FormulaImage] = {}
        self._folder: Path | None = None

    @property
    def folder(self) -> Path:
        """Where the files are; made with mode 0700 at the first formula."""
        if self._folder is None:
            runtime = os.environ.get("XDG_RUNTIME_DIR")
            where = Path(runtime) if runtime and os.access(runtime, os.W_OK) else Path(tempfile.gettempdir())
            _remove_remnants(where)
            self._folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=where))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder

    def typeset(self, latex: str, is_display: bool, style: RenderStyle) -> FormulaImage | None:
        """Lay out and draw a formula; None if it is not understood or too much, or cannot be written."""
        formula = _Formula(latex, is_display, style.body_px, style.text)
        if formula not in self._drawings:
            self._drawings[formula] = _draw(formula)
        drawing = self._drawings[formula]
        if drawing is None:
            return None
        key = (formula, style.device_pixel_ratio)
        if key not in self._images:
            if len(self._images) >= _MAX_IMAGES:
                return None
            path = self._write(_rasterize(drawing, style.device_pixel_ratio))
            if path is None:
                return None
            url = QUrl.fromLocalFile(str(path)).toString(QUrl.ComponentFormattingOption.FullyEncoded)
            self._images[key] = FormulaImage(url, drawing.width, drawing.height, drawing.ascent)
        return self._images[key]

    def _write(self, image: QImage) -> Path | None:
        try:
            path = self.folder / f"{len(self._images)}.png"
        except OSError as error:
            _LOG.warning("no folder for formulas: %r", error)
            return None
        if image.save(str(path), quality=_FAST_PNG):
            return path
        _LOG.warning("a formula could not be written to %s", path)
        return None


FORMULAS = Formulas()
"""The formulas of this process."""


def _remove_remnants(where: Path) -> None:
    """Remove what processes that were killed left behind."""
    for folder in where.glob(f"{_PREFIX}*"):
        process = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if process.isdecimal() and not psutil.pid_exists(int(process)):
            shutil.rmtree(folder, ignore_errors=True)


def load_typesetter() -> ModuleType:
    """Import ziamath, once; call it ahead on another thread to spare the first formula 0.2 s."""
    module = importlib.import_module("ziamath")
    module.config.svg2 = False  # paths only: Qt's SVG does not know SVG 2's symbols
    return module


def _draw(formula: _Formula) -> _Drawing | None:
    if len(formula.latex) > _MAX_LATEX_CHARS or _depth(formula.latex) > _MAX_DEPTH:
        return None
    try:
        ziamath = load_typesetter()
        mathml = _simplified(ET.fromstring(ziamath.tex.tex2mml(formula.latex, inline=not formula.is_display)))
        if _work(mathml) > _MAX_WORK:
            return None
        mathml.set("mathcolor", formula.colour)
        laid_out = ziamath.Math(mathml, size=formula.size_px * _MATH_SCALE, margin=0)
        if not all(laid_out.font.glyphindex(char) for char in "".join(mathml.itertext()) if char.isalpha()):
            return None  # the font has no Chinese, for one: the source says more than empty boxes
        width, height = laid_out.getsize()
        descent = -laid_out.getyofst()
        if not (0 < width <= _MAX_WIDTH and 0 < height <= _MAX_HEIGHT):
            return None
        return _drawing(laid_out.svgxml(), formula, height - descent, max(0.0, descent))
    except Exception:  # both libraries raise whatever they stumble over
        _LOG.debug("LaTeX not understood", exc_info=True)
        return None


def _depth(latex: str) -> int:
    depth = deepest = 0
    for mark in _DEPTH_MARKS.findall(latex):
        depth += {"{": 1, "}": -1}.get(mark, 0)
        deepest = max(deepest, depth)
    return deepest


def _simplified(element: ET.Element) -> ET.Element:
    """Drop rows around a single element: they mean nothing, and each doubles the time of its layout."""
    children = [_simplified(child) for child in element]
    for child in list(element):
        element.remove(child)
    element.extend(children)
    is_row = _tag(element) == "mrow" and not element.attrib
    return children[0] if is_row and len(children) == 1 else element


def _work(element: ET.Element) -> int:
    n_times = 2 if _tag(element) in _ROWS else 1
    return 1 + len(element.text or "") + n_times * sum(map(_work, element))


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _drawing(svg: ET.Element, formula: _Formula, ascent: float, descent: float) -> _Drawing | None:
    """Frame the SVG so that Qt puts its baseline on the text's baseline."""
    if not all(map(_is_harmless, svg.iter())):
        return None
    left, _, width, _ = map(float, svg.attrib["viewBox"].split())
    half_x = formula.size_px * _X_HEIGHT / 2
    if formula.is_display or descent < 1:
        height = ceil(ascent + descent)
        baseline = float(ceil(ascent)) if formula.is_display else height - descent
    else:
        height = ceil(max(2 * descent + half_x, 2 * ascent - half_x))
        baseline = (height + half_x) / 2
    svg.set("viewBox", f"{left - 0.5} {-baseline} {ceil(width) + 1} {height}")
    svg.set("width", str(ceil(width) + 1))
    svg.set("height", str(height))
    is_on_line = formula.is_display or descent < 1
    return _Drawing(ET.tostring(svg), ceil(width) + 1, height, float(height) if is_on_line else baseline)


def _is_harmless(element: ET.Element) -> bool:
    values = (value for name, value in element.attrib.items() if not name.startswith("xmlns"))
    return element.tag in _SVG_TAGS and all(map(_SVG_VALUE.match, values))


def _rasterize(drawing: _Drawing, device_pixel_ratio: float) -> QImage:
    size = QSize(ceil(drawing.width * device_pixel_ratio), ceil(drawing.height * device_pixel_ratio))
    if size.width() * size.height() > _MAX_PIXELS:
        return QImage()
    buffer = QBuffer()
    buffer.setData(QByteArray(drawing.svg))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, QByteArray(b"svg"))
    reader.setScaledSize(size)
    return reader.read()
