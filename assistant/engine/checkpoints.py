"""States of recurrent sequences at places that the next prompt is likely to come back to.

Process: engine worker. Thread: the scheduler's only.

Nothing can be cut off a recurrent state, so an edit or a retry would read the whole conversation again. A state is
small and taken in a millisecond.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_BYTES = 64 * 2**20
MAX_PER_SEQUENCE = 4
"""Two turns: before a question, and where its answer begins."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The recurrent state of a sequence after its first cells.

    Attributes:
        seq_id: The sequence.
        n_cells: How many cells it held.
        state: llama.cpp's partial state.
    """

    seq_id: int
    n_cells: int
    state: bytearray


class Checkpoints:
    """The checkpoints of all sequences, oldest out.

    Args:
        max_bytes: What all of them may take.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._kept: list[Checkpoint] = []

    def add(self, checkpoint: Checkpoint) -> None:
        """Keep one, in place of one at the same cell."""
        same = (checkpoint.seq_id, checkpoint.n_cells)
        self._kept = [kept for kept in self._kept if (kept.seq_id, kept.n_cells) != same]
        self._kept.append(checkpoint)
        own = [kept for kept in self._kept if kept.seq_id == checkpoint.seq_id]
        if len(own) > MAX_PER_SEQUENCE:
            self._kept.remove(own[0])
        while sum(len(kept.state) for kept in self._kept) > self._max_bytes:
            del self._kept[0]

    def last(self, seq_id: int, n_cells: int) -> Checkpoint | None:
        """The checkpoint of a sequence with the most cells, but no more than `n_cells`."""
        own = [kept for kept in self._kept if kept.seq_id == seq_id and kept.n_cells <= n_cells]
        return max(own, key=lambda kept: kept.n_cells, default=None)

    def copy(self, source: int, target: int) -> None:
        """Let the sequence `target` have those of `source` too, as far as there is room."""
        for kept in [kept for kept in self._kept if kept.seq_id == source]:
            self.add(Checkpoint(target, kept.n_cells, kept.state))

    def truncate(self, seq_id: int, n_cells: int) -> None:
        """Forget those of a sequence that lie behind its first `n_cells`; all of them if that is 0."""
        self._kept = [kept for kept in self._kept if kept.seq_id != seq_id or 0 < kept.n_cells <= n_cells]
