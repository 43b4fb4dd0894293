"""Tiny models whose memory is not a plain KV cache: a sliding window, and a recurrent state."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt

from tests.tiny_gguf import CHATML, default_metadata, vocabulary

N_EMBD, N_HEAD, N_FF, N_CTX_TRAIN = 64, 4, 128, 512
WINDOW = 16
"""Tokens of the sliding window."""
STATE, INNER, CONVOLUTION, STEP_RANK = 8, 128, 4, 4

Array = npt.NDArray[Any]
_random = np.random.default_rng(3)


def write_sliding_window_model(path: Path) -> Path:
    """A Cohere2 model: three of four layers see `WINDOW` tokens only."""
    keys = {
        "block_count": 4,
        "feed_forward_length": N_FF,
        "attention.head_count": N_HEAD,
        "attention.head_count_kv": N_HEAD,
        "attention.layer_norm_epsilon": 1e-5,
        "attention.sliding_window": WINDOW,
        "logit_scale": 1.0,
        "rope.dimension_count": N_EMBD // N_HEAD,
        "rope.freq_base": 10000.0,
        "vocab_size": len(vocabulary()),
    }
    block = {
        "attn_norm.weight": (N_EMBD,),
        "attn_q.weight": (N_EMBD, N_EMBD),
        "attn_k.weight": (N_EMBD, N_EMBD),
        "attn_v.weight": (N_EMBD, N_EMBD),
        "attn_output.weight": (N_EMBD, N_EMBD),
        "ffn_gate.weight": (N_FF, N_EMBD),
        "ffn_up.weight": (N_FF, N_EMBD),
        "ffn_down.weight": (N_EMBD, N_FF),
    }
    return _write(path, "cohere2", keys, 4, block)


def write_recurrent_model(path: Path) -> Path:
    """A Mamba model: no cell of its memory belongs to one position."""
    keys = {
        "block_count": 2,
        "feed_forward_length": 0,
        "attention.head_count": 0,
        "attention.layer_norm_rms_epsilon": 1e-5,
        "ssm.conv_kernel": CONVOLUTION,
        "ssm.inner_size": INNER,
        "ssm.state_size": STATE,
        "ssm.time_step_rank": STEP_RANK,
    }
    block = {
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
    return _write(path, "mamba", keys, 2, block)


def _write(
    path: Path, architecture: str, keys: Mapping[str, int | float], n_layer: int, block: Mapping[str, tuple[int, ...]]
) -> Path:
    writer = gguf.GGUFWriter(path, architecture)
    own = {"context_length": N_CTX_TRAIN, "embedding_length": N_EMBD, **keys}
    values: dict[str, Any] = {f"{architecture}.{key}": value for key, value in own.items()}
    values |= {key: value for key, value in default_metadata().items() if key.startswith("tokenizer.")}
    for key, value in values.items():
        kind = gguf.GGUFValueType.get_type(value)
        if kind is gguf.GGUFValueType.ARRAY:
            writer.add_array(key, value)
        else:
            writer.add_key_value(key, value, gguf.GGUFValueType.UINT32 if type(value) is int else kind)
    writer.add_chat_template(CHATML)
    writer.add_tensor("token_embd.weight", _weights("token_embd.weight", (len(vocabulary()), N_EMBD)))
    writer.add_tensor("output_norm.weight", _weights("output_norm.weight", (N_EMBD,)))
    for layer in range(n_layer):
        for name, shape in block.items():
            writer.add_tensor(f"blk.{layer}.{name}", _weights(name, shape))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _weights(name: str, shape: tuple[int, ...]) -> Array:
    if name.endswith("norm.weight"):
        return np.ones(shape, dtype=np.float32)
    values = _random.standard_normal(shape).astype(np.float32) * np.float32(0.1)
    return -np.abs(values) - np.float32(0.1) if name == "ssm_a" else values
