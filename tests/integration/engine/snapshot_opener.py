"""Snapshots for a talker, with the key that a loaded model would give them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from assistant.engine.model import Model
from assistant.engine.snapshot_key import snapshot_key
from assistant.engine.snapshots import Snapshots
from assistant.protocol.engine_messages import LoadModel, SnapshotOptions


def opener(
    path: Path, folder: Path, n_ctx: int, *, max_bytes: int = 2**30, **key_changes: object
) -> Callable[[Model], Snapshots]:
    """What `Talker` takes as `open_snapshots`.

    Args:
        path: The model file.
        folder: Of the snapshots; their secret lies in it too.
        n_ctx: Context length of the talker.
        max_bytes: Space of the snapshots.
        key_changes: Fields of the key that are to be others.
    """

    def open_snapshots(model: Model) -> Snapshots:
        request = LoadModel(request_id="e1", path=str(path), n_ctx=n_ctx)
        key = snapshot_key(
            request, model.context_parameters, model.memory.kind, is_beyond_original=False, has_projector=False
        )
        options = SnapshotOptions(folder=str(folder), key_path=str(folder / "key"), max_bytes=max_bytes)
        return Snapshots(options, msgspec.structs.replace(key, **key_changes))

    return open_snapshots
