"""Deleting a conversation with everything that is kept of it.

Process: app. Thread: `delete` from any and blocks until the database has it; the rest goes on on a thread of its own.
What this process keeps of conversations that another one deleted goes when it hears of the change.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from assistant.clients.engine_client import EngineClient
from assistant.core.conversation import Message
from assistant.core.errors import FamulusError
from assistant.core.events import ConversationsChanged, Event
from assistant.services.attachments import AttachmentService
from assistant.services.event_bus import EventBus
from assistant.services.snapshots import ConversationSnapshots
from assistant.storage.conversations import ConversationStore

log = logging.getLogger(__name__)


class DeletionService:
    """Deletes conversations.

    Args:
        conversations: The conversations.
        engine: The engine worker's client.
        snapshots: What models had read of them.
        attachments: Their pictures.
        bus: Tells of changes by other processes.
    """

    def __init__(
        self,
        conversations: ConversationStore,
        engine: EngineClient,
        snapshots: ConversationSnapshots,
        attachments: AttachmentService,
        bus: EventBus,
    ) -> None:
        self._conversations = conversations
        self._engine = engine
        self._snapshots = snapshots
        self._attachments = attachments
        self._lock = threading.Lock()
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._unsubscribe = bus.subscribe(self._hear)

    def delete(self, conversation_id: str) -> None:
        """Delete a conversation; what the engine holds of it, its files and those of its draft go a little later.

        Raises:
            ConversationNotFound: There is none with this id.
            DatabaseFailed: It could not be deleted.
        """
        messages = self._conversations.messages(conversation_id)
        self._conversations.delete(conversation_id).result()
        drafted = self._attachments.drafted(conversation_id)
        self._attachments.release(drafted)
        added_until = _last_used(messages, self._attachments.picked_at(drafted))
        self._begin(partial(self._clear, conversation_id, added_until))

    def forget_deleted(self) -> None:
        """Have the engine and the snapshots lose the conversations that other processes deleted; returns at once."""
        self._begin(self._clear_deleted_elsewhere)

    def close(self) -> None:
        """Finish, and remove snapshots of conversations that other processes deleted; all, if none are wanted.

        The engine is closed before it: it could save another snapshot.
        """
        self._unsubscribe()
        with self._lock:
            thread = self._thread
        if thread is not None:
            self._jobs.put(None)
            thread.join()
        try:
            self._remove_orphans()
        except FamulusError as error:
            log.warning("snapshots of deleted conversations may be left: %s (%s)", error, error.info.cause)

    def _hear(self, event: Event) -> None:
        if isinstance(event, ConversationsChanged):
            self.forget_deleted()

    def _begin(self, job: Callable[[], None]) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="deletion", daemon=True)
                self._thread.start()
        self._jobs.put(job)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except Exception:  # the thread has to live for the next one
                log.exception("not everything of a deleted conversation was removed")

    def _clear(self, conversation_id: str, added_until: dict[str, float]) -> None:
        self._attachments.remove(added_until, conversation_id)
        self._forget({conversation_id})
        self._attachments.sweep()

    def _clear_deleted_elsewhere(self) -> None:
        kept = self._snapshots.conversation_ids() | self._engine.held  # before the database: as in `_remove_orphans`
        self._forget(kept - {conversation.id for conversation in self._conversations.list()} if kept else kept)

    def _forget(self, conversation_ids: set[str]) -> None:
        self._snapshots.remove(conversation_ids)  # at once: the engine may be busy for minutes
        for conversation_id in conversation_ids:
            try:
                self._engine.forget(conversation_id)
            except FamulusError as error:
                log.info("the engine ended before it forgot a conversation: %s", error.info.cause)
        self._snapshots.remove(conversation_ids)

    def _remove_orphans(self) -> None:
        found = self._snapshots.conversation_ids()  # before the database: a new conversation is stored first
        if found and self._snapshots.options() is not None:
            found -= {conversation.id for conversation in self._conversations.list()}
        self._snapshots.remove(found)


def _last_used(messages: Iterable[Message], drafted: Mapping[str, float]) -> dict[str, float]:
    """By SHA-256 when an attachment was last used here, seconds since the epoch; those of a draft when picked."""
    used = dict(drafted)
    for message in messages:
        for attachment in message.attachments:
            used[attachment.sha256] = max(message.created_at, used.get(attachment.sha256, 0.0))
    return used
