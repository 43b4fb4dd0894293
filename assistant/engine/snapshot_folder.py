"""The folder of all snapshots: which are removed, and when.

Process: engine worker; several apps may share the folder, and any of them removes. Thread rule: safe from any thread.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil

SUFFIX = ".kv"
RESERVE_BYTES = 2**30
"""Disk space that snapshots leave free: a cache must not be why a message cannot be stored."""
_TEMPORARY = re.compile(r"\..+\.(\d{1,9})\.[0-9a-f]+\.tmp")


class SnapshotFolder:
    """Snapshots of all models.

    Args:
        root: Holds a folder for each key.
        max_bytes: Space that all of them may take.
    """

    def __init__(self, root: Path, max_bytes: int) -> None:
        self._root = root
        self._max_bytes = max_bytes

    def tidy(self) -> None:
        """Remove what processes that ended have left half-written, and what takes too much space."""
        for entry in self._entries():
            temporary = _TEMPORARY.fullmatch(entry.name)
            if temporary is not None and not psutil.pid_exists(int(temporary[1])):
                remove(Path(entry.path))
        self.prune()

    def make_room(self, path: Path, n_bytes: int) -> None:
        """Make the folder, if it is not there, and remove what has to go for a snapshot of `n_bytes`.

        Args:
            path: Where it will lie, in place of an older one.
            n_bytes: Its size.

        Raises:
            OSError: The disk has no room for it, or the folder cannot be made.
        """
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.prune(n_bytes - (path.stat().st_size if path.is_file() else 0))
        if shutil.disk_usage(self._root).free - n_bytes < RESERVE_BYTES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._root))

    def prune(self, n_coming: int = 0) -> None:
        """Remove the least recently used snapshots until the others and `n_coming` bytes more fit."""
        files: list[tuple[int, int, Path]] = []
        for entry in self._entries():
            with contextlib.suppress(OSError):  # another app may have removed it
                if entry.name.endswith(SUFFIX) and entry.is_file(follow_symlinks=False):
                    status = entry.stat(follow_symlinks=False)
                    files.append((status.st_mtime_ns, status.st_size, Path(entry.path)))
        n_bytes = n_coming + sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if n_bytes <= self._max_bytes:
                return
            remove(path)
            n_bytes -= size

    def forget(self, conversation_id: str) -> None:
        """Remove the snapshots of a conversation, whatever model made them."""
        for entry in self._entries():
            if entry.name == conversation_id + SUFFIX:
                remove(Path(entry.path))

    def _entries(self) -> Iterator[os.DirEntry[str]]:
        """What lies in the folders of all keys; those that vanish meanwhile are left out."""
        for folder in _listed(self._root):
            if folder.is_dir(follow_symlinks=False):
                yield from _listed(Path(folder.path))


def mark_used(path: Path) -> None:
    """Make a snapshot the last one to be pruned."""
    with contextlib.suppress(OSError):
        os.utime(path)


def remove(path: Path) -> None:
    """Remove a file, if nobody else has."""
    with contextlib.suppress(OSError):
        path.unlink()


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []
