"""The context plan: how long, stretched how, kept in which type, and on which device, for the memory that is free.

Process: any. Thread rule: pure functions.

On the CPU attention is computed without llama.cpp's flash attention, as far as memory allows
(`needs_flash_attention`): its kernel for few rows is slow. On 2 cores, behind 6,000 tokens, a token of
SmolLM2-135M took 97 ms with it and 32 ms without, a question of 12 tokens 957 and 144 ms, all 6,000 tokens 35 and 44 s;
of Qwen2.5-0.5B, behind 1,500 tokens, 57 and 35 ms, 368 and 106 ms, 8.7 and 8.9 s.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

import msgspec

from assistant.core.errors import ErrorInfo, NotEnoughMemory, note
from assistant.core.memory_estimate import (
    BLOCK,
    MIB,
    N_BATCH,
    N_CTX_STEP,
    KvType,
    MemoryEstimate,
    estimate_memory,
    padded,
    score_bytes,
)
from assistant.core.model_facts import ModelFacts
from assistant.core.rope import RopeMethod, RopeScaling, automatic_method, can_stretch, known_method, rope_scaling

N_CTX_MIN = 512
N_CTX_AUTOMATIC = 8192
N_CTX_LONGEST = -1
"""As `ContextWish.n_ctx`: as long as memory and the model allow."""
MAX_STRETCH = 4
"""Times the trained length; beyond it is warned of, and `N_CTX_LONGEST` ends there."""
ALL_LAYERS = -1
"""``n_gpu_layers`` of llama.h: every layer on the graphics card."""
CARD_RESERVE_BYTES = 256 * MIB
"""For the screen and the driver."""
MAX_SCORE_BYTES = 256 * MIB
"""Most memory for attention scores, as much as 32 heads take at 8,192 tokens."""


class ContextWish(msgspec.Struct, frozen=True, kw_only=True):
    """What the person fixed; the defaults leave everything to the plan.

    Attributes:
        n_ctx: Context length, tokens; 0 for the trained length, or as much of it as fits and `N_CTX_AUTOMATIC` allows,
            `N_CTX_LONGEST` for the longest.
        rope: How to reach beyond the trained length; None chooses.
        kv_type: Type of the KV cache.
        n_gpu_layers: Layers on the graphics card; `ALL_LAYERS` for as many as fit.
    """

    n_ctx: int = 0
    rope: RopeMethod | None = None
    kv_type: KvType = KvType.F16
    n_gpu_layers: int = ALL_LAYERS


class FreeMemory(msgspec.Struct, frozen=True, kw_only=True):
    """Memory that a model may take, bytes.

    Attributes:
        main_bytes: Of the computer.
        card_bytes: Of graphics cards with their own.
    """

    main_bytes: int
    card_bytes: int = 0

    @property
    def total_bytes(self) -> int:
        """Both."""
        return self.main_bytes + self.card_bytes


class ContextPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How a model is loaded.

    Attributes:
        n_ctx: Context length, tokens: a multiple of 256.
        rope: How positions beyond the trained length are reached.
        kv_type: Type of the KV cache.
        n_gpu_layers: Layers on the graphics card; `ALL_LAYERS` for all.
        flash_attention: Whether the processor uses it.
        memory: What all of that needs.
        notes: What the person should know of it, one sentence each.
    """

    n_ctx: int
    rope: RopeScaling
    kv_type: KvType
    n_gpu_layers: int
    flash_attention: bool
    memory: MemoryEstimate
    notes: tuple[ErrorInfo, ...] = ()


