"""The image worker's main loop: looks at pictures, draws thumbnails and charts, hands out pixels.

Process: image worker. Thread: one.

A picture may do to this process whatever it wants: it has bounded memory and time, and the app starts another one.
"""

from __future__ import annotations

import hashlib
import io
import os
import signal
import struct
from pathlib import Path

from PIL import Image

from assistant.core.errors import AttachmentTooLarge, FamulusError, unwritable
from assistant.images.decoder import MAX_PIXELS, decode
from assistant.images.plot import draw_check
from assistant.protocol.framing import FrameReader, FrameWriter
from assistant.protocol.image_messages import (
    ChartDrawn,
    DescribeImage,
    DrawContextCheck,
    ImageDescribed,
    ImageFailed,
    ImageReply,
    ImageRequest,
    PixelsRendered,
    RenderPixels,
)
from assistant.protocol.worker_limits import confine, grant_cpu_time
from assistant.protocol.worker_streams import claim_streams

CPU_SECONDS = 10
"""Processor time of one request."""
ADDRESS_SPACE_BYTES = 1024 * 1024 * 1024
MAX_FILE_BYTES = 3 * MAX_PIXELS
"""RGB of the largest picture."""
N_FILES = 32


def answer(request: ImageRequest) -> ImageReply:
    """Do what is asked; a picture's failure is a reply, never an exception."""
    try:
        if isinstance(request, DescribeImage):
            return _describe(request)
        if isinstance(request, DrawContextCheck):
            return _draw(request)
        return _render(request)
    except FamulusError as error:
        return ImageFailed(error=error.info)
    except MemoryError as error:
        too_large = AttachmentTooLarge(
            "The picture needs too much memory.", remedy="Make it smaller and try again.", cause=repr(error)
        )
        return ImageFailed(error=too_large.info)


def _describe(request: DescribeImage) -> ImageDescribed:
    picture = decode(request.path, request.thumbnail_side, request.thumbnail_side**2)
    _write(request.thumbnail_path, _png(picture.image))
    return ImageDescribed(mime=picture.mime, width=picture.width, height=picture.height)


def _render(request: RenderPixels) -> PixelsRendered:
    image = decode(request.path, request.max_side, request.max_pixels).image
    rows = image.tobytes()
    digest = hashlib.sha256(b"rgb24" + struct.pack("<II", image.width, image.height))
    digest.update(rows)
    _write(request.pixels_path, rows)
    return PixelsRendered(width=image.width, height=image.height, digest=digest.hexdigest())


def _draw(request: DrawContextCheck) -> ChartDrawn:
    chart = draw_check(request.check, request.series)
    _write(request.path, _png(chart))
    return ChartDrawn(width=chart.width, height=chart.height)


def _png(image: Image.Image) -> bytes:
    png = io.BytesIO()
    image.save(png, "PNG")
    return png.getvalue()


def _write(path: str, data: bytes) -> None:
    try:
        Path(path).write_bytes(data)
    except OSError as error:
        raise unwritable(Path(path), error) from error


def main() -> None:
    """Serve requests until the pipe closes."""
    incoming, outgoing = claim_streams()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the app's to understand
    os.umask(0o077)
    confine(memory_bytes=ADDRESS_SPACE_BYTES, file_bytes=MAX_FILE_BYTES, n_files=N_FILES)
    reader: FrameReader[ImageRequest] = FrameReader(incoming, ImageRequest)
    writer = FrameWriter(outgoing)
    while (request := reader.read()) is not None:
        grant_cpu_time(CPU_SECONDS)
        writer.write(answer(request))
