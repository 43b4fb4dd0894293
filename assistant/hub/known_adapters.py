"""Adapters that were compared with a model before: at every answer they are asked for again, and seldom change.

Process: app. Thread rule: safe from any thread.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from assistant.core.adapter import AdapterFacts
from assistant.core.errors import AdapterDamaged, AdapterForeign, AdapterUnsupported, ErrorInfo, FamulusError
from assistant.core.model_facts import ModelFacts
from assistant.hub.adapter_header import Shape, check_adapter, read_adapter
from assistant.hub.gguf_header import read_shapes

_N_ADAPTERS, _N_MODELS = 256, 4


def known_adapter(path: Path, base: Path, model: ModelFacts) -> AdapterFacts:
    """What the header of an adapter says, if it belongs to a model; read once for as long as neither file changes.

    Args:
        path: The adapter.
        base: The model's file; of a split model the first part.
        model: What its header says.

    Raises:
        FamulusError: What `read_adapter` and `check_adapter` raise.
    """
    try:
        key = _key(path)
    except (OSError, ValueError):
        return read_adapter(path).facts  # raises: it says what is wrong, and is not remembered
    try:
        base_key = _key(base)
    except (OSError, ValueError):
        check_adapter(read_adapter(path), model, read_shapes(base))  # raises, as the model cannot be read
        raise
    found = _compared(key, base_key, model)
    if isinstance(found, ErrorInfo):
        raise FamulusError.from_info(found)
    return found


_Key = tuple[Path, int, int, int, int]


def _key(path: Path) -> _Key:
    status = os.stat(path)
    return path, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


@lru_cache(maxsize=_N_ADAPTERS)
def _compared(adapter: _Key, base: _Key, model: ModelFacts) -> AdapterFacts | ErrorInfo:
    try:
        file = read_adapter(adapter[0])
        check_adapter(file, model, _shapes(base))
    except (AdapterDamaged, AdapterForeign, AdapterUnsupported) as error:
        return error.info
    return file.facts


@lru_cache(maxsize=_N_MODELS)
def _shapes(base: _Key) -> Mapping[str, Shape]:
    return read_shapes(base[0])
