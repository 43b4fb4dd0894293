"""The questions of one conversation that wait for their turn.

Process: app with a window. Thread: the GUI's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from PySide6.QtCore import QObject

from assistant.gui.row_list_model import RowListModel
from assistant.gui.running_turn import RunningTurn


class QueuedQuestion(NamedTuple):
    """One waiting question.

    Attributes:
        request_id: Key of its turn.
        text: The question.
        n_pictures: How many attachments go with it.
    """

    request_id: str
    text: str
    n_pictures: int


class MessageQueue(RowListModel[QueuedQuestion]):
    """The fields of `QueuedQuestion` as roles, the next question first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(QueuedQuestion, "request_id", parent)

    def show_turns(self, turns: Iterable[RunningTurn]) -> None:
        """Show the questions of these turns."""
        self.show([QueuedQuestion(turn.key, turn.text, len(turn.attachments)) for turn in turns])
