"""Messages between the app and the image worker, which decodes picture files and draws charts.

Process: both sides. Thread rule: immutable.

Each request is answered by exactly one reply, in order.
"""

from __future__ import annotations

import msgspec

from assistant.core.context_check import ContextCheck, Series
from assistant.core.errors import ErrorInfo


class DescribeImage(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Decode a picture to see that it is sound, and draw its thumbnail.

    Attributes:
        path: The picture file; untrusted.
        thumbnail_path: Where the thumbnail goes, as PNG.
        thumbnail_side: Longest side of the thumbnail, pixels.
    """

    path: str
    thumbnail_path: str
    thumbnail_side: int


class RenderPixels(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Decode a picture to RGB rows, upright, over white, scaled down as far as asked.

    Attributes:
        path: The picture file; untrusted.
        pixels_path: Where the rows go (see `PromptMedia.path`).
        max_side: Longest side, pixels; 0 for any.
        max_pixels: Most pixels.
    """

    path: str
    pixels_path: str
    max_side: int
    max_pixels: int


class DrawContextCheck(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Draw a chart of a context check.

    Attributes:
        check: What was measured.
        series: Which of it to show.
        path: Where the chart goes, as PNG.
    """

    check: ContextCheck
    series: Series
    path: str


class ImageDescribed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A sound picture: its type, and its size once it is upright, pixels."""

    mime: str
    width: int
    height: int


class PixelsRendered(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The rows are in the file; `digest` as in `PromptMedia`."""

    width: int
    height: int
    digest: str


class ChartDrawn(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The chart is in the file; its size, pixels."""

    width: int
    height: int


class ImageFailed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The picture cannot be used."""

    error: ErrorInfo


ImageRequest = DescribeImage | RenderPixels | DrawContextCheck
ImageReply = ImageDescribed | PixelsRendered | ChartDrawn | ImageFailed
