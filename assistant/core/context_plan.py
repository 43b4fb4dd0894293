"""How much memory a model needs at a context length, and which context length fits.

Process: any. Thread rule: pure functions.

The estimate is for the CPU with an f16 KV cache, full-size sliding-window caches (``swa_full``), ``n_ubatch`` equal to
``n_batch``, and ``n_outputs_max`` equal to ``n_seq_max``: with llama.cpp's default, ``n_batch`` outputs, the compute
buffer would also hold ``n_batch * n_vocab`` floats.

On the CPU attention is computed without llama.cpp's flash attention, as far as memory allows
(`needs_flash_attention`): its kernel for few rows is slow. On 2 cores, behind 6,000 tokens, a token of
SmolLM2-135M took 97 ms with it and 32 ms without, a question of 12 tokens 957 and 144 ms, all 6,000 tokens 35 and 44 s;
of Qwen2.5-0.5B, behind 1,500 tokens, 57 and 35 ms, 368 and 106 ms, 8.7 and 8.9 s.

Formulas, in bytes:

* weights: the tensors; they are mapped from the file and read whole.
* KV cache, as ``llama_kv_cache`` allocates it: ``2 * n_ctx * sum over layers of n_head_kv * (head_k + head_v)``.
* compute: the widest point of the graph of llama.cpp. In the feed-forward block that is ``3 * n_ff + 4 * width`` floats
  a row of the batch with ``width = max(n_embd, n_head * head_k)``, and the work buffer of the CPU kernels with up to 2
  bytes for each of ``n_ff``; in the attention, without flash attention, ``n_head * n_ctx`` scores and ``6 * width``
  floats a row. Beside it the mask of ``n_ctx`` columns (two with a sliding window), f16 with flash attention, else f32,
  and ``n_vocab`` floats of logits for each sequence.
* overhead: interpreter and libraries, and the vocabulary (its tokens, merges and pieces in hash tables).

Measured against llama.cpp's log and the resident size of a process that had read a batch (llama-cpp-python 0.3.36,
SmolLM2-135M Q4_1 and Qwen2.5-0.5B Q4_K_M, n_ctx 512 to 32,768, n_batch 128 to 2,048, 1 and 8 sequences): the KV cache
is exact, the compute buffer 0.3 to 19 % above the log, the total 3 to 14 % above the resident size with flash
attention. Without it memory for scores is touched only as the context fills: at 6,000 of 8,192 tokens the total is 4 %
above.
"""

from __future__ import annotations

from bisect import bisect_right

import msgspec

from assistant.core.errors import NotEnoughMemory
from assistant.core.model_facts import ModelFacts

MIB = 2**20
N_CTX_STEP = 256
N_CTX_MIN = 512
N_CTX_AUTOMATIC = 8192
N_BATCH = 256
"""Tokens of one prompt step: as fast as 512 on a processor, and progress is told twice as often."""
N_SEQUENCES = 8
"""Conversations that share the KV cache: eight cost as much as one, they only share its cells."""
N_RECURRENT_SEQUENCES = 4
"""For recurrent models, whose state is there once a sequence."""
F16_BYTES = 2
F32_BYTES = 4
PROCESS_BYTES = 64 * MIB
MAX_SCORE_BYTES = 256 * MIB
"""Most memory for attention scores, as much as 32 heads take at 8,192 tokens."""
ALL_LAYERS = -1
"""``n_gpu_layers`` of llama.h: every layer on the graphics card."""
CARD_RESERVE_BYTES = 256 * MIB
"""For the screen and the driver."""
TOKEN_BYTES = 512


class MemoryEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """Memory of one loaded model, bytes.

    Attributes:
        weights_bytes: All tensors.
        kv_bytes: The KV cache.
        compute_bytes: Activations, attention mask and logits.
        overhead_bytes: The rest of the process, with the vocabulary.
    """

    weights_bytes: int
    kv_bytes: int
    compute_bytes: int
    overhead_bytes: int

    @property
    def total_bytes(self) -> int:
        """All of it."""
        return self.weights_bytes + self.kv_bytes + self.compute_bytes + self.overhead_bytes


def estimate_memory(
    facts: ModelFacts,
    n_ctx: int,
    *,
    n_batch: int = N_BATCH,
    n_seq_max: int = N_SEQUENCES,
    flash_attention: bool = True,
) -> MemoryEstimate:
    """Memory that the model needs with a context of `n_ctx` tokens.

    Recurrent state (Mamba, RWKV) is not counted; it does not grow with the context.

    Args:
        facts: The model.
        n_ctx: Tokens of all sequences together, 0 or more; rounded up to a multiple of 256 as llama.cpp does.
        n_batch: Tokens read in one step.
        n_seq_max: Sequences that share the KV cache.
        flash_attention: Whether attention scores are never written out; what a model needs at least.
    """
    n_ctx = _padded(n_ctx)
    return MemoryEstimate(
        weights_bytes=facts.tensor_bytes,
        kv_bytes=n_ctx * _kv_bytes_per_token(facts),
        compute_bytes=_compute_bytes(facts, n_ctx, n_batch, n_seq_max, flash_attention),
        overhead_bytes=PROCESS_BYTES + facts.n_vocab * TOKEN_BYTES,
    )


