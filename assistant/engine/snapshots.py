"""What the model has read of conversations, kept on disk so that it need not be read again.

Process: engine worker; several apps may share the folder. Thread rule: all calls from one thread, the scheduler's; MACs
and renames happen on a writer thread of this module's own.

All of it is a cache: whatever is missing, foreign, damaged or cannot be written costs time and nothing else. Files
are named ``<first 16 digits of the key's digest>/<conversation_id>.kv``: one for each set of adapters.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import msgspec

from assistant.engine.cells import AdapterSet, Cell
from assistant.engine.snapshot_file import SnapshotDraft, SnapshotFile, SnapshotInvalid, SnapshotLabel
from assistant.engine.snapshot_folder import SUFFIX, SnapshotFolder, mark_used, remove
from assistant.engine.snapshot_secret import read_secret
from assistant.protocol.engine_messages import SnapshotOptions

log = logging.getLogger(__name__)

_CONVERSATION_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")

_Owner = tuple[str, AdapterSet]
"""A conversation, and what its cells were made with."""


class SnapshotKey(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a state depends on besides its cells: under another key it is worthless.

    Attributes:
        model_digest: `model_digest.file_digest` of the model.
        llama_cpp: Version of llama.cpp.
        llama_cpp_python: Version of the bindings.
        adapters: What the cells were made with.
        rope_freq_base, rope_freq_scale: As the context has them.
        rope_scaling: Method of RoPE scaling.
        yarn: YaRN's parameters.
        type_k, type_v: llama.cpp's types of the KV cells.
        kv_unified: Whether all sequences share one buffer.
        flash_attention: What was asked for, as llama.cpp's number.
        swa_full: Whether sliding-window layers keep all cells.
        projector_digest: `model_digest.file_digest` of the projector; empty for none.
        memory_kind: Kind of the KV memory.
        devices: What llama.cpp computes on.
    """

    model_digest: str
    llama_cpp: str
    llama_cpp_python: str
    adapters: AdapterSet
    rope_freq_base: float
    rope_freq_scale: float
    rope_scaling: str
    is_beyond_original: bool
    yarn: tuple[float, ...]
    type_k: int
    type_v: int
    kv_unified: bool
    flash_attention: int
    swa_full: bool
    projector_digest: str
    memory_kind: str
    devices: tuple[str, ...]

    def digest(self) -> bytes:
        """SHA-256 over all of it."""
        return hashlib.sha256(msgspec.msgpack.encode(self)).digest()


class Snapshot:
    """A snapshot on disk that is sound and belongs to this model and this conversation. Close it after use.

    What was found stays what it is, also where the file is replaced or removed meanwhile.

    Args:
        conversation_id: The conversation.
        adapters: What its cells were made with.
        file: The file, checked; this object closes it.

    Attributes:
        conversation_id: The conversation.
        adapters: What its cells were made with.
        cells: What restoring it would bring into the KV memory.
    """

    def __init__(self, conversation_id: str, adapters: AdapterSet, file: SnapshotFile) -> None:
        self.conversation_id = conversation_id
        self.adapters = adapters
        self.cells = file.label.cells
        self._file = file

    def read(self, read_state: Callable[[memoryview], bool]) -> bool:
        """Hand the state over, as `SnapshotFile.read`."""
        return self._file.read(read_state)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


@dataclass(frozen=True, slots=True)
class _Pending:
    draft: SnapshotDraft
    written: Future[None]


