"""What a LoRA adapter is, read from its header and compared with its base before llama.cpp sees the file.

Process: app. Thread rule: every call opens the file for itself.

An adapter is a GGUF file of its own that holds two thin matrices for each matrix of the base that it changes: with the
strength s, llama.cpp computes ``W x + s * alpha / rank * B (A x)``. Keys, names and shapes are those that
``llama_adapter_lora_init_impl`` in llama-adapter.cpp asks for; llama.cpp says only in its log what it misses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.core.adapter import AdapterFacts
from assistant.core.errors import (
    AdapterDamaged,
    AdapterForeign,
    AdapterNotFound,
    AdapterUnsupported,
    ModelFileDamaged,
    ModelNotFound,
    ModelUnsupported,
)
from assistant.core.model_facts import ModelFacts
from assistant.hub.gguf_file import GgufFile, named_errors, read_gguf
from assistant.hub.gguf_header import MAX_SHOWN_CHARACTERS, printable
from assistant.hub.gguf_reader import HeaderInvalid
from assistant.hub.gguf_tensors import Tensor

MAX_ALPHA = 1e6
"""Far above any that is in use: at most some hundreds."""
_PAIRED = re.compile(r"(?P<matrix>.+)\.lora_(?P<part>[ab])")
_EMBEDDINGS = "token_embd.weight"
_OUTPUT = "output.weight"
_TYPES = frozenset({"F32", "F16", "BF16", "Q8_0"})
"""What upstream's converter writes."""
_INVOCATION = "adapter.alora.invocation_tokens"

Shape = tuple[int, ...]
"""Of a tensor, as in the file: columns first."""
_Pair = tuple[Tensor, Tensor]
"""``lora_a`` and ``lora_b``."""


@dataclass(frozen=True, slots=True)
class AdapterFile:
    """A LoRA adapter that does not contradict itself.

    Attributes:
        facts: What its header says.
        changes: Name and shape of each matrix that it changes.
    """

    facts: AdapterFacts
    changes: Mapping[str, Shape]


def read_adapter(path: Path) -> AdapterFile:
    """Read the header of the adapter at `path`.

    Raises:
        AdapterNotFound: The file does not exist or cannot be read.
        AdapterDamaged: It is no LoRA adapter, is incomplete, or contradicts itself.
        AdapterUnsupported: It is of a kind that llama.cpp would use otherwise than it was trained.
    """
    try:
        str(path).encode()  # the engine's frames carry UTF-8
        file = read_gguf(path)
        with named_errors(path):
            return _checked(file)
    except (ValueError, OSError) as error:  # lone surrogates, a null character, a name that is too long
        raise AdapterNotFound(
            "There is no adapter of this name, or it cannot be read.",
            remedy="Choose another adapter file, or rename this one.",
            cause=repr(error),
        ) from error
    except ModelNotFound as error:
        raise AdapterNotFound(
            "There is no adapter {path}, or it cannot be read.",
            remedy="Choose another adapter file.",
            cause=error.info.cause or error.info.text,
            path=str(path),
        ) from error
    except (ModelFileDamaged, ModelUnsupported) as error:
        raise AdapterDamaged(
            "The adapter {file} cannot be used: it is damaged, or no LoRA adapter.",
            remedy="Download it again, or choose another one.",
            cause=error.info.cause or error.info.text,
            file=path.name,
        ) from error


def check_adapter(adapter: AdapterFile, model: ModelFacts, matrices: Mapping[str, Shape]) -> None:
    """Check that an adapter belongs to a model, as far as names and shapes can tell.

    Args:
        adapter: The adapter.
        model: The model.
        matrices: Name and shape of each tensor of the model, of all its parts.

    Raises:
        AdapterForeign: It was made for another model.
        AdapterUnsupported: It changes the embeddings of a model that has no output matrix of its own: llama.cpp takes
            the embeddings for it, finds the pair there the wrong way round, and aborts.
    """
    if _EMBEDDINGS in adapter.changes and _OUTPUT not in matrices:
        raise AdapterUnsupported(
            "The adapter {adapter} changes the embeddings, which are the output of {model}, too; that cannot be done.",
            remedy="Choose an adapter that leaves the embeddings alone.",
            adapter=adapter.facts.name,
            model=model.name,
        )
    mismatch = _mismatch(adapter, model, matrices)
    if mismatch:
        raise AdapterForeign(
            "The adapter {adapter} was made for another model than {model}.",
            remedy="Choose an adapter for this model, or load the model that it was made for.",
            cause=mismatch,
            adapter=adapter.facts.name,
            model=model.name,
        )


