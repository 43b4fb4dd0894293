"""Pictures as rows of pixels, decoded once: what the engine reads.

Process: app. Thread: any; one picture is decoded at a time.

Beside the rows lies a note with their size and digest, so that neither a new process nor a long conversation decodes a
picture again; its time of change says when they were last used. Both files may be deleted or damaged at any time: the
original is then decoded again.
"""

from __future__ import annotations

import hashlib
import logging
import os
import struct
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from assistant.clients.image_client import ImageClient
from assistant.protocol.image_messages import PixelsRendered
from assistant.storage.attachment_files import AttachmentFiles

log = logging.getLogger(__name__)

MAX_BYTES = 512 * 1024**2
"""What all rows may take on the disk: the largest take 12 MB, so over 40 of them; those of an ordinary projector, which
gets 896 pixels a side at most, take 2.4 MB, so over 200."""
IN_USE_S = 3600.0
"""Rows that were used so recently stay, seconds: the engine of another process may not have come to read them yet."""

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
        self._use_lock = threading.Lock()  # of its own: decoding a picture may take seconds
        self._n_users = 0
        self._in_use: set[Path] = set()

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """The files that `get` names meanwhile stay until the end; then there is room for the next ones."""
        with self._use_lock:
            self._n_users += 1
        try:
            yield
        finally:
            with self._use_lock:
                self._n_users -= 1
                named = bool(self._in_use)
                if self._n_users == 0:  # which user had which is not known
                    self._in_use.clear()
            if named:
                self.prune()

    def prune(self) -> None:
        """Remove the least recently used rows until the others take no more than `MAX_BYTES`."""
        with self._use_lock:
            self._files.prune_pixels(MAX_BYTES, self._in_use, IN_USE_S)

    def get(
        self, sha256: str, max_side: int, max_pixels: int, cancelled: threading.Event | None
    ) -> tuple[Path, PixelsRendered]:
        """The rows of a picture.

        Args:
            sha256: The original in the attachment store.
            max_side: Longest side, pixels; 0 for any.
            max_pixels: Most pixels.
            cancelled: Set when it is not wanted any more; None for never.

        Returns:
            Their file, and what it holds.

        Raises:
            AttachmentDamaged: The original is gone or damaged, and the rows are not here.
            FamulusError: What else `ImageClient.render` raises.
        """
        path = self._files.pixels(sha256, max_side, max_pixels)
        with self._use_lock:  # before it is looked for: from here on nobody removes it
            if self._n_users:
                self._in_use.add(path)
        with self._lock:
            stamp = _stamp(path)
            pixels = self._known(path, stamp)
            if pixels is None:
                pixels = self._images.render(self._files.original(sha256), path, max_side, max_pixels, cancelled)
                _write_note(path, pixels)
                self._files.settle(sha256)
                stamp = _stamp(path)
            self._checked[path] = (stamp, pixels)
        _mark_used(path)
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


def _mark_used(path: Path) -> None:
    """Make these rows the last to be removed; those without a note count as used when they were written."""
    with suppress(OSError):
        os.utime(_note(path))


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
