"""What every turn works with.

Process: app. Thread rule: immutable; each service says its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from assistant.clients.engine_client import EngineClient
from assistant.services.attachments import AttachmentService
from assistant.services.event_bus import EventBus
from assistant.services.library import LibraryService
from assistant.storage.conversations import ConversationStore


@dataclass(frozen=True, slots=True)
class TurnContext:
    """What every turn works with."""

    conversations: ConversationStore
    engine: EngineClient
    library: LibraryService
    attachments: AttachmentService
    bus: EventBus
