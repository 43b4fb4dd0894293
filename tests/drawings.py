"""Drawings of plain shapes that the projector in `tests/data` knows, with questions about them and their answers.

Equal seeds give equal drawings. Sizes and places vary a little, so that no two drawings of a run are alike.
"""

from __future__ import annotations

import enum
import hashlib
import itertools
import math
import random
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from assistant.core.media import MediaKind
from assistant.protocol.prompt_messages import PromptMedia

COLOURS = {
    "red": (220, 30, 30),
    "green": (30, 160, 60),
    "blue": (30, 60, 220),
    "yellow": (255, 235, 50),
    "orange": (245, 140, 20),
    "purple": (130, 40, 160),
    "pink": (255, 120, 185),
    "brown": (120, 70, 30),
    "black": (10, 10, 10),
    "white": (250, 250, 250),
    "gray": (128, 128, 128),
}
SHAPES = ("circle", "square", "triangle", "star", "cross", "heart", "diamond")
PLACES = {
    "left": (0.25, 0.5),
    "right": (0.75, 0.5),
    "top": (0.5, 0.25),
    "bottom": (0.5, 0.75),
    "center": (0.5, 0.5),
}
SIDE = 112
"""Pixels; what the projector looks at."""
MIN_DISTANCE = 105.0
"""Between two colours of one drawing, as `_distance` has it: yellow on white, or gray beside brown, is not plain."""

Point = tuple[float, float]
Colour = tuple[int, int, int]


class Kind(enum.StrEnum):
    """What a question is about."""

    COLOUR = "colour"
    BACKGROUND = "background"
    SHAPE = "shape"
    SIDES = "left/right"
    PLACE = "where"


@dataclass(frozen=True)
class Question:
    """A question about a drawing, and the answer the projector was trained to give, word for word."""

    kind: Kind
    text: str
    answer: str


@dataclass(frozen=True)
class Drawing:
    """A square picture, and what can be asked about it."""

    image: Image.Image
    questions: tuple[Question, ...]


def draw(background: str, *figures: tuple[str, str, Point, float], side: int = SIDE) -> Image.Image:
    """Draw figures, each a shape, a colour, its middle and its radius (both in parts of the side)."""
    image = Image.new("RGB", (4 * side, 4 * side), COLOURS[background])
    pencil = ImageDraw.Draw(image)
    for shape, colour, (x, y), radius in figures:
        outline = [(4 * side * (x + radius * u), 4 * side * (y + radius * v)) for u, v in _OUTLINES[shape]()]
        pencil.polygon(outline, fill=COLOURS[colour])
    return image.resize((side, side), Image.Resampling.LANCZOS)


def one_shape(seed: int) -> Drawing:
    """One large shape in the middle: colour, shape, background."""
    chance = random.Random(seed)
    background, colour = _two_colours(chance)
    shape = chance.choice(SHAPES)
    middle = (0.5 + chance.uniform(-0.03, 0.03), 0.5 + chance.uniform(-0.03, 0.03))
    image = draw(background, (shape, colour, middle, chance.uniform(0.27, 0.33)))
    return Drawing(
        image,
        (
            Question(Kind.COLOUR, "What color is the shape?", f"{colour.capitalize()}."),
            Question(Kind.SHAPE, "What shape is in the image?", f"{shape.capitalize()}."),
            Question(Kind.BACKGROUND, "What color is the background?", f"{background.capitalize()}."),
        ),
    )


def two_shapes(seed: int) -> Drawing:
    """Two different shapes side by side."""
    chance = random.Random(seed)
    background, left_colour, right_colour = _colours(chance, 3)
    left, right = chance.sample(SHAPES, 2)
    image = draw(background, (left, left_colour, (0.26, 0.5), 0.21), (right, right_colour, (0.74, 0.5), 0.21))
    return Drawing(
        image,
        (
            Question(Kind.SIDES, "What is on the left?", f"A {left_colour} {left}."),
            Question(Kind.SIDES, "What is on the right?", f"A {right_colour} {right}."),
        ),
    )