def plan_context(
    facts: ModelFacts,
    wish: ContextWish,
    free: FreeMemory,
    *,
    projector_bytes: int = 0,
    measured: Callable[[int, KvType], RopeMethod | None] = lambda n_ctx, kv_type: None,
) -> ContextPlan:
    """Plan a load.

    Args:
        facts: The model.
        wish: What the person fixed.
        free: Memory that may be used.
        projector_bytes: Weights of the projector.
        measured: Gives the method that a context check of this model found best for a length and a type of the KV
            cache; None if there was none. Asked beyond the trained length only.

    Raises:
        NotEnoughMemory: It does not fit; the values say what would (`fits`, 0 if nothing).
    """
    kv_type = usable_kv_type(facts, wish.kv_type)
    available_bytes = free.total_bytes - projector_bytes
    n_ctx = choose_n_ctx(facts, wish.n_ctx, available_bytes, kv_type)
    best = measured(n_ctx, kv_type) if n_ctx > facts.n_ctx_train else None
    method = _method(facts, wish, n_ctx, best)
    rope = rope_scaling(facts, method, n_ctx)
    flash_attention = kv_type is not KvType.F16 or needs_flash_attention(facts, n_ctx, available_bytes)
    memory = estimate_memory(
        facts, n_ctx, flash_attention=flash_attention, kv_type=kv_type, projector_bytes=projector_bytes
    )
    return ContextPlan(
        n_ctx=n_ctx,
        rope=rope,
        kv_type=kv_type,
        n_gpu_layers=_gpu_layers(wish, facts, memory, free.card_bytes),
        flash_attention=flash_attention,
        memory=memory,
        notes=(*_kv_notes(wish.kv_type, kv_type), *_length_notes(facts, wish, rope, n_ctx)),
    )


def choose_n_ctx(facts: ModelFacts, wanted: int, available_bytes: int, kv_type: KvType = KvType.F16) -> int:
    """The context length to load a model with, tokens: a multiple of 256.

    Args:
        facts: The model.
        wanted: As `ContextWish.n_ctx`. Learned positions end with the trained length, whatever is asked for.
        available_bytes: Memory that may be used.
        kv_type: Type of the KV cache.

    Raises:
        NotEnoughMemory: It does not fit; the values say what would (`fits`, 0 if nothing).
    """
    if wanted <= 0:
        limit = longest_n_ctx(facts) if wanted == N_CTX_LONGEST else min(facts.n_ctx_train, N_CTX_AUTOMATIC)
        n_ctx = largest_n_ctx(facts, available_bytes, limit, kv_type)
        if n_ctx:
            return n_ctx
        raise _not_enough(facts, N_CTX_MIN, available_bytes, kv_type)
    if facts.has_position_table:
        wanted = min(wanted, facts.n_ctx_train)
    if estimate_memory(facts, wanted, kv_type=kv_type).total_bytes > available_bytes:
        raise _not_enough(facts, padded(wanted), available_bytes, kv_type)
    return padded(wanted)


def longest_n_ctx(facts: ModelFacts) -> int:
    """The longest context that makes sense, tokens: up to `MAX_STRETCH` times the trained length."""
    return facts.n_ctx_train * (MAX_STRETCH if can_stretch(facts) else 1)


def largest_n_ctx(facts: ModelFacts, available_bytes: int, limit: int, kv_type: KvType = KvType.F16) -> int:
    """The longest context that fits, tokens: a multiple of 256, at least 512, or 0 if not even 512 fit.

    Args:
        facts: The model.
        available_bytes: Memory that may be used.
        limit: Longest context worth having, tokens; below 512 it counts as 512.
        kv_type: Type of the KV cache.
    """
    lengths = range(N_CTX_MIN, max(limit, N_CTX_MIN) + 1, N_CTX_STEP)
    n_fit = bisect_right(
        lengths, available_bytes, key=lambda n_ctx: estimate_memory(facts, n_ctx, kv_type=kv_type).total_bytes
    )
    return lengths[n_fit - 1] if n_fit else 0


def needs_flash_attention(facts: ModelFacts, n_ctx: int, available_bytes: int) -> bool:
    """Whether the CPU must use flash attention, because the scores would need too much memory without it.

    Args:
        facts: The model.
        n_ctx: Context length, tokens.
        available_bytes: Memory that may be used.
    """
    total_bytes = estimate_memory(facts, n_ctx, flash_attention=False).total_bytes
    return score_bytes(facts, n_ctx, N_BATCH) > MAX_SCORE_BYTES or total_bytes > available_bytes


def usable_kv_type(facts: ModelFacts, wanted: KvType) -> KvType:
    """`wanted` if the heads can be stored in it, else f16."""
    widths = (facts.n_embd_head_k, facts.n_embd_head_v)
    return wanted if all(width % BLOCK == 0 for width in widths) else KvType.F16


