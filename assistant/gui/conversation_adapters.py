"""What the next answers of a window's or panel's conversation are made with.

Process: app with a window. Thread: the GUI's; the database is written in the background.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Property, QObject, Signal, Slot

from assistant.core.adapter import AdapterUse, adapter_words
from assistant.core.conversation import Message, Role
from assistant.core.errors import FamulusError
from assistant.gui.conversation_state import ConversationState
from assistant.gui.render_style import RenderStyle
from assistant.gui.running_turn import Place
from assistant.gui.window_context import WindowContext


class ConversationAdapters(ConversationState):
    """The part of `ConversationViewModel` that is about LoRA adapters.

    Args:
        context: What the window works with.
        style: How answers are drawn.
        parent: Qt's owner.
    """

    adaptersChanged = Signal()

    def __init__(self, context: WindowContext, style: RenderStyle, parent: QObject | None = None) -> None:
        super().__init__(context, style, parent)
        self._adapters: tuple[AdapterUse, ...] = ()
        self._adapters_not_begun: tuple[AdapterUse, ...] = ()

    @Property(str, notify=adaptersChanged)
    def adapterWords(self) -> str:
        """The adapters and their strengths on one line; empty for none."""
        return adapter_words(self._adapters)

    @property
    def adapters(self) -> tuple[AdapterUse, ...]:
        """What the next answers are made with."""
        return self._adapters

    @property
    def knows_adapters(self) -> bool:
        """Whether they have been read; before that they must not be changed."""
        return not self._loading

    def use_adapters(self, uses: Sequence[AdapterUse]) -> None:
        """Make the next answers with these; one that waits already, too."""
        self._show_adapters(uses)
        place, wanted = self._place, self._adapters

        # In the background's order: behind the work that makes the conversation, if its first question is on its way.
        def store() -> None:
            if place.conversation_id:
                self._context.services.conversations.set_adapters(place.conversation_id, wanted).result()

        self._context.background.run(store, failed=self._adapters_failed)

    def answers_of(self, question_id: str) -> list[Message]:
        """All versions of an answer, the oldest first."""
        return self._tree.answers_to(question_id)

    @Slot(str)
    def answerWithout(self, message_id: str) -> None:
        """Answer anew what this message answers, without adapters; those of the conversation stay as they are."""
        question = self._question_of(message_id)
        if question is not None:
            self._set_problem(None)
            self._context.starter.answer(self._place, question, adapters=())

    def _question_of(self, message_id: str) -> Message | None:
        """What a message answers; a question is its own."""
        message = self._tree.get(message_id)
        if message is not None and message.role is Role.ASSISTANT:
            return self._tree.get(message.parent_id)
        return message

    def _show_adapters(self, uses: Sequence[AdapterUse]) -> None:
        if tuple(uses) != self._adapters:
            self._adapters = tuple(uses)
            self.adaptersChanged.emit()

    def _change_adapters(self, place: Place) -> None:
        """Another conversation is opened instead of the one of now; what was chosen for one not begun is kept."""
        if self._is_empty():
            self._adapters_not_begun = self._adapters
        self._show_adapters(() if place.conversation_id else self._adapters_not_begun)
        if not place.conversation_id:
            self._adapters_not_begun = ()

    def _adapters_failed(self, error: FamulusError) -> None:
        self._set_problem(error.info)