class Snapshots:
    """The snapshots of one model in one context.

    Args:
        options: Folder, secret and space; no space means that nothing is kept.
        key: What the states depend on; its adapters are those of each state.
    """

    def __init__(self, options: SnapshotOptions, key: SnapshotKey) -> None:
        self._key = key
        self._key_digests: dict[AdapterSet, bytes] = {}
        self._max_bytes = options.max_bytes
        self._root = Path(options.folder)
        self._folder = SnapshotFolder(self._root, options.max_bytes)
        self._pending: dict[_Owner, _Pending] = {}
        self._n_written = 0
        self._is_failure_told = False
        self._secret = self._read_secret(Path(options.key_path)) if options.max_bytes > 0 else b""
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="snapshots")
        self._writer.submit(self._folder.tidy)

    def save(
        self,
        conversation_id: str,
        cells: Sequence[Cell],
        n_bytes: int,
        write_state: Callable[[memoryview], int],
        adapters: AdapterSet = (),
    ) -> None:
        """Keep the state of a conversation, in place of an older one.

        The state is copied before this returns; the rest happens in the background. What cannot be kept is logged.

        Args:
            conversation_id: Whose it is; that of nobody ("") is not kept.
            cells: The sequence.
            n_bytes: Size of its state.
            write_state: Called at once, on this thread, with a writable view of `n_bytes`, which it must not keep;
                returns how many it wrote.
            adapters: What the cells were made with.
        """
        if not self._keeps(conversation_id) or not 0 < n_bytes <= self._max_bytes:
            return
        owner = conversation_id, adapters
        self._supersede(owner)
        label = SnapshotLabel(conversation_id, self._key_digest(adapters), tuple(cells))
        path = self._path(owner)
        try:
            self._folder.make_room(path, n_bytes)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            draft = SnapshotDraft(path, self._secret, label, n_bytes)
        except OSError as error:
            self._tell_failure(error)
            return
        is_whole = False
        try:
            is_whole = draft.fill(write_state)
        finally:
            if not is_whole:
                draft.discard()
        if is_whole:
            self._pending[owner] = _Pending(draft, self._writer.submit(self._publish, draft))
        else:
            log.warning("llama.cpp gave only a part of the state of a conversation; it is not kept")

    def has(self, conversation_id: str, adapters: AdapterSet = ()) -> bool:
        """Whether there is a snapshot of a conversation with these adapters, or one is being written."""
        pending = self._pending.get((conversation_id, adapters))
        is_under_way = pending is not None and not pending.written.done()
        return self._keeps(conversation_id) and (is_under_way or self._path((conversation_id, adapters)).exists())

    def find(
        self, conversation_id: str, is_worth: Callable[[Sequence[Cell]], bool], adapters: AdapterSet = ()
    ) -> Snapshot | None:
        """The snapshot of a conversation if there is one that is sound and wanted; a bad one is removed.

        Waits until a save of the conversation is written, if its cells are wanted. The state is read from disk here,
        so that nothing in memory need give way for a damaged one.

        Args:
            conversation_id: The conversation.
            is_worth: Says of the cells of a snapshot whether they are wanted.
            adapters: What they must have been made with.
        """
        if not self._keeps(conversation_id):
            return None
        owner = conversation_id, adapters
        pending = self._pending.get(owner)
        if pending is not None and not pending.written.done() and not is_worth(pending.draft.cells):
            return None
        self._wait_for(owner)
        try:
            return self._checked(owner, is_worth)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (SnapshotInvalid, OSError) as error:
            self._remove_bad(owner, error)
            return None

    def restore(self, snapshot: Snapshot, read_state: Callable[[memoryview], bool]) -> bool:
        """Hand a state over; a snapshot that cannot be used is removed.

        Args:
            snapshot: What `find` found.
            read_state: Called with a view of the state, which it must not keep; returns whether it could use it.

        Returns:
            Whether it was used.
        """
        owner = snapshot.conversation_id, snapshot.adapters
        if snapshot.read(read_state):
            mark_used(self._path(owner))
            return True
        self._remove_bad(owner, SnapshotInvalid("llama.cpp cannot use it"))
        return False

    def forget(self, conversation_id: str) -> None:
        """Remove the snapshots of a deleted conversation, also those of other models."""
        if _CONVERSATION_ID.fullmatch(conversation_id):
            for owner in [owner for owner in self._pending if owner[0] == conversation_id]:
                self._supersede(owner)
                self._wait_for(owner)
            self._folder.forget(conversation_id)

    def flush(self) -> int:
        """Wait until everything is written.

        Returns:
            How many snapshots were written since the last flush.
        """
        for owner in list(self._pending):
            self._wait_for(owner)
        n_written, self._n_written = self._n_written, 0
        return n_written

    def close(self) -> None:
        """Write what is pending and end the writer thread."""
        self._writer.shutdown()

    def _read_secret(self, path: Path) -> bytes:
        try:
            return read_secret(path)
        except OSError as error:
            self._tell_failure(error)
            return b""

    def _keeps(self, conversation_id: str) -> bool:
        return bool(self._secret) and _CONVERSATION_ID.fullmatch(conversation_id) is not None

    def _key_digest(self, adapters: AdapterSet) -> bytes:
        if adapters not in self._key_digests:
            self._key_digests[adapters] = msgspec.structs.replace(self._key, adapters=adapters).digest()
        return self._key_digests[adapters]

    def _path(self, owner: _Owner) -> Path:
        conversation_id, adapters = owner
        return self._root / self._key_digest(adapters).hex()[:16] / (conversation_id + SUFFIX)

    def _opened(self, owner: _Owner) -> SnapshotFile:
        conversation_id, adapters = owner
        file = SnapshotFile(self._path(owner), self._secret)
        if file.label.conversation_id != conversation_id or file.label.key_digest != self._key_digest(adapters):
            file.close()
            raise SnapshotInvalid("it belongs to another conversation or model")
        return file

    def _checked(self, owner: _Owner, is_worth: Callable[[Sequence[Cell]], bool]) -> Snapshot | None:
        file = self._opened(owner)
        is_kept = False
        try:
            if is_worth(file.label.cells):
                file.check()
                is_kept = True
        finally:
            if not is_kept:
                file.close()
        return Snapshot(*owner, file) if is_kept else None

    def _remove_bad(self, owner: _Owner, error: Exception) -> None:
        log.warning("a snapshot is not used: %s", error)
        remove(self._path(owner))

    def _supersede(self, owner: _Owner) -> None:
        """Drop a save that the writer thread has not begun with."""
        pending = self._pending.get(owner)
        if pending is not None and pending.written.cancel():
            del self._pending[owner]
            pending.draft.discard()

    def _wait_for(self, owner: _Owner) -> None:
        pending = self._pending.pop(owner, None)
        if pending is not None:
            pending.written.result()

    def _publish(self, draft: SnapshotDraft) -> None:
        """Writer thread: nobody reads the counter or the flag before the future is done."""
        try:
            draft.publish()
            self._is_failure_told = False
            self._n_written += 1
            self._folder.prune()
        except OSError as error:
            self._tell_failure(error)

    def _tell_failure(self, error: OSError) -> None:
        """Say it once, not at every chat that is left while the disk is full."""
        if not self._is_failure_told:
            log.warning("snapshots cannot be kept: %s", error)
            self._is_failure_told = True
