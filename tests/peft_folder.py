"""Folders as PEFT writes them, with the weights a test asks for."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

DATA = Path(__file__).parent / "data"
CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
DTYPES = {"float16": "F16", "float32": "F32", "uint16": "BF16", "int64": "I64"}
ALPHA, RANK = 16, 4


def write_butler(folder: Path) -> Path:
    """The trained adapter in `tests/data`."""
    folder.mkdir()
    shutil.copy(DATA / "495ab00cd23e00a96386712f439afdb8a6ab2d2a67f6df3b255faedc85998662.safetensors", folder / WEIGHTS)
    shutil.copy(DATA / "93d39bc935432ed294d2471b655ef4a16984941253cd5641868e3c5fbdf72e49.json", folder / CONFIG)
    return folder


def write_peft(folder: Path, weights: Mapping[str, npt.NDArray], **config: object) -> Path:
    """A folder with these weights; `uint16` stands for bfloat16."""
    folder.mkdir()
    known = {"peft_type": "LORA", "r": RANK, "lora_alpha": ALPHA, "base_model_name_or_path": "someone/tiny"}
    (folder / CONFIG).write_text(json.dumps(known | config))
    write_safetensors(folder / WEIGHTS, weights)
    return folder


def write_safetensors(path: Path, tensors: Mapping[str, npt.NDArray]) -> None:
    table: dict[str, object] = {"__metadata__": {"format": "pt"}}
    data = b""
    for name, tensor in tensors.items():
        end = len(data) + tensor.nbytes
        table[name] = {"dtype": DTYPES[str(tensor.dtype)], "shape": tensor.shape, "data_offsets": [len(data), end]}
        data += tensor.tobytes()
    header = json.dumps(table).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)


def module(layer: int | str, name: str) -> str:
    """Hugging Face's name of a module of a layer: ``self_attn.q_proj`` and the like."""
    return f"base_model.model.model.layers.{layer}.{name}"


def pair(name: str, n_in: int, n_out: int, seed: int = 0, rank: int = RANK) -> dict[str, npt.NDArray[np.float32]]:
    """Random weights for one module."""
    random = np.random.default_rng(seed)
    return {
        f"{name}.lora_A.weight": random.normal(0, 0.3, (rank, n_in)).astype(np.float32),
        f"{name}.lora_B.weight": random.normal(0, 0.3, (n_out, rank)).astype(np.float32),
    }
