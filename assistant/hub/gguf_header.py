"""What a model file is, read from its header before llama.cpp sees the file.

Process: app. Thread rule: every call opens the file for itself.

llama.cpp asserts, and so ends its process, on many values that a damaged download can hold. What it would assert is
refused here with a sentence; what it refuses itself is left to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from assistant.core.model_facts import ModelFacts
from assistant.hub.gguf_file import GgufFile, named_errors, read_gguf
from assistant.hub.gguf_metadata import Metadata, Value
from assistant.hub.gguf_reader import HeaderInvalid, ValueType
from assistant.hub.gguf_tensors import Tensor
from assistant.hub.model_kind import check_kind
from assistant.hub.model_positions import read_positions, read_recurrent_bytes
from assistant.hub.model_shape import check_weights, read_shape
from assistant.hub.split_model import read_parts
from assistant.hub.vocabulary_rules import TEMPLATE_KEY, check_vocabulary

MAX_SHOWN_CHARACTERS = 200
MAX_SHOWN_ITEMS = 8
MAX_TEMPERATURE = 5.0

# ``llama_ftype`` in llama.h, without its prefixes.
FILE_TYPES = {
    0: "F32",
    1: "F16",
    2: "Q4_0",
    3: "Q4_1",
    7: "Q8_0",
    8: "Q5_0",
    9: "Q5_1",
    10: "Q2_K",
    11: "Q3_K_S",
    12: "Q3_K_M",
    13: "Q3_K_L",
    14: "Q4_K_S",
    15: "Q4_K_M",
    16: "Q5_K_S",
    17: "Q5_K_M",
    18: "Q6_K",
    19: "IQ2_XXS",
    20: "IQ2_XS",
    21: "Q2_K_S",
    22: "IQ3_XS",
    23: "IQ3_XXS",
    24: "IQ1_S",
    25: "IQ4_NL",
    26: "IQ3_S",
    27: "IQ3_M",
    28: "IQ2_S",
    29: "IQ2_M",
    30: "IQ4_XS",
    31: "IQ1_M",
    32: "BF16",
    36: "TQ1_0",
    37: "TQ2_0",
    38: "MXFP4_MOE",
    39: "NVFP4",
    40: "Q1_0",
    41: "Q2_0",
}


class HeaderDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What ``famulus models info`` shows.

    Attributes:
        files: Names of the file, or of all its parts.
        gguf_version: Version of the format.
        facts: What the app itself uses.
        metadata: All keys; strings are cut to `MAX_SHOWN_CHARACTERS`, long arrays told by type and length.
        tensor_types: Number of tensors of each type, the commonest first.
    """

    files: list[str]
    gguf_version: int
    facts: ModelFacts
    metadata: dict[str, str | int | float | bool]
    tensor_types: dict[str, int]


def read_model_facts(path: Path) -> ModelFacts:
    """Read the header of the model at `path` and check that llama.cpp can load it.

    Args:
        path: A GGUF file; of a split model its first part.

    Raises:
        ModelNotFound: The file or a part of it does not exist or cannot be read.
        ModelFileDamaged: It is no GGUF file, is incomplete, or contradicts itself.
        ModelUnsupported: It is sound, but no chat model.
    """
    return _facts(_read_model(path))


def read_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Name and shape of each tensor of the model at `path`, columns first; raises what `read_model_facts` raises."""
    return {tensor.name: tensor.shape for part in _read_model(path) for tensor in part.tensors}


def describe_header(path: Path) -> HeaderDescription:
    """Everything that is worth showing of the model at `path`; raises what `read_model_facts` raises."""
    parts = _read_model(path)
    types = Counter(tensor.type.name for part in parts for tensor in part.tensors)
    return HeaderDescription(
        files=[part.path.name for part in parts],
        gguf_version=parts[0].version,
        facts=_facts(parts),
        metadata={key: _shown(value) for key, value in parts[0].metadata.values.items()},
        tensor_types=dict(types.most_common()),
    )


def _read_model(path: Path) -> list[GgufFile]:
    first = read_gguf(path)
    with named_errors(path):
        return read_parts(first)


def _facts(parts: Sequence[GgufFile]) -> ModelFacts:
    first = parts[0]
    with named_errors(first.path):
        metadata = first.metadata
        tensors = [tensor for part in parts for tensor in part.tensors]
        architecture = metadata.text("general.architecture")
        check_kind(metadata, architecture, len(tensors), first.path.name)
        if not architecture:
            raise HeaderInvalid("general.architecture is missing")
        shape = read_shape(metadata, architecture)
        positions = read_positions(metadata, architecture, shape.n_embd_head_k)
        n_vocab = check_vocabulary(metadata)
        check_weights(tensors, n_vocab)
        return ModelFacts(
            name=printable(metadata.text("general.name"), MAX_SHOWN_CHARACTERS) or first.path.stem,
            architecture=architecture,
            file_bytes=sum(part.file_bytes for part in parts),
            quantization=_quantization(metadata, tensors),
            n_params=sum(tensor.n_elements for tensor in tensors),
            n_ctx_train=shape.n_ctx_train,
            n_layer=shape.n_layer,
            n_embd=shape.n_embd,
            n_head=shape.n_head,
            n_head_kv=shape.n_head_kv,
            n_embd_head_k=shape.n_embd_head_k,
            n_embd_head_v=shape.n_embd_head_v,
            n_ff=shape.n_ff,
            n_vocab=n_vocab,
            sliding_window=shape.sliding_window,
            rope_freq_base=shape.rope_freq_base,
            rope_scaling=shape.rope_scaling,
            **msgspec.structs.asdict(positions),
            recurrent_bytes=read_recurrent_bytes(metadata, architecture, shape.n_embd, shape.n_head_kv),
            has_chat_template=bool(metadata.text(TEMPLATE_KEY)),
            tensor_bytes=sum(tensor.n_bytes for tensor in tensors),
            recommended_temperature=_recommended_temperature(metadata),
        )


def _recommended_temperature(metadata: Metadata) -> float | None:
    """``general.sampling.temp``; advice that makes no sense is no reason to refuse the model."""
    value = metadata.values.get("general.sampling.temp")
    advice = value.content if value is not None else None
    return advice if isinstance(advice, float) and 0.0 <= advice <= MAX_TEMPERATURE else None


def _quantization(metadata: Metadata, tensors: Sequence[Tensor]) -> str:
    file_type = metadata.integer("general.file_type", 0, 2**32 - 1, 2**32 - 1)
    commonest = Counter(tensor.type.name for tensor in tensors).most_common(1)[0][0]
    return FILE_TYPES.get(file_type, commonest)


def printable(text: str, limit: int) -> str:
    """`text` on one line, cut to `limit` characters; a header must not steer the terminal it is shown on."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(character if character.isprintable() else " " for character in cut)


def _shown(value: Value) -> str | int | float | bool:
    content = value.content
    if isinstance(content, str):
        return printable(content, MAX_SHOWN_CHARACTERS)
    if isinstance(content, tuple) and len(content) <= MAX_SHOWN_ITEMS:
        return ", ".join(map(str, content))
    if content is None or isinstance(content, tuple):
        unit = "bytes" if value.kind is ValueType.STR else "items"
        return f"{value.type_name}, {value.count} {unit}"
    return content
