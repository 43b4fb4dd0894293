"""An image client that takes PNG files by their header only: no process, no decoder.

A thumbnail is a copy, pixels are white.
"""

from __future__ import annotations

import hashlib
import struct
import threading
import zlib
from pathlib import Path

from assistant.core.context_check import ContextCheck, Series
from assistant.core.errors import AttachmentDamaged, AttachmentTooLarge, AttachmentUnsupported
from assistant.protocol.image_messages import ChartDrawn, ImageDescribed, PixelsRendered

MAX_PIXELS = 50_000_000
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class FakeImages:
    """Stands in for `ImageClient`.

    Attributes:
        described: Names of the files that were described, in order.
        rendered: Names of the files that were rendered, in order.
        limits: Their limits, side and pixels.
        drawn: The checks of which a chart was drawn, and of which series.
        draws_badly: Whether drawing a chart fails.
        closed: Whether `close` was called.
    """

    def __init__(self) -> None:
        self.described: list[str] = []
        self.rendered: list[str] = []
        self.limits: list[tuple[int, int]] = []
        self.drawn: list[tuple[ContextCheck, Series]] = []
        self.draws_badly = False
        self.closed = False

    def describe(self, path: Path, thumbnail_path: Path, thumbnail_side: int) -> ImageDescribed:
        self.described.append(path.name)
        width, height = _size(path)
        thumbnail_path.write_bytes(path.read_bytes())
        return ImageDescribed(mime="image/png", width=width, height=height)

    def render(
        self, path: Path, pixels_path: Path, max_side: int, max_pixels: int, cancelled: threading.Event | None = None
    ) -> PixelsRendered:
        self.rendered.append(path.name)
        self.limits.append((max_side, max_pixels))
        width, height = _size(path)
        # Fake pictures of the same size are told apart by one byte of each.
        rows = path.read_bytes()[-1:] * (3 * width * height)
        pixels_path.write_bytes(rows)
        digest = hashlib.sha256(b"rgb24" + struct.pack("<II", width, height) + rows).hexdigest()
        return PixelsRendered(width=width, height=height, digest=digest)

    def draw_check(self, check: ContextCheck, series: Series, path: Path) -> ChartDrawn:
        if self.draws_badly:
            raise AttachmentDamaged("The picture is damaged.")
        self.drawn.append((check, series))
        path.write_bytes(_SIGNATURE)
        return ChartDrawn(width=1200, height=800)

    def close(self) -> None:
        self.closed = True


def png(path: Path, width: int = 4, height: int = 2, *, kind: int = 0) -> Path:
    """Write a picture that the fake takes; its `kind`, 0 to 255, is what tells it from others of its size."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    checked = struct.pack(">I", len(header) - 4) + header + struct.pack(">I", zlib.crc32(header))
    path.write_bytes(_SIGNATURE + checked + bytes([kind]))
    return path


def _size(path: Path) -> tuple[int, int]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise AttachmentDamaged("The picture is no longer there.") from error
    if not data.startswith(_SIGNATURE):
        raise AttachmentUnsupported("That is no picture.")
    if len(data) < 33:
        raise AttachmentDamaged("The picture is damaged.")
    width, height = struct.unpack(">II", data[16:24])
    if width * height > MAX_PIXELS:
        raise AttachmentTooLarge("The picture is too large.")
    return width, height
