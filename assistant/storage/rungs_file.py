"""With what less models were loaded on this machine when memory ran out, as a JSON file.

Process: app. Thread rule: any; one at a time.

It can be deleted: then the next load that fails asks once more.
"""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from assistant.core.errors import unwritable
from assistant.core.load_ladder import Rung
from assistant.storage.replacement import replace_file

log = logging.getLogger(__name__)

Rungs = dict[str, dict[str, Rung]]
"""By machine and model, and there by what the person had wished: another wish is tried as it is."""


class RungsFile:
    """``load_rungs.json``.

    Args:
        path: The file; a missing one means that everything fitted.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Rungs:
        """All rungs; nothing where the file is missing or damaged."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Rungs)
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.DecodeError) as error:
            log.warning("%s cannot be read: %r", self._path, error)
            return {}

    def save(self, rungs: Rungs) -> None:
        """Replace the file.

        Raises:
            DataFolderUnusable: It cannot be written; the old one is still there.
        """
        try:
            replace_file(self._path, msgspec.json.encode(rungs))
        except OSError as error:
            raise unwritable(self._path, error) from error
