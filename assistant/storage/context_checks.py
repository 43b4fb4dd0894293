"""What context checks found out about models, as one JSON file each.

Process: app; several apps may share the folder. Thread rule: any; a file is replaced as a whole, and changed under a
lock.

A file is called by the digest of its model, so that it is found again wherever the model lies. Beside it lies the
picture of it, which can be drawn anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import msgspec
from filelock import FileLock

from assistant.core.context_check import ContextCheck
from assistant.core.errors import unwritable
from assistant.storage.replacement import replace_file

log = logging.getLogger(__name__)
_LOCK_TIMEOUT_S = 10.0


class ContextCheckFiles:
    """The folder ``context-checks``.

    Args:
        folder: The folder; made when something is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever kept."""
        return not self._folder.is_dir()

    def load(self, digest: str) -> ContextCheck | None:
        """What is known of a model; None where there is nothing, or nothing that can be understood.

        Args:
            digest: Of the model's file, hexadecimal.
        """
        path = self._path(digest)
        try:
            return msgspec.json.decode(path.read_bytes(), type=ContextCheck)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:
            log.warning("the context check in %s cannot be read: %r", path, error)
            return None

    def change(self, digest: str, change: Callable[[ContextCheck | None], ContextCheck]) -> ContextCheck:
        """Keep what becomes of what is known of a model now, which another program may have added to.

        Args:
            digest: Of the model's file, hexadecimal.
            change: Gives what is to be kept; called once, while nobody else changes it.

        Returns:
            What was kept.

        Raises:
            DataFolderUnusable: The file cannot be written; the old one is still there.
        """
        path = self._path(digest)
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            with FileLock(f"{path}.lock", timeout=_LOCK_TIMEOUT_S, mode=0o600):
                check = change(self.load(digest))
                replace_file(path, msgspec.json.encode(check))
        except (OSError, NotImplementedError) as error:  # the latter where the disk knows no locks
            raise unwritable(path, error if isinstance(error, OSError) else OSError(str(error))) from error
        return check

    def picture(self, digest: str) -> Path:
        """Where the picture of a model's check lies, whether it is there or not.

        Args:
            digest: Of the model's file, hexadecimal.
        """
        return self._folder / f"{digest}.png"

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}.json"
