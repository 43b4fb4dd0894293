"""Seeded mutants of a small GGUF file: what damaged and hostile downloads look like.

The header is mapped first, so that most mutations hit a field by its meaning: a length, a count, a type code, a
dimension, an offset, a key, a value. The rest are blind: flipped bits, overwritten bytes, cut ends.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
STRING, ARRAY = 8, 9
EXTREMES = (0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1)


@dataclass(frozen=True)
class Field:
    """Bytes `start` .. `end` of the header, and what they are."""

    kind: str
    start: int
    end: int


class HeaderMap:
    """Where everything is in the header of a sound file."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 4
        self.fields: list[Field] = []
        self.blocks: list[Field] = []
        self._number("version", 4)
        n_tensors = self._number("tensor_count", 8)
        n_keys = self._number("key_count", 8)
        for _ in range(n_keys):
            start = self._at
            self._string("key")
            self._value(self._number("type", 4))
            self.blocks.append(Field("key_block", start, self._at))
        for _ in range(n_tensors):
            start = self._at
            self._string("tensor_name")
            for _ in range(self._number("dimension_count", 4)):
                self._number("dimension", 8)
            self._number("tensor_type", 4)
            self._number("offset", 8)
            self.blocks.append(Field("tensor_block", start, self._at))
        self.end = self._at

    def _number(self, kind: str, size: int) -> int:
        start, self._at = self._at, self._at + size
        self.fields.append(Field(kind, start, self._at))
        return int.from_bytes(self._data[start : self._at], "little")

    def _string(self, kind: str) -> None:
        length = self._number("length", 8)
        self.fields.append(Field(kind, self._at, self._at + length))
        self._at += length

    def _value(self, kind: int) -> None:
        if kind == STRING:
            self._string("text")
        elif kind == ARRAY:
            item = self._number("type", 4)
            count = self._number("count", 8)
            for _ in range(count):
                self._value(item)
        else:
            self._number("value", SIZES[kind])


Mutation = Callable[[bytearray, HeaderMap, random.Random], str]


def _pick(header: HeaderMap, rng: random.Random, *kinds: str) -> Field:
    """A field of one of the `kinds`; the many items of the vocabulary do not crowd out the rest."""
    fields = [field for field in header.fields if field.kind in kinds and field.end > field.start]
    first = [field for field in fields if field.end < 600]
    last = [field for field in fields if field.start > header.end - 2400]
    return rng.choice(rng.choice([part for part in (fields, first, last) if part]))


def _cut_anywhere(data: bytearray, header: HeaderMap, rng: random.Random) -> str:
    end = rng.randrange(len(data))
    del data[end:]
    return f"cut to {end} bytes"


def _cut_header(data: bytearray, header: HeaderMap, rng: random.Random) -> str:
    end = rng.randrange(header.end)
    del data[end:]
    return f"cut to {end} bytes"


