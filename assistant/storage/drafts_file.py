"""Questions that were written and not sent, as a JSON file.

Process: app with a window. Thread rule: `load` and `load_all` from any thread, `save` from one at a time.

The file is an object from conversation ids to drafts; a draft that is only a text may stand there as that text. It is
replaced as a whole, so a crash leaves the old one.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from assistant.core.draft import Draft
from assistant.core.errors import DataFolderUnusable, unwritable
from assistant.storage.replacement import replace_file

log = logging.getLogger(__name__)


class DraftsFile:
    """``drafts.json``.

    Args:
        path: The file; a missing one means no drafts.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> dict[str, Draft]:
        """Read all drafts.

        Returns:
            Conversation id, empty for a new conversation, to draft. What cannot be read or understood is left out: a
            draft is no reason to keep the window from opening.
        """
        try:
            entries = self._entries()
        except DataFolderUnusable as error:
            log.warning("the drafts in %s cannot be read: %s", self._path, error.info.cause)
            return {}
        drafts = {}
        for key, entry in entries.items():
            try:
                drafts[key] = _draft(entry)
            except msgspec.ValidationError as error:
                log.warning("a draft in %s cannot be read: %r", self._path, error)
        return drafts

    def load_all(self) -> dict[str, Draft]:
        """Read all drafts, for who removes what none of them refers to.

        Returns:
            As `load`.

        Raises:
            DataFolderUnusable: The file, or one of the drafts, cannot be read or understood.
        """
        try:
            return {key: _draft(entry) for key, entry in self._entries().items()}
        except msgspec.ValidationError as error:
            raise _unreadable(self._path, error) from error

    def save(self, drafts: Mapping[str, Draft]) -> None:
        """Write all drafts; where there are none the file is removed.

        Args:
            drafts: As `load` returns them.

        Raises:
            DataFolderUnusable: The file cannot be written; the old one is still there.
        """
        try:
            if drafts:
                # JSON's escapes also carry half a surrogate pair, which a text field may hold and UTF-8 may not.
                replace_file(self._path, json.dumps(msgspec.to_builtins(dict(drafts))).encode("ascii"))
            else:
                self._path.unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(self._path, error) from error

    def _entries(self) -> dict[str, Any]:
        try:
            return msgspec.convert(json.loads(self._path.read_bytes()), dict[str, Any])
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError, msgspec.ValidationError) as error:
            raise _unreadable(self._path, error) from error


def _draft(entry: Any) -> Draft:
    """One entry of the file; raises `msgspec.ValidationError`."""
    return Draft(text=entry) if isinstance(entry, str) else msgspec.convert(entry, Draft)


def _unreadable(path: Path, error: Exception) -> DataFolderUnusable:
    return DataFolderUnusable(
        "The file {file} cannot be read.",
        remedy="Check that it may be read, and that its disk is connected.",
        cause=repr(error),
        file=str(path),
    )
