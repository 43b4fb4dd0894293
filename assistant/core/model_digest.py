"""Which model file this is, told from a few of its megabytes instead of all its gigabytes.

Process: any. Thread rule: pure function of the files.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

_HEAD_BYTES = 2**24  # holds the header: the largest vocabularies in use take about ten megabytes of it
_SAMPLE_BYTES = 2**16
_N_SAMPLES = 64
_SPLIT_NAME = re.compile(r"(.+)-(\d{5})-of-(\d{5})\.gguf")


def file_digest(path: str) -> str:
    """A sampled SHA-256 of a GGUF file, hexadecimal; of all parts if it is the first one of a split model.

    Read are the size, the first 16 MiB and 64 samples of 64 KiB, evenly spaced up to the last byte. Another model,
    another quantization or a merged adapter differs in them; a forger could make a file that does not, and would gain
    no more than wrong answers.

    Raises:
        OSError: A file cannot be read.
    """
    digest = hashlib.sha256()
    for part in _parts(Path(path)):
        with part.open("rb") as file:
            n_bytes = os.fstat(file.fileno()).st_size
            digest.update(n_bytes.to_bytes(8, "little"))
            digest.update(file.read(_HEAD_BYTES))
            for offset in _sample_offsets(n_bytes):
                file.seek(offset)
                digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()


def _parts(first: Path) -> list[Path]:
    """All files of the model, named as ``llama_split_path`` in llama.cpp does; those that are not there left out."""
    name = _SPLIT_NAME.fullmatch(first.name)
    if name is None or int(name[2]) != 1:
        return [first]
    count = int(name[3])
    others = (first.with_name(f"{name[1]}-{number:05d}-of-{count:05d}.gguf") for number in range(2, count + 1))
    return [first, *(part for part in others if part.exists())]


def _sample_offsets(n_bytes: int) -> Iterator[int]:
    last = n_bytes - _SAMPLE_BYTES
    if last <= _HEAD_BYTES:
        yield _HEAD_BYTES
        return
    for index in range(_N_SAMPLES):
        yield _HEAD_BYTES + (last - _HEAD_BYTES) * index // (_N_SAMPLES - 1)
