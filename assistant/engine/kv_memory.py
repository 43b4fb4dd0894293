"""The KV memory of a context: what a sequence still holds of its cells, and how to take from it.

Process: engine worker. Thread: the scheduler's only.

Three kinds of memory differ in what they can give back. A plain one holds every position. One with sliding-window
layers may have given away positions that no later one looks at, so a sequence can be cut only where a whole window
is left before the cut. A recurrent one (and a hybrid one, in its recurrent layers) holds one state for a whole
sequence: nothing can be cut off it, and a copy of a part would silently be a copy of the whole.
"""

from __future__ import annotations

import ctypes
import enum
from collections.abc import Sequence

import llama_cpp.llama_cpp as llama

from assistant.core.errors import ModelLoadFailed
from assistant.engine.cells import Cell, last_position, n_positions

_PARTIAL_ONLY = 1
"""``LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY`` of llama.h: only what cannot be cut, such as a recurrent state."""
_MROPE_TYPES = (llama.LLAMA_ROPE_TYPE_MROPE, llama.LLAMA_ROPE_TYPE_IMROPE)


class MemoryKind(enum.StrEnum):
    """What a memory can give back of a sequence."""

    PLAIN = "plain"
    WINDOW = "window"
    RECURRENT = "recurrent"


class KvMemory:
    """The memory of one context, the only place that asks llama.cpp about it.

    Args:
        model: The loaded model.
        context: Its context; must outlive this object.

    Attributes:
        kind: What the memory can give back.

    Raises:
        ModelLoadFailed: The model has no such memory.
    """

    def __init__(self, model: llama.llama_model_p, context: llama.llama_context_p) -> None:
        memory = llama.llama_get_memory(context)
        if memory is None:
            raise ModelLoadFailed("This model keeps no memory of what it reads.", remedy="Choose another model.")
        self._context = context
        self._memory = memory
        self._n_swa = llama.llama_model_n_swa(model)
        self._is_mrope = llama.llama_model_rope_type(model) in _MROPE_TYPES
        if llama.llama_model_is_recurrent(model) or llama.llama_model_is_hybrid(model):
            self.kind = MemoryKind.RECURRENT
        else:
            self.kind = MemoryKind.WINDOW if self._n_swa > 0 else MemoryKind.PLAIN

    def holds(self, seq_id: int, cells: Sequence[Cell]) -> bool:
        """Whether the sequence ends with the last of these cells, and can be gone on with from there."""
        if llama.llama_memory_seq_pos_max(self._memory, seq_id) != last_position(cells, self._is_mrope):
            return False
        return self.kind is MemoryKind.RECURRENT or self._has_window(seq_id, cells)

    def can_cut(self, seq_id: int, cells: Sequence[Cell], n_keep: int) -> bool:
        """Whether `truncate` would keep the first `n_keep` of the cells that the sequence holds."""
        if self.kind is MemoryKind.RECURRENT:
            return n_keep == len(cells)
        return self._has_window(seq_id, cells[:n_keep])

    def _has_window(self, seq_id: int, cells: Sequence[Cell]) -> bool:
        if not cells:
            return True
        first = llama.llama_memory_seq_pos_min(self._memory, seq_id)
        window_start = max(0, n_positions(cells) - self._n_swa) if self.kind is MemoryKind.WINDOW else 0
        return bool(0 <= first <= window_start)

    def truncate(self, seq_id: int, cells: Sequence[Cell], n_keep: int) -> bool:
        """Cut a sequence of these cells to the first `n_keep` of them, and drop whatever lies behind.

        Returns:
            Whether exactly these are held now; if not, the sequence is of no use as it is.
        """
        if n_keep == 0:
            self.drop(seq_id)  # a memory of two parts may seem empty while one of them is not
            return True
        kept = cells[:n_keep]
        if self.kind is not MemoryKind.RECURRENT:
            llama.llama_memory_seq_rm(self._memory, seq_id, n_positions(kept), -1)
        elif n_keep < len(cells):
            return False
        return self.holds(seq_id, kept)

    def copy(self, source: int, target: int) -> None:
        """Let the empty sequence `target` share everything that `source` holds: no cell is used up by it."""
        llama.llama_memory_seq_cp(self._memory, source, target, -1, -1)

    def drop(self, seq_id: int) -> None:
        """Give back everything of a sequence."""
        llama.llama_memory_seq_rm(self._memory, seq_id, -1, -1)

    def clear(self) -> None:
        """Give back all sequences, and write zeros over what the cells hold.

        Cells that were given back keep their values, and a step computes over them, masked: a value that is no number
        would spoil what others compute.
        """
        llama.llama_memory_clear(self._memory, True)

    def state_bytes(self, seq_id: int) -> int:
        """Bytes that `write_state` needs."""
        return int(llama.llama_state_seq_get_size_ext(self._context, seq_id, 0))

    def write_state(self, seq_id: int, target: memoryview) -> int:
        """Write the state of a sequence; returns the bytes written, 0 if they do not fit."""
        return self._get_state(seq_id, target, 0)

    def read_state(self, seq_id: int, source: memoryview) -> bool:
        """Replace an empty sequence by a state from `write_state`.

        Args:
            seq_id: The sequence.
            source: The state; a writable view, for ctypes takes no other.

        Returns:
            False if llama.cpp refuses it, or has too little room; the sequence is empty then.
        """
        if self._set_state(seq_id, source, 0):
            return True
        self.drop(seq_id)
        return False

    def checkpoint(self, seq_id: int) -> bytearray:
        """The recurrent state of a sequence; empty if the memory could not be brought back to it.

        A hybrid with sliding-window layers cannot tell whether a window is still there, so it has no checkpoints.
        """
        if self._n_swa > 0:
            return bytearray()
        state = bytearray(llama.llama_state_seq_get_size_ext(self._context, seq_id, _PARTIAL_ONLY))
        if state and self._get_state(seq_id, memoryview(state), _PARTIAL_ONLY) != len(state):
            return bytearray()
        return state

    def rewind(self, seq_id: int, cells: Sequence[Cell], checkpoint: bytearray) -> bool:
        """Bring a recurrent sequence back to where a checkpoint was taken.

        Args:
            seq_id: The sequence.
            cells: What it held when the checkpoint was taken.
            checkpoint: The checkpoint.

        Returns:
            Whether exactly these cells are held now; if not, the sequence is of no use as it is.
        """
        if not self._set_state(seq_id, memoryview(checkpoint), _PARTIAL_ONLY):
            return False
        removed = llama.llama_memory_seq_rm(self._memory, seq_id, n_positions(cells), -1)
        return bool(removed) and self.holds(seq_id, cells)

    def _get_state(self, seq_id: int, target: memoryview, flags: int) -> int:
        buffer = (ctypes.c_uint8 * target.nbytes).from_buffer(target)
        return int(llama.llama_state_seq_get_data_ext(self._context, buffer, target.nbytes, seq_id, flags))

    def _set_state(self, seq_id: int, source: memoryview, flags: int) -> bool:
        buffer = (ctypes.c_uint8 * source.nbytes).from_buffer(source)
        return bool(llama.llama_state_seq_set_data_ext(self._context, buffer, source.nbytes, seq_id, flags))
