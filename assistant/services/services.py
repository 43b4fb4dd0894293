"""Everything that a front end works with, as one object.

Process: app. Thread rule: the object is immutable; each service says its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from assistant.clients.engine_client import EngineClient
from assistant.core.paths import DataPaths
from assistant.services.chat import ChatService
from assistant.services.event_bus import EventBus
from assistant.services.library import LibraryService
from assistant.storage.conversations import ConversationStore
from assistant.storage.database import Database
from assistant.storage.drafts_file import DraftsFile
from assistant.storage.settings_file import SettingsFile


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
        chat: Turns.
        bus: What happens.
    """

    paths: DataPaths
    settings: SettingsFile
    drafts: DraftsFile
    database: Database
    conversations: ConversationStore
    engine: EngineClient
    library: LibraryService
    chat: ChatService
    bus: EventBus

    def __enter__(self) -> Self:
        """Use the services in a ``with`` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close them at its end."""
        self.close()

    def close(self) -> None:
        """Stop what runs, end the worker, and write what is still to be written."""
        self.library.close()
        self.chat.close()
        self.engine.close()
        self.database.close()
        self.conversations.close()
