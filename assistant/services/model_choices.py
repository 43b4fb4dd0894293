"""The model files of a picker: which there are, what each is, and whether it fits into the memory that is free now.

Process: app. Thread: any; reads the headers of files.
"""

from __future__ import annotations

import enum
from pathlib import Path

import msgspec

from assistant.core.context_plan import N_CTX_AUTOMATIC, N_CTX_LONGEST, N_CTX_MIN, largest_n_ctx, longest_n_ctx
from assistant.core.errors import ErrorInfo, FamulusError
from assistant.core.media import MediaKind
from assistant.core.memory_estimate import estimate_memory
from assistant.core.model_facts import ModelFacts
from assistant.core.settings import ModelSettings
from assistant.hub.gguf_header import read_model_facts
from assistant.hub.known_projectors import known_projector
from assistant.hub.projector_header import check_projector
from assistant.hub.projector_search import find_projector
from assistant.hub.starter_model import find_starter_model
from assistant.services.chosen_model import fingerprint, named_projector, own_path
from assistant.services.library import LibraryService
from assistant.storage.file_list import FileList

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


class ModelChoices:
    """The starter model, and the files that the person chose before.

    Args:
        files: Those files.
        library: Knows the memory that is free for a model.
    """

    def __init__(self, files: FileList, library: LibraryService) -> None:
        self._files = files
        self._library = library

    def list(self, settings: ModelSettings) -> list[ModelChoice]:
        """All of them, the starter model first, with the one of the settings."""
        starter = find_starter_model()
        paths = dict.fromkeys(self._files.list())
        own = own_path(settings)
        if own is not None:
            paths.setdefault(own)
        available_bytes = self._library.free_memory(settings).total_bytes
        wanted = own or starter
        return [
            describe_choice(
                path,
                is_starter=path == starter,
                wanted_n_ctx=settings.n_ctx,
                available_bytes=available_bytes,
                projector=named_projector(settings) if path == wanted else None,
            )
            for path in [*filter(None, [starter]), *(path for path in paths if path != starter)]
        ]

    def remember(self, path: Path) -> None:
        """List the file from now on.

        Raises:
            ModelNotFound: There is no such file.
        """
        path = path.expanduser().absolute()
        fingerprint(path)
        self._files.remember(path).result()

    def forget(self, path: Path) -> None:
        """List the file no more; it stays on the disk."""
        self._files.forget(path).result()


def describe_choice(
    path: Path, *, is_starter: bool, wanted_n_ctx: int, available_bytes: int, projector: Path | None = None
) -> ModelChoice:
    """Read the header of a file and hold its needs against the free memory.

    Args:
        path: The file.
        is_starter: Whether it is the starter model.
        wanted_n_ctx: As `ContextWish.n_ctx`.
        available_bytes: Memory that a model may take now.
        projector: File of the projector that is named for it; None for the one beside it.
    """
    try:
        facts = read_model_facts(path)
    except FamulusError as error:
        return ModelChoice(name=path.stem, path=path, is_starter=is_starter, fit=Fit.BROKEN, error=error.info)
    longest = longest_n_ctx(facts) if wanted_n_ctx == N_CTX_LONGEST else min(facts.n_ctx_train, N_CTX_AUTOMATIC)
    n_ctx = wanted_n_ctx if wanted_n_ctx > 0 else largest_n_ctx(facts, available_bytes, longest) or N_CTX_MIN
    full_n_ctx = longest if wanted_n_ctx == 0 else n_ctx
    return ModelChoice(
        name=path.stem,
        path=path,
        is_starter=is_starter,
        fit=_fit(facts, n_ctx, full_n_ctx, available_bytes),
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
