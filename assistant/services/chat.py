"""Conversations with the model: ask, edit, retry, stop.

Process: app. Thread: every method from any thread and returns at once; turns run on one thread, one after another,
and tell through the event bus how they go.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.core.adapter import AdapterUse
from assistant.core.conversation import Message, MessageStatus, Role
from assistant.core.errors import AnswerNotOpen, MessageNotFound, RequestCancelled
from assistant.core.media import Attachment
from assistant.core.overflow import OverflowPolicy
from assistant.core.settings import Settings
from assistant.services.context_room import policy_of
from assistant.services.turn import ContinuedTurn, Turn
from assistant.services.turn_context import TurnContext


@dataclass(frozen=True, slots=True)
class _Queued:
    """A turn between its request and its end.

    Attributes:
        turn: The turn.
        leaf_before: Gives the end of the branch that it continues.
    """

    turn: Turn
    leaf_before: Callable[[], str | None]

    def leaf_after(self) -> str | None:
        """Where a question that was typed behind this turn belongs, even if another branch is shown by then."""
        return self.turn.answer_id or self.leaf_before()


class ChatService:
    """Queues turns and runs them.

    Args:
        context: What every turn works with.
    """

    def __init__(self, context: TurnContext) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._waiting: dict[str, _Queued] = {}
        self._running: tuple[str, _Queued] | None = None
        self._wake = threading.Condition(self._lock)
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="turns", daemon=True)
        self._thread.start()

    def send(
        self,
        conversation_id: str | None,
        text: str,
        settings: Settings,
        attachments: Sequence[Attachment] = (),
        adapters: Sequence[AdapterUse] | None = None,
        *,
        overflow: OverflowPolicy | None = None,
    ) -> str:
        """Ask a question at the end of a conversation; None begins a new one.

        Args:
            conversation_id: Where; None for a new conversation.
            text: The question; may be blank where something is attached.
            settings: Settings of this turn.
            attachments: What goes with it, from `AttachmentService`. Where one is gone, the turn fails before the
                question is stored. A model that cannot take it in fails the turn too; `LibraryService.require_media`
                says so before anything is stored.
            adapters: What this answer is made with, and a new conversation from now on; None for those of the
                conversation. `AdapterService.use` says before whether they can be used.
            overflow: What a new conversation does when it no longer fits; None for what the settings say.

        Returns:
            Request id of the turn. `QuestionStored` says when the question is on disk, and in which conversation.
        """
        store = self._context.conversations
        leaf = self._leaf(conversation_id)

        def ask() -> Message:
            self._context.attachments.require(attachments)  # before anything is stored
            if conversation_id is None:
                conversation = store.create(settings.chat.system_prompt, adapters or (), overflow).result()
                question = store.add_question(conversation.id, None, text, attachments).result()
            else:
                question = store.add_question(conversation_id, leaf(), text, attachments).result()
            self._context.attachments.release(attachments)
            return question

        return self._submit(ask, settings, conversation_id, leaf, adapters)

    def edit(
        self, question_id: str, text: str, settings: Settings, attachments: Sequence[Attachment] | None = None
    ) -> str:
        """Ask a question anew; the old one and its answers stay as another branch.

        Args:
            question_id: The question.
            text: Its new text.
            settings: Settings of this turn.
            attachments: What goes with it now; None keeps what went with the old one.

        Raises:
            MessageNotFound: There is no such question.
        """
        store = self._context.conversations
        question = store.message(question_id)
        attached = question.attachments if attachments is None else attachments
        new = attachments or ()

        def ask() -> Message:
            self._context.attachments.require(new)
            edited = store.add_question(question.conversation_id, question.parent_id, text, attached).result()
            self._context.attachments.release(new)
            return edited

        return self._submit(ask, settings, question.conversation_id)

    def retry(self, conversation_id: str, settings: Settings, adapters: Sequence[AdapterUse] | None = None) -> str:
        """Answer the last question of the active branch once more; the old answer stays beside the new one.

        Args:
            conversation_id: The conversation.
            settings: Settings of this turn.
            adapters: What this answer is made with; None for those of the conversation.

        Raises:
            MessageNotFound: There is no question yet.
        """
        branch = self._context.conversations.branch(conversation_id)
        question = next((message for message in reversed(branch) if message.role is Role.USER), None)
        if question is None:
            raise MessageNotFound("There is no question to answer yet.")
        return self._submit(lambda: question, settings, conversation_id, adapters=adapters)

    def answer(
        self,
        question_id: str,
        settings: Settings,
        adapters: Sequence[AdapterUse] | None = None,
        *,
        shown: bool = True,
    ) -> str:
        """Answer a question once more; its earlier answers stay beside the new one.

        Args:
            question_id: The question.
            settings: Settings of this turn.
            adapters: What this answer is made with; None for those of the conversation.
            shown: Whether the new answer is shown; else the branch stays that is shown, and questions follow it.

        Raises:
            MessageNotFound: There is no such question.
        """
        question = self._context.conversations.message(question_id)
        return self._submit(lambda: question, settings, question.conversation_id, adapters=adapters, shown=shown)

    def continue_answer(self, message_id: str, settings: Settings) -> str:
        """Go on with an answer that ended before its time, in the same message.

        Args:
            message_id: The answer.
            settings: Settings of this turn.

        Raises:
            MessageNotFound: There is no such message.
            AnswerNotOpen: It is no answer, or a complete one. One that something follows fails the turn.
        """
        answer = self._context.conversations.message(message_id)
        if not answer.can_go_on and answer.status is not MessageStatus.GENERATING:
            raise AnswerNotOpen("There is no cut-off answer to continue here.")
        leaf = self._leaf(answer.conversation_id)
        request_id = secrets.token_hex(8)
        return self._queue(request_id, ContinuedTurn(request_id, answer, settings, self._context), leaf)

    def load_ahead(self, conversation_id: str | None, settings: Settings) -> None:
        """Begin to load the model for the next question, with the context length that its conversation was given.

        Raises:
            ConversationNotFound: There is no such conversation.
            FamulusError: As `LibraryService.choose`.
        """
        library = self._context.library
        if conversation_id is not None:
            conversation = self._context.conversations.get(conversation_id)
            if policy_of(conversation, settings) is OverflowPolicy.EXTEND:
                library.keep_context(settings.model, conversation.n_ctx)
        library.load_ahead(settings.model)

    def stop(self, request_id: str) -> bool:
        """Stop a turn; an ended one is ignored.

        Returns:
            True if it had not begun and was dropped: no event will come for it.
        """
        with self._lock:
            if self._waiting.pop(request_id, None) is not None:
                return True
            running = self._running
        if running is not None and running[0] == request_id:
            running[1].turn.cancel()
        return False

    def close(self) -> None:
        """Stop the running turn, drop the waiting ones, and wait for the end."""
        with self._lock:
            self._closed = True
            self._waiting.clear()
            running = self._running
            self._wake.notify()
        if running is not None:
            running[1].turn.cancel()
        self._thread.join()

    def _leaf(self, conversation_id: str | None) -> Callable[[], str | None]:
        """Gives the end of the branch that is shown now, or what the last turn before it makes of that."""
        if conversation_id is None:
            return lambda: None
        with self._lock:
            before = [self._running[1]] if self._running is not None else []
            before += self._waiting.values()
        shown = [each for each in before if each.turn.shown and each.turn.conversation_id == conversation_id]
        last = shown[-1] if shown else None
        if last is not None and last.turn.answer_id is None:
            return last.leaf_after
        # Read after the look at the queue: a turn that has begun its answer has made it the active leaf.
        leaf_id = self._context.conversations.get(conversation_id).active_leaf_id
        return lambda: leaf_id

    def _submit(
        self,
        ask: Callable[[], Message],
        settings: Settings,
        conversation_id: str | None,
        leaf: Callable[[], str | None] | None = None,
        adapters: Sequence[AdapterUse] | None = None,
        *,
        shown: bool = True,
    ) -> str:
        request_id = secrets.token_hex(8)
        turn = Turn(request_id, conversation_id or "", ask, settings, self._context, adapters, shown=shown)
        return self._queue(request_id, turn, leaf or self._leaf(conversation_id))

    def _queue(self, request_id: str, turn: Turn, leaf: Callable[[], str | None]) -> str:
        with self._lock:
            if self._closed:
                raise RequestCancelled("Famulus is closing.")
            self._waiting[request_id] = _Queued(turn, leaf)
            self._wake.notify()
        return request_id

    def _work(self) -> None:
        while True:
            with self._lock:
                self._running = None
                while not self._waiting and not self._closed:
                    self._wake.wait()
                if self._closed:
                    return
                request_id = next(iter(self._waiting))
                queued = self._waiting.pop(request_id)
                self._running = (request_id, queued)
            queued.turn.run()
