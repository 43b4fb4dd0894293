"""From token pieces to text that can be shown: whole characters, and nothing of a stop string.

Process: engine worker. Thread: the scheduler's only.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import NamedTuple


class Release(NamedTuple):
    """What became sure.

    Attributes:
        text: New text.
        token_ids: Ids whose text is now complete.
    """

    text: str
    token_ids: tuple[int, ...]


class TokenStream:
    """Holds text back until no later token can change whether it is shown.

    Args:
        stops: Strings that end the answer and are not part of it; empty ones are ignored.

    Attributes:
        token_ids: All ids released so far.
        stopped: Whether a stop string was met; nothing may be pushed after it.
    """

    def __init__(self, stops: Sequence[str] = ()) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self._waiting: list[tuple[int, int]] = []  # (id, length of the answer with which its text is complete)
        self._parts: list[str] = []
        self._n_released = 0
        self.token_ids: list[int] = []
        self.stopped = False

    @property
    def text(self) -> str:
        """All text released so far."""
        return "".join(self._parts)

    def push(self, token_id: int, piece: bytes) -> Release:
        """Add a token; returns what became sure with it, often nothing."""
        self._held += self._decoder.decode(piece)
        pending, _ = self._decoder.getstate()
        self._waiting.append((token_id, self._n_released + len(self._held) + (1 if pending else 0)))
        end = self._find_stop()
        if end is not None:
            self.stopped = True
            self._held = self._held[:end]
            return self._release(end)
        return self._release(len(self._held) - self._n_ambiguous())

    def flush(self) -> Release:
        """Release the whole characters that are held back: the answer is over."""
        return Release("", ()) if self.stopped else self._release(len(self._held))

    def _find_stop(self) -> int | None:
        """Where the stop string begins that is complete first, so that it does not matter how the text was cut."""
        found = [(start + len(stop), start) for stop in self._stops if (start := self._held.find(stop)) >= 0]
        return min(found)[1] if found else None

    def _n_ambiguous(self) -> int:
        """Length of the longest end of the held text that a stop string could begin with."""
        longest = max((len(stop) for stop in self._stops), default=1) - 1
        for length in range(min(longest, len(self._held)), 0, -1):
            if any(stop.startswith(self._held[-length:]) for stop in self._stops):
                return length
        return 0

    def _release(self, length: int) -> Release:
        text, self._held = self._held[:length], self._held[length:]
        self._n_released += len(text)
        if text:
            self._parts.append(text)
        count = 0
        while count < len(self._waiting) and self._waiting[count][1] <= self._n_released:
            count += 1
        ids = tuple(token_id for token_id, _ in self._waiting[:count])
        del self._waiting[:count]
        self.token_ids.extend(ids)
        return Release(text, ids)
