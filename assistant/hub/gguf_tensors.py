"""The tensor table of a GGUF header, checked against the size of the file.

Process: app. Thread rule: immutable once read.

The rules are those of ``gguf_init_from_reader`` in ggml's gguf.cpp; types, block sizes and block bytes are those of
``type_traits`` in ggml.c.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from assistant.hub.gguf_reader import HeaderInvalid, HeaderReader, HeaderTruncated

MAX_TENSORS = 2**16
MAX_NAME_BYTES = 63
MAX_DIMENSIONS = 4
MAX_ELEMENTS = 2**63 - 1


class TensorType(NamedTuple):
    """How ggml stores one tensor type.

    Attributes:
        name: ggml's name.
        block_elements: Elements of one block; a row is whole blocks.
        block_bytes: Bytes of one block.
    """

    name: str
    block_elements: int
    block_bytes: int


TENSOR_TYPES = {
    0: TensorType("F32", 1, 4),
    1: TensorType("F16", 1, 2),
    2: TensorType("Q4_0", 32, 18),
    3: TensorType("Q4_1", 32, 20),
    6: TensorType("Q5_0", 32, 22),
    7: TensorType("Q5_1", 32, 24),
    8: TensorType("Q8_0", 32, 34),
    9: TensorType("Q8_1", 32, 36),
    10: TensorType("Q2_K", 256, 84),
    11: TensorType("Q3_K", 256, 110),
    12: TensorType("Q4_K", 256, 144),
    13: TensorType("Q5_K", 256, 176),
    14: TensorType("Q6_K", 256, 210),
    15: TensorType("Q8_K", 256, 292),
    16: TensorType("IQ2_XXS", 256, 66),
    17: TensorType("IQ2_XS", 256, 74),
    18: TensorType("IQ3_XXS", 256, 98),
    19: TensorType("IQ1_S", 256, 50),
    20: TensorType("IQ4_NL", 32, 18),
    21: TensorType("IQ3_S", 256, 110),
    22: TensorType("IQ2_S", 256, 82),
    23: TensorType("IQ4_XS", 256, 136),
    24: TensorType("I8", 1, 1),
    25: TensorType("I16", 1, 2),
    26: TensorType("I32", 1, 4),
    27: TensorType("I64", 1, 8),
    28: TensorType("F64", 1, 8),
    29: TensorType("IQ1_M", 256, 56),
    30: TensorType("BF16", 1, 2),
    34: TensorType("TQ1_0", 256, 54),
    35: TensorType("TQ2_0", 256, 66),
    39: TensorType("MXFP4", 32, 17),
    40: TensorType("NVFP4", 64, 36),
    41: TensorType("Q1_0", 128, 18),
    42: TensorType("Q2_0", 64, 18),
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """One row of the tensor table.

    Attributes:
        name: Its name.
        shape: ggml's ``ne``: the row length first.
        type: How it is stored.
        offset: From the start of the tensor data, bytes.
    """

    name: str
    shape: tuple[int, ...]
    type: TensorType
    offset: int

    @property
    def n_elements(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def n_bytes(self) -> int:
        """Bytes of the data, without padding."""
        return self.n_elements // self.type.block_elements * self.type.block_bytes


def read_tensors(reader: HeaderReader, count: int) -> list[Tensor]:
    """Read a table of `count` tensors.

    Raises:
        HeaderInvalid: Too many tensors, a name twice, a shape or type that ggml refuses.
        HeaderTruncated: The file ends before the last row.
    """
    if count > MAX_TENSORS:
        raise HeaderInvalid(f"{count} tensors where at most {MAX_TENSORS} are allowed")
    tensors: dict[str, Tensor] = {}
    for _ in range(count):
        tensor = _read_tensor(reader)
        if tensor.name in tensors:
            raise HeaderInvalid(f"the tensor {tensor.name} stands twice")
        tensors[tensor.name] = tensor
    return list(tensors.values())


def _read_tensor(reader: HeaderReader) -> Tensor:
    raw = reader.take(reader.text_length(MAX_NAME_BYTES))
    if not raw or not raw.isascii() or not raw.decode("ascii").isprintable():
        raise HeaderInvalid(f"the name of a tensor is not plain ASCII: {raw[:40]!r}")
    name = raw.decode("ascii")
    n_dimensions = reader.u32()
    if not 1 <= n_dimensions <= MAX_DIMENSIONS:
        raise HeaderInvalid(f"the tensor {name} has {n_dimensions} dimensions")
    shape = tuple(reader.u64() for _ in range(n_dimensions))
    if not 0 < math.prod(shape) <= MAX_ELEMENTS:
        raise HeaderInvalid(f"the tensor {name} has the impossible shape {shape}")
    code = reader.u32()
    tensor_type = TENSOR_TYPES.get(code)
    if tensor_type is None:
        raise HeaderInvalid(f"the tensor {name} has the unknown type {code}")
    if shape[0] % tensor_type.block_elements:
        raise HeaderInvalid(f"the rows of the tensor {name} are not whole blocks of {tensor_type.name}")
    return Tensor(name, shape, tensor_type, reader.u64())


def check_layout(tensors: Sequence[Tensor], data_offset: int, alignment: int, file_bytes: int) -> None:
    """Check that the tensors lie one behind the other, padded to `alignment`, inside the file.

    llama.cpp accepts no other order and no gaps, so that an offset out of line also means an overlap.

    Args:
        tensors: In the order of the table.
        data_offset: Where the tensor data start in the file, bytes.
        alignment: ``general.alignment``, bytes.
        file_bytes: Size of the file.

    Raises:
        HeaderInvalid: An offset is unaligned, overlaps or leaves a gap.
        HeaderTruncated: The data reach beyond the end of the file.
    """
    expected = 0
    end = 0
    for tensor in tensors:
        if tensor.offset % alignment:
            raise HeaderInvalid(f"the offset {tensor.offset} of the tensor {tensor.name} is not aligned")
        if tensor.offset < expected:
            raise HeaderInvalid(f"the tensor {tensor.name} overlaps the one before it")
        if tensor.offset > expected:
            raise HeaderInvalid(f"there is a gap before the tensor {tensor.name}")
        end = tensor.offset + tensor.n_bytes
        expected = padded(end, alignment)
    if data_offset + end > file_bytes:
        raise HeaderTruncated(data_offset + end - file_bytes)


def padded(n: int, multiple: int) -> int:
    """The smallest multiple of `multiple` that is not below `n`."""
    return -(-n // multiple) * multiple
