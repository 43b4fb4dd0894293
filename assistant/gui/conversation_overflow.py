"""What can be done in the open conversation about its context: continue, pin, choose what happens when it is full.

Process: app with a window. Thread: the GUI's; the database is written in the background.
"""

from __future__ import annotations

from PySide6.QtCore import Slot

from assistant.core.conversation import Message
from assistant.core.draft import Draft
from assistant.core.errors import FamulusError
from assistant.core.overflow import OverflowPolicy
from assistant.gui.conversation_composer import ConversationComposer


class ConversationOverflow(ConversationComposer):
    """The part of `ConversationViewModel` that is about its context."""

    @Slot(str)
    def continueAnswer(self, message_id: str) -> None:
        """Go on with an answer that was cut off."""
        self._go_on(message_id, None)

    @Slot(str, str)
    def makeRoom(self, message_id: str, policy: str) -> None:
        """Remember what happens when this conversation no longer fits, and try an answer again, or go on with it."""
        self._go_on(message_id, OverflowPolicy(policy))
        self.show_overflow()

    def _go_on(self, message_id: str, policy: OverflowPolicy | None) -> None:
        """Go on with an answer; one that is complete, or that something follows, is given anew."""
        answer, question = self._tree.get(message_id), self._question_of(message_id)
        if answer is None or question is None:
            return
        self.dismissProblem()
        if answer.can_go_on and self._tree.newest_leaf(message_id) == message_id:
            draft = Draft(text=question.text, attachments=question.attachments)
            self._context.starter.continue_answer(self._place, message_id, draft, policy)
        else:
            self._context.starter.answer(self._place, question, answer.adapters, policy=policy)

    @Slot(str)
    def loadWithLess(self, message_id: str) -> None:
        """Answer once more, with the model loaded as the error of this answer offered."""
        answer, question = self._tree.get(message_id), self._question_of(message_id)
        if answer is None or question is None or answer.error is None:
            return
        self.dismissProblem()
        self._context.starter.answer_with_less(self._place, question, answer.adapters, answer.error)

    @Slot(str, bool)
    def pin(self, message_id: str, pinned: bool) -> None:
        """Keep a turn in the context when older ones must go, or no more."""
        store, place = self._context.services.conversations, self._place

        def show(message: Message) -> None:
            if place.is_same(self._place) and self._tree.get(message_id) is not None:
                self._tree.put(message)
                self._show_rows()

        self._context.background.run(lambda: store.pin(message_id, pinned).result(), show, self._not_stored)

    @Slot(str)
    def setOverflow(self, policy: str) -> None:
        """Choose what happens when this conversation no longer fits."""
        conversation_id, store = self._place.conversation_id, self._context.services.conversations
        if conversation_id:
            self._context.background.run(
                lambda: store.set_overflow(conversation_id, OverflowPolicy(policy)).result(), failed=self._not_stored
            )
            self.show_overflow()

    def show_overflow(self) -> None:
        """Show what happens when it no longer fits, as it is stored behind all work that was given before."""
        place, store = self._place, self._context.services.conversations

        def show(policy: OverflowPolicy | None) -> None:
            if place.is_same(self._place):
                self._overflow = policy or ""
                self.overflowChanged.emit()

        self._context.background.run(lambda: store.get(place.conversation_id).overflow, show)

    def _not_stored(self, error: FamulusError) -> None:
        self._set_problem(error.info)