def _flip_bit(data: bytearray, header: HeaderMap, rng: random.Random) -> str:
    bit = rng.randrange(8 * header.end)
    data[bit // 8] ^= 1 << bit % 8
    return f"flipped bit {bit % 8} of byte {bit // 8}"


def _flip_field_bit(data: bytearray, header: HeaderMap, rng: random.Random) -> str:
    field = _pick(header, rng, *{field.kind for field in header.fields})
    bit = rng.randrange(8 * field.start, 8 * field.end)
    data[bit // 8] ^= 1 << bit % 8
    return f"flipped bit {bit - 8 * field.start} of the {field.kind} at {field.start}"


def _overwrite(data: bytearray, header: HeaderMap, rng: random.Random) -> str:
    start, length = rng.randrange(header.end), rng.randint(1, 16)
    data[start : start + length] = rng.randbytes(length)
    return f"overwrote {length} bytes at {start}"


def _overwrite_weights(data: bytearray, header: HeaderMap, rng: random.Random) -> str:
    start, length = rng.randrange(header.end, len(data) - 256), rng.randint(1, 256)
    data[start : start + length] = rng.randbytes(length)
    return f"overwrote {length} bytes of weights at {start}"


def _extreme_number(data: bytearray, header: HeaderMap, rng: random.Random) -> str:
    kinds = ("length", "count", "tensor_count", "key_count", "dimension_count", "dimension", "offset", "version")
    field = _pick(header, rng, *kinds)
    size = field.end - field.start
    value = rng.choice(EXTREMES) % 2 ** (8 * size)
    data[field.start : field.end] = value.to_bytes(size, "little")
    return f"{field.kind} at {field.start} is {value}"


def _near_number(data: bytearray, header: HeaderMap, rng: random.Random) -> str:
    field = _pick(header, rng, "length", "count", "tensor_count", "key_count", "dimension", "offset", "value")
    size = field.end - field.start
    old = int.from_bytes(data[field.start : field.end], "little")
    value = (old + rng.choice((-32, -2, -1, 1, 2, 32, old))) % 2 ** (8 * size)
    data[field.start : field.end] = value.to_bytes(size, "little")
    return f"{field.kind} at {field.start} is {value}, not {old}"


def _extreme_value(data: bytearray, header: HeaderMap, rng: random.Random) -> str:
    field = _pick(header, rng, "value")
    size = field.end - field.start
    floats = [struct.pack("<f", value) for value in (float("nan"), float("inf"), -1.0, 1e30, 0.0)]
    numbers = [(value % 2 ** (8 * size)).to_bytes(size, "little") for value in EXTREMES]
    raw = rng.choice(numbers + floats * (size == 4))
    data[field.start : field.end] = raw
    return f"value at {field.start} is {raw.hex()}"


def _swap_type(data: bytearray, header: HeaderMap, rng: random.Random) -> str:
    field = _pick(header, rng, "type", "tensor_type")
    value = rng.choice((*range(14), 24, 26, 30, 31, 2**32 - 1))
    data[field.start : field.end] = value.to_bytes(4, "little")
    return f"{field.kind} at {field.start} is {value}"


def _rename(data: bytearray, header: HeaderMap, rng: random.Random) -> str:
    field = _pick(header, rng, "key", "tensor_name", "text")
    position = rng.randrange(field.start, field.end)
    data[position] = rng.choice(b"\0 ._aZ0\x7f\x80\xff")
    return f"{field.kind} at {field.start} has another byte at {position}"


def _swap_names(data: bytearray, header: HeaderMap, rng: random.Random) -> str:
    kind = rng.choice(("key", "tensor_name", "text"))
    one = _pick(header, rng, kind)
    same = [field for field in header.fields if field.kind == kind and field.end - field.start == one.end - one.start]
    other = rng.choice(same)
    data[one.start : one.end], data[other.start : other.end] = (
        bytes(data[other.start : other.end]),
        bytes(data[one.start : one.end]),
    )
    return f"swapped the {kind} at {one.start} with that at {other.start}"


def _copy_block(data: bytearray, header: HeaderMap, rng: random.Random) -> str:
    block = rng.choice(header.blocks)
    data[block.end : block.end] = data[block.start : block.end]
    if rng.random() < 0.7:
        counter = slice(8, 16) if block.kind == "tensor_block" else slice(16, 24)
        data[counter] = (int.from_bytes(data[counter], "little") + 1).to_bytes(8, "little")
    return f"the {block.kind} at {block.start} stands twice"


def _drop_block(data: bytearray, header: HeaderMap, rng: random.Random) -> str:
    block = rng.choice(header.blocks)
    data_start = -(-header.end // 32) * 32
    if block.kind == "key_block":
        # Kept whole otherwise, so that a missing key is all that is wrong.
        rest = bytes(data[: block.start]) + bytes(data[block.end : header.end])
        rest += b"\0" * (-len(rest) % 32)
        data[:data_start] = rest
        data[16:24] = (int.from_bytes(data[16:24], "little") - 1).to_bytes(8, "little")
    else:
        del data[block.start : block.end]
    return f"the {block.kind} at {block.start} is gone"


MUTATIONS: tuple[Mutation, ...] = (
    _cut_anywhere,
    _cut_header,
    _flip_bit,
    _flip_field_bit,
    _overwrite,
    _overwrite_weights,
    _extreme_number,
    _near_number,
    _extreme_value,
    _swap_type,
    _rename,
    _swap_names,
    _copy_block,
    _drop_block,
)


def mutants(original: bytes, count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield `count` mutants of the sound GGUF file `original`, each with a description; equal seeds, equal mutants."""
    header = HeaderMap(original)
    rng = random.Random(seed)
    for number in range(count):
        mutation = MUTATIONS[number % len(MUTATIONS)]
        data = bytearray(original)
        description = mutation(data, header, rng)
        yield f"{number}: {mutation.__name__.removeprefix('_')}: {description}", bytes(data)
