"""The load ladder: with what less a model may still be loaded where memory ran out.

Process: any. Thread rule: pure functions.

The rungs, from the one that costs a person least: fewer layers on the graphics card, the KV cache in q8_0, a shorter
context, the processor alone, a still shorter context.
"""

from __future__ import annotations

import msgspec

from assistant.core.context_plan import (
    ALL_LAYERS,
    N_CTX_MIN,
    ContextPlan,
    ContextWish,
    FreeMemory,
    plan_context,
    usable_kv_type,
)
from assistant.core.errors import ErrorInfo, NotEnoughMemory, note
from assistant.core.memory_estimate import N_CTX_STEP, KvType
from assistant.core.model_facts import ModelFacts

COMFORTABLE_N_CTX = 2048
"""Tokens; a person gives up the graphics card rather than go below."""
LEAST_SHARE = 4
"""A card that takes less than one of so many layers is hardly worth it."""


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """How a model is loaded to need less memory.

    Attributes:
        n_ctx: Context length, tokens.
        kv_type: Type of the KV cache.
        n_gpu_layers: Layers on the graphics card.
    """

    n_ctx: int
    kv_type: KvType
    n_gpu_layers: int


def wish_key(wish: ContextWish) -> str:
    """Names what a person fixed of the memory, to find the rung that was taken for it."""
    return f"{wish.n_ctx} {wish.kv_type.value} {wish.n_gpu_layers}"


def lightened(wish: ContextWish, rung: Rung | None) -> ContextWish:
    """The wish with what was given up for it."""
    return msgspec.structs.replace(wish, **msgspec.structs.asdict(rung)) if rung is not None else wish


def rung_note(rung: Rung) -> ErrorInfo:
    """Says that a model is loaded with less than was asked for."""
    return note(
        "Memory ran out before, so it is loaded with {n_ctx} tokens of context, kept in {kv_type}. Another context "
        "length in the settings is tried as it is.",
        n_ctx=rung.n_ctx,
        kv_type=rung.kv_type.value,
    )


def rung_of(plan: ContextPlan) -> Rung:
    """Where a plan stands on the ladder."""
    return Rung(n_ctx=plan.n_ctx, kv_type=plan.kv_type, n_gpu_layers=plan.n_gpu_layers)


def next_rung(facts: ModelFacts, rung: Rung, *, has_card: bool) -> Rung | None:
    """The rung below; None at the foot of the ladder.

    Args:
        facts: The model.
        rung: What did not fit.
        has_card: Whether fewer layers on a graphics card help: it has its own memory, and that ran out. Cards that
            share the computer's memory keep their layers.
    """
    layers = facts.n_layer if rung.n_gpu_layers == ALL_LAYERS else min(rung.n_gpu_layers, facts.n_layer)
    layers *= has_card
    if layers * LEAST_SHARE > facts.n_layer:
        return msgspec.structs.replace(rung, n_gpu_layers=layers // 2)
    if rung.kv_type is KvType.F16 and any(facts.n_head_kv) and usable_kv_type(facts, KvType.Q8_0) is KvType.Q8_0:
        return msgspec.structs.replace(rung, kv_type=KvType.Q8_0)
    if rung.n_ctx > COMFORTABLE_N_CTX:
        return msgspec.structs.replace(rung, n_ctx=_halved(rung.n_ctx))
    if layers:
        return msgspec.structs.replace(rung, n_gpu_layers=0)
    if rung.n_ctx > N_CTX_MIN:
        return msgspec.structs.replace(rung, n_ctx=_halved(rung.n_ctx))
    return None


def rung_that_fits(facts: ModelFacts, rung: Rung, free: FreeMemory, projector_bytes: int) -> Rung | None:
    """The first rung below that should fit by the plan, which places the layers itself; None if none does."""
    below = next_rung(facts, rung, has_card=False)
    while below is not None and not _fits(facts, below, free, projector_bytes):
        below = next_rung(facts, below, has_card=False)
    return below


def _fits(facts: ModelFacts, rung: Rung, free: FreeMemory, projector_bytes: int) -> bool:
    wish = ContextWish(n_ctx=rung.n_ctx, kv_type=rung.kv_type, n_gpu_layers=rung.n_gpu_layers)
    try:
        plan_context(facts, wish, free, projector_bytes=projector_bytes)
    except NotEnoughMemory:
        return False
    return True


def _halved(n_ctx: int) -> int:
    return max(N_CTX_MIN, n_ctx // 2 // N_CTX_STEP * N_CTX_STEP)
