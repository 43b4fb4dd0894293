"""The LoRA adapters that a context computes with.

Process: engine worker. Thread: the scheduler's only.

Adapters are loaded beside the weights, which stay as they are. llama.cpp computes with one set of adapters at a time;
another one is set within milliseconds, but what the KV memory holds was made with the set before. So cells are tagged
with their set (`Sequence.adapters`), and whoever decodes applies the set of the sequence first.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence

import llama_cpp.llama_cpp as llama

from assistant.core.adapter import AdapterUse
from assistant.core.errors import AdapterDamaged, AdapterNotFound, GenerationFailed
from assistant.core.model_digest import file_digest
from assistant.engine.cells import AdapterSet

MAX_LOADED = 8
"""Adapters that stay loaded though nobody uses them now; one of rank 16 for a model of 8B takes some 80 MB."""

_File = tuple[str, int, int, int, int]
"""A path, and what tells that the file there is another one."""


class Adapters:
    """The adapters of one model in one context.

    What is loaded is freed with the model.

    Args:
        model: The loaded model.
        context: Its context; both must outlive this object.
    """

    def __init__(self, model: llama.llama_model_p, context: llama.llama_context_p) -> None:
        self._model = model
        self._context = context
        self._loaded: dict[str, llama.llama_adapter_lora_p] = {}
        self._digests: dict[_File, str] = {}
        self._applied: AdapterSet = ()

    def load(self, uses: Sequence[AdapterUse]) -> AdapterSet:
        """The set that is asked for; what of it is not in memory is loaded.

        An adapter of scale 0 is no part of it: the model then computes what it does without, to the last bit. One that
        is named twice counts with the sum of its scales. The order is none of the person's, so that it turns nothing.

        Raises:
            AdapterNotFound: A file is not there or cannot be read.
            AdapterDamaged: llama.cpp does not take a file for this model.
        """
        scales: dict[str, float] = {}
        for use in uses:
            digest = self._load(use.path)
            scales[digest] = scales.get(digest, 0.0) + use.scale
        adapters = tuple(sorted((digest, scale) for digest, scale in scales.items() if scale))
        self._free_unused({digest for digest, _ in (*adapters, *self._applied)})
        return adapters

    def has(self, adapters: AdapterSet) -> bool:
        """Whether all adapters of a set are in memory."""
        return all(digest in self._loaded for digest, _ in adapters)

    def apply(self, adapters: AdapterSet) -> None:
        """Let the context compute with a set that is in memory; what is computed from now on belongs to it.

        Raises:
            GenerationFailed: llama.cpp refused.
        """
        if adapters == self._applied:
            return
        n_adapters = len(adapters)
        pointer = llama.llama_adapter_lora_p_ctypes
        pointers = (pointer * n_adapters)(*(ctypes.cast(self._loaded[digest], pointer) for digest, _ in adapters))
        scales = (ctypes.c_float * n_adapters)(*(scale for _, scale in adapters))
        status = llama.llama_set_adapters_lora(self._context, pointers, n_adapters, scales)
        if status != 0:
            raise GenerationFailed(
                "The adapters could not be used.",
                remedy="Try again, or answer without them.",
                cause=f"llama_set_adapters_lora returned {status}",
            )
        self._applied = adapters

    def _load(self, path: str) -> str:
        """The digest of an adapter that is in memory now, used last."""
        try:
            file = _file(path)
            if file not in self._digests:
                self._digests[file] = file_digest(path)
            digest = self._digests[file]
            pointer = self._loaded.pop(digest, None)
            if pointer is None:
                pointer = self._read(path)
                if _file(path) != file:  # what was loaded may not be what the digest says
                    llama.llama_adapter_lora_free(pointer)
                    raise OSError(f"{path} changed while it was read")
        except (OSError, ValueError) as error:
            raise AdapterNotFound(
                "There is no adapter {path}, or it cannot be read.",
                remedy="Choose another adapter file.",
                cause=repr(error),
                path=path,
            ) from error
        self._loaded[digest] = pointer
        return digest

    def _read(self, path: str) -> llama.llama_adapter_lora_p:
        pointer: llama.llama_adapter_lora_p | None = llama.llama_adapter_lora_init(self._model, path.encode())
        if not pointer:  # a null pointer is an object, too
            raise AdapterDamaged(
                "The adapter {file} cannot be used with this model.",
                remedy="Choose an adapter that was made for this model; where memory is short, close other programs.",
                cause=f"llama_adapter_lora_init returned a null pointer for {path}",
                file=os.path.basename(path),
            )
        return pointer

    def _free_unused(self, used: set[str]) -> None:
        unused = [digest for digest in self._loaded if digest not in used]
        for digest in unused[: max(0, len(self._loaded) - MAX_LOADED)]:
            llama.llama_adapter_lora_free(self._loaded.pop(digest))


def _file(path: str) -> _File:
    status = os.stat(path)
    return path, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
