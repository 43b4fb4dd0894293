"""Typesets LaTeX as images: ziamath's SVG, drawn by Qt, served to QML as ``image://math/ID``.

Process: app. Thread: layout on the GUI thread (text must know the size); QML may ask for images on any thread. One lock
holds all state.

An id names a formula that was laid out here before; any other id gives an empty image. ziamath takes a quarter of a
second to import, so the first formula pays for it, not the first message.
"""

from __future__ import annotations

import hashlib
import importlib
import logging
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from math import ceil
from types import ModuleType
from typing import TYPE_CHECKING, Generic, TypeVar
from xml.etree import ElementTree as ET

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize
from PySide6.QtGui import QImage, QImageReader
from PySide6.QtQuick import QQuickImageProvider

from assistant.gui.rich_text import FormulaImage, RenderStyle

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
# Qt puts the middle of an image at half the x-height; sans-serif fonts have an x-height of about 0.53 em.
_X_HEIGHT = 0.53
_SVG_TAGS = {"svg", "g", "path", "rect", "line"}
_SVG_VALUE = re.compile(r"(?!.*url)[\w\s.,#%()+-]*\Z", re.DOTALL)
_DEPTH_MARKS = re.compile(r"\\.|[{}]", re.DOTALL)

_K = TypeVar("_K")
_V = TypeVar("_V")


class _Recent(OrderedDict[_K, _V], Generic[_K, _V]):
    """The entries used last."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def find(self, key: _K) -> _V | None:
        if key in self:
            self.move_to_end(key)
        return self.get(key)

    def add(self, key: _K, value: _V) -> None:
        self[key] = value
        self.move_to_end(key)
        while len(self) > self._size:
            self.popitem(last=False)


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
    """Formulas laid out so far."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._drawings: _Recent[_Formula, _Drawing | None] = _Recent(1_024)
        self._registered: _Recent[str, tuple[_Drawing, float]] = _Recent(4_096)
        self._images: _Recent[str, QImage] = _Recent(128)

    def typeset(self, latex: str, is_display: bool, style: RenderStyle) -> FormulaImage | None:
        """Lay out a formula and register its image; None if it is not understood or would cost too much."""
        formula = _Formula(latex, is_display, style.body_px, style.text)
        with self._lock:
            if formula in self._drawings:
                drawing = self._drawings.find(formula)
            else:
                drawing = _draw(formula)
                self._drawings.add(formula, drawing)
            if drawing is None:
                return None
            key = repr((formula, style.device_pixel_ratio)).encode()
            image_id = hashlib.blake2b(key, digest_size=16).hexdigest()
            self._registered.add(image_id, (drawing, style.device_pixel_ratio))
        return FormulaImage(f"image://{PROVIDER}/{image_id}", drawing.width, drawing.height, drawing.ascent)

    def image(self, image_id: str) -> QImage:
        """The picture of a registered formula; an empty image for any other id."""
        with self._lock:
            image = self._images.find(image_id)
            registered = self._registered.find(image_id)
            if image is None and registered is not None:
                image = _rasterize(*registered)
                self._images.add(image_id, image)
            return QImage() if image is None else image


PROVIDER = "math"
"""Name under which the engine knows `MathImageProvider`."""

FORMULAS = Formulas()
"""The formulas of this process: one registry behind all texts and the one image provider."""


class MathImageProvider(QQuickImageProvider):
    """Serves ``image://math/ID``."""

    def __init__(self, formulas: Formulas = FORMULAS) -> None:
        super().__init__(QQuickImageProvider.ImageType.Image, QQuickImageProvider.Flag.ForceAsynchronousImageLoading)
        self._formulas = formulas

    def requestImage(self, image_id: str, size: QSize, requested_size: QSize) -> QImage:
        """The image of `image_id` at the pixel ratio it was registered with, whatever size is asked for."""
        image = self._formulas.image(image_id)
        size.setWidth(image.width())
        size.setHeight(image.height())
        return image


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
