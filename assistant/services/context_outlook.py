"""What each context length of a model would take: memory, time, and how it is stretched.

Process: app. Thread rule: immutable; pure and quick, for a slider that moves.
"""

from __future__ import annotations

import msgspec

from assistant.core.context_check import ContextCheck, best_method, reading_seconds
from assistant.core.context_plan import (
    ContextPlan,
    ContextWish,
    FreeMemory,
    largest_n_ctx,
    longest_n_ctx,
    plan_context,
    usable_kv_type,
)
from assistant.core.load_ladder import Rung, lightened, rung_note, wish_key
from assistant.core.memory_estimate import KvType
from assistant.core.model_facts import ModelFacts
from assistant.core.rope import RopeMethod

_PIECE = 1000


class ContextOutlook(msgspec.Struct, frozen=True, kw_only=True):
    """A model, the memory that is free for it, and what was measured of it.

    Attributes:
        facts: The model.
        free: Memory that it may take.
        projector_bytes: Weights of its projector.
        check: What a context check found; None if there was none.
        rungs: What was given up for lack of memory, by `wish_key`.
    """

    facts: ModelFacts
    free: FreeMemory
    projector_bytes: int = 0
    check: ContextCheck | None = None
    rungs: dict[str, Rung] = {}

    def plan(self, wish: ContextWish) -> ContextPlan:
        """How it would be loaded.

        Raises:
            NotEnoughMemory: It does not fit; the values say what would.
        """
        rung = self.rung(wish)
        plan = plan_context(
            self.facts,
            lightened(wish, rung),
            self.free,
            projector_bytes=self.projector_bytes,
            measured=self._best_method,
        )
        return msgspec.structs.replace(plan, notes=(*plan.notes, rung_note(rung))) if rung is not None else plan

    def rung(self, wish: ContextWish) -> Rung | None:
        """With what less it is loaded, because memory ran out before; None if as it is wished."""
        return self.rungs.get(wish_key(wish))

    def _best_method(self, n_ctx: int, kv_type: KvType) -> RopeMethod | None:
        return best_method(self.check, n_ctx, kv_type) if self.check is not None else None

    def longest(self, kv_type: KvType) -> int:
        """The longest context that makes sense and fits, tokens; 0 if none fits."""
        available_bytes = self.free.total_bytes - self.projector_bytes
        kv_type = usable_kv_type(self.facts, kv_type)
        return largest_n_ctx(self.facts, available_bytes, longest_n_ctx(self.facts), kv_type)

    def reading_pace(self, n_tokens: int) -> float | None:
        """Seconds that another 1,000 tokens take where `n_tokens` are read; None if that was not measured."""
        if self.check is None:
            return None
        start = max(0, n_tokens - _PIECE)
        whole, before = reading_seconds(self.check, start + _PIECE), reading_seconds(self.check, start)
        return whole - before if whole is not None and before is not None else None

    def reading_time(self, n_tokens: int) -> float | None:
        """Seconds to read so many tokens from the beginning; None if that was not measured."""
        return reading_seconds(self.check, n_tokens) if self.check is not None else None
