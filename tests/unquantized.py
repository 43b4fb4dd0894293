"""A model's weights as 32-bit floats: what is left between two ways to compute the same answer is not quantization.

A matrix product with quantized weights rounds the activations to 8 bits, too. A sum in another order, which any other
chat in memory makes, then moves the starter model's logits by up to 1.0; with these weights by about 0.01.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt
from gguf.quants import dequantize

Weights = npt.NDArray[np.float32]


def write_unquantized(
    source: Path, target: Path, change: Callable[[str, Weights], Weights] = lambda name, weights: weights
) -> Path:
    """Copy a GGUF file with all weights as `float32`, four bytes each; returns `target`.

    Args:
        source: The file.
        target: Its copy.
        change: Called with the name and the weights of each tensor, rows first; returns what stands in the copy.
    """
    reader = gguf.GGUFReader(source)
    writer = gguf.GGUFWriter(target, str(reader.fields["general.architecture"].contents()))
    for name, field in reader.fields.items():
        if not name.startswith("GGUF.") and name not in ("general.architecture", "general.file_type"):
            kind, *inner = field.types
            writer.add_key_value(name, field.contents(), kind, inner[0] if inner else None)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, change(tensor.name, dequantize(tensor.data, tensor.tensor_type)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target