def largest_n_ctx(facts: ModelFacts, available_bytes: int, limit: int) -> int:
    """The longest context that fits, tokens: a multiple of 256, at least 512, or 0 if not even 512 fit.

    Args:
        facts: The model.
        available_bytes: Memory that may be used.
        limit: Longest context worth having, tokens; below 512 it counts as 512.
    """
    lengths = range(N_CTX_MIN, max(limit, N_CTX_MIN) + 1, N_CTX_STEP)
    n_fit = bisect_right(lengths, available_bytes, key=lambda n_ctx: estimate_memory(facts, n_ctx).total_bytes)
    return lengths[n_fit - 1] if n_fit else 0


def needs_flash_attention(facts: ModelFacts, n_ctx: int, available_bytes: int) -> bool:
    """Whether the CPU must use flash attention, because the scores would need too much memory without it.

    Args:
        facts: The model.
        n_ctx: Context length, tokens.
        available_bytes: Memory that may be used.
    """
    total_bytes = estimate_memory(facts, n_ctx, flash_attention=False).total_bytes
    return _score_bytes(facts, n_ctx, N_BATCH) > MAX_SCORE_BYTES or total_bytes > available_bytes


def choose_n_ctx(facts: ModelFacts, wanted: int, available_bytes: int) -> int:
    """The context length to load a model with, tokens: a multiple of 256.

    Args:
        facts: The model.
        wanted: What the person asked for; it may lie beyond the trained length. 0 takes the trained length, but no
            more than 8,192 and no more than fits.
        available_bytes: Memory that may be used.

    Raises:
        NotEnoughMemory: It does not fit; the values say what would (`fits`, 0 if nothing).
    """
    if wanted == 0:
        n_ctx = largest_n_ctx(facts, available_bytes, min(facts.n_ctx_train, N_CTX_AUTOMATIC))
        if n_ctx:
            return n_ctx
        raise _not_enough(facts, N_CTX_MIN, available_bytes)
    if estimate_memory(facts, wanted).total_bytes > available_bytes:
        raise _not_enough(facts, _padded(wanted), available_bytes)
    return _padded(wanted)


def layers_that_fit(facts: ModelFacts, n_ctx: int, card_bytes: int) -> int:
    """Layers to place on a graphics card: `ALL_LAYERS`, or as many as fit with their part of the KV cache.

    Args:
        facts: The model.
        n_ctx: Context length, tokens.
        card_bytes: Free memory of the card.
    """
    need = estimate_memory(facts, n_ctx)
    spare_bytes = card_bytes - CARD_RESERVE_BYTES - need.compute_bytes
    if need.weights_bytes + need.kv_bytes <= spare_bytes:
        return ALL_LAYERS
    layer_bytes = (need.weights_bytes + need.kv_bytes) // max(1, facts.n_layer) + 1
    return max(0, spare_bytes // layer_bytes)


def _not_enough(facts: ModelFacts, n_ctx: int, available_bytes: int) -> NotEnoughMemory:
    fits = largest_n_ctx(facts, available_bytes, n_ctx)
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
        needed_mib=-(-estimate_memory(facts, n_ctx).total_bytes // MIB),
        available_mib=available_bytes // MIB,
        fits=fits,
    )


def _padded(n_ctx: int) -> int:
    return -(-n_ctx // N_CTX_STEP) * N_CTX_STEP


def _kv_bytes_per_token(facts: ModelFacts) -> int:
    return F16_BYTES * sum(facts.n_head_kv) * (facts.n_embd_head_k + facts.n_embd_head_v)


def _score_bytes(facts: ModelFacts, n_ctx: int, n_batch: int) -> int:
    return F32_BYTES * facts.n_head * n_ctx * n_batch


def _compute_bytes(facts: ModelFacts, n_ctx: int, n_batch: int, n_seq_max: int, flash_attention: bool) -> int:
    width = max(facts.n_embd, facts.n_head * facts.n_embd_head_k)
    n_ff = facts.n_ff or 4 * facts.n_embd
    widest = n_batch * (F32_BYTES * (3 * n_ff + 4 * width) + F16_BYTES * n_ff)
    mask_bytes = F16_BYTES
    if not flash_attention:
        widest = max(widest, _score_bytes(facts, n_ctx, n_batch) + n_batch * F32_BYTES * 6 * width)
        mask_bytes = F32_BYTES
    n_masks = 2 if facts.sliding_window else 1
    return widest + n_masks * mask_bytes * n_batch * n_ctx + n_seq_max * F32_BYTES * facts.n_vocab
