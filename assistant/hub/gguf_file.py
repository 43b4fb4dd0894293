"""One GGUF file, from its first byte to the end of its tensor table.

Process: app. Thread rule: every call opens the file for itself.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from assistant.core.errors import ModelFileDamaged, ModelNotFound, ModelUnsupported
from assistant.hub.file_kind import HEAD_BYTES, recognise
from assistant.hub.gguf_metadata import Metadata, read_metadata
from assistant.hub.gguf_reader import HeaderInvalid, HeaderReader, HeaderTruncated
from assistant.hub.gguf_tensors import Tensor, check_layout, padded, read_tensors

MAGIC = b"GGUF"
VERSIONS = (2, 3)
DEFAULT_ALIGNMENT = 32
MAX_ALIGNMENT = 2**16


@dataclass(frozen=True, slots=True)
class GgufFile:
    """What the header of one file holds.

    Attributes:
        path: The file.
        version: Version of the format.
        alignment: Alignment of the tensor data, bytes.
        metadata: Keys and values.
        tensors: The tensor table, in the order of the file.
        file_bytes: Size of the file.
    """

    path: Path
    version: int
    alignment: int
    metadata: Metadata
    tensors: Sequence[Tensor]
    file_bytes: int


def read_gguf(path: Path) -> GgufFile:
    """Read the header of the file at `path` and check that all its tensors are there.

    Raises:
        ModelNotFound: There is no file, or it cannot be read.
        ModelFileDamaged: It is no GGUF file, is truncated or contradicts itself.
        ModelUnsupported: It is written in a newer version of the format.
    """
    with named_errors(path):
        try:
            file_bytes = _size_of_regular_file(path)
            with path.open("rb") as file:
                return _read_open(file, path, file_bytes)
        except OSError as error:
            raise unreadable_model(path, error) from error


def unreadable_model(path: Path, error: OSError) -> ModelNotFound:
    """The error of a model file that the system does not let us read."""
    return ModelNotFound(
        "The model file {file} cannot be read.",
        remedy="Check that the file and its folder may be read, and that the disk is connected.",
        cause=repr(error),
        file=path.name,
    )


def _size_of_regular_file(path: Path) -> int:
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise ModelNotFound(
            "There is no model file at {path}.", remedy="Choose another model file.", path=str(path)
        ) from error
    # A pipe or a device would block for ever when it is opened.
    if not stat.S_ISREG(status.st_mode):
        raise ModelNotFound("{path} is not a file.", remedy="Choose the model file itself.", path=str(path))
    return status.st_size


def _read_open(file: BinaryIO, path: Path, file_bytes: int) -> GgufFile:
    head = file.read(HEAD_BYTES)
    if not head.startswith(MAGIC):
        kind = recognise(head, path.name)
        raise ModelFileDamaged(kind.message, remedy=kind.remedy, file=path.name)
    file.seek(0, os.SEEK_SET)
    reader = HeaderReader(file, file_bytes)
    reader.skip(len(MAGIC))
    version = reader.u32()
    _check_version(version, path.name)
    n_tensors = reader.u64()
    metadata = read_metadata(reader, reader.u64())
    alignment = metadata.integer("general.alignment", 1, MAX_ALIGNMENT, DEFAULT_ALIGNMENT)
    if alignment & (alignment - 1):
        raise HeaderInvalid(f"general.alignment is {alignment}, not a power of two")
    tensors = read_tensors(reader, n_tensors)
    if tensors:
        _check_data(tensors, padded(reader.position, alignment), alignment, file_bytes)
    return GgufFile(path, version, alignment, metadata, tensors, file_bytes)


def _check_version(version: int, file_name: str) -> None:
    if version in VERSIONS:
        return
    if version == 1:
        raise ModelFileDamaged(
            "The model file {file} is in version 1 of GGUF, which is no longer read.",
            remedy="Download a newer version of the model.",
            file=file_name,
        )
    if version & 0xFFFF == 0 and version:
        raise ModelFileDamaged(
            "The model file {file} is written for big-endian computers.",
            remedy="Download the ordinary (little-endian) version of the model.",
            file=file_name,
        )
    if 3 < version <= 16:
        raise ModelUnsupported(
            "The model file {file} is in version {version} of GGUF, which is newer than this program.",
            remedy="Update Famulus, or choose another model.",
            file=file_name,
            version=version,
        )
    raise HeaderInvalid(f"unknown version {version}")


def _check_data(tensors: Sequence[Tensor], data_offset: int, alignment: int, file_bytes: int) -> None:
    # ggml_backend_cpu_buffer_from_ptr asserts this of mapped tensor data.
    if data_offset % DEFAULT_ALIGNMENT:
        raise HeaderInvalid(f"the tensor data start at {data_offset}, not at a multiple of {DEFAULT_ALIGNMENT}")
    check_layout(tensors, data_offset, alignment, file_bytes)


@contextmanager
def named_errors(path: Path) -> Iterator[None]:
    """Turn what the parsers raise about the file at `path` into `ModelFileDamaged`."""
    try:
        yield
    except HeaderTruncated as error:
        raise ModelFileDamaged(
            "The model file {file} is incomplete: at least {missing_bytes} bytes are missing at its end.",
            remedy="Wait until its download has finished, or download it again.",
            cause=str(error),
            file=path.name,
            missing_bytes=error.missing_bytes,
        ) from error
    except HeaderInvalid as error:
        raise ModelFileDamaged(
            "The model file {file} is damaged: {detail}.",
            remedy="Download it again, or choose another model.",
            cause=str(error),
            file=path.name,
            detail=str(error),
        ) from error
