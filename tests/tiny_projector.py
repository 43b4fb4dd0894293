"""Builds tiny projectors with random weights for models of width 64, which llama.cpp loads and runs in milliseconds.

What they make of a picture is noise, but it depends on the picture, and they are whole: a tower of one block and what
fits it to the model. A file takes 85 to 250 kB.
"""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt

N_EMBD = 64
"""Width of the models of `tiny_gguf`."""
WIDTH, N_HEAD, N_FF, IMAGE_SIZE, PATCH_SIZE = 32, 4, 64, 56, 14
N_PATCHES = (IMAGE_SIZE // PATCH_SIZE) ** 2
"""Patches of a picture, where its size is fixed."""
N_MEL, N_SOUND_POSITIONS = 80, 1500
"""Of half a minute of sound, as in Whisper."""

Array = npt.NDArray[Any]


class ProjectorType(enum.StrEnum):
    """``clip.projector_type``: how pictures become rows.

    ``MLP`` gives one row a patch, 16 in all. ``QWEN2VL`` keeps the shape of the picture, merges four patches into a
    row, and belongs to models with M-RoPE. ``GEMMA3`` pools four patches; its rows look at each other in the model.
    ``QWEN2A`` hears: it takes sounds in pieces of half a minute.
    """

    MLP = "mlp"
    QWEN2VL = "qwen2vl_merger"
    GEMMA3 = "gemma3"
    QWEN2A = "qwen2a"


def default_metadata(kind: ProjectorType, n_embd: int = N_EMBD) -> dict[str, Any]:
    """The header's values, which `write_tiny_projector` lets a test override."""
    tower = "audio" if kind is ProjectorType.QWEN2A else "vision"
    values: dict[str, Any] = {
        "general.type": "mmproj",
        f"clip.has_{tower}_encoder": True,
        "clip.projector_type": kind.value,
        "clip.use_gelu": True,
        f"clip.{tower}.embedding_length": WIDTH,
        f"clip.{tower}.feed_forward_length": N_FF,
        f"clip.{tower}.block_count": 1,
        f"clip.{tower}.projection_dim": n_embd,
        f"clip.{tower}.attention.head_count": N_HEAD,
        f"clip.{tower}.attention.layer_norm_epsilon": 1e-6,
    }
    if kind is ProjectorType.QWEN2A:
        return values | {"clip.audio.num_mel_bins": N_MEL}
    values |= {
        "clip.vision.image_size": IMAGE_SIZE,
        "clip.vision.patch_size": PATCH_SIZE,
        "clip.vision.image_mean": [0.5, 0.5, 0.5],
        "clip.vision.image_std": [0.5, 0.5, 0.5],
    }
    if kind is ProjectorType.MLP:
        values["clip.vision.feature_layer"] = [1]
    if kind is ProjectorType.GEMMA3:
        values["clip.vision.projector.scale_factor"] = 2
    return values


def write_tiny_projector(
    path: Path,
    kind: ProjectorType = ProjectorType.MLP,
    *,
    n_embd: int = N_EMBD,
    seed: int = 0,
    metadata: dict[str, Any] | None = None,
) -> Path:
    """Write the projector to `path` and return `path`.

    Args:
        path: File to write.
        kind: How pictures become rows.
        n_embd: Width of the model it is for.
        seed: Seed of the random weights.
        metadata: Header values to add or to replace; a value of None leaves the key out. Integers become u32.
    """
    writer = gguf.GGUFWriter(path, "clip")
    for key, value in (default_metadata(kind, n_embd) | (metadata or {})).items():
        if isinstance(value, list):
            writer.add_array(key, value)
        elif value is not None:
            is_integer = isinstance(value, int) and not isinstance(value, bool)
            value_type = gguf.GGUFValueType.UINT32 if is_integer else gguf.GGUFValueType.get_type(value)
            writer.add_key_value(key, value, value_type)
    for name, tensor in _tensors(kind, n_embd, seed).items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


class _Weights:
    """Random tensors by their names in a projector file."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self.tensors: dict[str, Array] = {}

    def matrix(self, name: str, *shape: int, dtype: npt.DTypeLike = np.float32) -> None:
        self.tensors[name] = (self._random.standard_normal(shape) * 0.2).astype(dtype)

    def linear(self, name: str, n_out: int, n_in: int, *, bias: bool = True) -> None:
        self.matrix(f"{name}.weight", n_out, n_in)
        if bias:
            self.matrix(f"{name}.bias", n_out)

    def norm(self, name: str) -> None:
        self.tensors[f"{name}.weight"] = np.ones(WIDTH, np.float32)
        self.matrix(f"{name}.bias", WIDTH)

    def tower(self, prefix: str, *, key_bias: bool = True) -> None:
        for name in ("blk.0.ln1", "blk.0.ln2", "post_ln"):
            self.norm(f"{prefix}.{name}")
        for name in ("attn_q", "attn_k", "attn_v", "attn_out"):
            self.linear(f"{prefix}.blk.0.{name}", WIDTH, WIDTH, bias=key_bias or name != "attn_k")
        self.linear(f"{prefix}.blk.0.ffn_up", N_FF, WIDTH)
        self.linear(f"{prefix}.blk.0.ffn_down", WIDTH, N_FF)


def _tensors(kind: ProjectorType, n_embd: int, seed: int) -> dict[str, Array]:
    weights = _Weights(seed)
    if kind is ProjectorType.QWEN2A:
        _add_hearing(weights, n_embd)
    else:
        _add_sight(weights, kind, n_embd)
    return weights.tensors


def _add_sight(weights: _Weights, kind: ProjectorType, n_embd: int) -> None:
    patches = (WIDTH, 3, PATCH_SIZE, PATCH_SIZE)
    weights.matrix("v.patch_embd.weight", *patches, dtype=np.float16)
    if kind is ProjectorType.QWEN2VL:
        weights.matrix("v.patch_embd.weight.1", *patches, dtype=np.float16)
    else:
        weights.matrix("v.patch_embd.bias", WIDTH)
        weights.matrix("v.position_embd.weight", N_PATCHES, WIDTH)
    weights.tower("v")
    if kind is ProjectorType.GEMMA3:
        weights.matrix("mm.input_projection.weight", WIDTH, n_embd)
        weights.tensors["mm.soft_emb_norm.weight"] = np.ones(WIDTH, np.float32)
    else:
        n_in = 4 * WIDTH if kind is ProjectorType.QWEN2VL else WIDTH
        weights.linear("mm.0", n_in, n_in)
        weights.linear("mm.2", n_embd, n_in)


def _add_hearing(weights: _Weights, n_embd: int) -> None:
    for number, n_in in ((1, N_MEL), (2, WIDTH)):
        weights.matrix(f"a.conv1d.{number}.weight", WIDTH, n_in, 3, dtype=np.float16)
        weights.matrix(f"a.conv1d.{number}.bias", WIDTH, 1)
    weights.matrix("a.position_embd.weight", N_SOUND_POSITIONS, WIDTH)
    weights.tower("a", key_bias=False)
    weights.linear("mm.a.fc", n_embd, WIDTH)
