"""Decodes one picture: upright, RGB, over white, scaled down as far as asked.

Process: image worker. Thread: its only one.

What counts is the content, not the name: only the decoders of `_MIME_TYPES` are ever tried. Pixels are counted from
the header, before the decoder has memory for them.
"""

from __future__ import annotations

import math
import stat
import warnings
from dataclasses import dataclass
from pathlib import Path

# Imported here, so that Pillow finds all decoders it may use and does not go looking for more.
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from assistant.core.errors import AttachmentDamaged, AttachmentTooLarge, AttachmentUnsupported, FamulusError

MAX_PIXELS = 50_000_000
"""Pixels of the largest picture."""

# Pillow warns at this number and refuses twice as many; where a decoder allocates while it opens, it only refuses.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2

_MIME_TYPES = {
    PngImagePlugin.PngImageFile.format: "image/png",
    JpegImagePlugin.JpegImageFile.format: "image/jpeg",
    WebPImagePlugin.WebPImageFile.format: "image/webp",
    GifImagePlugin.GifImageFile.format: "image/gif",
    BmpImagePlugin.BmpImageFile.format: "image/bmp",
}
_ORIENTATION_TAG = 0x0112
# Values of the tag to what makes the picture upright (Exif 2.32, 4.6.4 A).
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture.

    Attributes:
        mime: Type of the file.
        width, height: Of the original once it is upright, pixels.
        image: Mode RGB, upright, within the limits asked for.
    """

    mime: str
    width: int
    height: int
    image: Image.Image


def decode(path: str, max_side: int, max_pixels: int) -> Picture:
    """Decode the (first) picture of a file.

    Args:
        path: The file; untrusted.
        max_side: Longest side of the result, pixels; 0 for any.
        max_pixels: Most pixels of the result, at least 1.

    Raises:
        AttachmentUnsupported: The file is no picture of a known format.
        AttachmentDamaged: It is empty, truncated, contradicts itself, or cannot be read.
        AttachmentTooLarge: It has more than `MAX_PIXELS`.
        MemoryError: It needs more memory than this process may have.
    """
    try:
        _check_file(Path(path))
        # Pillow warns of large pictures, which are allowed, and of damaged EXIF, which does no harm.
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(path, formats=tuple(_MIME_TYPES)) as source,
        ):
            return _decode(source, max_side, max_pixels)
    except (FamulusError, MemoryError):
        raise
    except UnidentifiedImageError as error:
        raise AttachmentUnsupported(
            "The file is no picture that can be read, or its beginning is damaged.",
            remedy="PNG, JPEG, WebP, GIF and BMP can be read; save it as one of them.",
            cause=repr(error),
        ) from error
    except Image.DecompressionBombError as error:
        raise AttachmentTooLarge(
            "The picture has more than {limit} megapixels.",
            remedy="Make it smaller and try again.",
            cause=repr(error),
            limit=MAX_PIXELS // 10**6,
        ) from error
    except Exception as error:  # decoders raise anything about hostile bytes
        raise AttachmentDamaged(
            "The picture is damaged or incomplete.", remedy="Choose another copy of it.", cause=repr(error)[:2000]
        ) from error


def _check_file(path: Path) -> None:
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise AttachmentDamaged(
            "The picture is no longer there.", remedy="Choose another copy of it.", cause=repr(error)
        ) from error
    # A pipe or a device would block for ever when it is opened.
    if not stat.S_ISREG(status.st_mode):
        raise AttachmentUnsupported("This is not a file.", remedy="Choose a picture.", cause=str(path))
    if status.st_size == 0:
        raise AttachmentDamaged("The file is empty.", remedy="Choose another copy of it.")


def _decode(source: Image.Image, max_side: int, max_pixels: int) -> Picture:
    # What is none of them is an MPO: a JPEG with more pictures behind the first.
    mime = _MIME_TYPES.get(source.format or "", "image/jpeg")
    width, height = source.size
    size = scaled_size(width, height, max_side, max_pixels)
    # A JPEG is decoded at 1/2, 1/4 or 1/8 at once, to no less than twice the size: the rest is LANCZOS's.
    source.draft(None, (2 * size[0], 2 * size[1]))
    # Before anything else may: what fails to load a second time is taken for loaded.
    source.load()
    orientation = _orientation(source)
    image = _scaled(source, size)
    if orientation in _UPRIGHT:
        image = image.transpose(_UPRIGHT[orientation])
    if orientation in _SIDEWAYS:
        width, height = height, width
    return Picture(mime, width, height, image)


def _orientation(image: Image.Image) -> int:
    """Value of the EXIF tag; 1, upright, where there is none or it makes no sense."""
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # damaged EXIF is no reason to refuse the picture
        return 1


def scaled_size(width: int, height: int, max_side: int, max_pixels: int) -> tuple[int, int]:
    """The largest size of the same shape within the limits, never larger than the original.

    Args:
        width: Of the original, pixels.
        height: Of the original, pixels.
        max_side: Longest side; 0 for any.
        max_pixels: Most pixels, at least 1.
    """
    scale = min(1.0, math.sqrt(max_pixels / (width * height)))
    if max_side:
        scale = min(scale, max_side / max(width, height))
    width, height = max(1, round(width * scale)), max(1, round(height * scale))
    if width * height <= max_pixels:
        return width, height
    # Rounding went beyond the limit, or one side is a single pixel: the longer side gives way.
    return (max_pixels // height, height) if width >= height else (width, max_pixels // width)


def _scaled(source: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A loaded picture as RGB of this size, what is transparent over white."""
    transparent = source.has_transparency_data
    image: Image.Image = source
    mode = "RGBA" if transparent else "RGB"
    if image.mode.startswith("I"):  # 16 bits of gray, which Pillow would not scale but cut off at 255
        image = image.point(lambda value: value * (1 / 256) + 0)
    if image.mode != mode:
        image = image.convert(mode)
    if image.size != size:
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    if not transparent:
        return image
    white = Image.new("RGB", size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white
