"""The content of attachments: each original once, named by its SHA-256, and what was drawn from it.

Process: the app; several apps may share the folders. Thread rule: safe from any thread.

Originals are the person's data; thumbnails and pixels are caches, whose files whoever draws them writes.
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from assistant.core.errors import AttachmentDamaged, AttachmentTooLarge, AttachmentUnsupported, DataFolderUnusable
from assistant.core.paths import DataPaths

MAX_ATTACHMENT_BYTES = 64 * 1024 * 1024
"""Largest original."""

_CHUNK_BYTES = 1024 * 1024
_UNFINISHED = ".new"
_NAME = re.compile(rf"[0-9a-f]{{64}}|.+{re.escape(_UNFINISHED)}")
_DRAWN = re.compile(r"([0-9a-f]{64})[-.].*")


class AttachmentFiles:
    """The folders ``attachments``, ``thumbnails`` and ``pixels`` of a data folder.

    Args:
        paths: Where they are; each is made, with mode 0700, when it is first needed.
    """

    def __init__(self, paths: DataPaths) -> None:
        self._paths = paths

    def add(self, source: Path | bytes) -> tuple[str, int]:
        """Copy a file, or bytes, into the store; what is there already becomes as new.

        Returns:
            SHA-256, hexadecimal, and size in bytes.

        Raises:
            AttachmentUnsupported: `source` is a folder or a device.
            AttachmentDamaged: It is gone or cannot be read.
            AttachmentTooLarge: It has more than `MAX_ATTACHMENT_BYTES`.
            DataFolderUnusable: It cannot be written, for example because the disk is full.
        """
        folder = _private_folder(self._paths.attachments)
        chunks = _bounded(_chunks_of_file(source) if isinstance(source, Path) else iter([source]))
        try:
            # mkstemp creates with mode 0600.
            descriptor, temporary = tempfile.mkstemp(dir=folder, suffix=_UNFINISHED)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    digest, n_bytes = _write(file, chunks)
                os.replace(temporary, folder / digest)
            except BaseException:
                os.unlink(temporary)
                raise
        except OSError as error:
            raise _unusable(folder, error) from error
        return digest, n_bytes

    def original(self, sha256: str) -> Path:
        """Path of an original."""
        return self._paths.attachments / sha256

    def added_at(self, sha256: str) -> float:
        """When an original was last added, seconds since the epoch; 0 if it is not there."""
        try:
            return self.original(sha256).stat().st_mtime
        except OSError:
            return 0.0

    def require(self, sha256: str) -> None:
        """Check that an original is there; raises `AttachmentDamaged` if it is not."""
        if not self.original(sha256).is_file():
            raise AttachmentDamaged("The picture is no longer there.", remedy="Choose another copy of it.")

    def settle(self, sha256: str) -> None:
        """Keep what was just drawn of an original, unless that was removed meanwhile.

        Raises:
            AttachmentDamaged: It was; nothing of it is left.
        """
        try:
            self.require(sha256)
        except AttachmentDamaged:
            self.remove([sha256])
            raise

    def thumbnail(self, sha256: str) -> Path:
        """Path of a thumbnail, which may be there or not; raises `DataFolderUnusable`."""
        return _private_folder(self._paths.thumbnails) / f"{sha256}.png"

    def preview(self, sha256: str) -> Path:
        """Path of a picture as large as a window, which may be there or not; raises `DataFolderUnusable`."""
        return _private_folder(self._paths.thumbnails) / f"{sha256}-preview.png"

    def pixels(self, sha256: str, max_side: int, max_pixels: int) -> Path:
        """Path of the pixels under these limits, which may be there or not; raises `DataFolderUnusable`."""
        return _private_folder(self._paths.pixels) / f"{sha256}-{max_side}-{max_pixels}.rgb"

    def stored(self, min_age_s: float) -> list[str]:
        """Names of the originals, and of copies that were never finished, that are at least so old.

        Args:
            min_age_s: Seconds since it was last added. A younger one may be about to go with a message.
        """
        latest = time.time() - min_age_s
        found = []
        with suppress(OSError), os.scandir(self._paths.attachments) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    if _NAME.fullmatch(entry.name) and entry.stat(follow_symlinks=False).st_mtime <= latest:
                        found.append(entry.name)
        return sorted(found)

    def remove(self, sha256s: Iterable[str]) -> None:
        """Remove originals and all that was drawn from them; what cannot be removed stays."""
        for sha256 in sha256s:
            pattern = f"{glob.escape(sha256)}*"  # also what a process was drawing when it ended
            drawn = [path for folder in self._caches() for path in folder.glob(pattern)]
            for path in (self.original(sha256), *drawn):
                with suppress(OSError):
                    path.unlink(missing_ok=True)

    def remove_orphans(self) -> None:
        """Remove what was drawn of originals that are gone."""
        for folder in self._caches():
            for path in folder.glob("*"):
                drawn = _DRAWN.fullmatch(path.name)
                if drawn is not None and not self.original(drawn[1]).exists():
                    with suppress(OSError):
                        path.unlink(missing_ok=True)

    def _caches(self) -> tuple[Path, Path]:
        return self._paths.thumbnails, self._paths.pixels


def _write(file: IO[bytes], chunks: Iterator[bytes]) -> tuple[str, int]:
    """Write and hash; on the disk when it returns."""
    digest, n_bytes = hashlib.sha256(), 0
    for chunk in chunks:
        file.write(chunk)
        digest.update(chunk)
        n_bytes += len(chunk)
    file.flush()
    os.fsync(file.fileno())
    return digest.hexdigest(), n_bytes


def _bounded(chunks: Iterator[bytes]) -> Iterator[bytes]:
    n_bytes = 0
    for chunk in chunks:
        n_bytes += len(chunk)
        if n_bytes > MAX_ATTACHMENT_BYTES:
            raise AttachmentTooLarge(
                "The file is larger than {limit} MiB.",
                remedy="Choose a smaller one.",
                limit=MAX_ATTACHMENT_BYTES // 2**20,
            )
        yield chunk


def _chunks_of_file(path: Path) -> Iterator[bytes]:
    try:
        # A pipe or a device would block for ever when it is opened.
        if not stat.S_ISREG(path.stat().st_mode):
            raise AttachmentUnsupported("{file} is not a file.", remedy="Choose a picture.", file=str(path))
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk
    except FileNotFoundError as error:
        raise AttachmentDamaged("There is no file {file}.", remedy="Choose another one.", file=str(path)) from error
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        raise AttachmentDamaged(
            "The file {file} cannot be read.",
            remedy="Check that it may be read, and that its disk is connected.",
            cause=repr(error),
            file=str(path),
        ) from error


def _private_folder(path: Path) -> Path:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(path, error) from error
    return path


def _unusable(path: Path, error: OSError) -> DataFolderUnusable:
    return DataFolderUnusable(
        "{path} cannot be written: {reason}.",
        remedy="Check the permissions of its folder and the space on its disk.",
        cause=repr(error),
        path=str(path),
        reason=error.strerror or "unknown reason",
    )
