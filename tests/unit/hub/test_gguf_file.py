"""The bounded parser: every malformed header is a named error, never another exception."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from pathlib import Path

import pytest
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

from assistant.core.errors import ModelFileDamaged, ModelNotFound, ModelUnsupported
from assistant.hub.file_kind import recognise
from assistant.hub.gguf_file import read_gguf
from assistant.hub.gguf_metadata import MAX_KEYS
from assistant.hub.gguf_reader import CHUNK_BYTES, MAX_ARRAY_ITEMS
from assistant.hub.gguf_tensors import MAX_TENSORS, TENSOR_TYPES

U8, I32, U32, BOOL, STR, ARR, U64 = 0, 5, 4, 7, 8, 9, 10
F32, F16, Q4_0 = 0, 1, 2
Key = tuple[str, int, bytes]
Row = tuple[str, Sequence[int], int, int]


def text(value: str | bytes) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(raw)) + raw


def u32(value: int) -> bytes:
    return struct.pack("<I", value)


def u64(value: int) -> bytes:
    return struct.pack("<Q", value)


def build(keys: Sequence[Key] = (), rows: Sequence[Row] = (), n_keys: int = -1, n_rows: int = -1) -> bytes:
    """A header as given, right or wrong, without tensor data."""
    counts = u64(len(rows) if n_rows < 0 else n_rows) + u64(len(keys) if n_keys < 0 else n_keys)
    table = b"".join(text(key) + u32(kind) + raw for key, kind, raw in keys)
    for name, shape, kind, offset in rows:
        table += text(name) + u32(len(shape)) + b"".join(map(u64, shape)) + u32(kind) + u64(offset)
    return b"GGUF" + u32(3) + counts + table


def with_data(header: bytes, n_bytes: int) -> bytes:
    return header + b"\0" * (-len(header) % 32 + n_bytes)


def written(folder: Path, data: bytes, name: str = "model.gguf") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_reads_values_of_every_type(tmp_path: Path) -> None:
    codes = [(0, "B", 200), (1, "b", -3), (2, "H", 60000), (3, "h", -9), (4, "I", 2**31), (5, "i", -7)]
    codes += [(10, "Q", 2**63), (11, "q", -(2**40))]
    keys: list[Key] = [(f"n{kind}", kind, struct.pack("<" + code, value)) for kind, code, value in codes]
    keys += [("f", 6, struct.pack("<f", 0.5)), ("d", 12, struct.pack("<d", 0.1)), ("yes", BOOL, b"\x01")]
    keys += [("s", STR, text("héllo")), ("a", ARR, u32(I32) + u64(3) + struct.pack("<3i", 1, -2, 3))]
    keys += [("strings", ARR, u32(STR) + u64(2) + text("x") + text(""))]
    values = read_gguf(written(tmp_path, build(keys))).metadata.values
    assert [values[f"n{kind}"].content for kind, _, _ in codes] == [value for _, _, value in codes]
    assert [values[name].content for name in ("f", "d", "yes", "s", "a")] == [0.5, 0.1, True, "héllo", (1, -2, 3)]
    assert (values["strings"].count, values["strings"].content) == (2, None)


def test_reads_strings_across_the_borders_of_the_buffer(tmp_path: Path) -> None:
    tokens = [b"t" * (index % 97) + b"%d" % index for index in range(3 * CHUNK_BYTES // 60)]
    long = "z" * (CHUNK_BYTES + 5)
    keys: list[Key] = [
        ("long", STR, text(long)),
        ("tokenizer.ggml.tokens", ARR, u32(STR) + u64(len(tokens)) + b"".join(map(text, tokens))),
        ("after", U32, u32(7)),
    ]
    metadata = read_gguf(written(tmp_path, build(keys))).metadata
    assert metadata.tokens == tokens
    assert metadata.values["long"].content == long
    assert metadata.values["after"].content == 7


def test_long_values_are_counted_not_kept(tmp_path: Path) -> None:
    keys: list[Key] = [
        ("huge", STR, text("h" * (2**20 + 1))),
        ("items", ARR, u32(U8) + u64(5000) + b"\1" * 5000),
        ("after", U32, u32(7)),
    ]
    values = read_gguf(written(tmp_path, build(keys))).metadata.values
    assert [(values[key].count, values[key].content) for key in values] == [(2**20 + 1, None), (5000, None), (1, 7)]


@pytest.mark.parametrize("version", [2, 3])
def test_reads_both_versions(tmp_path: Path, version: int) -> None:
    data = bytearray(build([("a", U32, u32(1))]))
    data[4:8] = u32(version)
    assert read_gguf(written(tmp_path, bytes(data))).version == version


def test_reads_the_tensor_table(tmp_path: Path) -> None:
    rows = [("a", (64, 2), F16, 0), ("b", (33,), F32, 256), ("c", (32, 3, 1, 1), Q4_0, 416)]
    tensors = read_gguf(written(tmp_path, with_data(build(rows=rows), 416 + 54))).tensors
    assert [(tensor.name, tensor.n_elements, tensor.n_bytes) for tensor in tensors] == [
        ("a", 128, 256),
        ("b", 33, 132),
        ("c", 96, 54),
    ]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ([("a", U32, u32(1)), ("a", U32, u32(2))], "stands twice"),
        ([("", U32, u32(1))], "not plain ASCII"),
        ([("a\n", U32, u32(1))], "not plain ASCII"),
        ([("k" * 300, U32, u32(1))], "300 bytes"),
        ([("a", 13, u32(1))], "unknown value type 13"),
        ([("a", BOOL, b"\x02")], "boolean"),
        ([("a", ARR, u32(ARR) + u64(0))], "array of arrays"),
        ([("a", ARR, u32(99) + u64(0))], "unknown value type 99"),
        ([("a", ARR, u32(U8) + u64(MAX_ARRAY_ITEMS + 1))], "items"),
        ([("a", STR, u64(2**63))], "at most"),
        ([("a", ARR, u32(STR) + u64(1) + u64(2**40))], "at most"),
        ([("general.alignment", U32, u32(48))], "power of two"),
        ([("general.alignment", U32, u32(0))], "general.alignment"),
        ([("general.alignment", U64, u64(32))], "u64, not u32"),
    ],
)
def test_refuses_malformed_keys(tmp_path: Path, keys: list[Key], words: str) -> None:
    with pytest.raises(ModelFileDamaged) as raised:
        read_gguf(written(tmp_path, build(keys) + b"\0" * 64))
    assert words in raised.value.info.text
    assert raised.value.info.remedy_text


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("a", (), F32, 0)], "0 dimensions"),
        ([("a", (1, 1, 1, 1, 1), F32, 0)], "5 dimensions"),
        ([("a", (0,), F32, 0)], "impossible shape"),
        ([("a", (2**63,), F32, 0)], "impossible shape"),
        ([("a", (2**32, 2**32), F32, 0)], "impossible shape"),
        ([("a", (32,), 4, 0)], "unknown type 4"),
        ([("a", (33,), Q4_0, 0)], "whole blocks of Q4_0"),
        ([("a", (8,), F32, 16)], "not aligned"),
        ([("a", (8,), F32, 32)], "gap"),
        ([("a", (16,), F32, 0), ("b", (8,), F32, 32)], "overlaps"),
        ([("a", (8,), F32, 0), ("b", (8,), F32, 64)], "gap"),
        ([("a", (8,), F32, 0), ("a", (8,), F32, 32)], "stands twice"),
        ([("n" * 64, (8,), F32, 0)], "64 bytes"),
        ([("", (8,), F32, 0)], "not plain ASCII"),
    ],
)
def test_refuses_malformed_tensors(tmp_path: Path, rows: list[Row], words: str) -> None:
    with pytest.raises(ModelFileDamaged) as raised:
        read_gguf(written(tmp_path, with_data(build(rows=rows), 1024)))
    assert words in raised.value.info.text


def test_refuses_tensor_data_that_llama_cpp_could_not_map(tmp_path: Path) -> None:
    header = build([("general.alignment", U32, u32(1)), ("x", STR, text(""))], [("a", (8,), F32, 0)])
    header = header.replace(text("x"), text("x" * (1 + (len(header) % 32 == 0))))
    with pytest.raises(ModelFileDamaged, match="multiple of 32"):
        read_gguf(written(tmp_path, header + b"\0" * 64))


@pytest.mark.parametrize(("n_keys", "n_rows"), [(MAX_KEYS + 1, 0), (2**64 - 1, 0), (0, MAX_TENSORS + 1)])
def test_refuses_absurd_counts(tmp_path: Path, n_keys: int, n_rows: int) -> None:
    with pytest.raises(ModelFileDamaged, match="at most"):
        read_gguf(written(tmp_path, build(n_keys=n_keys, n_rows=n_rows)))


def test_says_how_many_bytes_of_tensor_data_are_missing(tmp_path: Path) -> None:
    whole = with_data(build(rows=[("a", (64, 2), F32, 0)]), 512)
    read_gguf(written(tmp_path, whole))
    with pytest.raises(ModelFileDamaged) as raised:
        read_gguf(written(tmp_path, whole[:-100]))
    assert raised.value.info.values["missing_bytes"] == 100
    assert "100 bytes are missing" in raised.value.info.text


def test_every_cut_through_the_header_is_named(tmp_path: Path) -> None:
    strings = u32(STR) + u64(2) + text("ab") + text("c")
    keys: list[Key] = [("s", STR, text("value")), ("t", ARR, strings), ("n", ARR, u32(U8) + u64(3) + b"abc")]
    whole = with_data(build(keys, [("a", (8,), F32, 0)]), 32)
    for end in range(4, len(whole)):
        with pytest.raises(ModelFileDamaged) as raised:
            read_gguf(written(tmp_path, whole[:end]))
        assert raised.value.info.values["missing_bytes"] > 0


@pytest.mark.parametrize(
    ("version", "kind", "words"),
    [
        (1, ModelFileDamaged, "version 1"),
        (3 << 24, ModelFileDamaged, "big-endian"),
        (4, ModelUnsupported, "newer"),
        (0x12345678, ModelFileDamaged, "unknown version"),
        (0, ModelFileDamaged, "unknown version"),
    ],
)
def test_refuses_other_versions(tmp_path: Path, version: int, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        read_gguf(written(tmp_path, b"GGUF" + u32(version) + b"\0" * 64))


@pytest.mark.parametrize(
    ("head", "name", "words"),
    [
        (b"", "m.gguf", "is empty"),
        (b"\0" * 300, "m.gguf", "zeros"),
        (b"whatever", "m.gguf.part", "not complete"),
        (b"whatever", "Unconfirmed 1.crdownload", "not complete"),
        (u64(80) + b'{"__metadata__":{}}', "m.safetensors", "safetensors"),
        (b"PK\x03\x04" + b"\0" * 20 + b"archive/data.pkl", "m.gguf", "PyTorch"),
        (b"PK\x03\x04" + b"\0" * 20 + b"model.gguf", "m.zip", "archive"),
        (b"\x80\x02}q\x00", "m.bin", "PyTorch"),
        (b"\x1f\x8b\x08\0", "m.gguf.gz", "archive"),
        (b"\n <!DOCTYPE html><html>", "m.gguf", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "m.gguf", "Git LFS"),
        (b'{"error": "not found"}', "m.gguf", "JSON"),
        (b"tjgg\1\0\0\0", "ggml-model.bin", "GGML"),
        (b"GGU", "m.gguf", "not a GGUF"),
    ],
)
def test_says_what_a_foreign_file_is(tmp_path: Path, head: bytes, name: str, words: str) -> None:
    with pytest.raises(ModelFileDamaged) as raised:
        read_gguf(written(tmp_path, head, name))
    assert words in raised.value.info.text
    assert name in raised.value.info.text
    assert raised.value.info.remedy_text
    assert recognise(head, name).message == raised.value.info.message


def test_a_missing_file_and_a_folder_are_not_found(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="no model file"):
        read_gguf(tmp_path / "none.gguf")
    with pytest.raises(ModelNotFound, match="not a file"):
        read_gguf(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_named_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.gguf")
    with pytest.raises(ModelNotFound, match="not a file"):
        read_gguf(tmp_path / "pipe.gguf")


def test_the_table_of_tensor_types_is_that_of_ggml() -> None:
    # gguf-py counts 40 bytes for Q8_1, where block_q8_1 in ggml-common.h has had 36 since 2024.
    known = {kind.value: (kind.name, *GGML_QUANT_SIZES[kind]) for kind in GGMLQuantizationType if kind.name != "Q8_1"}
    assert {code: tuple(TENSOR_TYPES[code]) for code in known} == known
