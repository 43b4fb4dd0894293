"""The content of attachments: each original once, named by its SHA-256, and what was drawn from it.

Process: the app; several apps may share the folders. Thread rule: safe from any thread.

Originals are the person's data; thumbnails and pixels are caches, whose files whoever draws them writes.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import os
import re
import stat
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from assistant.core.errors import AttachmentDamaged, AttachmentTooLarge, AttachmentUnsupported, unwritable
from assistant.core.paths import DataPaths

MAX_ATTACHMENT_BYTES = 64 * 1024 * 1024
"""Largest original."""

_CHUNK_BYTES = 1024 * 1024
_UNFINISHED = ".new"
_ROWS = ".rgb"
_NAME = re.compile(rf"[0-9a-f]{{64}}|.+{re.escape(_UNFINISHED)}")
_DRAWN = re.compile(r"([0-9a-f]{64})[-.].*")


@dataclass(slots=True)
class _StoredPixels:
    """The rows of one picture, and what lies beside them.

    Attributes:
        files: All of it.
        n_bytes: What they take, bytes.
        used_at: When one of them was last written or marked as used, seconds since the epoch.
    """

    files: list[Path] = field(default_factory=list)
    n_bytes: int = 0
    used_at: float = 0.0


class AttachmentFiles:
    """The folders ``attachments``, ``thumbnails`` and ``pixels`` of a data folder.

    Args:
        paths: Where they are; each is made, with mode 0700, when it is first needed.
    """

    def __init__(self, paths: DataPaths) -> None:
        self._paths = paths

    def add(self, source: Path | bytes) -> tuple[str, int]:
        """Copy a file, or bytes, into the store, and on the disk; what is there already becomes as new.

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
            _sync_folder(folder)
        except OSError as error:
            raise unwritable(folder, error) from error
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
        return _private_folder(self._paths.pixels) / f"{sha256}-{max_side}-{max_pixels}{_ROWS}"

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

    def prune_pixels(self, max_bytes: int, in_use: Collection[Path], min_age_s: float) -> None:
        """Remove the pixels that were least recently used, until the others fit.

        Args:
            max_bytes: Space that all may take, bytes.
            in_use: Paths, as `pixels` gives them, that stay whatever they take.
            min_age_s: What was used within so many seconds stays too: another process may be about to read it.
        """
        latest = time.time() - min_age_s
        stored = self._stored_pixels()
        n_bytes = sum(each.n_bytes for each in stored.values())
        for path, each in sorted(stored.items(), key=lambda item: item[1].used_at):
            if n_bytes <= max_bytes or each.used_at > latest:
                return
            if path in in_use:
                continue
            for file in each.files:
                with suppress(OSError):
                    file.unlink(missing_ok=True)
            n_bytes -= each.n_bytes

    def _stored_pixels(self) -> dict[Path, _StoredPixels]:
        """By the path of the rows; what lies beside them under their name belongs to them."""
        stored: dict[Path, _StoredPixels] = {}
        with suppress(OSError), os.scandir(self._paths.pixels) as entries:
            for entry in entries:
                stem, mark, _ = entry.name.partition(_ROWS)
                if not mark or not _DRAWN.fullmatch(entry.name):
                    continue
                with suppress(OSError):  # another app may have removed it
                    status = entry.stat(follow_symlinks=False)
                    each = stored.setdefault(self._paths.pixels / (stem + mark), _StoredPixels())
                    each.files.append(Path(entry.path))
                    each.n_bytes += status.st_size
                    each.used_at = max(each.used_at, status.st_mtime)
        return stored

    def _caches(self) -> tuple[Path, Path]:
        return self._paths.thumbnails, self._paths.pixels


def _write(file: IO[bytes], chunks: Iterator[bytes]) -> tuple[str, int]:
    """Write and hash; the content, not the name, is on the disk when it returns."""
    digest, n_bytes = hashlib.sha256(), 0
    for chunk in chunks:
        file.write(chunk)
        digest.update(chunk)
        n_bytes += len(chunk)
    file.flush()
    os.fsync(file.fileno())
    return digest.hexdigest(), n_bytes


def _sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk; Windows has no call for that."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # file systems that cannot do it for folders, see fsync(2)
            raise
    finally:
        os.close(descriptor)


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
        raise unwritable(path, error) from error
    return path
