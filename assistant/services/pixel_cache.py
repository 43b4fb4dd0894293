"""Pictures as rows of pixels, decoded once: what the engine reads.

Process: app. Thread: any; one picture is decoded at a time.

Beside the rows lies a note with their size and digest, so that neither a new process nor a long conversation decodes a
picture again. Both files may be deleted or damaged at any time.
"""

from __future__ import annotations

import hashlib
import logging
import os
import struct
import tempfile
import threading
from pathlib import Path

import msgspec

from assistant.clients.image_client import ImageClient
from assistant.protocol.image_messages import PixelsRendered
from assistant.storage.attachment_files import AttachmentFiles

log = logging.getLogger(__name__)

_BYTES_PER_PIXEL = 3


_Stamp = tuple[int, int]
"""Time of the last change in ns, and size in bytes: a file with the same ones is taken to be the same."""


class PixelCache:
    """The rows of pictures, by the size that is asked for.

    Args:
        files: Where they lie.
        images: Decodes pictures.
    """

    def __init__(self, files: AttachmentFiles, images: ImageClient) -> None:
        self._files = files
        self._images = images
        self._lock = threading.Lock()
        self._checked: dict[Path, tuple[_Stamp, PixelsRendered]] = {}

    def get(self, sha256: str, max_side: int, max_pixels: int) -> tuple[Path, PixelsRendered]:
        """The rows of a picture.

        Args:
            sha256: The original in the attachment store.
            max_side: Longest side, pixels; 0 for any.
            max_pixels: Most pixels.

        Returns:
            Their file, and what it holds.

        Raises:
            AttachmentDamaged: The original is gone or damaged, and the rows are not here.
        """
        path = self._files.pixels(sha256, max_side, max_pixels)
        with self._lock:
            stamp = _stamp(path)
            pixels = self._known(path, stamp)
            if pixels is None:
                pixels = self._images.render(self._files.original(sha256), path, max_side, max_pixels)
                _write_note(path, pixels)
                self._files.settle(sha256)
                stamp = _stamp(path)
            self._checked[path] = (stamp, pixels)
        return path, pixels

    def recheck(self) -> None:
        """Check the digest of every file again before it is used."""
        with self._lock:
            self._checked.clear()

    def _known(self, path: Path, stamp: _Stamp) -> PixelsRendered | None:
        """What the file holds, if that is known; its digest is checked unless it is the file that was checked."""
        checked = self._checked.get(path)
        if checked is not None and checked[0] == stamp and stamp[1] == _n_bytes(checked[1]):
            return checked[1]
        noted = _read_note(path)
        return noted if noted is not None and _digest(path, noted) == noted.digest else None


def _n_bytes(pixels: PixelsRendered) -> int:
    return pixels.width * pixels.height * _BYTES_PER_PIXEL


def _stamp(path: Path) -> _Stamp:
    """Of a file that is there; else its size is -1."""
    try:
        status = path.stat()
    except OSError:
        return (0, -1)
    return status.st_mtime_ns, status.st_size


def _digest(path: Path, pixels: PixelsRendered) -> str:
    """As `PromptMedia.digest` says; empty if the file does not hold so many rows."""
    if _stamp(path)[1] != _n_bytes(pixels):
        return ""
    try:
        with path.open("rb") as file:
            head = b"rgb24" + struct.pack("<II", pixels.width, pixels.height)
            return hashlib.file_digest(file, lambda: hashlib.sha256(head)).hexdigest()
    except OSError:
        return ""


def _note(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _read_note(path: Path) -> PixelsRendered | None:
    try:
        return msgspec.json.decode(_note(path).read_bytes(), type=PixelsRendered)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _write_note(path: Path, pixels: PixelsRendered) -> None:
    note = _note(path)
    try:
        descriptor, temporary = tempfile.mkstemp(dir=note.parent, prefix=f"{note.name}.", suffix=".new")
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(pixels))
        os.replace(temporary, note)
    except OSError as error:  # a full disk: it is decoded again next time
        log.warning("what is known of %s was not noted: %r", path.name, error)
