from __future__ import annotations

import ctypes

from assistant.core.media import MediaKind
from assistant.engine.cells import MediaCell
from assistant.engine.encoder_cache import Embeddings, EncoderCache

ROW_BYTES = 4 * 10


def cell(name: bytes, index: int = 0) -> MediaCell:
    return MediaCell(MediaKind.IMAGE, name * 32, index=index, n_tokens=1, n_pos=1)


def rows(n_floats: int = 10) -> Embeddings:
    return (ctypes.c_float * n_floats)()


A, B, C = cell(b"a"), cell(b"b"), cell(b"c")


def test_pieces_are_kept_apart() -> None:
    cache = EncoderCache()
    first, second = rows(), rows()
    cache.put(A, first)
    cache.put(cell(b"a", index=1), second)
    assert cache.get(A) is first
    assert cache.get(cell(b"a", index=1)) is second
    assert cache.get(B) is None


def test_the_least_recently_used_give_way() -> None:
    cache = EncoderCache(max_bytes=2 * ROW_BYTES)
    cache.put(A, rows())
    cache.put(B, rows())
    assert cache.get(A) is not None
    cache.put(C, rows())
    assert [name for name in (A, B, C) if cache.get(name)] == [A, C]
    assert cache.n_bytes == 2 * ROW_BYTES


def test_a_large_entry_pushes_out_as_many_as_it_must() -> None:
    cache = EncoderCache(max_bytes=3 * ROW_BYTES)
    for name in (A, B, C):
        cache.put(name, rows())
    large = rows(20)
    cache.put(cell(b"d"), large)
    assert [name for name in (A, B, C) if cache.get(name)] == [C]
    assert cache.n_bytes == 3 * ROW_BYTES


def test_what_is_too_large_is_not_kept_and_pushes_out_nothing() -> None:
    cache = EncoderCache(max_bytes=ROW_BYTES)
    cache.put(A, rows())
    cache.put(B, rows(11))
    assert cache.get(A) is not None
    assert cache.get(B) is None
    assert cache.n_bytes == ROW_BYTES


def test_replacing_an_entry_counts_its_bytes_once() -> None:
    cache = EncoderCache(max_bytes=10 * ROW_BYTES)
    cache.put(A, rows())
    newer = rows(30)
    cache.put(A, newer)
    assert cache.get(A) is newer
    assert cache.n_bytes == 3 * ROW_BYTES
    cache.put(A, rows(101))
    assert cache.get(A) is None
    assert cache.n_bytes == 0
