"""The files in which pictures and sounds reach the engine: bare pixels, bare samples.

Process: engine worker. Thread: any.

The files are caches that anything may have happened to since they were written, so nothing is handed to native code
before its size and its digest are those that the prompt names (`PromptMedia`).
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import stat
import struct
from pathlib import Path

from assistant.core.errors import AttachmentDamaged
from assistant.protocol.prompt_messages import PromptMedia


def read_pixels(media: PromptMedia) -> ctypes.Array[ctypes.c_uint8]:
    """Rows of RGB, 8 bits each, from the top: ``3 * width * height`` bytes.

    Raises:
        AttachmentDamaged: The file is gone, or is not what its digest says.
    """
    content = _read(media, 3 * media.width * media.height, b"rgb24", media.width, media.height)
    return (ctypes.c_uint8 * len(content)).from_buffer(content)


def read_samples(media: PromptMedia, sample_rate: int) -> ctypes.Array[ctypes.c_float]:
    """Mono samples from -1 to 1, as many as `PromptMedia.n_samples`.

    Args:
        media: The sound.
        sample_rate: What the projector hears, Hz; samples of another rate have another digest.

    Raises:
        AttachmentDamaged: The file is gone, or is not what its digest says.
    """
    content = _read(media, ctypes.sizeof(ctypes.c_float) * media.n_samples, b"f32", sample_rate)
    return (ctypes.c_float * media.n_samples).from_buffer(content)


def _read(media: PromptMedia, n_bytes: int, form: bytes, *numbers: int) -> bytearray:
    try:
        content = _read_exactly(Path(media.path), n_bytes)
    except (OSError, ValueError) as error:  # a null character in a path is a ValueError
        raise _damaged(repr(error)) from error
    digest = hashlib.sha256(form + struct.pack(f"<{len(numbers)}I", *numbers))
    digest.update(content)
    if digest.hexdigest() != media.digest:
        raise _damaged(f"{media.path}: its content has another digest")
    return content


def _read_exactly(path: Path, n_bytes: int) -> bytearray:
    with open(path, "rb", buffering=0, opener=_open_without_waiting) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size != n_bytes:
            raise OSError(f"{path} is no file of {n_bytes} bytes")
        content = bytearray(n_bytes)
        view, n_read = memoryview(content), 0
        while n_read < n_bytes and (n_more := file.readinto(view[n_read:])):
            n_read += n_more
    if n_read < n_bytes:
        raise OSError(f"{path} became shorter")
    return content


def _open_without_waiting(path: str, flags: int) -> int:
    # A pipe in the file's place would else hold up the engine until somebody writes into it.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _damaged(cause: str) -> AttachmentDamaged:
    return AttachmentDamaged(
        "A picture or sound of this conversation is no longer as it was.", remedy="Attach it again.", cause=cause
    )
