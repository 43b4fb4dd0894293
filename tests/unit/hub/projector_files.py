"""Writes projectors whose headers are whole and whose weights are zeros: enough for whoever reads headers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np

N_EMBD = 64
"""Width of the tiny model of `tests.tiny_gguf`."""
WIDTH, N_HEAD, PATCH, IMAGE, N_LAYER = 32, 4, 14, 56, 2

Shape = tuple[int, ...]
Type = gguf.GGUFValueType


def vision_metadata(projector_type: str = "mlp") -> dict[str, Any]:
    """Header of a tower that sees."""
    vision = "clip.vision."
    return {
        "general.type": "mmproj",
        "general.name": "Tiny eye",
        "clip.has_vision_encoder": True,
        "clip.projector_type": projector_type,
        "clip.use_gelu": True,
        vision + "image_size": IMAGE,
        vision + "patch_size": PATCH,
        vision + "embedding_length": WIDTH,
        vision + "feed_forward_length": 2 * WIDTH,
        vision + "block_count": N_LAYER,
        vision + "projection_dim": N_EMBD,
        vision + "attention.head_count": N_HEAD,
        vision + "attention.layer_norm_epsilon": 1e-6,
        vision + "image_mean": [0.5, 0.5, 0.5],
        vision + "image_std": [0.5, 0.5, 0.5],
    }


def sound_metadata(projector_type: str = "ultravox") -> dict[str, Any]:
    """Header of a tower that hears."""
    audio = "clip.audio."
    return {
        "general.type": "mmproj",
        "clip.has_audio_encoder": True,
        "clip.projector_type": projector_type,
        audio + "num_mel_bins": 80,
        audio + "embedding_length": WIDTH,
        audio + "feed_forward_length": 2 * WIDTH,
        audio + "block_count": N_LAYER,
        audio + "projection_dim": N_EMBD,
        audio + "attention.head_count": N_HEAD,
        audio + "attention.layer_norm_epsilon": 1e-6,
    }


def vision_tensors(projector_type: str = "mlp") -> dict[str, Shape]:
    """Shapes in numpy's order: the row length last."""
    tensors: dict[str, Shape] = {"v.patch_embd.weight": (WIDTH, 3, PATCH, PATCH)}
    if projector_type == "qwen2vl_merger":
        tensors |= {"v.patch_embd.weight.1": (WIDTH, 3, PATCH, PATCH)}
    else:
        tensors |= {"v.patch_embd.bias": (WIDTH,), "v.position_embd.weight": ((IMAGE // PATCH) ** 2, WIDTH)}
    for layer in range(N_LAYER):
        block = f"v.blk.{layer}."
        tensors |= {f"{block}{norm}.weight": (WIDTH,) for norm in ("ln1", "ln2")}
        for name in ("attn_q", "attn_k", "attn_v", "attn_out"):
            tensors |= {f"{block}{name}.weight": (WIDTH, WIDTH), f"{block}{name}.bias": (WIDTH,)}
        tensors |= {block + "ffn_up.weight": (2 * WIDTH, WIDTH), block + "ffn_down.weight": (WIDTH, 2 * WIDTH)}
    if projector_type == "gemma3":
        return tensors | {"mm.soft_emb_norm.weight": (WIDTH,), "mm.input_projection.weight": (WIDTH, N_EMBD)}
    n_in = 4 * WIDTH if projector_type == "qwen2vl_merger" else WIDTH
    tensors |= {"mm.0.weight": (WIDTH, n_in), "mm.0.bias": (WIDTH,)}
    return tensors | {"mm.2.weight": (N_EMBD, WIDTH), "mm.2.bias": (N_EMBD,)}


def write_projector(
    path: Path,
    projector_type: str = "mlp",
    *,
    metadata: Mapping[str, Any] | None = None,
    tensors: Mapping[str, Shape | None] | None = None,
) -> Path:
    """Write a projector that sees, and return `path`.

    Args:
        path: File to write.
        projector_type: ``mlp``, ``gemma3`` or ``qwen2vl_merger``.
        metadata: Values to add or to replace, None leaves a key out; a ``(value, GGUFValueType)`` pair says the type.
        tensors: Shapes to add or to replace; None leaves a tensor out.
    """
    return write_header(
        path,
        vision_metadata(projector_type) | dict(metadata or {}),
        vision_tensors(projector_type) | dict(tensors or {}),
    )


def write_header(path: Path, metadata: Mapping[str, Any], tensors: Mapping[str, Shape | None]) -> Path:
    """Write a GGUF file of the architecture ``clip`` (or of ``general.architecture``), and return `path`."""
    values = dict(metadata)
    writer = gguf.GGUFWriter(path, str(values.pop("general.architecture", "clip")))
    for key, value in values.items():
        if value is None:
            continue
        plain, kind = value if isinstance(value, tuple) else (value, _value_type(value))
        if kind == Type.ARRAY:
            writer.add_array(key, plain)
        else:
            writer.add_key_value(key, plain, kind)
    for name, shape in tensors.items():
        if shape is not None:
            writer.add_tensor(name, np.zeros(shape, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _value_type(value: Any) -> gguf.GGUFValueType:
    if isinstance(value, bool):
        return Type.BOOL
    return Type.UINT32 if isinstance(value, int) else Type.get_type(value)
