"""The conversations and their messages in the database.

Process: the app; several apps may share the database. Thread rule: safe from any thread.

Methods that write return a future that resolves once the change is on disk; methods that read return at once.
"""

from __future__ import annotations

import builtins
import sqlite3
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path

import msgspec

from assistant.core.adapter import AdapterUse
from assistant.core.conversation import Conversation, Message, MessageStatus, Role, SearchHit
from assistant.core.errors import InputInvalid
from assistant.core.media import Attachment
from assistant.core.overflow import OverflowPolicy
from assistant.storage import attachments as attachment_rows
from assistant.storage import conversation_queries as queries
from assistant.storage import message_search
from assistant.storage.answers import AnswerStore
from assistant.storage.database import Database
from assistant.storage.message_rows import as_json, new_id, storable

TITLE_CHARACTERS = 60
"""Longest title made from a question."""


class ConversationStore:
    """The conversations of one database, on behalf of one process.

    Args:
        database: The open database; whoever opened it closes it, before the store.
        locks: Folder of the lock files by which processes know that others are alive.

    Raises:
        DataFolderUnusable: `locks` cannot be written.
    """

    def __init__(self, database: Database, locks: Path) -> None:
        self._database = database
        self._answers = AnswerStore(database, locks)
        self._foreign_version = database.foreign_version()

    @property
    def answers(self) -> AnswerStore:
        """The answers that this process generates."""
        return self._answers

    def close(self) -> None:
        """Give up the answers this process was still generating; `AnswerStore.recover` may then close them."""
        self._answers.close()

    def create(
        self, system_prompt: str, adapters: Sequence[AdapterUse] = (), overflow: OverflowPolicy | None = None
    ) -> Future[Conversation]:
        """Start a conversation without messages and without a title."""

        def change(connection: sqlite3.Connection) -> Conversation:
            now = time.time()
            row = (new_id(), "", now, now, storable(system_prompt), as_json(adapters), overflow)
            connection.execute(
                "INSERT INTO conversation (id, title, created_at, updated_at, system_prompt, adapters, overflow) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            return queries.conversation(connection, row[0])

        return self._database.write(change)

    def get(self, id_or_unique_prefix: str) -> Conversation:
        """The conversation with this id, or the only one whose id begins so (at least 4 digits).

        Raises:
            ConversationNotFound: None or several match.
        """
        return self._database.read(lambda connection: queries.find(connection, id_or_unique_prefix))

    def list(self, limit: int | None = None) -> list[Conversation]:
        """Conversations, the last changed first; all of them without a limit."""
        return self._database.read(lambda connection: queries.newest(connection, limit))

    def rename(self, conversation_id: str, title: str) -> Future[Conversation]:
        """Give a title by hand; line breaks become spaces. It is never overwritten by a question.

        The conversation does not move up in the list.

        Raises:
            InputInvalid: In the future: the title is blank.
            ConversationNotFound: In the future.
        """
        one_line = storable(" ".join(title.split()))

        def change(connection: sqlite3.Connection) -> Conversation:
            if not one_line:
                raise InputInvalid("A title needs at least one visible character.")
            queries.update_conversation(connection, conversation_id, title=one_line)
            message_search.index_title(connection, conversation_id)
            return queries.conversation(connection, conversation_id)

        return self._database.write(change)

    def set_system_prompt(self, conversation_id: str, text: str) -> Future[Conversation]:
        """Replace the instruction for the model; empty for none.

        Raises:
            ConversationNotFound: In the future.
        """

        def change(connection: sqlite3.Connection) -> Conversation:
            queries.update_conversation(
                connection, conversation_id, system_prompt=storable(text), updated_at=time.time()
            )
            return queries.conversation(connection, conversation_id)

        return self._database.write(change)

    def set_adapters(self, conversation_id: str, adapters: Sequence[AdapterUse]) -> Future[Conversation]:
        """Replace what the next answers are made with; what is there stays. It does not move up in the list.

        Raises:
            ConversationNotFound: In the future.
        """

        def change(connection: sqlite3.Connection) -> Conversation:
            queries.update_conversation(connection, conversation_id, adapters=as_json(adapters))
            return queries.conversation(connection, conversation_id)

        return self._database.write(change)

    def set_overflow(self, conversation_id: str, policy: OverflowPolicy | None) -> Future[Conversation]:
        """Say what happens when it no longer fits into the context; None for what the settings say.

        Raises:
            ConversationNotFound: In the future.
        """

        def change(connection: sqlite3.Connection) -> Conversation:
            queries.update_conversation(connection, conversation_id, overflow=policy)
            return queries.conversation(connection, conversation_id)

        return self._database.write(change)

    def set_n_ctx(self, conversation_id: str, n_ctx: int) -> Future[Conversation]:
        """Give it a context length of its own; 0 for that of the settings.

        Raises:
            ConversationNotFound: In the future.
        """

        def change(connection: sqlite3.Connection) -> Conversation:
            queries.update_conversation(connection, conversation_id, n_ctx=n_ctx)
            return queries.conversation(connection, conversation_id)

        return self._database.write(change)

    def pin(self, message_id: str, pinned: bool) -> Future[Message]:
        """Keep the turn of a message in the prompt when older ones must go, or no more.

        Raises:
            MessageNotFound: In the future.
        """

        def change(connection: sqlite3.Connection) -> Message:
            queries.set_pinned(connection, message_id, pinned)
            return queries.message(connection, message_id)

        return self._database.write(change)

    def set_active_leaf(self, conversation_id: str, message_id: str | None) -> Future[Conversation]:
        """Show another branch. Only a look, so the conversation does not move up in the list.

        Raises:
            ConversationNotFound: In the future.
            MessageNotFound: In the future: the conversation holds no such message.
        """

        def change(connection: sqlite3.Connection) -> Conversation:
            queries.require_message(connection, conversation_id, message_id)
            queries.update_conversation(connection, conversation_id, active_leaf_id=message_id)
            return queries.conversation(connection, conversation_id)

        return self._database.write(change)

    def delete(self, conversation_id: str) -> Future[None]:
        """Delete the conversation, its messages and what the search index holds of them.

        Raises:
            ConversationNotFound: In the future.
        """

        def change(connection: sqlite3.Connection) -> None:
            queries.conversation(connection, conversation_id)
            connection.execute("DELETE FROM conversation WHERE id = ?", (conversation_id,))

        return self._database.write(change)

    def add_question(
        self, conversation_id: str, parent_id: str | None, text: str, attachments: Sequence[Attachment] = ()
    ) -> Future[Message]:
        """Store a question and show it. The first one gives the conversation its title.

        Args:
            conversation_id: Full id.
            parent_id: The message it follows; None for a first message.
            text: What the person wrote; may be blank where something is attached.
            attachments: What goes with it, in order; the files must be in the store already.

        Raises:
            ConversationNotFound: In the future.
            MessageNotFound: In the future: the conversation holds no such parent.
        """
        question = Message(
            id=new_id(),
            conversation_id=conversation_id,
            parent_id=parent_id,
            role=Role.USER,
            text=storable(text),
            status=MessageStatus.COMPLETE,
            created_at=time.time(),
            attachments=tuple(msgspec.structs.replace(one, name=storable(one.name)) for one in attachments),
        )

        def change(connection: sqlite3.Connection) -> Message:
            queries.add_message(connection, question, owner=None)
            message_search.index_message(connection, question.id)
            if not queries.conversation(connection, conversation_id).title:
                names = "\n".join(one.name for one in question.attachments)
                queries.update_conversation(connection, conversation_id, title=title_of(f"{question.text}\n{names}"))
                message_search.index_title(connection, conversation_id)
            return question

        return self._database.write(change)

    def message(self, message_id: str) -> Message:
        """One message.

        Raises:
            MessageNotFound: There is none with this id.
        """
        return self._database.read(lambda connection: queries.message(connection, message_id))

    def messages(self, conversation_id: str) -> builtins.list[Message]:
        """All messages of all branches in the order of their creation.

        Raises:
            ConversationNotFound: There is none with this id.
        """
        return self._database.read(lambda connection: queries.messages(connection, conversation_id))

    def branch(self, conversation_id: str) -> builtins.list[Message]:
        """The messages that are shown: from the root to the active leaf.

        Raises:
            ConversationNotFound: There is none with this id.
        """
        return self._database.read(lambda connection: queries.branch(connection, conversation_id))

    def siblings(self, message_id: str) -> builtins.list[Message]:
        """The message and its alternatives, those with the same parent, in the order of their creation.

        Raises:
            MessageNotFound: There is none with this id.
        """
        return self._database.read(lambda connection: queries.siblings(connection, message_id))

    def newest_leaf(self, message_id: str) -> str:
        """Id of the last message of the newest branch through this message; itself if nothing follows it.

        Raises:
            MessageNotFound: There is none with this id.
        """
        return self._database.read(lambda connection: queries.newest_leaf(connection, message_id))

    def changed_elsewhere(self) -> bool:
        """Whether another process changed the database since the last call; it may wait for the writer thread."""
        version = self._database.foreign_version()
        changed, self._foreign_version = version != self._foreign_version, version
        return changed

    def unreferenced_attachments(self, sha256s: Iterable[str]) -> builtins.list[str]:
        """Those of the hashes that no message refers to, each once, sorted."""
        return self._database.read(lambda connection: attachment_rows.unreferenced(connection, sha256s))

    def search(self, query: str, limit: int = 50) -> builtins.list[SearchHit]:
        """Questions, answers and titles that hold all words of the query, the best match first.

        Any text is a valid query; one without a letter or a digit finds nothing. Answers under way and failed
        ones are not searched.
        """
        return self._database.read(lambda connection: message_search.search(connection, query, limit))


def title_of(question: str) -> str:
    """Its first line that is not blank, at most `TITLE_CHARACTERS` long, cut between words with an ellipsis."""
    lines = (" ".join(line.split()) for line in question.splitlines())
    title = next(filter(None, lines), "")
    if len(title) <= TITLE_CHARACTERS:
        return title
    start = title[:TITLE_CHARACTERS]
    cut = start.rfind(" ")
    # Chinese has no spaces, and one long word should not leave a title of two letters.
    return (start[:cut] if cut >= TITLE_CHARACTERS // 2 else start[: TITLE_CHARACTERS - 1]) + "…"
