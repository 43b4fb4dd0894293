"""Finds the projector that lies beside a model.

Process: app. Thread rule: safe from any thread; a file is opened again only when it has changed.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path

from assistant.core.errors import FamulusError
from assistant.core.model_facts import ModelFacts
from assistant.hub.known_projectors import known_projector
from assistant.hub.projector_header import check_projector

log = logging.getLogger(__name__)

MARK = "mmproj"
"""What the name of a projector holds, in either case: so does llama.cpp's converter name it."""

# What says nothing about which model it is: quantization, number of the part, the mark itself.
_NOISE = re.compile(
    r"(?<![a-z0-9])(i?q\d+(_[a-z0-9]{1,3})*|b?f(16|32)|mxfp4|\d{5}-of-\d{5}|mmproj|gguf|model)(?![a-z0-9])"
)
# What says which of a family: sizes, versions, what it was tuned for.
_MEMBER = re.compile(r"[ae]?\d+[bkm]?|v\d+|instruct|chat|it|base|hf|vision|vl")


def find_projector(model: Path, facts: ModelFacts) -> Path | None:
    """The projector in the folder of a model that is sound, fits the model, and is named most like it.

    Args:
        model: The model file; of a split model its first part.
        facts: What its header says.

    Returns:
        Its path; None if there is none. One that is named after a family of models must share a word with the name
        of this one: other families have the same width. So must one whose header does not say how wide it is.
    """
    try:
        beside = [path for path in model.parent.iterdir() if _is_candidate(path, model)]
    except OSError as error:
        log.warning("the folder of the model cannot be read: %r", error)
        return None
    wanted = _words(model)
    for path in sorted(beside, key=lambda path: _unlikeness(path, wanted)):
        try:
            projector = known_projector(path)
            check_projector(projector, facts)
        except FamulusError as error:
            log.info("the projector %s is passed over: %s (%s)", path.name, error, error.info.cause)
            continue
        family = _family(path)
        if family & wanted or (projector.n_embd and not family):
            return path
        log.info("the projector %s is passed over: its name is of another family", path.name)
    return None


def _is_candidate(path: Path, model: Path) -> bool:
    name = path.name.lower()
    return name.endswith(".gguf") and MARK in name and path.name != model.name


def _words(path: Path) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W_]+", _NOISE.sub(" ", path.stem.lower())))


def _family(path: Path) -> frozenset[str]:
    """The words that tell models of the same size and kind apart."""
    return frozenset(word for word in _words(path) if not _MEMBER.fullmatch(word))


def _unlikeness(path: Path, wanted: frozenset[str]) -> tuple[int, int, str]:
    """Sorts the most common words first, then the fewest foreign ones, then by name."""
    words = _words(path)
    return -len(words & wanted), len(words - wanted), path.name
