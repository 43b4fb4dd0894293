"""Builds a tiny llama model with random weights that llama.cpp loads and decodes in milliseconds.

What it writes is noise, but it is a whole model: a byte-level vocabulary with merges, control tokens, a chat
template, two blocks. The file takes about 200 kB.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import numpy as np

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
N_EMBD, N_LAYER, N_HEAD, N_HEAD_KV, N_FF, N_CTX_TRAIN = 64, 2, 4, 2, 128, 512
HEAD = N_EMBD // N_HEAD
CONTROL_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
MERGES = ("t h", "Ġ t", "Ġt h", "Ġth e", "i n", "a n", "an d", "e r", "Ġ a", "o n", "r e", "Ġ w", "o u", "h e", "l l")

Type = gguf.GGUFValueType


def byte_characters() -> list[str]:
    """The 256 characters that GPT-2's byte-level BPE writes for the 256 bytes, in the order of the bytes."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(rest)) for byte in range(256)]


def vocabulary() -> list[str]:
    """All tokens: 256 bytes, what the merges make, then the control tokens."""
    return [*byte_characters(), *(merge.replace(" ", "") for merge in MERGES), *CONTROL_TOKENS]


def default_metadata() -> dict[str, Any]:
    """The header's values, which `write_tiny_model` lets a test override."""
    tokens = vocabulary()
    bos, eos = tokens.index("<|endoftext|>"), tokens.index("<|im_end|>")
    control = int(gguf.TokenType.CONTROL)
    types = [control if token in CONTROL_TOKENS else int(gguf.TokenType.NORMAL) for token in tokens]
    return {
        "general.architecture": "llama",
        "general.type": "model",
        "general.name": "Tiny",
        "general.file_type": gguf.LlamaFileType.MOSTLY_F16,
        "llama.block_count": N_LAYER,
        "llama.context_length": N_CTX_TRAIN,
        "llama.embedding_length": N_EMBD,
        "llama.feed_forward_length": N_FF,
        "llama.attention.head_count": N_HEAD,
        "llama.attention.head_count_kv": N_HEAD_KV,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": HEAD,
        "llama.rope.freq_base": 10000.0,
        "llama.vocab_size": len(tokens),
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "smollm",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": types,
        "tokenizer.ggml.merges": list(MERGES),
        "tokenizer.ggml.bos_token_id": bos,
        "tokenizer.ggml.eos_token_id": eos,
        "tokenizer.ggml.add_bos_token": False,
    }


def _tensors(seed: int) -> dict[str, np.ndarray[Any, np.dtype[Any]]]:
    random = np.random.default_rng(seed)

    def matrix(*shape: int) -> np.ndarray[Any, np.dtype[Any]]:
        return (random.standard_normal(shape) * 0.1).astype(np.float16)

    norm = np.ones(N_EMBD, dtype=np.float32)
    tensors = {"token_embd.weight": matrix(len(vocabulary()), N_EMBD), "output_norm.weight": norm}
    for layer in range(N_LAYER):
        block = {
            "attn_norm": norm,
            "attn_q": matrix(N_EMBD, N_EMBD),
            "attn_k": matrix(N_HEAD_KV * HEAD, N_EMBD),
            "attn_v": matrix(N_HEAD_KV * HEAD, N_EMBD),
            "attn_output": matrix(N_EMBD, N_EMBD),
            "ffn_norm": norm,
            "ffn_gate": matrix(N_FF, N_EMBD),
            "ffn_up": matrix(N_FF, N_EMBD),
            "ffn_down": matrix(N_EMBD, N_FF),
        }
        tensors.update({f"blk.{layer}.{name}.weight": values for name, values in block.items()})
    return tensors


def _value_type(value: Any) -> gguf.GGUFValueType:
    if isinstance(value, bool):
        return Type.BOOL
    return Type.UINT32 if isinstance(value, int) and value >= 0 else Type.get_type(value)


def write_tiny_model(
    path: Path,
    *,
    chat_template: str | None = CHATML,
    seed: int = 0,
    metadata: dict[str, Any] | None = None,
    split_max_tensors: int = 0,
) -> Path:
    """Write the model to `path` and return `path`, or the path of the first part if it is split.

    Args:
        path: File to write.
        chat_template: ``tokenizer.chat_template``; None leaves it out.
        seed: Seed of the random weights.
        metadata: Header values to add or to replace; a value of None leaves the key out. Integers become u32
            (negative ones i32), floats f32, bool, str and lists what they are; a ``(value, GGUFValueType)`` pair
            says the type.
        split_max_tensors: Tensors of one part; 0 writes one file.
    """
    values = default_metadata() | {"tokenizer.chat_template": chat_template} | (metadata or {})
    writer = gguf.GGUFWriter(path, str(values.pop("general.architecture")), split_max_tensors=split_max_tensors)
    for key, value in values.items():
        if value is None:
            continue
        plain, kind = value if isinstance(value, tuple) else (value, _value_type(value))
        if kind == Type.ARRAY:
            writer.add_array(key, plain)
        else:
            writer.add_key_value(key, plain, kind)
    for name, tensor in _tensors(seed).items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path if path.exists() else min(path.parent.glob(f"{path.stem}-00001-of-*.gguf"))
