"""Sequences on disk: which are worth keeping, and which are worth bringing back.

Process: engine worker. Thread: the scheduler's only.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq

from assistant.engine.cells import AdapterSet, Cell, common_prefix, n_kv_cells
from assistant.engine.kv_memory import KvMemory, MemoryKind
from assistant.engine.sequences import Sequence
from assistant.engine.snapshots import Snapshot, Snapshots

MIN_SAVED = 64
"""KV cells below which reading again is quick enough."""
MIN_GAIN = 64
"""KV cells that a snapshot must save from being read."""


class SequenceStore:
    """Puts the sequences of one context on disk.

    Args:
        memory: The memory of the context.
        n_ctx: KV cells of the context.
        snapshots: The files; None keeps nothing.
    """

    def __init__(self, memory: KvMemory, n_ctx: int, snapshots: Snapshots | None) -> None:
        self._memory = memory
        self._n_ctx = n_ctx
        self._snapshots = snapshots

    def is_due(self, sequence: Sequence) -> bool:
        """Whether `save` would do anything."""
        is_kept = self._snapshots is not None and bool(sequence.conversation_id) and not sequence.is_saved
        return is_kept and n_kv_cells(sequence.cells) >= MIN_SAVED

    def save(self, sequence: Sequence) -> bool:
        """Put a sequence on disk if it is worth it; only the copy of its state is waited for.

        Returns:
            Whether it can be brought back, as far as is known yet.
        """
        if self._snapshots is None:
            return False
        if self.is_due(sequence):
            self._snapshots.save(
                sequence.conversation_id,
                sequence.cells,
                self._memory.state_bytes(sequence.seq_id),
                lambda target: self._memory.write_state(sequence.seq_id, target),
                sequence.adapters,
            )
            sequence.is_saved = True
        return sequence.is_saved and self._snapshots.has(sequence.conversation_id, sequence.adapters)

    def find(self, conversation_id: str, wanted: Seq[Cell], n_held: int, adapters: AdapterSet = ()) -> Snapshot | None:
        """The snapshot of a conversation, if it saves much of a prompt from being read; it is sound, and to be closed.

        Args:
            conversation_id: The conversation; nobody's ("") has none.
            wanted: The prompt.
            n_held: Cells of it that are in the memory.
            adapters: What its cells are made with.
        """
        if self._snapshots is None or n_kv_cells(wanted[n_held:]) < MIN_GAIN:
            return None
        return self._snapshots.find(conversation_id, lambda cells: self._is_worth(cells, wanted, n_held), adapters)

    def _is_worth(self, cells: Seq[Cell], wanted: Seq[Cell], n_held: int) -> bool:
        if n_kv_cells(cells) > self._n_ctx:
            return False
        n_common = min(common_prefix(cells, wanted), len(wanted) - 1)
        if self._memory.kind is not MemoryKind.PLAIN and n_common < len(cells):
            return False  # of these memories a state holds its end only
        return n_kv_cells(wanted[n_held:n_common]) >= MIN_GAIN

    def restore(self, snapshot: Snapshot, sequence: Sequence) -> bool:
        """Read the state of a snapshot into an empty sequence; False if it could not be used."""
        if self._snapshots is None:
            return False
        return self._snapshots.restore(snapshot, lambda source: self._memory.read_state(sequence.seq_id, source))

    def forget(self, conversation_id: str) -> None:
        """Remove the snapshots of a deleted conversation."""
        if self._snapshots is not None:
            self._snapshots.forget(conversation_id)

    def flush(self) -> int:
        """Wait until everything is written; returns how many snapshots that were since the last time."""
        return self._snapshots.flush() if self._snapshots is not None else 0

    def close(self) -> None:
        """Write what is pending."""
        if self._snapshots is not None:
            self._snapshots.close()
