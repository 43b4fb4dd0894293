"""What context checks found out about models, as one JSON file each.

Process: app; several apps may share the folder. Thread rule: any; a file is replaced as a whole.

A file is called by the digest of its model, so that it is found again wherever the model lies. Beside it lies the
picture of it, which can be drawn anew.
"""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from assistant.core.context_check import ContextCheck
from assistant.core.errors import unwritable
from assistant.storage.replacement import replace_file

log = logging.getLogger(__name__)


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

    def save(self, digest: str, check: ContextCheck) -> None:
        """Keep what is known of a model, in place of what was.

        Args:
            digest: Of the model's file, hexadecimal.
            check: What is known.

        Raises:
            DataFolderUnusable: The file cannot be written; the old one is still there.
        """
        path = self._path(digest)
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            replace_file(path, msgspec.json.encode(check))
        except OSError as error:
            raise unwritable(path, error) from error

    def picture(self, digest: str) -> Path:
        """Where the picture of a model's check lies, whether it is there or not.

        Args:
            digest: Of the model's file, hexadecimal.
        """
        return self._folder / f"{digest}.png"

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}.json"
