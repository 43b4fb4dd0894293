"""Models that are split into several files.

Process: app. Thread rule: every call opens the files for itself.

The names, ``NAME-00001-of-00003.gguf``, and the rules are those of ``llama_split_path`` in llama.cpp and of
llama-model-loader.cpp. llama.cpp is given the first part and finds the others itself.
"""

from __future__ import annotations

from pathlib import Path

from assistant.core.errors import ModelNotFound, ModelUnsupported
from assistant.hub.gguf_file import GgufFile, read_gguf
from assistant.hub.gguf_reader import HeaderInvalid, ValueType

MAX_PARTS = 1000


def read_parts(first: GgufFile) -> list[GgufFile]:
    """All parts of the model whose first part is `first`; only `first` itself if it is not split.

    Raises:
        ModelUnsupported: `first` is a later part; the error names the first one.
        ModelNotFound: A part is missing.
        ModelFileDamaged: A part is truncated or damaged.
        HeaderInvalid: The parts contradict each other.
    """
    count = first.metadata.integer("split.count", 0, MAX_PARTS, 0, ValueType.U16)
    if count <= 1:
        return [first]
    number = first.metadata.integer("split.no", 0, count - 1, kind=ValueType.U16)
    prefix = _prefix(first.path, number, count)
    if number != 0:
        raise ModelUnsupported(
            "The file {file} is part {part} of {count} of a model.",
            remedy="Choose its first part, {first}.",
            file=first.path.name,
            part=number + 1,
            count=count,
            first=_part_name(prefix, 0, count),
        )
    parts = [first]
    for index in range(1, count):
        parts.append(_read_part(first.path, _part_name(prefix, index, count), index, count))
    _check_together(first, parts)
    return parts


def _part_name(prefix: str, number: int, count: int) -> str:
    return f"{prefix}-{number + 1:05d}-of-{count:05d}.gguf"


def _prefix(path: Path, number: int, count: int) -> str:
    ending = _part_name("", number, count)
    if not path.name.endswith(ending) or path.name == ending:
        raise ModelUnsupported(
            "The file {file} is part {part} of {count} of a model, but its name does not say so.",
            remedy="Give it back its own name, which ends in {ending}.",
            file=path.name,
            part=number + 1,
            count=count,
            ending=ending,
        )
    return path.name.removesuffix(ending)


def _read_part(first: Path, name: str, index: int, count: int) -> GgufFile:
    path = first.with_name(name)
    if not path.is_file():
        raise ModelNotFound(
            "Part {part} of {count} of the model is missing: {name}.",
            remedy="Download it into the folder of the first part.",
            part=index + 1,
            count=count,
            name=name,
        )
    part = read_gguf(path)
    if part.metadata.integer("split.no", 0, count - 1, kind=ValueType.U16) != index:
        raise HeaderInvalid(f"{name} says that it is another part")
    return part


def _check_together(first: GgufFile, parts: list[GgufFile]) -> None:
    names = [tensor.name for part in parts for tensor in part.tensors]
    if len(set(names)) != len(names):
        raise HeaderInvalid("a tensor stands in two parts")
    expected = first.metadata.integer("split.tensors.count", 0, 2**31 - 1, kind=ValueType.I32)
    if expected != len(names):
        raise HeaderInvalid(f"the parts hold {len(names)} tensors, not {expected}")
