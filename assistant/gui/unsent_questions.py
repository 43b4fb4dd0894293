"""Gives questions that could not be sent back to the person who typed them.

Process: app with a window. Thread: the GUI's.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from assistant.core.errors import ErrorInfo
from assistant.core.events import TurnEvent, TurnFailed
from assistant.gui.conversation_view_model import ConversationViewModel
from assistant.gui.running_turn import RunningTurn
from assistant.gui.running_turns import RunningTurns
from assistant.gui.sidebar_view_model import SidebarViewModel


class UnsentQuestions(QObject):
    """Puts each into one composer: where it was typed, or where its conversation is shown by now.

    A question whose conversation nobody shows becomes a draft of the first view-model.

    Args:
        turns: The turns under way.
        conversations: Those of the main window and of the panel.
        sidebar: Knows which conversations there are.
        parent: Qt's owner.
    """

    kept = Signal(object)
    """The `ErrorInfo` of a question that became a draft out of sight."""

    def __init__(
        self,
        turns: RunningTurns,
        conversations: Sequence[ConversationViewModel],
        sidebar: SidebarViewModel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._conversations = conversations
        self._sidebar = sidebar
        turns.refused.connect(self._failed)
        turns.happened.connect(self._follow)
        for conversation in conversations:
            conversation.withdrawn.connect(self._give_back)

    def _follow(self, turn: RunningTurn, event: TurnEvent) -> None:
        if isinstance(event, TurnFailed) and event.message is None and turn.question is None:
            self._failed(turn, event.error)

    def _failed(self, turn: RunningTurn, error: ErrorInfo) -> None:
        if turn.is_typed and not self._give_back(turn):
            self.kept.emit(error)

    def _give_back(self, turn: RunningTurn) -> bool:
        """Whether the person sees it."""
        if not turn.is_typed:
            return False
        showing = [each for each in self._conversations if each.place.is_same(turn.place)]
        if not showing:
            self._conversations[0].add_draft(self._sidebar.reachable(turn.place.conversation_id), turn.draft)
            return False
        typed_in = next((each for each in showing if each.place is turn.place), showing[0])
        typed_in.add_draft(turn.place.conversation_id, turn.draft)
        return True