def layers_that_fit(facts: ModelFacts, memory: MemoryEstimate, card_bytes: int) -> int:
    """Layers to place on a graphics card: `ALL_LAYERS`, or as many as fit with their part of the KV cache.

    Args:
        facts: The model.
        memory: What it needs in all.
        card_bytes: Free memory of the card.
    """
    spare_bytes = card_bytes - CARD_RESERVE_BYTES - memory.compute_bytes
    if memory.weights_bytes + memory.kv_bytes <= spare_bytes:
        return ALL_LAYERS
    layer_bytes = (memory.weights_bytes + memory.kv_bytes) // max(1, facts.n_layer) + 1
    return max(0, spare_bytes // layer_bytes)


def _method(facts: ModelFacts, wish: ContextWish, n_ctx: int, measured: RopeMethod | None) -> RopeMethod:
    if wish.rope is not None:
        return known_method(facts, wish.rope)
    return measured or automatic_method(facts)


def _gpu_layers(wish: ContextWish, facts: ModelFacts, memory: MemoryEstimate, card_bytes: int) -> int:
    """Those that do not fit stay with the processor."""
    if wish.n_gpu_layers != ALL_LAYERS or card_bytes == 0:
        return wish.n_gpu_layers
    return layers_that_fit(facts, memory, card_bytes)


def _kv_notes(wanted: KvType, kv_type: KvType) -> list[ErrorInfo]:
    if wanted is kv_type:
        return []
    return [note("This model's memory cannot be kept in {kv_type}; it is kept in f16.", kv_type=wanted.value)]


def _length_notes(facts: ModelFacts, wish: ContextWish, rope: RopeScaling, n_ctx: int) -> list[ErrorInfo]:
    trained = facts.n_ctx_train
    if facts.has_position_table and wish.n_ctx > trained:
        return [note("This model ends at {n_ctx_train} tokens: it knows no places beyond them.", n_ctx_train=trained)]
    if n_ctx <= padded(trained):
        return []
    if rope.method is not RopeMethod.NONE:
        return _stretch_notes(facts, wish, rope, n_ctx)
    if facts.recurrent_bytes and not facts.n_rot:
        return [note("This model reads any length, but was trained with {n_ctx_train} tokens.", n_ctx_train=trained)]
    return [note("Beyond {n_ctx_train} tokens this model's answers fall apart.", n_ctx_train=trained)]


def _stretch_notes(facts: ModelFacts, wish: ContextWish, rope: RopeScaling, n_ctx: int) -> list[ErrorInfo]:
    stretch, method = round(n_ctx / facts.n_ctx_train, 1), rope.method.value
    stretched = "The context is stretched to {stretch} times the trained length ({method})."
    notes = [note(stretched, stretch=stretch, method=method)]
    if n_ctx > MAX_STRETCH * facts.n_ctx_train:
        notes.append(note("So far beyond the trained length answers get worse; do not rely on them."))
    if wish.rope not in (None, rope.method):
        notes.append(note("The model's file is already stretched; that is carried on by {method}.", method=method))
    if facts.sliding_window:
        notes.append(note("Only the layers that see the whole context are stretched."))
    if facts.is_m_rope:
        notes.append(note("The places in pictures are stretched, too; answers about them may get less exact."))
    return notes


def _not_enough(facts: ModelFacts, n_ctx: int, available_bytes: int, kv_type: KvType) -> NotEnoughMemory:
    fits = largest_n_ctx(facts, available_bytes, n_ctx, kv_type)
    return NotEnoughMemory(
        "{model} with a context of {n_ctx} tokens needs about {needed_mib} MiB of memory, and {available_mib} MiB are "
        "free.",
        remedy=(
            "Choose a context of at most {fits} tokens, or close other programs."
            if fits
            else "Close other programs, or choose a smaller model."
        ),
        model=facts.name,
        n_ctx=n_ctx,
        needed_mib=-(-estimate_memory(facts, n_ctx, kv_type=kv_type).total_bytes // MIB),
        available_mib=available_bytes // MIB,
        fits=fits,
    )
