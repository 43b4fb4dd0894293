"""The shape of a decoder: layers, heads and widths, checked the way llama.cpp would assert them.

Process: app. Thread rule: pure.

Source of the rules: ``llama_model_base::load_hparams`` in llama-model.cpp, the limits in llama-hparams.h, and the
assertions of the CPU kernels. Where llama.cpp refuses a value with an error of its own, it is not repeated here
unless the app needs the value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.hub.gguf_metadata import Metadata
from assistant.hub.gguf_reader import HeaderInvalid, ValueType
from assistant.hub.gguf_tensors import Tensor

MAX_LAYERS = 512
MAX_EXPERTS = 1024
MAX_WIDTH = 2**20
MAX_HEADS = 2**14
MAX_CONTEXT = 2**27
ROPE_SCALING_TYPES = ("none", "linear", "yarn", "longrope")

_FLOAT_VECTORS = re.compile(r"(_norm(_\w+)?\.weight|\.bias)$")
_MATRICES = re.compile(r"^(token_embd|output|blk\.\d+\.(attn_(q|k|v|qkv|output)|ffn_(gate|up|down)))\.weight$")
_NO_MATRIX_TYPES = frozenset({"I8", "I16", "I32", "I64", "F64", "Q8_1", "Q8_K"})


@dataclass(frozen=True, slots=True)
class ModelShape:
    """Numbers of `ModelFacts` that come from the keys of the architecture; meanings are the same there."""

    n_ctx_train: int
    n_layer: int
    n_embd: int
    n_head: int
    n_head_kv: tuple[int, ...]
    n_embd_head_k: int
    n_embd_head_v: int
    n_ff: int
    sliding_window: int
    rope_freq_base: float
    rope_scaling: str


def read_shape(metadata: Metadata, architecture: str) -> ModelShape:
    """Read and check the shape of a model of `architecture`.

    Raises:
        HeaderInvalid: A value is missing, has the wrong type, is out of range or contradicts another one.
    """
    prefix = f"{architecture}."
    n_layer = metadata.integer(prefix + "block_count", 1, MAX_LAYERS)
    n_embd = metadata.integer(prefix + "embedding_length", 1, MAX_WIDTH)
    n_head, n_head_kv = _read_heads(metadata, prefix, n_layer)
    head_k = _head_width(metadata, prefix, "key_length", n_embd, max(n_head))
    head_v = _head_width(metadata, prefix, "value_length", n_embd, max(n_head))
    metadata.integer(prefix + "nextn_predict_layers", 0, n_layer, 0)
    n_ff = _read_feed_forward(metadata, architecture, n_layer)
    _check_rope(metadata, prefix, head_k)
    _check_reals(metadata, prefix)
    return ModelShape(
        n_ctx_train=metadata.integer(prefix + "context_length", 1, MAX_CONTEXT),
        n_layer=n_layer,
        n_embd=n_embd,
        n_head=max(n_head),
        n_head_kv=n_head_kv,
        n_embd_head_k=head_k,
        n_embd_head_v=head_v,
        n_ff=n_ff,
        sliding_window=_read_sliding_window(metadata, prefix, n_layer),
        rope_freq_base=metadata.real(prefix + "rope.freq_base", 1e-6, 1e15, 0.0),
        rope_scaling=metadata.text(prefix + "rope.scaling.type"),
    )


def _read_heads(metadata: Metadata, prefix: str, n_layer: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    recurrent = any(key.startswith((prefix + "ssm.", prefix + "wkv.")) for key in metadata.values)
    absent = (0,) * n_layer if recurrent else None
    n_head = metadata.per_layer(prefix + "attention.head_count", n_layer, MAX_HEADS, absent)
    n_head_kv = metadata.per_layer(prefix + "attention.head_count_kv", n_layer, MAX_HEADS, n_head)
    if not any(n_head) and not recurrent:
        raise HeaderInvalid(f"{prefix}attention.head_count is 0")
    for heads, kv_heads in zip(n_head, n_head_kv, strict=True):
        if kv_heads and heads % kv_heads:
            raise HeaderInvalid(f"{heads} attention heads cannot share {kv_heads} key/value heads")
    return n_head, n_head_kv


def _head_width(metadata: Metadata, prefix: str, name: str, n_embd: int, n_head: int) -> int:
    """Width of one head; the wider one where sliding-window layers have their own."""
    key = f"{prefix}attention.{name}"
    if n_head and key not in metadata.values and n_embd % n_head:
        raise HeaderInvalid(f"a width of {n_embd} cannot be shared by {n_head} attention heads")
    width = metadata.integer(key, 1, MAX_WIDTH, n_embd // n_head if n_head else 0)
    return max(width, metadata.integer(key + "_swa", 1, MAX_WIDTH, width))


def _read_feed_forward(metadata: Metadata, architecture: str, n_layer: int) -> int:
    """Feed-forward width that one token passes through, all its experts together."""
    prefix = f"{architecture}."
    none = (0,) * n_layer
    dense = max(metadata.per_layer(prefix + "feed_forward_length", n_layer, MAX_WIDTH, none))
    n_expert = metadata.integer(prefix + "expert_count", 0, MAX_EXPERTS, 0)
    n_used = max(metadata.per_layer(prefix + "expert_used_count", n_layer, MAX_EXPERTS, none))
    # llama.cpp itself drops both numbers for these two architectures when there is one expert or none.
    if not (architecture in ("hunyuan-dense", "hunyuan_vl") and n_expert <= 1):
        _check_experts(metadata, prefix, n_expert, n_used)
    expert = max(metadata.per_layer(prefix + "expert_feed_forward_length", n_layer, MAX_WIDTH, (dense,)))
    return max(dense, expert * n_used)


def _check_experts(metadata: Metadata, prefix: str, n_expert: int, n_used: int) -> None:
    n_groups = metadata.integer(prefix + "expert_group_count", 0, MAX_EXPERTS, 0)
    n_groups_used = metadata.integer(prefix + "expert_group_used_count", 0, MAX_EXPERTS, 0)
    if n_used > n_expert or (n_expert and not n_used):
        raise HeaderInvalid(f"{n_used} of {n_expert} experts are used")
    if n_groups and n_groups >= n_expert:
        raise HeaderInvalid(f"{n_expert} experts in {n_groups} groups")
    if n_groups > 1 and (n_expert % n_groups or not 0 < n_groups_used < n_groups):
        raise HeaderInvalid(f"{n_groups_used} of {n_groups} groups of {n_expert} experts are used")


def _check_rope(metadata: Metadata, prefix: str, head_k: int) -> None:
    scaling = metadata.text(prefix + "rope.scaling.type", "none")
    if scaling not in ROPE_SCALING_TYPES:
        raise HeaderInvalid(f"{prefix}rope.scaling.type is {scaling[:40]!r}")
    for key in (prefix + "rope.dimension_count", prefix + "rope.dimension_count_swa"):
        n_rot = metadata.integer(key, 0, MAX_WIDTH, 0)
        if n_rot % 2 or (head_k and n_rot > head_k):
            raise HeaderInvalid(f"{key} is {n_rot} for heads of width {head_k}")
    sections = prefix + "rope.dimension_sections"
    if sections in metadata.values:
        sizes = metadata.integers(sections)
        if not any(sizes) or not all(0 <= size <= head_k for size in sizes):
            raise HeaderInvalid(f"{sections} is {sizes[:8]}")


def _check_reals(metadata: Metadata, prefix: str) -> None:
    for key, value in metadata.values.items():
        if key.startswith(prefix) and isinstance(value.content, float) and not math.isfinite(value.content):
            raise HeaderInvalid(f"{key} is {value.content}")
    for name in ("layer_norm_epsilon", "layer_norm_rms_epsilon", "group_norm_epsilon"):
        metadata.real(f"{prefix}attention.{name}", 0.0, 1.0, 0.0)


def _read_sliding_window(metadata: Metadata, prefix: str, n_layer: int) -> int:
    key = prefix + "attention.sliding_window"
    value = metadata.values.get(key)
    if value is not None and value.kind is ValueType.ARR:
        return max(metadata.per_layer(key, n_layer, MAX_CONTEXT))
    return metadata.integer(key, 0, 2**32 - 1, 0)


def check_weights(tensors: Sequence[Tensor], n_vocab: int) -> None:
    """Check the tensors whose kind or shape llama.cpp takes for granted until a kernel aborts.

    Raises:
        HeaderInvalid: The embedding table does not fit the vocabulary, or a tensor has a type no kernel takes.
    """
    embedding = next((tensor for tensor in tensors if tensor.name == "token_embd.weight"), None)
    if embedding is None:
        raise HeaderInvalid("the tensor token_embd.weight is missing")
    if embedding.shape[1:] != (n_vocab,):
        raise HeaderInvalid(f"token_embd.weight has the shape {embedding.shape} for {n_vocab} tokens")
    for tensor in tensors:
        if _FLOAT_VECTORS.search(tensor.name) and tensor.type.name != "F32":
            raise HeaderInvalid(f"the tensor {tensor.name} is {tensor.type.name}, not F32")
        if _MATRICES.match(tensor.name) and tensor.type.name in _NO_MATRIX_TYPES:
            raise HeaderInvalid(f"the tensor {tensor.name} is {tensor.type.name}, which is no type for weights")
