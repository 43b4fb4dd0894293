"""The scale of a chart of perplexities, for the picture and for the window.

Process: any. Thread rule: pure functions.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec

from assistant.core.context_check import MethodRun

_WORST = 30.0
"""Nats beyond which a line is cut: a perplexity of e to the 30th."""
_EMPTY = (math.log(2), math.log(20))
_FINE = (1, 1.5, 2, 3, 4, 5, 6, 8)
_COARSE = (1, 2, 5)


class PerplexityScale(msgspec.Struct, frozen=True):
    """Logarithms of the lowest and the highest perplexity of a chart."""

    low: float
    high: float

    def share(self, loss: float) -> float:
        """Where a loss lies between the lower edge, 0, and the upper one, 1."""
        return (min(loss, _WORST) - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Perplexities of the ruled lines, ascending: finer where the scale is narrow."""
        span = self.high - self.low
        digits: Sequence[float] = (1,) if span > math.log(1e4) else _FINE if span < math.log(10) else _COARSE
        low, high = math.exp(self.low), math.exp(self.high)
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        values = (digit * 10.0**power for power in powers for digit in digits)
        return [value for value in values if low <= value <= high]


def perplexity_scale(runs: Iterable[MethodRun]) -> PerplexityScale:
    """A scale on which all parts of these runs have their place, with a margin."""
    losses = [min(loss, _WORST) for run in runs for loss in run.losses] or list(_EMPTY)
    margin = max(0.05, 0.05 * (max(losses) - min(losses)))
    return PerplexityScale(min(losses) - margin, max(losses) + margin)