def _checked(file: GgufFile) -> AdapterFile:
    metadata = file.metadata
    for key, wanted in (("general.type", "adapter"), ("adapter.type", "lora")):
        if metadata.text(key) != wanted:
            raise HeaderInvalid(f"{key} is {metadata.text(key)[:40]!r}, not {wanted!r}")
    architecture = metadata.text("general.architecture")
    if not architecture:
        raise HeaderInvalid("general.architecture is missing")
    if _INVOCATION in metadata.values:
        raise AdapterUnsupported(
            "The adapter {file} works only behind certain words (activated LoRA), and Famulus cannot do that.",
            remedy="Choose an ordinary LoRA adapter.",
            file=file.path.name,
        )
    pairs = _pairs(file.tensors)
    facts = AdapterFacts(
        name=printable(metadata.text("general.name"), MAX_SHOWN_CHARACTERS) or file.path.stem,
        architecture=architecture,
        alpha=metadata.real("adapter.lora.alpha", 0.0, MAX_ALPHA, 0.0),
        rank=max(b.shape[0] for _, b in pairs.values()),
        n_pairs=len(pairs),
        base_name=printable(metadata.text("general.base_model.0.name"), MAX_SHOWN_CHARACTERS),
        tensor_bytes=sum(tensor.n_bytes for tensor in file.tensors),
    )
    return AdapterFile(facts, {matrix: _changed_shape(matrix, *pair) for matrix, pair in pairs.items()})


def _pairs(tensors: Iterable[Tensor]) -> Mapping[str, _Pair]:
    halves: dict[str, dict[str, Tensor]] = {}
    for tensor in tensors:
        match = _PAIRED.fullmatch(tensor.name)
        if tensor.name.endswith("_norm.weight"):
            raise AdapterUnsupported(
                "The adapter changes {tensor}, which llama.cpp would leave as it is.",
                remedy="Choose an adapter that changes attention and feed-forward matrices only.",
                tensor=tensor.name,
            )
        if match is None:
            raise HeaderInvalid(f"the tensor {tensor.name} is none of a LoRA adapter's")
        if tensor.type.name not in _TYPES:
            raise HeaderInvalid(f"the tensor {tensor.name} is {tensor.type.name}")
        halves.setdefault(match["matrix"], {})[match["part"]] = tensor
    if not halves:
        raise HeaderInvalid("it changes nothing")
    pairs: dict[str, _Pair] = {}
    for matrix, parts in halves.items():
        if len(parts) < 2:
            raise HeaderInvalid(f"one of the two tensors for {matrix} is missing")
        pairs[matrix] = parts["a"], parts["b"]
        _check_ranks(matrix, *pairs[matrix])
    return pairs


def _check_ranks(matrix: str, a: Tensor, b: Tensor) -> None:
    # Matrices, or one matrix for each expert.
    if not 2 <= len(a.shape) == len(b.shape) <= 3 or a.shape[2:] != b.shape[2:]:
        raise HeaderInvalid(f"the tensors for {matrix} do not go together: {a.shape} and {b.shape}")
    # Embeddings are looked up, so llama.cpp wants A the other way round there.
    rank = a.shape[0] if matrix == _EMBEDDINGS else a.shape[1]
    if rank != b.shape[0]:
        raise HeaderInvalid(f"the tensors for {matrix} have the ranks {rank} and {b.shape[0]}")


def _changed_shape(matrix: str, a: Tensor, b: Tensor) -> Shape:
    """Of the product of both: what the matrix of the base must have."""
    n_in, n_out = (b.shape[1], a.shape[1]) if matrix == _EMBEDDINGS else (a.shape[0], b.shape[1])
    return (n_in, n_out, *a.shape[2:])


def _mismatch(adapter: AdapterFile, model: ModelFacts, matrices: Mapping[str, Shape]) -> str:
    """Why the adapter does not fit the model; empty if it does."""
    own = adapter.facts.architecture
    if own != model.architecture:
        return f"it is for {own[:40]!r}, the model is {model.architecture!r}"
    for matrix, shape in adapter.changes.items():
        if matrix not in matrices:
            return f"the model has no tensor {matrix}"
        if matrices[matrix] != shape:
            return f"{matrix} has the shape {matrices[matrix]}, the adapter changes {shape}"
    return ""
