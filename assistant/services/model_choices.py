"""What a picker says of a model file: what it is, and whether it fits into the memory that is free now.

Process: app. Thread rule: pure, but `describe_choice` reads the file's header.
"""

from __future__ import annotations

import enum
from pathlib import Path

import msgspec

from assistant.core.context_plan import N_CTX_AUTOMATIC, N_CTX_MIN, largest_n_ctx
from assistant.core.errors import ErrorInfo, FamulusError
from assistant.core.media import MediaKind
from assistant.core.memory_estimate import estimate_memory
from assistant.core.model_facts import ModelFacts
from assistant.hub.gguf_header import read_model_facts
from assistant.hub.known_projectors import known_projector
from assistant.hub.projector_header import check_projector
from assistant.hub.projector_search import find_projector

COMFORTABLE_SHARE = 0.8
"""Share of the free memory up to which a model fits; above, other programs would have to make room."""


class Fit(enum.StrEnum):
    """How a model goes with the memory that is free now."""

    FITS = "fits"
    TIGHT = "tight"
    TOO_LARGE = "tooLarge"
    BROKEN = "broken"


class ModelChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A model file that can be chosen.

    Attributes:
        name: Name of the file without its suffix.
        path: The file; the empty path's settings stand for the starter model, but this is always the real file.
        is_starter: Whether it is the starter model.
        fit: Whether it fits.
        size_bytes: Size of the file; 0 if it cannot be read.
        memory_bytes: What it needs in all with a context of `n_ctx`.
        quantization: For example ``Q4_K_M``.
        n_ctx_train: Context length it was trained with, tokens.
        n_ctx: Context length it would be loaded with, tokens.
        sees: Whether a projector with which it takes in pictures is named for it or lies beside it.
        error: Why it cannot be used; None if it can.
    """

    name: str
    path: Path
    is_starter: bool
    fit: Fit
    size_bytes: int = 0
    memory_bytes: int = 0
    quantization: str = ""
    n_ctx_train: int = 0
    n_ctx: int = 0
    sees: bool = False
    error: ErrorInfo | None = None


def describe_choice(
    path: Path, *, is_starter: bool, wanted_n_ctx: int, available_bytes: int, projector: Path | None = None
) -> ModelChoice:
    """Read the header of a file and hold its needs against the free memory.

    Args:
        path: The file.
        is_starter: Whether it is the starter model.
        wanted_n_ctx: Context length of the settings, tokens; 0 chooses.
        available_bytes: Memory that a model may take now.
        projector: File of the projector that is named for it; None for the one beside it.
    """
    try:
        facts = read_model_facts(path)
    except FamulusError as error:
        return ModelChoice(name=path.stem, path=path, is_starter=is_starter, fit=Fit.BROKEN, error=error.info)
    limit = min(facts.n_ctx_train, N_CTX_AUTOMATIC)
    n_ctx = wanted_n_ctx or largest_n_ctx(facts, available_bytes, limit) or N_CTX_MIN
    return ModelChoice(
        name=path.stem,
        path=path,
        is_starter=is_starter,
        fit=_fit(facts, n_ctx, wanted_n_ctx or limit, available_bytes),
        size_bytes=facts.file_bytes,
        memory_bytes=estimate_memory(facts, n_ctx).total_bytes,
        quantization=facts.quantization,
        n_ctx_train=facts.n_ctx_train,
        n_ctx=n_ctx,
        sees=_sees(facts, projector or find_projector(path, facts)),
    )


def _sees(facts: ModelFacts, projector: Path | None) -> bool:
    if projector is None:
        return False
    try:
        projector_facts = known_projector(projector)
        check_projector(projector_facts, facts)
    except FamulusError:
        return False
    return MediaKind.IMAGE in projector_facts.media


def _fit(facts: ModelFacts, n_ctx: int, full_n_ctx: int, available_bytes: int) -> Fit:
    if estimate_memory(facts, n_ctx).total_bytes > available_bytes:
        return Fit.TOO_LARGE
    comfortable = estimate_memory(facts, full_n_ctx).total_bytes <= COMFORTABLE_SHARE * available_bytes
    return Fit.FITS if comfortable else Fit.TIGHT
