"""LoRA adapters: which ones there are, whether they belong to a model, and how a PEFT folder becomes one.

Process: app. Thread: every method from any thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.clients.converter_client import ConverterClient
from assistant.core.adapter import AdapterFacts, AdapterUse
from assistant.core.errors import AdapterDamaged, AdapterNotFound, ErrorInfo, FamulusError
from assistant.core.paths import absolute
from assistant.core.settings import ModelSettings
from assistant.hub.adapter_header import check_adapter, read_adapter
from assistant.hub.gguf_header import read_shapes
from assistant.hub.known_adapters import known_adapter
from assistant.services.chosen_model import ChosenModel
from assistant.services.library import LibraryService
from assistant.storage.file_list import FileList


@dataclass(frozen=True, slots=True)
class AdapterChoice:
    """An adapter that a person has added, or that a conversation uses.

    Attributes:
        path: The file.
        facts: What its header says; None if it cannot be used at all.
        error: Why it cannot be used with the model of the settings; None if it can.
        is_listed: Whether it was added; else only a conversation uses it.
    """

    path: Path
    facts: AdapterFacts | None
    error: ErrorInfo | None
    is_listed: bool = True

    @property
    def name(self) -> str:
        """What people call it: the file's name without its suffix."""
        return self.path.stem


class AdapterService:
    """The adapters that a person has added.

    Args:
        library: Knows the model of the settings.
        files: Where the files are remembered.
        converter: Makes GGUF files of PEFT folders.
    """

    def __init__(self, library: LibraryService, files: FileList, converter: ConverterClient) -> None:
        self._library = library
        self._files = files
        self._converter = converter

    def choices(self, settings: ModelSettings, others: Sequence[Path] = ()) -> list[AdapterChoice]:
        """All of them, the last used first; reads their headers.

        Args:
            settings: Name the model.
            others: More files, which come last; those that were added count once.

        Raises:
            FamulusError: The model of the settings cannot be used.
        """
        chosen = self._library.choose(settings)
        added = self._files.list()
        listed = [_choice(path, chosen) for path in added]
        return listed + [_choice(path, chosen, is_listed=False) for path in others if path not in added]

    def convert(self, folder: Path, target: Path, settings: ModelSettings) -> AdapterFacts:
        """Make a GGUF adapter of a PEFT folder, for the model of the settings, and offer it in `choices`.

        Args:
            folder: Holds ``adapter_config.json`` and ``adapter_model.safetensors``; untrusted.
            target: Where the file goes; an older one is replaced, by a whole one or not at all.
            settings: Name the model.

        Raises:
            AdapterForeign: It was made for another model.
            FamulusError: What `ConverterClient.convert` raises.
        """
        chosen = self._library.choose(settings)

        def check(path: Path) -> None:
            try:
                check_adapter(read_adapter(path), chosen.facts, read_shapes(chosen.path))
            except AdapterDamaged as error:  # it names the file as it is called now
                info = error.info
                values = {**info.values, "file": folder.name}
                raise AdapterDamaged(info.message, remedy=info.remedy, cause=info.cause, **values) from error

        self._converter.convert(folder, chosen.facts, target, check)
        return self.add(target)

    def add(self, path: Path) -> AdapterFacts:
        """Offer the file in `choices` from now on, whichever model it belongs to.

        Raises:
            FamulusError: What `read_adapter` raises.
        """
        facts = read_adapter(path).facts
        self._files.remember(path).result()
        return facts

    def remove(self, name: str) -> Path:
        """Offer an adapter no more; the file stays on the disk.

        Args:
            name: Its name, or its path.

        Returns:
            The file.

        Raises:
            AdapterNotFound: None of this name was added.
        """
        path = self.find(name)
        if path is None:
            raise AdapterNotFound(
                "There is no adapter called {name}.", remedy="List the adapters to see their names.", name=name
            )
        self._files.forget(path).result()
        return path

    def find(self, name: str) -> Path | None:
        """The file of an adapter that was added, by its name or its path; None if there is none."""
        paths = self._files.list()
        own = absolute(Path(name))
        return next((path for path in paths if path == own), next((path for path in paths if path.stem == name), None))

    def use(self, uses: Sequence[AdapterUse], settings: ModelSettings) -> None:
        """Check adapters before they are put on a conversation, and remember them.

        Raises:
            FamulusError: What `check_adapters` raises.
        """
        check_adapters(uses, self._library.choose(settings))
        for use in uses:
            self._files.remember(Path(use.path)).result()


def check_adapters(uses: Sequence[AdapterUse], chosen: ChosenModel) -> None:
    """Check that adapters belong to a model, before the engine sees the files.

    Raises:
        AdapterNotFound: A file does not exist or cannot be read.
        AdapterDamaged: One is no LoRA adapter, is incomplete, or contradicts itself.
        AdapterForeign: One was made for another model.
        AdapterUnsupported: One is of a kind that llama.cpp would use otherwise than it was trained.
    """
    for use in uses:
        known_adapter(Path(use.path), chosen.path, chosen.facts)


def _choice(path: Path, chosen: ChosenModel, *, is_listed: bool = True) -> AdapterChoice:
    try:
        return AdapterChoice(path, known_adapter(path, chosen.path, chosen.facts), None, is_listed)
    except FamulusError as error:
        return AdapterChoice(path, _own_facts(path), error.info, is_listed)


def _own_facts(path: Path) -> AdapterFacts | None:
    try:
        return read_adapter(path).facts
    except FamulusError:
        return None
