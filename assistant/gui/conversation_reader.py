"""Reads a conversation in the background while its turns go on.

Process: app with a window. Thread: the GUI's; the database is read in the background.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from assistant.core.adapter import AdapterUse
from assistant.core.conversation import Message
from assistant.core.errors import FamulusError
from assistant.gui.message_tree import MessageTree
from assistant.gui.window_context import WindowContext


class Snapshot(NamedTuple):
    """A conversation as it was read, and what happened in it meanwhile.

    Attributes:
        title: Its title.
        tree: Its messages.
        adapters: What its next answers are made with.
        overflow: What happens when it no longer fits; empty for what the settings say.
    """

    title: str
    tree: MessageTree
    adapters: tuple[AdapterUse, ...] = ()
    overflow: str = ""


class ConversationReader(QObject):
    """Reads one conversation at a time; only the newest request is answered.

    Args:
        context: What the window works with.
        parent: Qt's owner.
    """

    done = Signal(object)
    """A `Snapshot`."""

    failed = Signal(object)
    """An `ErrorInfo`."""

    def __init__(self, context: WindowContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._newest = 0
        self._reading = False
        self._meanwhile: list[tuple[Message, bool]] = []

    @property
    def reading(self) -> bool:
        """Whether a request is under way."""
        return self._reading

    def read(self, conversation_id: str) -> None:
        """Read a conversation; an earlier request is forgotten."""
        self.cancel()
        self._reading = True
        request = self._newest
        self._context.background.run(
            lambda: self._read(conversation_id), partial(self._finish, request), partial(self._fail, request)
        )

    def cancel(self) -> None:
        """Forget the request under way."""
        self._newest += 1
        self._reading = False
        self._meanwhile = []

    def heed(self, message: Message, *, is_shown: bool) -> None:
        """A message came or ended: the database may have been read before that."""
        if self._reading:
            self._meanwhile.append((message, is_shown))

    def _read(self, conversation_id: str) -> Snapshot:
        store = self._context.services.conversations
        while True:
            messages = store.messages(conversation_id)
            conversation = store.get(conversation_id)
            tree = MessageTree(messages, conversation.active_leaf_id)
            # Two reads are two states of the database: the leaf may be newer than the messages.
            if tree.leaf_id is None or tree.get(tree.leaf_id) is not None:
                return Snapshot(conversation.title, tree, conversation.adapters, conversation.overflow or "")

    def _finish(self, request: int, snapshot: Snapshot) -> None:
        if request != self._newest:
            return
        meanwhile = self._meanwhile
        self.cancel()
        for message, is_shown in meanwhile:
            put_newest(snapshot.tree, message, is_shown=is_shown)
        self.done.emit(snapshot)

    def _fail(self, request: int, error: FamulusError) -> None:
        if request == self._newest:
            self.cancel()
            self.failed.emit(error.info)


def put_newest(tree: MessageTree, message: Message, *, is_shown: bool) -> None:
    """Put a message into the tree; one that is new there and shown becomes the leaf, as it did in the database."""
    if is_shown and tree.get(message.id) is None:
        tree.leaf_id = message.id
    tree.put(message)
