"""Tiny models with random weights, one of each kind of memory: plain, M-RoPE, sliding window, recurrent, hybrid."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt

from tests.tiny_gguf import CHATML, default_metadata, vocabulary

N_EMBD, N_HEAD, N_HEAD_KV, N_FF, N_CTX_TRAIN = 64, 2, 1, 128, 1024
HEAD = N_EMBD // N_HEAD
"""32, the smallest that quantized KV types can store."""
WINDOW = 32
"""Tokens of the sliding window."""
STATE, INNER, CONVOLUTION, STEP_RANK = 8, 128, 4, 4

SPREAD = 0.3
"""Standard deviation of the weights: so large that every token of the past can change the next one."""

Block = Mapping[str, tuple[int, ...]]
"""Names and shapes of the tensors of one layer."""

ATTENTION: Block = {
    "attn_norm.weight": (N_EMBD,),
    "attn_q.weight": (N_EMBD, N_EMBD),
    "attn_k.weight": (N_HEAD_KV * HEAD, N_EMBD),
    "attn_v.weight": (N_HEAD_KV * HEAD, N_EMBD),
    "attn_output.weight": (N_EMBD, N_EMBD),
}
FEED_FORWARD: Block = {
    "ffn_norm.weight": (N_EMBD,),
    "ffn_gate.weight": (N_FF, N_EMBD),
    "ffn_up.weight": (N_FF, N_EMBD),
    "ffn_down.weight": (N_EMBD, N_FF),
}
QK_NORMS: Block = {"attn_q_norm.weight": (HEAD,), "attn_k_norm.weight": (HEAD,)}


def write_plain_model(path: Path) -> Path:
    """A llama model."""
    return _write(path, "llama", {"rope.freq_base": 1e6}, [{**ATTENTION, **FEED_FORWARD}] * 2)


def write_sliding_window_model(path: Path) -> Path:
    """A Gemma 3 model: five of six layers see `WINDOW` tokens only."""
    keys = {
        "attention.key_length": HEAD,
        "attention.value_length": HEAD,
        "attention.sliding_window": WINDOW,
        "rope.freq_base": 1e6,
    }
    norms: Block = {"post_attention_norm.weight": (N_EMBD,), "post_ffw_norm.weight": (N_EMBD,)}
    return _write(path, "gemma3", keys, [{**ATTENTION, **QK_NORMS, **FEED_FORWARD, **norms}] * 6)


def write_mrope_model(path: Path) -> Path:
    """A Qwen2-VL model: positions have sections, and a picture takes up fewer of them than it has tokens."""
    keys = {"rope.dimension_sections": [4, 6, 6, 0], "rope.freq_base": 1e6}
    biases: Block = {
        "attn_q.bias": (N_EMBD,),
        "attn_k.bias": (N_HEAD_KV * HEAD,),
        "attn_v.bias": (N_HEAD_KV * HEAD,),
    }
    return _write(path, "qwen2vl", keys, [{**ATTENTION, **biases, **FEED_FORWARD}] * 2)


def write_recurrent_model(path: Path) -> Path:
    """A Mamba model: no cell of its memory belongs to one position."""
    keys = {
        "feed_forward_length": 0,
        "attention.head_count": 0,
        "ssm.conv_kernel": CONVOLUTION,
        "ssm.inner_size": INNER,
        "ssm.state_size": STATE,
        "ssm.time_step_rank": STEP_RANK,
    }
    block: Block = {
        "attn_norm.weight": (N_EMBD,),
        "ssm_in.weight": (2 * INNER, N_EMBD),
        "ssm_conv1d.weight": (INNER, CONVOLUTION),
        "ssm_conv1d.bias": (INNER,),
        "ssm_x.weight": (STEP_RANK + 2 * STATE, INNER),
        "ssm_dt.weight": (INNER, STEP_RANK),
        "ssm_dt.bias": (INNER,),
        "ssm_a": (INNER, STATE),
        "ssm_d": (INNER,),
        "ssm_out.weight": (N_EMBD, INNER),
    }
    return _write(path, "mamba", keys, [block] * 2)


def write_hybrid_model(path: Path) -> Path:
    """An LFM2 model: layers with a recurrent state and layers with attention take turns."""
    keys = {"attention.head_count_kv": [0, N_HEAD_KV] * 2, "rope.freq_base": 1e6, "shortconv.l_cache": 3}
    convolution: Block = {
        "attn_norm.weight": (N_EMBD,),
        "shortconv.conv.weight": (N_EMBD, 3),
        "shortconv.in_proj.weight": (3 * N_EMBD, N_EMBD),
        "shortconv.out_proj.weight": (N_EMBD, N_EMBD),
        **FEED_FORWARD,
    }
    attention: Block = {**ATTENTION, **QK_NORMS, **FEED_FORWARD}
    return _write(path, "lfm2", keys, [convolution, attention] * 2, output_norm="token_embd_norm.weight")


WRITERS: dict[str, Callable[[Path], Path]] = {
    "plain": write_plain_model,
    "M-RoPE": write_mrope_model,
    "sliding window": write_sliding_window_model,
    "recurrent": write_recurrent_model,
    "hybrid": write_hybrid_model,
}


def _write(
    path: Path,
    architecture: str,
    keys: Mapping[str, Any],
    blocks: Sequence[Block],
    *,
    output_norm: str = "output_norm.weight",
) -> Path:
    own = {
        "context_length": N_CTX_TRAIN,
        "embedding_length": N_EMBD,
        "vocab_size": len(vocabulary()),
        "block_count": len(blocks),
        "feed_forward_length": N_FF,
        "attention.head_count": N_HEAD,
        "attention.head_count_kv": N_HEAD_KV,
        "attention.layer_norm_rms_epsilon": 1e-6,
        **keys,
    }
    writer = gguf.GGUFWriter(path, architecture)
    _add_values(writer, {f"{architecture}.{key}": value for key, value in own.items()})
    _add_values(writer, {key: value for key, value in default_metadata().items() if key.startswith("tokenizer.")})
    writer.add_chat_template(CHATML)
    rows = (len(vocabulary()), N_EMBD)
    shapes = {"token_embd.weight": rows, "output.weight": rows, output_norm: (N_EMBD,)}
    for layer, block in enumerate(blocks):
        shapes |= {f"blk.{layer}.{name}": shape for name, shape in block.items()}
    random = np.random.default_rng(3)
    for name, shape in shapes.items():
        writer.add_tensor(name, _weights(random, name, shape))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_values(writer: gguf.GGUFWriter, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        kind = gguf.GGUFValueType.get_type(value)
        if kind is gguf.GGUFValueType.ARRAY:
            writer.add_array(key, value)
        else:
            writer.add_key_value(key, value, gguf.GGUFValueType.UINT32 if type(value) is int else kind)


def _weights(random: np.random.Generator, name: str, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    if name.endswith("norm.weight"):
        return np.ones(shape, dtype=np.float32)
    values = random.standard_normal(shape).astype(np.float32) * np.float32(SPREAD)
    # A recurrent state fades by the exponential of this at every token: as slowly as a test needs.
    return np.abs(values) * np.float32(-0.05) - np.float32(0.005) if name.endswith("ssm_a") else values
