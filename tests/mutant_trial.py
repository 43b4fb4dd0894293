"""Loads a damaged model as the app does, and asks it something."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from assistant.clients.engine_client import EngineClient
from assistant.core.errors import EngineStopped, FamulusError
from assistant.core.paths import DataPaths
from assistant.core.sampling import SamplingParameters
from assistant.core.settings import ModelSettings
from assistant.protocol.engine_messages import GenerationFinished
from assistant.protocol.prompt_messages import PromptMessage
from assistant.services.context_results import ContextResults
from assistant.services.event_bus import EventBus
from assistant.services.library import LibraryService
from assistant.services.load_ladder import LoadLadder
from assistant.services.model_loading import ModelLoading
from assistant.services.snapshots import ConversationSnapshots
from assistant.storage.context_checks import ContextCheckFiles
from assistant.storage.database import Database
from assistant.storage.rungs_file import RungsFile
from assistant.storage.settings_file import SettingsFile
from tests.mutants import mutants
from tests.tiny_gguf import write_tiny_model

LIMIT_S = 30.0
SEED = 2026
QUESTION = (PromptMessage(role="user", text="What is the weather?"),)


@dataclass
class Trials:
    """Outcomes of many mutants.

    Attributes:
        outcomes: How often each outcome came.
        crashes: Mutants that ended the worker, with the error that a person sees.
        slowest_s: Longest time of one mutant, seconds.
        slowest: That mutant.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    crashes: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    slowest: str = ""


def ask(engine: EngineClient, library: LibraryService, path: Path) -> None:
    """Check, load and ask; raises `FamulusError`, or `TimeoutError` after `LIMIT_S`."""
    deadline = time.monotonic() + LIMIT_S
    library.ensure_loaded(ModelSettings(path=str(path), n_threads=1), threading.Event())
    call = engine.generate(QUESTION, SamplingParameters(seed=1, max_tokens=4))
    while not isinstance(call.next_reply(max(0.0, deadline - time.monotonic())), GenerationFinished):
        if time.monotonic() >= deadline:
            raise TimeoutError(path.name)


def try_mutants(count: int, folder: Path) -> Trials:
    """Try the first `count` mutants, then a sound model, with one client."""
    (folder / "logs").mkdir()
    engine = EngineClient(folder, folder / "logs")
    database = Database(folder / "famulus.db")
    paths = DataPaths(folder)
    snapshots = ConversationSnapshots(paths, SettingsFile(paths.settings))
    ladder = LoadLadder(RungsFile(paths.load_rungs))
    results = ContextResults(ContextCheckFiles(paths.context_checks))
    bus = EventBus()
    loading = ModelLoading(engine, bus, snapshots, ladder, results)
    library = LibraryService(engine, bus, paths.verified_files, ladder, loading)
    sound = write_tiny_model(folder / "sound.gguf")
    trials = Trials()
    try:
        for description, data in mutants(sound.read_bytes(), count, SEED):
            path = folder / "mutant.gguf"
            path.unlink(missing_ok=True)  # the old one may still be mapped
            path.write_bytes(data)
            _try_one(description, path, engine, library, trials)
        ask(engine, library, sound)
    finally:
        engine.close()
        database.close()
    return trials


def _try_one(description: str, path: Path, engine: EngineClient, library: LibraryService, trials: Trials) -> None:
    started = time.monotonic()
    outcome = "answers"
    try:
        ask(engine, library, path)
    except FamulusError as error:
        outcome = error.info.kind
        if isinstance(error, EngineStopped) or "crashed" in error.info.message:
            trials.crashes.append(f"{description}: {error.info.kind}: {error.info.cause}")
    trials.outcomes[outcome] += 1
    seconds = time.monotonic() - started
    if seconds > trials.slowest_s:
        trials.slowest_s, trials.slowest = seconds, description
