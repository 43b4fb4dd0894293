"""Longest-prefix bookkeeping for the KV memory of one sequence.

Process: engine worker. Thread: the scheduler's only.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MediaCell:
    """One image or audio chunk inside a sequence.

    Attributes:
        digest: SHA-256 of the decoded pixels or samples; equal digests are the same media.
        n_pos: Positions the chunk takes up (differs from its tokens under M-RoPE).
    """

    digest: bytes
    n_pos: int


Cell = int | MediaCell
"""One entry of a sequence: a token id, or a media chunk. Token ids are bare because prompts hold many.

This version reads prompts of tokens only; the bookkeeping is ready for both.
"""


def n_positions(cells: Seq[Cell]) -> int:
    """Positions that the cells take up."""
    return sum(cell.n_pos if isinstance(cell, MediaCell) else 1 for cell in cells)


def common_prefix(held: Seq[Cell], wanted: Seq[Cell]) -> int:
    """How many cells from the start are the same in both."""
    shorter = min(len(held), len(wanted))
    for index in range(shorter):
        if held[index] != wanted[index]:
            return index
    return shorter


class Sequence:
    """What the KV memory holds under one sequence id.

    Args:
        seq_id: llama.cpp's sequence id.

    Attributes:
        seq_id: llama.cpp's sequence id.
        cells: The cells that were decoded, in order; change them through the methods only.
        n_pos: Positions they take up: where the next cell goes.
    """

    def __init__(self, seq_id: int) -> None:
        self.seq_id = seq_id
        self.cells: list[Cell] = []
        self.n_pos = 0

    def extend(self, cells: Seq[Cell]) -> None:
        """Add cells that were decoded."""
        self.cells.extend(cells)
        self.n_pos += n_positions(cells)

    def truncate(self, n_pos: int) -> None:
        """Forget every cell that does not lie wholly below position `n_pos`."""
        while self.n_pos > n_pos:
            self.n_pos -= n_positions([self.cells.pop()])
