"""How much memory a model needs at a context length.

Process: any. Thread rule: pure functions.

The estimate is for a processor, with full-size sliding-window caches (``swa_full``), ``n_ubatch`` equal to ``n_batch``,
and ``n_outputs_max`` equal to ``n_seq_max``: with llama.cpp's default, ``n_batch`` outputs, the compute buffer would
also hold ``n_batch * n_vocab`` floats.

Formulas, in bytes:

* weights: the tensors; they are mapped from the file and read whole.
* KV cache, as ``llama_kv_cache`` allocates it: ``n_ctx * sum over layers of n_head_kv * (head_k + head_v)`` numbers of
  `KvType`; and, as ``llama_memory_recurrent``, the state of recurrent layers once a sequence.
* compute: the widest point of the graph of llama.cpp. In the feed-forward block that is ``3 * n_ff + 4 * width`` floats
  a row of the batch with ``width = max(n_embd, n_head * head_k)``; in the attention, without flash attention,
  ``n_head * n_ctx`` scores and ``6 * width`` floats a row. Beside it the mask of ``n_ctx`` columns (two with a sliding
  window), f16 with flash attention, else f32, and ``n_vocab`` floats of logits for each sequence. A Mamba block took 14
  times ``n_embd`` floats.
* overhead: interpreter and libraries, the vocabulary (its tokens, merges and pieces in hash tables), and the work
  buffer of the CPU kernels with up to 2 bytes for each of ``n_ff``.

Held against llama.cpp's log in ``tests/integration/engine/test_context_plan.py``. The total was 3 to 14 % above the
resident size of a process that had read a batch (llama-cpp-python 0.3.36, SmolLM2-135M Q4_1 and Qwen2.5-0.5B Q4_K_M,
n_ctx 512 to 32,768, n_batch 128 to 2,048, 1 and 8 sequences, flash attention). Without flash attention memory for
scores is touched only as the context fills: at 6,000 of 8,192 tokens the total is 4 % above.
"""

from __future__ import annotations

import enum

import msgspec

from assistant.core.model_facts import ModelFacts

MIB = 2**20
N_CTX_STEP = 256
N_BATCH = 256
"""Tokens of one prompt step: as fast as 512 on a processor, and progress is told twice as often."""
N_SEQUENCES = 8
"""Conversations that share the KV cache: eight cost as much as one, they only share its cells."""
N_RECURRENT_SEQUENCES = 4
"""For recurrent models, whose state is there once a sequence."""
F16_BYTES = 2
F32_BYTES = 4
PROCESS_BYTES = 64 * MIB
TOKEN_BYTES = 512
WORK_BYTES = 2
"""Of the CPU kernels, for each value of the feed-forward block."""
MAMBA_WIDTHS = 14


class KvType(enum.StrEnum):
    """Type of the numbers in the KV cache; names are ggml's.

    The quantized ones need flash attention, and heads whose width is a multiple of 32.
    """

    F16 = "f16"
    Q8_0 = "q8_0"
    Q4_0 = "q4_0"


BLOCK = 32
"""Values that a quantized type stores together."""
BLOCK_BYTES = {KvType.F16: 64, KvType.Q8_0: 34, KvType.Q4_0: 18}
"""Bytes of `BLOCK` values: quantized ones carry an f16 scale (``block_q8_0`` and ``block_q4_0`` in ggml-common.h)."""


class MemoryEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """Memory of one loaded model, bytes.

    Attributes:
        weights_bytes: All tensors.
        kv_bytes: The KV cache, and the state of recurrent layers.
        compute_bytes: Activations, attention mask and logits.
        overhead_bytes: The rest of the process, with the vocabulary.
        projector_bytes: The projector with which it sees or hears.
    """

    weights_bytes: int
    kv_bytes: int
    compute_bytes: int
    overhead_bytes: int
    projector_bytes: int = 0

    @property
    def total_bytes(self) -> int:
        """All of it."""
        return sum((self.weights_bytes, self.kv_bytes, self.compute_bytes, self.overhead_bytes, self.projector_bytes))


def estimate_memory(
    facts: ModelFacts,
    n_ctx: int,
    *,
    n_batch: int = N_BATCH,
    n_seq_max: int = 0,
    flash_attention: bool = True,
    kv_type: KvType = KvType.F16,
    projector_bytes: int = 0,
) -> MemoryEstimate:
    """Memory that the model needs with a context of `n_ctx` tokens.

    Args:
        facts: The model.
        n_ctx: Tokens of all sequences together, 0 or more; rounded up to a multiple of 256 as llama.cpp does.
        n_batch: Tokens read in one step.
        n_seq_max: Sequences that share the KV cache; 0 for as many as the engine takes.
        flash_attention: Whether attention scores are never written out; what a model needs at least.
        kv_type: Type of the KV cache.
        projector_bytes: Weights of the projector.
    """
    n_ctx = padded(n_ctx)
    n_seq_max = n_seq_max or n_sequences(facts)
    return MemoryEstimate(
        weights_bytes=facts.tensor_bytes,
        kv_bytes=n_ctx * _kv_bytes_per_token(facts, kv_type) + n_seq_max * facts.recurrent_bytes,
        compute_bytes=_compute_bytes(facts, n_ctx, n_batch, n_seq_max, flash_attention),
        overhead_bytes=PROCESS_BYTES + facts.n_vocab * TOKEN_BYTES + WORK_BYTES * n_batch * facts.n_ff,
        projector_bytes=projector_bytes,
    )


def padded(n_ctx: int) -> int:
    """`n_ctx` rounded up to what llama.cpp makes of it."""
    return -(-n_ctx // N_CTX_STEP) * N_CTX_STEP


def n_sequences(facts: ModelFacts) -> int:
    """Conversations that the engine keeps in memory at once."""
    return N_RECURRENT_SEQUENCES if facts.recurrent_bytes else N_SEQUENCES


def _kv_bytes_per_token(facts: ModelFacts, kv_type: KvType) -> int:
    return sum(facts.n_head_kv) * (facts.n_embd_head_k + facts.n_embd_head_v) * BLOCK_BYTES[kv_type] // BLOCK


def score_bytes(facts: ModelFacts, n_ctx: int, n_batch: int) -> int:
    """Attention scores of one batch without flash attention, bytes."""
    return F32_BYTES * facts.n_head * n_ctx * n_batch


def _compute_bytes(facts: ModelFacts, n_ctx: int, n_batch: int, n_seq_max: int, flash_attention: bool) -> int:
    width = max(facts.n_embd, facts.n_head * facts.n_embd_head_k)
    floats = 3 * facts.n_ff + 4 * width if facts.n_ff else MAMBA_WIDTHS * facts.n_embd
    widest = n_batch * F32_BYTES * floats
    mask_bytes = F16_BYTES
    if not flash_attention:
        widest = max(widest, score_bytes(facts, n_ctx, n_batch) + n_batch * F32_BYTES * 6 * width)
        mask_bytes = F32_BYTES
    n_masks = (2 if facts.sliding_window else 1) if facts.n_embd_head_k else 0  # a Mamba model has no attention
    return widest + n_masks * mask_bytes * n_batch * n_ctx + n_seq_max * F32_BYTES * facts.n_vocab
