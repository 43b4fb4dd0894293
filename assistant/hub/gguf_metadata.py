"""The keys and values of a GGUF header.

Process: app. Thread rule: immutable once read.

Small values are kept. Long arrays are checked and counted, not stored; only the texts of the tokens are handed on
as they are, because llama.cpp aborts when two of them are equal.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from assistant.hub.gguf_reader import (
    MAX_ARRAY_ITEMS,
    MAX_TEXT_BYTES,
    HeaderInvalid,
    HeaderReader,
    ValueType,
)

MAX_KEYS = 8192
MAX_KEY_BYTES = 256
MAX_ITEM_BYTES = 2**16
MAX_KEPT_TEXT_BYTES = 2**20
MAX_KEPT_ITEMS = 4096
MAX_TOKENS = 2**20
TOKENS_KEY = "tokenizer.ggml.tokens"

Number = int | float | bool
Content = Number | str | tuple[Number, ...] | None


@dataclass(frozen=True, slots=True)
class Value:
    """One value of the header.

    Attributes:
        kind: Its type.
        item_kind: Type of the items if `kind` is ARR, else `kind`.
        count: Number of items; 1 if `kind` is not ARR; bytes of a string too long to be kept.
        content: The value; None where it was only checked and counted.
    """

    kind: ValueType
    item_kind: ValueType
    count: int
    content: Content

    @property
    def type_name(self) -> str:
        """``u32``, ``str``, ``arr[i32]`` ..., as llama.cpp prints it."""
        if self.kind is ValueType.ARR:
            return f"arr[{self.item_kind.name.lower()}]"
        return self.kind.name.lower()


@dataclass(frozen=True, slots=True)
class Metadata:
    """All values of a header by key, with typed access that names the key in its errors.

    Attributes:
        values: In the order of the file.
        tokens: Texts of ``tokenizer.ggml.tokens``; None where the key is absent or no array of strings.
    """

    values: Mapping[str, Value]
    tokens: list[bytes] | None = field(default=None, repr=False)

    def text(self, key: str, default: str = "") -> str:
        """The string at `key`, or `default` if absent.

        Raises:
            HeaderInvalid: It is no string, or longer than `MAX_KEPT_TEXT_BYTES`.
        """
        value = self.values.get(key)
        if value is None:
            return default
        if value.kind is not ValueType.STR:
            raise HeaderInvalid(f"{key} is {value.type_name}, not str")
        if not isinstance(value.content, str):
            raise HeaderInvalid(f"{key} is longer than {MAX_KEPT_TEXT_BYTES} bytes")
        return value.content

    def flag(self, key: str, default: bool) -> bool:
        """The boolean at `key`, or `default` if absent; raises `HeaderInvalid` for another type."""
        return bool(self._scalar(key, ValueType.BOOL, default))

    def integer(
        self, key: str, low: int, high: int, default: int | None = None, kind: ValueType = ValueType.U32
    ) -> int:
        """The number of type `kind` at `key`, which must lie in `low` .. `high`.

        Raises:
            HeaderInvalid: It is absent and there is no `default`, has another type or lies outside.
        """
        value = int(self._scalar(key, kind, default))
        if key in self.values and not low <= value <= high:
            raise HeaderInvalid(f"{key} is {value}, not within {low} to {high}")
        return value

    def real(self, key: str, low: float, high: float, default: float) -> float:
        """The f32 at `key`, which must lie in `low` .. `high` and so be finite; `default` if absent.

        Raises:
            HeaderInvalid: It has another type or lies outside.
        """
        value = float(self._scalar(key, ValueType.F32, default))
        if key in self.values and not low <= value <= high:
            raise HeaderInvalid(f"{key} is {value}, not within {low:g} to {high:g}")
        return value

    def per_layer(self, key: str, n_layer: int, high: int, default: tuple[int, ...] | None = None) -> tuple[int, ...]:
        """The number at `key` for each layer: an array of `n_layer` items, or one number for all.

        Args:
            key: The key.
            n_layer: Number of layers.
            high: Largest value that makes sense; the smallest is 0.
            default: What an absent key means; None makes it an error.

        Raises:
            HeaderInvalid: Absent without `default`, of another type or length, or out of range.
        """
        value = self.values.get(key)
        if value is None and default is not None:
            return default
        if value is None or value.kind is not ValueType.ARR:
            return (self.integer(key, 0, high),) * n_layer
        if value.count != n_layer:
            raise HeaderInvalid(f"{key} has {value.count} items for {n_layer} layers")
        items = self.integers(key)
        if not all(0 <= item <= high for item in items):
            raise HeaderInvalid(f"{key} has an item outside 0 to {high}")
        return items

    def integers(self, key: str) -> tuple[int, ...]:
        """The short array of i32 or u32 at `key`; raises `HeaderInvalid` for anything else."""
        value = self.values[key]
        if value.item_kind not in (ValueType.I32, ValueType.U32) or not isinstance(value.content, tuple):
            raise HeaderInvalid(f"{key} is {value.type_name} of {value.count} items, not a short array of i32 or u32")
        return tuple(int(item) for item in value.content)

    def array_length(self, key: str, item_kinds: Collection[ValueType]) -> int | None:
        """Number of items of the array at `key`; None if absent.

        Raises:
            HeaderInvalid: It is no array, or of items not in `item_kinds`.
        """
        value = self.values.get(key)
        if value is None:
            return None
        if value.kind is not ValueType.ARR or value.item_kind not in item_kinds:
            raise HeaderInvalid(f"{key} is {value.type_name}")
        return value.count

    def _scalar(self, key: str, kind: ValueType, default: Number | None) -> Number:
        value = self.values.get(key)
        if value is None:
            if default is None:
                raise HeaderInvalid(f"{key} is missing")
            return default
        if value.kind is not kind or not isinstance(value.content, int | float):
            raise HeaderInvalid(f"{key} is {value.type_name}, not {kind.name.lower()}")
        return value.content


def read_metadata(reader: HeaderReader, n_keys: int) -> Metadata:
    """Read `n_keys` keys and values.

    Raises:
        HeaderInvalid: Too many keys, a key twice, or a malformed key or value.
        HeaderTruncated: The file ends before the last value.
    """
    if n_keys > MAX_KEYS:
        raise HeaderInvalid(f"{n_keys} keys where at most {MAX_KEYS} are allowed")
    values: dict[str, Value] = {}
    tokens: list[bytes] | None = None
    for _ in range(n_keys):
        key = _read_key(reader)
        if key in values:
            raise HeaderInvalid(f"the key {key} stands twice")
        kind = reader.value_type()
        if kind is not ValueType.ARR:
            values[key] = _read_scalar(reader, kind)
            continue
        if key == TOKENS_KEY:
            values[key], tokens = _read_array(reader, MAX_TOKENS, keep_texts=True)
        else:
            values[key], _ = _read_array(reader, MAX_ARRAY_ITEMS, keep_texts=False)
    return Metadata(values, tokens)


def _read_key(reader: HeaderReader) -> str:
    raw = reader.take(reader.text_length(MAX_KEY_BYTES))
    if not raw or not raw.isascii() or not raw.decode("ascii").isprintable():
        raise HeaderInvalid(f"a key is not plain ASCII: {raw[:40]!r}")
    return raw.decode("ascii")


def _read_scalar(reader: HeaderReader, kind: ValueType) -> Value:
    if kind is not ValueType.STR:
        return Value(kind, kind, 1, reader.number(kind))
    length = reader.text_length(MAX_TEXT_BYTES)
    if length > MAX_KEPT_TEXT_BYTES:
        reader.skip(length)
        return Value(kind, kind, length, None)
    return Value(kind, kind, 1, reader.take(length).decode("utf-8", errors="replace"))


def _read_array(reader: HeaderReader, max_items: int, keep_texts: bool) -> tuple[Value, list[bytes] | None]:
    item_kind = reader.value_type()
    count = reader.u64()
    if count > max_items:
        raise HeaderInvalid(f"an array of {count} items where at most {max_items} are allowed")
    if item_kind is ValueType.ARR:
        raise HeaderInvalid("an array of arrays")
    if item_kind is ValueType.STR:
        texts = reader.texts(count, MAX_ITEM_BYTES, keep_texts)
        return Value(ValueType.ARR, item_kind, count, None), texts
    if count > MAX_KEPT_ITEMS:
        reader.skip(count * reader.size_of(item_kind))
        return Value(ValueType.ARR, item_kind, count, None), None
    return Value(ValueType.ARR, item_kind, count, reader.numbers(item_kind, count)), None
