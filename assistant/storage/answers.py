"""The answers that this process is generating: begun, grown, finished, and marked where a process died over them.

Process: the app; several apps may share the database. Thread rule: safe from any thread.

Only the process that began an answer may write it. All methods return a future that resolves once the change is on
disk.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

from assistant.core.adapter import AdapterUse
from assistant.core.conversation import FinishReason, Message, MessageStatus, Role, Timings, Usage
from assistant.core.errors import AnswerNotOpen, ErrorInfo
from assistant.core.overflow import RoomMade
from assistant.storage import conversation_queries as queries
from assistant.storage import message_search
from assistant.storage.database import Database
from assistant.storage.message_rows import as_json, json_or_null, new_id, pack_token_ids, storable
from assistant.storage.process_lock import ProcessLock


class AnswerStore:
    """The answers of one process in the database.

    Args:
        database: The open database; whoever opened it closes it, before the store.
        locks: Folder of the lock files by which processes know that others are alive.

    Raises:
        DataFolderUnusable: `locks` cannot be written.
    """

    def __init__(self, database: Database, locks: Path) -> None:
        self._database = database
        self._process = ProcessLock(locks)

    def close(self) -> None:
        """Give up the answers this process was still generating; `recover` may then close them."""
        self._process.release()

    def begin(
        self,
        conversation_id: str,
        parent_id: str,
        model: str,
        adapters: Sequence[AdapterUse] = (),
        *,
        shown: bool = True,
    ) -> Future[Message]:
        """Store an empty answer that this process is about to generate, and show it if that is wanted.

        Raises:
            ConversationNotFound: In the future.
            MessageNotFound: In the future: the conversation holds no such parent.
        """
        answer = Message(
            id=new_id(),
            conversation_id=conversation_id,
            parent_id=parent_id,
            role=Role.ASSISTANT,
            text="",
            status=MessageStatus.GENERATING,
            created_at=time.time(),
            model=storable(model),
            adapters=tuple(adapters),
        )

        def change(connection: sqlite3.Connection) -> Message:
            queries.add_message(connection, answer, owner=self._process.token, shown=shown)
            return answer

        return self._database.write(change)

    def resume(self, message_id: str) -> Future[Message]:
        """Take up an answer that ended before its time; its text stays.

        Raises:
            MessageNotFound: In the future: there is no such message.
            AnswerNotOpen: In the future: it is no answer, it is complete, it is being written, or something follows it.
        """

        def change(connection: sqlite3.Connection) -> Message:
            answer = queries.message(connection, message_id)
            if not answer.can_go_on:
                raise AnswerNotOpen("There is no cut-off answer to continue here.")
            if queries.newest_leaf(connection, message_id) != message_id:
                raise AnswerNotOpen(
                    "Only an answer that nothing follows can be continued.", remedy="Ask a new question instead."
                )
            queries.take_over(connection, message_id, self._process.token)
            queries.update_conversation(
                connection, answer.conversation_id, active_leaf_id=message_id, updated_at=time.time()
            )
            return queries.message(connection, message_id)

        return self._database.write(change)

    def set_room(self, message_id: str, room: RoomMade) -> Future[None]:
        """Say what the model reads less, or again, from this answer under way on.

        Raises:
            MessageNotFound: In the future: this process is not generating such an answer.
        """

        def change(connection: sqlite3.Connection) -> None:
            queries.update_owned_message(connection, message_id, self._process.token, room=as_json(room))

        return self._database.write(change)

    def grow(
        self, message_id: str, text: str, token_ids: Sequence[int], vocabulary: str, model: str = ""
    ) -> Future[None]:
        """Store the whole text so far of an answer under way; meant for 4 times a second, not for every token.

        A usage that was stored is forgotten: it was that of a shorter text.

        Args:
            message_id: The answer.
            text: Its text.
            token_ids: As in `Message`.
            vocabulary: As in `Message`.
            model: What wrote it; empty for what `begin` was given.

        Raises:
            MessageNotFound: In the future: this process is not generating such an answer.
        """

        def change(connection: sqlite3.Connection) -> None:
            queries.update_owned_message(
                connection,
                message_id,
                self._process.token,
                text=storable(text),
                token_ids=pack_token_ids(token_ids),
                vocabulary=vocabulary,
                usage=None,
                **_model_column(model),
            )

        return self._database.write(change)

    def finish(
        self,
        message_id: str,
        *,
        text: str,
        status: MessageStatus,
        finish_reason: FinishReason,
        token_ids: Sequence[int] = (),
        vocabulary: str = "",
        error: ErrorInfo | None = None,
        usage: Usage | None = None,
        timings: Timings | None = None,
        model: str = "",
    ) -> Future[Message]:
        """End an answer; afterwards only `resume` changes it. For the arguments see `Message`.

        `model` may be empty for what is stored already.

        Raises:
            ValueError: `status` is `GENERATING`.
            MessageNotFound: In the future: this process is not generating such an answer.
        """
        if status is MessageStatus.GENERATING:
            raise ValueError("a finished answer cannot be generating")

        def change(connection: sqlite3.Connection) -> Message:
            queries.update_owned_message(
                connection,
                message_id,
                self._process.token,
                text=storable(text),
                status=status,
                finish_reason=finish_reason,
                token_ids=pack_token_ids(token_ids),
                vocabulary=vocabulary,
                error=json_or_null(error),
                usage=json_or_null(usage),
                timings=json_or_null(timings),
                owner=None,
                **_model_column(model),
            )
            message = queries.message(connection, message_id)
            queries.update_conversation(connection, message.conversation_id, updated_at=time.time())
            if status is not MessageStatus.FAILED:
                message_search.index_message(connection, message_id)
            return message

        return self._database.write(change)

    def recover(self) -> Future[list[Message]]:
        """Mark as interrupted what dead processes left half-written; their text is kept.

        Returns:
            The messages that were marked.

        Raises:
            DataFolderUnusable: In the future: the lock files cannot be read.
        """

        def change(connection: sqlite3.Connection) -> list[Message]:
            # Inside the transaction: a process that starts later cannot own an answer that is seen here.
            interrupted = queries.interrupt_all_but(connection, self._process.running_tokens())
            for message_id in interrupted:
                message_search.index_message(connection, message_id)
            return [queries.message(connection, message_id) for message_id in interrupted]

        return self._database.write(change)


def _model_column(model: str) -> dict[str, str]:
    return {"model": storable(model)} if model else {}
