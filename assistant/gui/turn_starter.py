"""From what the person asks for to a turn of the chat service.

Process: app with a window. Thread: the GUI's; what touches the disk runs in the background.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject

from assistant.core.adapter import AdapterUse
from assistant.core.conversation import Message
from assistant.core.draft import Draft
from assistant.core.errors import ErrorInfo
from assistant.core.overflow import OverflowPolicy
from assistant.gui.background import Background
from assistant.gui.running_turn import Place, RunningTurn
from assistant.gui.running_turns import RunningTurns
from assistant.services.services import Services


class TurnStarter(QObject):
    """Starts turns with the settings of the moment.

    Args:
        services: The services.
        background: Where the disk is touched.
        turns: The turns under way.
        parent: Qt's owner.
    """

    def __init__(
        self, services: Services, background: Background, turns: RunningTurns, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._background = background
        self._turns = turns
        turns.dropped.connect(self._dropped)

    def send(self, place: Place, question: Draft, adapters: Sequence[AdapterUse] = ()) -> None:
        """Ask a question at the end of a conversation.

        Args:
            place: The conversation.
            question: The question.
            adapters: What a new conversation is answered with; one that has begun knows its own.
        """
        self._turns.ask(place, question, lambda: self._send(place, question, adapters), is_typed=True)

    def edit(self, place: Place, question_id: str, question: Draft) -> None:
        """Ask a question anew with another text, or without some of its attachments."""

        def start() -> str:
            settings = self._services.settings.load()
            return self._services.chat.edit(question_id, question.text, settings, question.attachments)

        self._turns.ask(place, question, start, is_typed=True)

    def answer(
        self,
        place: Place,
        question: Message,
        adapters: Sequence[AdapterUse] | None = None,
        *,
        is_shown: bool = True,
        policy: OverflowPolicy | None = None,
    ) -> RunningTurn:
        """Answer a question once more.

        Args:
            place: Its conversation.
            question: The question.
            adapters: What this answer is made with; None for those of the conversation.
            is_shown: Whether the new answer is shown.
            policy: What its conversation does from now on when it no longer fits; None leaves that.

        Returns:
            The turn.
        """

        def start() -> str:
            self._remember(place, policy)
            settings = self._services.settings.load()
            return self._services.chat.answer(question.id, settings, adapters, shown=is_shown)

        draft = Draft(text=question.text, attachments=question.attachments)
        return self._turns.ask(place, draft, start, is_typed=False, is_shown=is_shown)

    def answer_with_less(
        self,
        place: Place,
        question: Message,
        adapters: Sequence[AdapterUse],
        offer: ErrorInfo,
        *,
        is_shown: bool = True,
    ) -> RunningTurn:
        """Answer a question once more, with the model loaded as an error offered, now and from now on.

        Args:
            place: Its conversation.
            question: The question.
            adapters: What this answer is made with.
            offer: The error.
            is_shown: Whether the new answer is shown.

        Returns:
            The turn.
        """

        def start() -> str:
            settings = self._services.settings.load()
            self._services.library.take_less(offer, settings.model)
            return self._services.chat.answer(question.id, settings, adapters, shown=is_shown)

        draft = Draft(text=question.text, attachments=question.attachments)
        return self._turns.ask(place, draft, start, is_typed=False, is_shown=is_shown)

    def continue_answer(
        self, place: Place, answer_id: str, question: Draft, policy: OverflowPolicy | None = None
    ) -> None:
        """Go on with an answer that was cut off; for the arguments see `answer`."""

        def start() -> str:
            self._remember(place, policy)
            return self._services.chat.continue_answer(answer_id, self._services.settings.load())

        self._turns.ask(place, question, start, is_typed=False)

    def _remember(self, place: Place, policy: OverflowPolicy | None) -> None:
        if policy is not None:
            self._services.conversations.set_overflow(place.conversation_id, policy).result()

    def _send(self, place: Place, question: Draft, adapters: Sequence[AdapterUse]) -> str:
        # The conversation is made before the turn begins: a second question may follow while the first one waits.
        settings = self._services.settings.load()
        if not place.conversation_id:
            conversation = self._services.conversations.create(settings.chat.system_prompt, adapters).result()
            place.conversation_id = conversation.id
        return self._services.chat.send(place.conversation_id, question.text, settings, question.attachments)

    def _dropped(self, turn: RunningTurn) -> None:
        if not self._turns.of(turn.place):
            self._background.run(lambda: self._discard_if_empty(turn.place))

    def _discard_if_empty(self, place: Place) -> None:
        """Delete a conversation whose first question was taken back."""
        if not place.conversation_id:
            return
        store = self._services.conversations
        if store.get(place.conversation_id).active_leaf_id is None:
            store.delete(place.conversation_id).result()
            place.conversation_id = ""
