"""Everything that a front end works with, as one object.

Process: app. Thread rule: the object is immutable; each service says its own.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Self

from assistant.clients.engine_client import EngineClient
from assistant.core.errors import FamulusError
from assistant.core.paths import DataPaths
from assistant.services.adapters import AdapterService
from assistant.services.attachments import AttachmentService
from assistant.services.chat import ChatService
from assistant.services.context_check import ContextCheckService
from assistant.services.deletion import DeletionService
from assistant.services.event_bus import EventBus
from assistant.services.library import LibraryService
from assistant.services.model_choices import ModelChoices
from assistant.storage.conversations import ConversationStore
from assistant.storage.database import Database
from assistant.storage.drafts_file import DraftsFile
from assistant.storage.settings_file import SettingsFile

log = logging.getLogger(__name__)

SAVE_TIMEOUT_S = 5.0
"""Longest wait for the engine to put what it has read on disk at the end; the rest is read again one day."""


@dataclass(frozen=True, slots=True)
class Services:
    """The services of one process, built by `assistant.bootstrap`.

    Attributes:
        paths: Where things are kept.
        settings: The settings file.
        drafts: What was typed in the window and not sent.
        database: The database.
        conversations: Conversations and messages in it.
        engine: The engine worker's client.
        library: Models.
        model_choices: Which ones there are.
        adapters: LoRA adapters.
        attachments: Pictures that go with questions.
        chat: Turns.
        context_checks: How well models read long texts.
        deletion: Deletes conversations with all that is kept of them.
        bus: What happens.
    """

    paths: DataPaths
    settings: SettingsFile
    drafts: DraftsFile
    database: Database
    conversations: ConversationStore
    engine: EngineClient
    library: LibraryService
    model_choices: ModelChoices
    adapters: AdapterService
    attachments: AttachmentService
    chat: ChatService
    context_checks: ContextCheckService
    deletion: DeletionService
    bus: EventBus

    def __enter__(self) -> Self:
        """Use the services in a ``with`` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close them at its end."""
        self.close()

    def close(self) -> None:
        """Stop what runs, write what is still to be written, and end the workers."""
        self.context_checks.stop()
        self.attachments.stop()  # a turn may wait for pictures
        self.library.close()
        self.chat.close()
        self._save_snapshots()
        self.engine.close()
        self.deletion.close()
        self.attachments.close()
        self.database.close()
        self.conversations.close()

    def _save_snapshots(self) -> None:
        try:
            self.engine.save_snapshots(SAVE_TIMEOUT_S)
        except FamulusError as error:
            log.warning("not every conversation was put on disk: %s", error.info.cause)
