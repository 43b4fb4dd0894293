"""What a sequence of the KV memory is made of: token ids and pieces of media.

Process: engine worker. Thread rule: immutable values and pure functions.

A cell here is one entry of our bookkeeping. llama.cpp's own KV cells, and positions, are other counts: a picture is one
of ours, as many of llama.cpp's as it has tokens, and under M-RoPE fewer positions than that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.core.media import MediaKind


@dataclass(frozen=True, slots=True)
class MediaCell:
    """A picture or a sound inside a sequence, or one slice of it.

    Attributes:
        kind: What it is.
        digest: SHA-256 of its content (`PromptMedia.digest`): equal digests are the same media.
        index: Which slice of it, from 0: some projectors cut large pictures.
        n_tokens: KV cells of llama.cpp that it takes up.
        n_pos: Positions that it takes up.
    """

    kind: MediaKind
    digest: bytes
    index: int
    n_tokens: int
    n_pos: int


Cell = int | MediaCell
"""One entry of a sequence. Token ids are bare because prompts hold many."""

AdapterSet = tuple[tuple[str, float], ...]
"""Digest and scale of each adapter that cells were made with, in order; cells of another set are worthless."""


class NoRoom(Exception):
    """The KV memory has too few free cells for what was to be read; nothing in it has changed."""


def n_kv_cells(cells: Sequence[Cell]) -> int:
    """KV cells of llama.cpp that the cells take up."""
    return sum(cell.n_tokens if isinstance(cell, MediaCell) else 1 for cell in cells)


def n_positions(cells: Sequence[Cell]) -> int:
    """Positions that the cells take up: where the next one goes."""
    return sum(cell.n_pos if isinstance(cell, MediaCell) else 1 for cell in cells)


def last_position(cells: Sequence[Cell], is_mrope: bool) -> int:
    """What ``llama_memory_seq_pos_max`` says of a sequence of these cells; -1 for none.

    Under M-RoPE all KV cells of a picture lie at the position where it begins; those of a sound follow each other.
    """
    if not cells:
        return -1
    last = cells[-1]
    if is_mrope and isinstance(last, MediaCell) and last.kind is MediaKind.IMAGE:
        return n_positions(cells[:-1])
    return n_positions(cells) - 1


def common_prefix(held: Sequence[Cell], wanted: Sequence[Cell]) -> int:
    """How many cells from the start are the same in both."""
    shorter = min(len(held), len(wanted))
    for index in range(shorter):
        if held[index] != wanted[index]:
            return index
    return shorter
