"""Questions that were written and not sent, as a JSON file.

Process: app with a window. Thread rule: `load` from any thread, `save` from one at a time.

The file is an object from conversation ids to drafts; a draft that is only a text may stand there as that text. It is
replaced as a whole, so a crash leaves the old one.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from assistant.core.draft import Draft
from assistant.core.errors import DataFolderUnusable

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
            Conversation id, empty for a new conversation, to draft. Nothing where the file cannot be understood or
            read: a draft is no reason to keep the window from opening.
        """
        try:
            stored = msgspec.convert(json.loads(self._path.read_bytes()), dict[str, str | Draft])
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError, msgspec.ValidationError) as error:
            log.warning("the drafts in %s cannot be read: %r", self._path, error)
            return {}
        return {key: Draft(text=each) if isinstance(each, str) else each for key, each in stored.items()}

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
                self._replace(json.dumps(msgspec.to_builtins(dict(drafts))).encode("ascii"))
            else:
                self._path.unlink(missing_ok=True)
        except OSError as error:
            raise DataFolderUnusable(
                "{path} cannot be written: {reason}.",
                remedy="Check the permissions of its folder and the space on its disk.",
                cause=repr(error),
                path=str(self._path),
                reason=error.strerror or "unknown reason",
            ) from error

    def _replace(self, data: bytes) -> None:
        # mkstemp creates with mode 0600.
        descriptor, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=f"{self._path.name}.", suffix=".new")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self._path)
        except BaseException:
            os.unlink(temporary)
            raise