def placed_shape(seed: int) -> Drawing:
    """One small shape somewhere."""
    chance = random.Random(seed)
    background, colour = _two_colours(chance)
    place = chance.choice(list(PLACES))
    image = draw(background, (chance.choice(SHAPES), colour, PLACES[place], 0.16))
    return Drawing(
        image,
        (
            Question(Kind.PLACE, "Where is the object?", f"{place.capitalize()}."),
            Question(Kind.BACKGROUND, "What color is the background?", f"{background.capitalize()}."),
        ),
    )


def drawings(n: int, seed: int = 0) -> list[Drawing]:
    """`n` drawings: of each five, three of one shape, one of two shapes, one of a shape somewhere."""
    makers: tuple[Callable[[int], Drawing], ...] = (one_shape, two_shapes, one_shape, placed_shape, one_shape)
    return [makers[index % len(makers)](1_000_003 * seed + index) for index in range(n)]


def as_media(image: Image.Image, folder: Path) -> PromptMedia:
    """Write the pixels of a picture into a folder, as the app hands them to the engine."""
    rows = image.convert("RGB").tobytes()
    digest = hashlib.sha256(b"rgb24" + struct.pack("<II", *image.size) + rows).hexdigest()
    path = folder / digest
    path.write_bytes(rows)
    return PromptMedia(kind=MediaKind.IMAGE, digest=digest, path=str(path), width=image.width, height=image.height)


def _colours(chance: random.Random, n: int) -> list[str]:
    while True:
        names = chance.sample(list(COLOURS), n)
        pairs = itertools.combinations([COLOURS[name] for name in names], 2)
        if all(_distance(*pair) >= MIN_DISTANCE for pair in pairs):
            return names


def _distance(one: Colour, other: Colour) -> float:
    """How far two colours are apart for the eye: channels weighted as in the luma of ITU-R BT.601."""
    weighted = zip((0.299, 0.587, 0.114), one, other, strict=True)
    return math.sqrt(sum(weight * (a - b) ** 2 for weight, a, b in weighted))


def _two_colours(chance: random.Random) -> tuple[str, str]:
    first, second = _colours(chance, 2)
    return first, second


def _regular(n: int, *, inner: float = 1.0, turned: float = -0.25) -> list[Point]:
    """Corners on a circle of radius 1, every other one on a circle of radius `inner`; the first one on top."""
    angles = [2 * math.pi * (index / n + turned) for index in range(n)]
    radii = [inner if index % 2 else 1.0 for index in range(n)]
    return [(radius * math.cos(angle), radius * math.sin(angle)) for radius, angle in zip(radii, angles, strict=True)]


def _heart() -> list[Point]:
    """The well-known curve ``16 sin^3 t, 13 cos t - 5 cos 2t - 2 cos 3t - cos 4t``."""
    points = []
    for step in range(72):
        t = 2 * math.pi * step / 72
        y = 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)
        points.append((16 * math.sin(t) ** 3 / 16.5, -y / 16.5))
    return points


def _cross() -> list[Point]:
    arm = 0.35
    quarter = [(arm, -1.0), (arm, -arm), (1.0, -arm)]
    points = []
    for _ in range(4):
        points += quarter
        quarter = [(-y, x) for x, y in quarter]
    return points


_OUTLINES: dict[str, Callable[[], list[Point]]] = {
    "circle": lambda: _regular(90),
    "square": lambda: [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
    "triangle": lambda: [(0.0, -1.0), (1.0, 0.9), (-1.0, 0.9)],
    "star": lambda: _regular(10, inner=0.4),
    "cross": _cross,
    "heart": _heart,
    "diamond": lambda: [(0.0, -1.0), (0.8, 0.0), (0.0, 1.0), (-0.8, 0.0)],
}
