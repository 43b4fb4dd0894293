"""Headers of projectors that were read before: one is looked at several times a turn, and seldom changes.

Process: app. Thread rule: safe from any thread.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from assistant.core.errors import ErrorInfo, FamulusError, ProjectorDamaged
from assistant.core.model_facts import ProjectorFacts
from assistant.hub.projector_header import read_projector

_N_KEPT = 64
"""Projectors that are remembered: more than lie in a folder of models, and each takes less than 1 KB."""


def known_projector(path: Path) -> ProjectorFacts:
    """What the header of a projector says, read once for as long as size and time of the last change stay the same.

    Raises:
        FamulusError: What `read_projector` raises; that a file is damaged is remembered too.
    """
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # ValueError: a null character in the path
        return read_projector(path)  # says what is wrong, and is not remembered
    found = _read(path, status.st_size, status.st_mtime_ns)
    if isinstance(found, ErrorInfo):
        raise FamulusError.from_info(found)
    return found


@lru_cache(maxsize=_N_KEPT)
def _read(path: Path, size: int, mtime_ns: int) -> ProjectorFacts | ErrorInfo:
    """The header, or how it is damaged; size and time belong to the key only."""
    try:
        return read_projector(path)
    except ProjectorDamaged as error:
        return error.info
