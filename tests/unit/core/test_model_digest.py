from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.core.model_digest import file_digest

HEAD = 2**24
SIZE = HEAD + 2**22
"""So small that the samples cover all of it."""


def write(path: Path, *, n_bytes: int = SIZE, at: int = 0, byte: bytes = b"\0") -> str:
    """A file with holes; one byte of it may differ."""
    with path.open("wb") as file:
        file.truncate(n_bytes)
        file.seek(at)
        file.write(byte)
    return str(path)


def test_a_copy_under_another_name_has_the_same_digest(tmp_path: Path) -> None:
    digest = file_digest(write(tmp_path / "a.gguf", at=SIZE // 2, byte=b"x"))
    assert digest == file_digest(write(tmp_path / "b.gguf", at=SIZE // 2, byte=b"x"))
    assert len(bytes.fromhex(digest)) == 32


@pytest.mark.parametrize("at", [0, HEAD - 1, HEAD, HEAD + 2**20, SIZE - 1])
def test_one_byte_anywhere_in_the_samples_counts(tmp_path: Path, at: int) -> None:
    assert file_digest(write(tmp_path / "a.gguf")) != file_digest(write(tmp_path / "b.gguf", at=at, byte=b"x"))


@pytest.mark.parametrize("n_bytes", [1, HEAD - 1, HEAD, HEAD + 1, HEAD + 2**16, HEAD + 2**16 + 1])
def test_the_size_counts_and_the_last_byte(tmp_path: Path, n_bytes: int) -> None:
    digests = {
        file_digest(write(tmp_path / "a.gguf", n_bytes=n_bytes)),
        file_digest(write(tmp_path / "b.gguf", n_bytes=n_bytes + 1)),
        file_digest(write(tmp_path / "c.gguf", n_bytes=n_bytes, at=n_bytes - 1, byte=b"x")),
    }
    assert len(digests) == 3


def test_of_a_large_file_a_few_megabytes_are_read(tmp_path: Path) -> None:
    """A terabyte of holes: reading all of it would take minutes."""
    digest = file_digest(write(tmp_path / "a.gguf", n_bytes=2**40))
    assert digest != file_digest(write(tmp_path / "b.gguf", n_bytes=2**40, at=2**40 - 1, byte=b"x"))


@pytest.mark.parametrize(
    "change",
    [
        lambda part: write(part, byte=b"x"),
        lambda part: write(part, n_bytes=10),
        lambda part: part.unlink(),
    ],
)
def test_every_part_of_a_split_model_counts(tmp_path: Path, change: Callable[[Path], object]) -> None:
    first, second, third = (tmp_path / f"m-0000{number}-of-00003.gguf" for number in (1, 2, 3))
    for part in (first, second, third):
        write(part)
    before = file_digest(str(first))
    change(third)
    assert file_digest(str(first)) != before


def test_a_later_part_or_a_name_like_a_part_is_a_file_of_its_own(tmp_path: Path) -> None:
    later = write(tmp_path / "m-00002-of-00003.gguf")
    alone = write(tmp_path / "m-00001-of-00003 copy.gguf")
    write(tmp_path / "m-00003-of-00003.gguf")
    assert file_digest(later) == file_digest(alone)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        file_digest(str(tmp_path / "gone.gguf"))
