"""Pictures that lie, burst, break off, or are none: what a stranger may send, with the error each must give."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

UNSUPPORTED, DAMAGED, TOO_LARGE = "AttachmentUnsupported", "AttachmentDamaged", "AttachmentTooLarge"
REFUSED = f"{UNSUPPORTED} {DAMAGED} {TOO_LARGE}"
"""Any of them: a truncated beginning may be no picture, or a damaged one."""

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    """A picture file in memory."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def noise(width: int = 64, height: int = 48, mode: str = "RGB") -> Image.Image:
    """Pixels that no format compresses away."""
    size = width * height * len(mode)
    return Image.frombytes(mode, (width, height), random.Random(7).randbytes(size))


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG file (PNG specification, 5.3)."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, rows: bytes, *extra: bytes, colour: int = 2) -> bytes:
    """A PNG file with any size in its header, and any compressed rows."""
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    chunks = (png_chunk(b"IHDR", header), *extra, png_chunk(b"IDAT", rows), png_chunk(b"IEND", b""))
    return PNG_MAGIC + b"".join(chunks)


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    """A WebP container (RFC 9649, 2.3)."""
    body = b"".join(name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for name, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def webp_canvas(width: int, height: int) -> bytes:
    """``VP8X``: a canvas of any size (RFC 9649, 2.7)."""
    return b"\x10\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def gif(width: int, height: int, *, frame: tuple[int, int, int, int], data: bytes = b"\x02\x01\x44\x00;") -> bytes:
    """A GIF file whose screen and first frame (left, top, width, height) have any size (GIF89a, 18 and 20)."""
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return screen + b"," + struct.pack("<HHHHB", *frame, 0) + data


def bmp(width: int, height: int, *, depth: int = 24, compression: int = 0, body: bytes = b"") -> bytes:
    """A BMP file with any numbers in its header (``BITMAPINFOHEADER``)."""
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, depth, compression, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(body), 0, 0, 54) + info + body


def jpeg_of_size(width: int, height: int) -> bytes:
    """A JPEG whose frame header announces another size (ITU T.81, B.2.2)."""
    data = bytearray(encoded(noise(), "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def many_scans(n: int) -> bytes:
    """A progressive JPEG whose last scan is repeated: little data, much work."""
    data = encoded(Image.new("RGB", (4096, 4096), "gray"), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * n + b"\xff\xd9"


def animation(n_frames: int) -> bytes:
    """A GIF of many frames, of which only the first counts."""
    frames = [Image.new("P", (20, 20), number % 250) for number in range(n_frames)]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])


def _cut(data: bytes) -> Iterator[tuple[str, bytes]]:
    for part, end in (("head", 20), ("half", len(data) // 2), ("tail", len(data) - len(data) // 8)):
        yield part, data[:end]


def hostile_images() -> dict[str, tuple[bytes, str]]:
    """Name to content, and the names of the errors that it may give."""
    whole = {form: encoded(noise(), form) for form in ("PNG", "JPEG", "WEBP", "GIF", "BMP")}
    images = {f"{form} {part}": (data, REFUSED) for form in whole for part, data in _cut(whole[form])}
    rows = zlib.compress(bytes(100))
    text_bomb = png_chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(80_000_000)))
    vector = b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"
    return images | {
        "empty": (b"", DAMAGED),
        "one byte": (b"\x89", UNSUPPORTED),
        "zeros": (bytes(4096), UNSUPPORTED),
        "noise": (random.Random(3).randbytes(100_000), UNSUPPORTED),
        "text": (b"This is no picture.\n" * 20, UNSUPPORTED),
        "SVG": (vector, UNSUPPORTED),
        "EPS": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(run) system\n", UNSUPPORTED),
        "PDF": (b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n", UNSUPPORTED),
        "TIFF": (encoded(noise(), "TIFF"), UNSUPPORTED),
        "ICO": (encoded(noise(), "ICO"), UNSUPPORTED),
        "PPM": (encoded(noise(), "PPM"), UNSUPPORTED),
        "TGA": (encoded(noise(), "TGA"), UNSUPPORTED),
        "archive": (b"PK\x03\x04" + bytes(100), UNSUPPORTED),
        "PNG magic alone": (PNG_MAGIC, UNSUPPORTED),
        "PNG bomb": (png(60_000, 60_000, rows), TOO_LARGE),
        "PNG just too large": (png(8000, 6251, rows), TOO_LARGE),
        "PNG of 2^31 pixels a side": (png(2**31 - 1, 2**31 - 1, rows), TOO_LARGE),
        "PNG without rows": (png(3000, 3000, rows), DAMAGED),
        "PNG of no pixels": (png(0, 10, rows), REFUSED),
        "PNG of an unknown colour type": (png(10, 10, rows, colour=5), REFUSED),
        "PNG with a text bomb": (png(10, 10, zlib.compress(bytes(310)), text_bomb), REFUSED),
        "PNG with wrong checksums": (whole["PNG"][:-20] + b"\0" * 20, REFUSED),
        "PNG of noise": (png(64, 64, random.Random(5).randbytes(5000)), DAMAGED),
        "JPEG bomb": (jpeg_of_size(65_000, 65_000), TOO_LARGE),
        "JPEG of lying size, without an end": (jpeg_of_size(6000, 6000)[:-2], DAMAGED),
        "JPEG without tables": (b"\xff\xd8\xff\xda\0\x0c" + bytes(500) + b"\xff\xd9", REFUSED),
        "GIF bomb": (gif(65_000, 65_000, frame=(0, 0, 1, 1)), TOO_LARGE),
        "GIF with a huge frame": (gif(10, 10, frame=(0, 0, 65_000, 65_000)), TOO_LARGE),
        "GIF with a far frame": (gif(10, 10, frame=(60_000, 60_000, 10, 10)), TOO_LARGE),
        "GIF without a frame": (b"GIF89a" + struct.pack("<HHBBB", 50, 50, 0, 0, 0) + b";", REFUSED),
        "GIF of blocks without end": (gif(50, 50, frame=(0, 0, 50, 50), data=b"\x0c" + b"\xff" * 100_000), REFUSED),
        "GIF of a wrong code size": (gif(50, 50, frame=(0, 0, 50, 50), data=b"\x40\x01\x44\0;"), REFUSED),
        "BMP bomb": (bmp(2**31 - 1, 2**31 - 1), TOO_LARGE),
        "BMP without rows": (bmp(2000, 2000), DAMAGED),
        "BMP upside down without end": (bmp(2000, -(2**31)), REFUSED),
        "BMP of an unknown depth": (bmp(10, 10, depth=77), REFUSED),
        "BMP of runs beyond its end": (bmp(10, 10, depth=8, compression=1, body=b"\xff\x01" * 5000), REFUSED),
        "WebP bomb": (webp((b"VP8X", webp_canvas(2**24, 2**24))), REFUSED),
        "WebP of 16383 pixels a side": (webp((b"VP8L", b"\x2f\xff\xff\xff\x0f" + bytes(50))), TOO_LARGE),
        "WebP canvas without a frame": (webp((b"VP8X", webp_canvas(4000, 4000))), REFUSED),
        "WebP of a lying length": (whole["WEBP"][:4] + b"\xff\xff\xff\x7f" + whole["WEBP"][8:], REFUSED),
    }
