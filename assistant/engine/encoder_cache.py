"""What the projector made of pictures and sounds, so that the same one is looked at once.

Process: engine worker. Thread: the scheduler's only.
"""

from __future__ import annotations

import ctypes
from collections import OrderedDict

from assistant.engine.cells import MediaCell

MAX_BYTES = 64 * 1024 * 1024
"""Several hundred small pictures, or some ten of a thousand wide tokens."""

Embeddings = ctypes.Array[ctypes.c_float]
"""One row of the model's input width for each token of the piece."""


class EncoderCache:
    """Embeddings by the cell they belong to, which names content and piece; the least recently used give way.

    Args:
        max_bytes: Most bytes of all entries together; a larger entry is not kept.

    Attributes:
        n_bytes: Bytes of all entries.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._entries: OrderedDict[MediaCell, Embeddings] = OrderedDict()
        self.n_bytes = 0

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self.n_bytes = 0

    def get(self, cell: MediaCell) -> Embeddings | None:
        """The embeddings of a piece, which counts as used now; None if they are not there."""
        embeddings = self._entries.get(cell)
        if embeddings is not None:
            self._entries.move_to_end(cell)
        return embeddings

    def put(self, cell: MediaCell, embeddings: Embeddings) -> None:
        """Keep the embeddings of a piece, in place of older ones."""
        previous = self._entries.pop(cell, None)
        if previous is not None:
            self.n_bytes -= ctypes.sizeof(previous)
        if ctypes.sizeof(embeddings) > self._max_bytes:
            return
        self._entries[cell] = embeddings
        self.n_bytes += ctypes.sizeof(embeddings)
        while self.n_bytes > self._max_bytes:
            _, oldest = self._entries.popitem(last=False)
            self.n_bytes -= ctypes.sizeof(oldest)
