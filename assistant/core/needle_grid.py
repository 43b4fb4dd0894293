"""The needles of a context check by depth and length, for the picture, the window and the terminal.

Process: any. Thread rule: pure functions.
"""

from __future__ import annotations

import msgspec

from assistant.core.context_check import MethodRun

N_DEPTHS = 4
"""Rows of a needle grid."""


class NeedleGrid(msgspec.Struct, frozen=True, kw_only=True):
    """What was found again of the needles at each depth of each length.

    Attributes:
        lengths: Tokens that had been read, ascending.
        shares: `N_DEPTHS` rows, the beginning of the text first, a mean recall for each length; None without a needle.
    """

    lengths: tuple[int, ...]
    shares: tuple[tuple[float | None, ...], ...]


def needle_grid(run: MethodRun) -> NeedleGrid:
    """The needles of a run by depth, which is the share of the text that stands before one, and length."""
    lengths = tuple(sorted({needle.length for needle in run.needles}))
    found: dict[tuple[int, int], list[float]] = {}
    for needle in run.needles:
        depth = min(N_DEPTHS - 1, needle.position * N_DEPTHS // needle.length)
        found.setdefault((depth, needle.length), []).append(needle.recall)

    def share(depth: int, length: int) -> float | None:
        recalls = found.get((depth, length))
        return sum(recalls) / len(recalls) if recalls else None

    return NeedleGrid(
        lengths=lengths,
        shares=tuple(tuple(share(depth, length) for length in lengths) for depth in range(N_DEPTHS)),
    )
