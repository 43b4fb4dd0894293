"""A safetensors file: a JSON table of tensors, and their bytes.

Process: converter worker. Thread rule: every call opens the file for itself.

The format is that of the safetensors project: eight bytes with the length of the table, little-endian; the table, an
object of ``dtype``, ``shape`` and ``data_offsets`` by name; then the data, without gaps. Nothing in it is executed.
"""

from __future__ import annotations

import math
import mmap
import os
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec
import numpy as np
import numpy.typing as npt

MAX_BYTES = 4 * 2**30
"""Larger than any adapter; whole models are."""
MAX_TABLE_BYTES = 16 * 2**20
"""The format itself allows 100 MB; an adapter's is below one."""
_LENGTH = struct.Struct("<Q")
_DTYPES = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}

FloatArray = npt.NDArray[np.float16] | npt.NDArray[np.float32]


@contextmanager
def open_regular(path: Path) -> Iterator[BinaryIO]:
    """Open a file; a pipe or a device, which could be without an end, raises `OSError`."""
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NONBLOCK", 0))) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(f"{path} is not a file")
        yield file


class SafetensorsInvalid(Exception):
    """The file is no safetensors file, is truncated, or contradicts itself."""


class _Entry(msgspec.Struct, frozen=True):
    dtype: str
    shape: list[int]
    data_offsets: tuple[int, int]


def read_safetensors(path: Path) -> dict[str, FloatArray]:
    """All tensors, f16 and f32 mapped from the file, bf16 widened to f32.

    Raises:
        SafetensorsInvalid: It is none, or holds anything but floats.
        OSError: It cannot be read.
    """
    with open_regular(path) as file:
        n_bytes = os.fstat(file.fileno()).st_size
        if n_bytes < _LENGTH.size:
            raise SafetensorsInvalid("it is shorter than its first number")
        if n_bytes > MAX_BYTES:
            raise SafetensorsInvalid(f"it has {n_bytes} bytes")
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    table, start = _table(data)
    return {name: _array(name, entry, data, start) for name, entry in table.items()}


def _table(data: memoryview) -> tuple[dict[str, _Entry], int]:
    n_table: int = _LENGTH.unpack_from(data)[0]
    start = _LENGTH.size + n_table
    if n_table > MAX_TABLE_BYTES or start > len(data):
        raise SafetensorsInvalid(f"its table has {n_table} bytes, the file {len(data)}")
    try:
        raw = msgspec.json.decode(bytes(data[_LENGTH.size : start]), type=dict[str, msgspec.Raw])
        raw.pop("__metadata__", None)
        return {name: msgspec.json.decode(entry, type=_Entry) for name, entry in raw.items()}, start
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SafetensorsInvalid(f"its table cannot be read: {error}") from error


def _array(name: str, entry: _Entry, data: memoryview, start: int) -> FloatArray:
    if entry.dtype not in _DTYPES:
        raise SafetensorsInvalid(f"the tensor {name} is {entry.dtype}, no float")
    dtype = np.dtype(_DTYPES[entry.dtype])
    first, end = entry.data_offsets
    if min(entry.shape, default=1) < 0 or not 0 <= first <= end <= len(data) - start:
        raise SafetensorsInvalid(f"the tensor {name} lies outside of the file")
    if math.prod(entry.shape) * dtype.itemsize != end - first or end == first:
        raise SafetensorsInvalid(f"the tensor {name} has {end - first} bytes for the shape {entry.shape}")
    array = np.frombuffer(data, dtype, math.prod(entry.shape), start + first).reshape(entry.shape)
    if entry.dtype == "BF16":
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array
