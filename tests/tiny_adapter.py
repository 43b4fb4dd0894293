"""Builds small LoRA adapters: with the tensors a test asks for, or random ones for all matrices of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt

BUTLER = Path(__file__).parent / "data/d8b7cbdb093b6cc5555869321ca3d08ab57c767d43b0896d5c9f3eb3ccf77b46.gguf"
"""A trained one of the starter model; see `tests/data`."""
RANK = 4
ALPHA = 8.0
SPREAD = 0.1
"""Standard deviation of the weights of a random adapter: without it, or with it at half its strength, the model says
something else."""
_MATRICES = ("attn_", "ffn_", "ssm_in", "ssm_out")


def write_adapter(
    path: Path,
    tensors: Mapping[str, npt.NDArray[np.floating]],
    *,
    kind: str = "adapter",
    of: str = "lora",
    arch: str = "llama",
    called_by: Sequence[int] = (),
) -> Path:
    """A file with these tensors, right or wrong; `called_by` makes it an activated one."""
    writer = gguf.GGUFWriter(path, arch)
    writer.add_type(kind)
    writer.add_string("adapter.type", of)
    writer.add_float32("adapter.lora.alpha", ALPHA)
    if called_by:
        writer.add_array("adapter.alora.invocation_tokens", called_by)
    for name, tensor in tensors.items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def write_random_adapter(path: Path, base: Path, seed: int, *, spread: float = SPREAD) -> Path:
    """An adapter for the matrices of a tiny model's layers; equal seeds, equal adapters."""
    reader = gguf.GGUFReader(base)
    random = np.random.default_rng(seed)
    tensors = {}
    for tensor in reader.tensors:
        is_matrix = len(tensor.shape) == 2 and tensor.name.startswith("blk.")
        if is_matrix and tensor.name.split(".")[2].startswith(_MATRICES):
            n_in, n_out = (int(n) for n in tensor.shape)
            for half, shape in (("a", (RANK, n_in)), ("b", (n_out, RANK))):
                tensors[f"{tensor.name}.lora_{half}"] = random.normal(0, spread, shape).astype(np.float32)
    return write_adapter(path, tensors, arch=str(reader.fields["general.architecture"].contents()))
