"""Snapshots of conversations: what models had read of them, kept so that it is not read again.

Process: app. Thread: any.

The engine worker writes and reads the files, ``snapshots/KEY/CONVERSATION_ID.kv``; unfinished ones are called
``.CONVERSATION_ID.*.tmp``. The app says where and how many, and removes those of conversations that are gone, also
while no worker runs: a snapshot holds the conversation's text.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path

from assistant.core.paths import DataPaths
from assistant.protocol.engine_messages import SnapshotOptions
from assistant.storage.settings_file import SettingsFile

log = logging.getLogger(__name__)

_MIB = 1024**2


class ConversationSnapshots:
    """What the app does with snapshots.

    Args:
        paths: Where things are kept.
        settings: Whether they are wanted, and how much space they may take.
    """

    def __init__(self, paths: DataPaths, settings: SettingsFile) -> None:
        self._paths = paths
        self._settings = settings

    def options(self) -> SnapshotOptions | None:
        """What the engine worker is told at the next load; None if no snapshots are wanted."""
        settings, _ = self._settings.read()
        if not settings.snapshots.enabled or settings.snapshots.max_mib == 0:
            return None
        return SnapshotOptions(
            folder=str(self._paths.snapshots),
            key_path=str(self._paths.snapshot_key),
            max_bytes=settings.snapshots.max_mib * _MIB,
        )

    def conversation_ids(self) -> set[str]:
        """Ids of the conversations that have snapshots."""
        return {_conversation_id(file) for file in self._files()}

    def remove(self, conversation_ids: Collection[str]) -> None:
        """Remove the snapshots of these conversations; one that cannot be removed is logged."""
        for file in self._files():
            if _conversation_id(file) in conversation_ids:
                try:
                    file.unlink(missing_ok=True)
                except OSError as error:
                    log.warning("the snapshot %s was not removed: %r", file.name, error)

    def _files(self) -> list[Path]:
        return [file for pattern in ("*/*.kv", "*/.*.tmp") for file in self._paths.snapshots.glob(pattern)]


def _conversation_id(file: Path) -> str:
    return file.name.removeprefix(".").partition(".")[0]
