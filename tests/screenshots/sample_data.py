"""A data folder as a person might have it after a few weeks, and the models on their disk."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from assistant.core.conversation import FinishReason, MessageStatus, Timings, Usage
from assistant.core.errors import ModelFileDamaged
from assistant.core.paths import DataPaths
from assistant.core.settings import ModelSettings
from assistant.services.chat import ChatService
from assistant.services.context_results import ContextResults
from assistant.services.library import LibraryService
from assistant.services.load_ladder import LoadLadder
from assistant.services.model_choices import Fit, ModelChoice, ModelChoices
from assistant.services.model_loading import ModelLoading
from assistant.services.services import Services
from assistant.services.snapshots import ConversationSnapshots
from assistant.services.turn_context import TurnContext
from assistant.storage import answers, conversations
from assistant.storage.context_checks import ContextCheckFiles
from assistant.storage.conversations import ConversationStore
from assistant.storage.file_list import FileList
from assistant.storage.rungs_file import RungsFile
from tests.fakes.fake_engine import FakeEngine
from tests.fakes.fake_services import fake_services
from tests.screenshots.sample_checks import sample_checks
from tests.screenshots.sample_texts import SampleTexts
from tests.tiny_gguf import write_tiny_model
from tests.unit.hub.projector_files import write_projector

MODEL = "sample-model-Q4_K_M"
SHOWN_HOME = Path("/home/ada/.local/share/famulus")
"""The data folder as the settings page names it: no picture shows anybody's own path."""

_N_CTX = 8192
_DAY_S = 86_400
_GB = 10**9
_USAGE = Usage(prompt_tokens=1874, cached_tokens=1650, completion_tokens=412, restored_tokens=1420, encoded_media=2)
TIMINGS = Timings(prompt_s=0.4, first_token_s=0.42, decode_tokens_per_s=38.6, reasoning_s=7.0)


class SampleLibrary(LibraryService):
    """Has a model, or none.

    Attributes:
        has_model: Whether any model is installed.
    """

    has_model = True

    def name_of(self, settings: ModelSettings) -> str:
        return super().name_of(settings) if self.has_model else ""


class SampleChoices(ModelChoices):
    """Offers models of all sizes, of which only the chosen one is really there."""

    def list(self, settings: ModelSettings) -> list[ModelChoice]:
        return [
            _choice("SmolLM2-135M-Instruct.Q4_1", Fit.FITS, 0.098, 0.26, is_starter=True),
            _choice(MODEL, Fit.FITS, 5.03, 6.61, path=Path(settings.path), sees=True),
            _choice("Mistral-Small-3.2-24B-Instruct-2506-Q4_K_M", Fit.TIGHT, 14.33, 16.2, sees=True),
            _choice("Llama-3.3-70B-Instruct-Q4_K_M", Fit.TOO_LARGE, 42.52, 44.1),
            _broken_choice("gemma-3-4b-it-Q8_0"),
        ]


def sample_services(home: Path, engine: FakeEngine, *, sees: bool = False) -> Services:
    """Services over an empty data folder with one good model, which may see."""
    model = write_tiny_model(home / f"{MODEL}.gguf", metadata={"llama.context_length": 32768})
    if sees:
        write_projector(home / f"mmproj-{MODEL}.gguf")
    made = fake_services(home, engine)
    made.settings.set("model.path", str(model))
    made.settings.set("model.n_ctx", str(_N_CTX))
    made.library.close()
    made.chat.close()
    snapshots = ConversationSnapshots(made.paths, made.settings)
    ladder = LoadLadder(RungsFile(made.paths.load_rungs))
    files = ContextCheckFiles(made.paths.context_checks)
    results = ContextResults(files)
    loading = ModelLoading(made.engine, made.bus, snapshots, ladder, results)
    library = SampleLibrary(made.engine, made.bus, made.paths.verified_files, ladder, loading)
    context = TurnContext(
        conversations=made.conversations,
        engine=made.engine,
        library=library,
        attachments=made.attachments,
        bus=made.bus,
    )
    return dataclasses.replace(
        made,
        paths=DataPaths(SHOWN_HOME),
        library=library,
        model_choices=SampleChoices(FileList(made.database, "model_file"), library),
        context_checks=sample_checks(library, files),
        chat=ChatService(context),
    )


class SampleHistory:
    """Writes conversations of the last weeks.

    Args:
        store: Where they go.
        timings: Invented times of the answers; none where the picture is to make no claim.
    """

    def __init__(self, store: ConversationStore, timings: Timings) -> None:
        self._store = store
        self._timings = timings
        self._now = 0.0

    def write(self, texts: SampleTexts) -> None:
        """Write all of them, the oldest first."""
        clock = SimpleNamespace(time=self._next_second)
        with mock.patch.object(conversations, "time", clock), mock.patch.object(answers, "time", clock):
            for number, (title, days) in reversed(list(enumerate(texts.others))):
                # The first ones of today come within the last minute, so that midnight hardly matters.
                self._now = time.time() - days * _DAY_S - 30 - number
                self._add([(title, "…")])
            self._now = time.time() - 20
            self._add([texts.physics])
            self._now = time.time() - 10
            self._add(list(texts.coffee))

    def _add(self, turns: list[tuple[str, str]]) -> None:
        conversation = self._store.create("").result()
        parent: str | None = None
        for question, answer in turns:
            parent = self._store.add_question(conversation.id, parent, question).result().id
            begun = self._store.answers.begin(conversation.id, parent, MODEL).result()
            ended = self._store.answers.finish(
                begun.id,
                text=answer,
                status=MessageStatus.COMPLETE,
                finish_reason=FinishReason.STOP,
                usage=_USAGE,
                timings=self._timings,
            )
            parent = ended.result().id

    def _next_second(self) -> float:
        self._now += 0.01
        return self._now


def _choice(
    name: str,
    fit: Fit,
    size_gb: float,
    memory_gb: float,
    *,
    path: Path | None = None,
    is_starter: bool = False,
    sees: bool = False,
) -> ModelChoice:
    return ModelChoice(
        name=name,
        path=path or Path("/home/ada/models") / f"{name}.gguf",
        is_starter=is_starter,
        fit=fit,
        size_bytes=int(size_gb * _GB),
        memory_bytes=int(memory_gb * _GB),
        quantization="Q4_1" if is_starter else "Q4_K_M",
        n_ctx_train=8192 if is_starter else 32768,
        n_ctx=_N_CTX,
        sees=sees,
    )


def _broken_choice(name: str) -> ModelChoice:
    damaged = ModelFileDamaged(
        "The model file {file} is incomplete: at least {missing_bytes} bytes are missing at its end.",
        remedy="Wait until its download has finished, or download it again.",
        file=f"{name}.gguf",
        missing_bytes=1_204_871_168,
    )
    path = Path("/home/ada/models") / f"{name}.gguf"
    return ModelChoice(name=name, path=path, is_starter=False, fit=Fit.BROKEN, error=damaged.info)
