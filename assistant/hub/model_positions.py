"""How a model knows the order of its tokens: rotary, learned or none; and the state of recurrent layers.

Process: app. Thread rule: pure.

Source: ``load_hparams`` and ``llama_model_rope_type`` in llama-model.cpp; ``n_embd_r`` and ``n_embd_s`` in
llama-hparams.cpp.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from assistant.hub.gguf_metadata import Metadata

MAX_FACTOR = 1e4
MAX_CONTEXT = 2**27
MAX_STATE = 2**20
F32_BYTES = 4
NO_ROPE = frozenset(
    {"gptj", "mpt", "refact", "bloom", "mamba", "mamba2", "jamba", "jais", "rwkv6", "rwkv6qwen2", "rwkv7"}
    | {"arwkv7", "nemotron_h", "nemotron_h_moe", "kimi-linear"}
)
"""Architectures without rotary positions."""
POSITION_TABLES = frozenset({"gpt2", "starcoder"})
"""Architectures of chat models that look positions up in a table, whatever their header says of rotation."""


class Positions(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of `ModelFacts` about positions; meanings are the same there."""

    n_rot: int
    rope_factor: float
    n_ctx_original: int
    has_position_table: bool
    is_m_rope: bool


def read_positions(metadata: Metadata, architecture: str, head_k: int) -> Positions:
    """Read what the header says of positions; `read_shape` has checked the ranges that llama.cpp asserts.

    Args:
        metadata: The header.
        architecture: ``general.architecture``.
        head_k: Width of one key head.

    Raises:
        HeaderInvalid: A value has the wrong type or is out of range.
    """
    prefix = f"{architecture}.rope."
    n_rot = metadata.integer(prefix + "dimension_count", 0, MAX_STATE, head_k)
    # The second key is an old name of the first; llama.cpp reads it, too.
    factor = metadata.real(prefix + "scaling.factor", 0.0, MAX_FACTOR, 0.0) or metadata.real(
        prefix + "scale_linear", 0.0, MAX_FACTOR, 0.0
    )
    return Positions(
        n_rot=0 if architecture in NO_ROPE | POSITION_TABLES else n_rot,
        rope_factor=factor or 1.0,
        n_ctx_original=metadata.integer(prefix + "scaling.original_context_length", 0, MAX_CONTEXT, 0),
        has_position_table=architecture in POSITION_TABLES,
        is_m_rope=prefix + "dimension_sections" in metadata.values,
    )


def read_recurrent_bytes(metadata: Metadata, architecture: str, n_embd: int, n_head_kv: Sequence[int]) -> int:
    """Bytes of the recurrent state of one sequence; 0 for a model without.

    Layers without key/value heads are taken to be the recurrent ones, and all of them where every layer has heads.

    Args:
        metadata: The header.
        architecture: ``general.architecture``.
        n_embd: Width of the residual stream.
        n_head_kv: Key/value heads of each layer.

    Raises:
        HeaderInvalid: A value has the wrong type or is out of range.
    """

    def number(name: str, default: int = 0) -> int:
        return metadata.integer(f"{architecture}.{name}", 0, MAX_STATE, default)

    wkv, short = number("wkv.head_size"), number("shortconv.l_cache")
    if wkv:
        width = number("token_shift_count", 2) * n_embd + n_embd * wkv
    elif short:
        width = n_embd * (short - 1)
    else:
        inner, state, kernel = number("ssm.inner_size"), number("ssm.state_size"), number("ssm.conv_kernel")
        width = max(kernel - 1, 0) * (inner + 2 * number("ssm.group_count") * state) + state * inner
    n_recurrent = sum(n == 0 for n in n_head_kv) or len(n_head_kv)
    return F32_BYTES * width * n_recurrent
