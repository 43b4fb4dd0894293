"""What the tests of snapshots share: keys, cells, and states of known bytes."""

from __future__ import annotations

import resource
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from assistant.core.media import MediaKind
from assistant.engine.cells import Cell, MediaCell, common_prefix
from assistant.engine.snapshots import Snapshot, SnapshotKey, Snapshots
from assistant.protocol.engine_messages import SnapshotOptions

KEY = SnapshotKey(
    model_digest="m" * 64,
    llama_cpp="b1",
    llama_cpp_python="0.3",
    adapters=(),
    rope_freq_base=10000.0,
    rope_freq_scale=1.0,
    rope_scaling="none",
    is_beyond_original=False,
    yarn=(-1.0, 1.0, 32.0, 1.0),
    type_k=1,
    type_v=1,
    kv_unified=True,
    flash_attention=-1,
    swa_full=True,
    projector_digest="",
    memory_kind="plain",
    devices=("CPU",),
)
OTHER_KEY = msgspec.structs.replace(KEY, rope_freq_base=20000.0)

PICTURE = MediaCell(MediaKind.IMAGE, b"a" * 32, index=0, n_tokens=9, n_pos=3)
SLICE = MediaCell(MediaKind.IMAGE, b"a" * 32, index=1, n_tokens=9, n_pos=3)
SOUND = MediaCell(MediaKind.SOUND, b"b" * 32, index=0, n_tokens=5, n_pos=5)
CELLS: list[Cell] = [0, 49151, 2**31 - 1, PICTURE, SLICE, 7, SOUND, 8]
STATE = bytes(range(256)) * 40


def snapshots_in(home: Path, *, key: SnapshotKey = KEY, max_bytes: int = 2**20) -> Snapshots:
    options = SnapshotOptions(folder=str(home / "snapshots"), key_path=str(home / "snapshot_key"), max_bytes=max_bytes)
    return Snapshots(options, key)


def path_in(home: Path, conversation_id: str, key: SnapshotKey = KEY) -> Path:
    return home / "snapshots" / key.digest().hex()[:16] / f"{conversation_id}.kv"


def names_in(home: Path) -> list[str]:
    """All files below the folder of snapshots, temporary ones too."""
    return sorted(path.name for path in (home / "snapshots").rglob("*") if not path.is_dir())


def save(snapshots: Snapshots, conversation_id: str, cells: list[Cell] = CELLS, state: bytes = STATE) -> None:
    def write_state(view: memoryview) -> int:
        view[:] = state
        return len(state)

    snapshots.save(conversation_id, cells, len(state), write_state)


class Reader:
    """Stands for llama.cpp: notes what it was given.

    Args:
        accepts: What it says of it.
    """

    def __init__(self, accepts: bool = True) -> None:
        self.states: list[bytes] = []
        self._accepts = accepts

    def __call__(self, view: memoryview) -> bool:
        self.states.append(bytes(view))
        return self._accepts


def find(snapshots: Snapshots, conversation_id: str, cells: Sequence[Cell]) -> Snapshot | None:
    """The snapshot of a conversation, if it begins as these cells do."""
    return snapshots.find(conversation_id, lambda held: common_prefix(held, cells) > 0)


def restored(snapshots: Snapshots, conversation_id: str, cells: list[Cell] = CELLS) -> list[bytes]:
    """The states that reached llama.cpp."""
    reader = Reader()
    found = find(snapshots, conversation_id, cells)
    was_restored = False
    if found is not None:
        with closing(found):
            was_restored = snapshots.restore(found, reader)
    assert was_restored == bool(reader.states)
    return reader.states


@contextmanager
def largest_file(n_bytes: int) -> Iterator[None]:
    """The kernel refuses to let files grow further, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
