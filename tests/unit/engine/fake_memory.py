"""A KV memory without llama.cpp: which cells every sequence holds, under the rules of its kind."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.engine.cells import Cell
from assistant.engine.kv_memory import KvMemory, MemoryKind


class FakeMemory(KvMemory):
    """Holds what it is told.

    Args:
        kind: A recurrent one refuses to be cut; its checkpoints are the cells themselves, as numbers.
        n_seq_max: Its sequences.
    """

    def __init__(self, kind: MemoryKind = MemoryKind.PLAIN, n_seq_max: int = 4) -> None:
        self.kind = kind
        self.held: list[list[Cell]] = [[] for _ in range(n_seq_max)]

    def holds(self, seq_id: int, cells: Sequence[Cell]) -> bool:
        return self.held[seq_id] == list(cells)

    def can_cut(self, seq_id: int, cells: Sequence[Cell], n_keep: int) -> bool:
        assert list(cells) == self.held[seq_id]
        return self.kind is not MemoryKind.RECURRENT or n_keep == len(cells)

    def truncate(self, seq_id: int, cells: Sequence[Cell], n_keep: int) -> bool:
        if self.kind is not MemoryKind.RECURRENT:
            del self.held[seq_id][n_keep:]
        return self.holds(seq_id, cells[:n_keep])

    def copy(self, source: int, target: int) -> None:
        assert not self.held[target]
        self.held[target] = list(self.held[source])

    def drop(self, seq_id: int) -> None:
        self.held[seq_id] = []

    def checkpoint(self, seq_id: int) -> bytearray:
        return bytearray(cell for cell in self.held[seq_id] if isinstance(cell, int))

    def rewind(self, seq_id: int, cells: Sequence[Cell], checkpoint: bytearray) -> bool:
        self.held[seq_id] = list(checkpoint)
        return self.holds(seq_id, cells)
