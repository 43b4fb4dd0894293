"""Bounded reading of the primitive values of a GGUF header.

Process: app. Thread rule: one reader, one thread.

No count and no length is believed: each is held against a limit and against the bytes that the file still has
before anything is allocated. The file is read, not mapped: a mapped file that shrinks kills the process (SIGBUS).

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, little-endian, versions 2 and 3.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import BinaryIO

MAX_HEADER_BYTES = 128 * 2**20
MAX_TEXT_BYTES = 64 * 2**20
MAX_ARRAY_ITEMS = 2**22
CHUNK_BYTES = 2**18

_U32 = struct.Struct("<I")
_U64 = struct.Struct("<Q")


class HeaderInvalid(Exception):
    """The header breaks a rule; the text says which. `gguf_header` turns it into a `ModelFileDamaged`."""


class HeaderTruncated(Exception):
    """The file ends too early.

    Args:
        missing_bytes: Bytes that are missing at least.
    """

    def __init__(self, missing_bytes: int) -> None:
        super().__init__(f"at least {missing_bytes} bytes are missing")
        self.missing_bytes = missing_bytes


class ValueType(IntEnum):
    """``gguf_metadata_value_type``; the names are those that llama.cpp prints."""

    U8 = 0
    I8 = 1
    U16 = 2
    I16 = 3
    U32 = 4
    I32 = 5
    F32 = 6
    BOOL = 7
    STR = 8
    ARR = 9
    U64 = 10
    I64 = 11
    F64 = 12


NUMBER_CODES = {
    ValueType.U8: "B",
    ValueType.I8: "b",
    ValueType.U16: "H",
    ValueType.I16: "h",
    ValueType.U32: "I",
    ValueType.I32: "i",
    ValueType.F32: "f",
    ValueType.BOOL: "?",
    ValueType.U64: "Q",
    ValueType.I64: "q",
    ValueType.F64: "d",
}


class HeaderReader:
    """Reads forward through the header of one open file.

    Args:
        file: Open at the first byte.
        file_bytes: Size of the file, bytes.
    """

    def __init__(self, file: BinaryIO, file_bytes: int) -> None:
        self._file = file
        self._file_bytes = file_bytes
        self._buffer = b""
        self._at = 0
        self._read = 0

    @property
    def position(self) -> int:
        """Offset in the file of the next value, bytes."""
        return self._read - len(self._buffer) + self._at

    def require(self, n_bytes: int) -> None:
        """Check that `n_bytes` can still be read.

        Raises:
            HeaderTruncated: The file has fewer.
            HeaderInvalid: The header would grow beyond `MAX_HEADER_BYTES`.
        """
        end = self.position + n_bytes
        if end > self._file_bytes:
            raise HeaderTruncated(end - self._file_bytes)
        if end > MAX_HEADER_BYTES:
            raise HeaderInvalid(f"the header is larger than {MAX_HEADER_BYTES} bytes")

    def take(self, n_bytes: int) -> bytes:
        """The next `n_bytes`."""
        self._fill(n_bytes)
        start = self._at
        self._at += n_bytes
        return self._buffer[start : self._at]

    def skip(self, n_bytes: int) -> None:
        """Pass over `n_bytes` without keeping them."""
        self.require(n_bytes)
        while n_bytes:
            step = min(n_bytes, CHUNK_BYTES)
            self._fill(step)
            self._at += step
            n_bytes -= step

    def u32(self) -> int:
        """The next unsigned 32-bit number."""
        return int(_U32.unpack(self.take(4))[0])

    def u64(self) -> int:
        """The next unsigned 64-bit number."""
        return int(_U64.unpack(self.take(8))[0])

    def value_type(self) -> ValueType:
        """The next type code.

        Raises:
            HeaderInvalid: The format knows no such code.
        """
        code = self.u32()
        try:
            return ValueType(code)
        except ValueError:
            raise HeaderInvalid(f"unknown value type {code}") from None

    def number(self, kind: ValueType) -> int | float | bool:
        """The next number of type `kind`.

        Raises:
            HeaderInvalid: A boolean is neither 0 nor 1.
        """
        raw = self.take(struct.calcsize("<" + NUMBER_CODES[kind]))
        if kind is ValueType.BOOL and raw > b"\x01":
            raise HeaderInvalid(f"a boolean has the value {raw[0]}")
        value: int | float | bool = struct.unpack("<" + NUMBER_CODES[kind], raw)[0]
        return value

    def numbers(self, kind: ValueType, count: int) -> tuple[int | float | bool, ...]:
        """The next `count` numbers of type `kind`."""
        return struct.unpack(f"<{count}{NUMBER_CODES[kind]}", self.take(count * self.size_of(kind)))

    @staticmethod
    def size_of(kind: ValueType) -> int:
        """Bytes of one number of type `kind`."""
        return struct.calcsize("<" + NUMBER_CODES[kind])

    def text_length(self, limit: int) -> int:
        """The length that stands before a string, bytes.

        Raises:
            HeaderInvalid: It is beyond `limit`.
            HeaderTruncated: It is beyond the end of the file.
        """
        length = self.u64()
        if length > limit:
            raise HeaderInvalid(f"a string of {length} bytes where at most {limit} are allowed")
        self.require(length)
        return length

    def texts(self, count: int, limit: int, keep: bool) -> list[bytes]:
        """The next `count` strings; an empty list if they are only to be checked (`keep` false).

        The loop is written out because a vocabulary has some 150,000 strings and its merges as many again.

        Raises:
            HeaderInvalid: One is longer than `limit` bytes.
            HeaderTruncated: The file ends before the last one.
        """
        self.require(8 * count)
        kept: list[bytes] = []
        unpack = _U64.unpack_from
        buffer, at = self._buffer, self._at
        for _ in range(count):
            if at + 8 > len(buffer):
                buffer, at = self._refill(at, 8)
            (length,) = unpack(buffer, at)
            at += 8
            if length > limit:
                raise HeaderInvalid(f"a string of {length} bytes where at most {limit} are allowed")
            if at + length > len(buffer):
                buffer, at = self._refill(at, length)
            if keep:
                kept.append(buffer[at : at + length])
            at += length
        self._at = at
        return kept

    def _fill(self, n_bytes: int) -> None:
        if self._at + n_bytes > len(self._buffer):
            self._refill(self._at, n_bytes)

    def _refill(self, at: int, n_bytes: int) -> tuple[bytes, int]:
        self._at = at
        self.require(n_bytes)
        more = self._file.read(max(n_bytes, CHUNK_BYTES))
        self._read += len(more)
        self._buffer = self._buffer[at:] + more
        self._at = 0
        if len(self._buffer) < n_bytes:
            raise HeaderTruncated(n_bytes - len(self._buffer))
        return self._buffer, 0
