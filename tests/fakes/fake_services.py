"""The services as `assistant.bootstrap` wires them, over a fake engine and a tiny model file."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar, cast

import msgspec

from assistant.clients.converter_client import ConverterClient
from assistant.clients.engine_client import EngineClient
from assistant.clients.image_client import ImageClient
from assistant.core.events import Event, MessageFinished, TurnEvent, TurnFailed
from assistant.core.paths import DataPaths
from assistant.core.settings import ModelSettings, Settings
from assistant.services.adapters import AdapterService
from assistant.services.attachments import AttachmentService
from assistant.services.chat import ChatService
from assistant.services.context_check import ContextCheckService
from assistant.services.context_results import ContextResults
from assistant.services.deletion import DeletionService
from assistant.services.event_bus import EventBus
from assistant.services.library import LibraryService
from assistant.services.load_ladder import LoadLadder
from assistant.services.model_choices import ModelChoices
from assistant.services.model_loading import ModelLoading
from assistant.services.services import Services
from assistant.services.snapshots import ConversationSnapshots
from assistant.services.turn_context import TurnContext
from assistant.storage.attachment_files import AttachmentFiles
from assistant.storage.context_checks import ContextCheckFiles
from assistant.storage.conversations import ConversationStore
from assistant.storage.database import Database
from assistant.storage.drafts_file import DraftsFile
from assistant.storage.file_list import FileList
from assistant.storage.rungs_file import RungsFile
from assistant.storage.settings_file import SettingsFile
from tests.fakes.fake_engine import FakeEngine
from tests.fakes.fake_images import FakeImages
from tests.tiny_gguf import write_tiny_model

PATIENCE_S = 30.0
EventT = TypeVar("EventT", bound=Event)


def fake_services(home: Path, engine: FakeEngine, images: FakeImages | None = None) -> Services:
    """Services over `home`; their settings name the tiny model there."""
    paths = DataPaths(home)
    model = home / "tiny.gguf"
    if not model.exists():
        write_tiny_model(model)
    settings = SettingsFile(paths.settings)
    settings.set("model.path", str(model))
    settings.set("chat.system_prompt", "")
    database = Database(paths.database)
    conversations = ConversationStore(database, paths.locks)
    client = cast(EngineClient, engine)
    bus = EventBus()
    snapshots = ConversationSnapshots(paths, settings)
    ladder = LoadLadder(RungsFile(paths.load_rungs))
    results = ContextResults(ContextCheckFiles(paths.context_checks))
    loading = ModelLoading(client, bus, snapshots, ladder, results)
    library = LibraryService(client, bus, paths.verified_files, ladder, loading)
    adapters = AdapterService(library, FileList(database, "adapter_file"), ConverterClient(paths.home, paths.logs))
    drafts = DraftsFile(paths.drafts)
    image_client = cast(ImageClient, images or FakeImages())
    attachments = AttachmentService(AttachmentFiles(paths), image_client, conversations, drafts)
    context = TurnContext(conversations=conversations, engine=client, library=library, attachments=attachments, bus=bus)
    return Services(
        paths=paths,
        settings=settings,
        drafts=drafts,
        database=database,
        conversations=conversations,
        engine=client,
        library=library,
        model_choices=ModelChoices(FileList(database, "model_file"), library),
        adapters=adapters,
        attachments=attachments,
        chat=ChatService(context),
        context_checks=ContextCheckService(library, results, image_client),
        deletion=DeletionService(conversations, client, snapshots, attachments, bus),
        bus=bus,
    )


class EventLog:
    """Records what is published, and waits for it."""

    def __init__(self, bus: EventBus) -> None:
        self.events: list[Event] = []
        self._queue: queue.SimpleQueue[Event] = queue.SimpleQueue()
        bus.subscribe(self._queue.put)

    def wait_for(self, kind: type[EventT], request_id: str = "") -> EventT:
        """The next event of this kind (of this turn); those before it are in `events` too."""
        while True:
            event = self._queue.get(timeout=PATIENCE_S)
            self.events.append(event)
            if isinstance(event, kind) and (
                not request_id or (isinstance(event, TurnEvent) and event.request_id == request_id)
            ):
                return event

    def end_of(self, request_id: str) -> MessageFinished | TurnFailed:
        """The end of a turn, whatever it is."""
        while True:
            event = self.wait_for(TurnEvent, request_id)
            if isinstance(event, MessageFinished | TurnFailed):
                return event


@contextlib.contextmanager
def opened(services: Services) -> Iterator[Services]:
    """Close them at the end, also after a failed test."""
    try:
        yield services
    finally:
        services.close()


def with_model(settings: Settings, **values: object) -> Settings:
    """The settings with some of the model's replaced."""
    model: ModelSettings = msgspec.structs.replace(settings.model, **values)
    return msgspec.structs.replace(settings, model=model)
