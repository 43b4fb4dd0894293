"""The LoRA adapters that can be put on a conversation.

Process: app with a window. Thread: the GUI's.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject

from assistant.core.adapter import AdapterUse
from assistant.gui.error_text import error_words
from assistant.gui.row_list_model import RowListModel
from assistant.services.adapters import AdapterChoice


class AdapterRow(NamedTuple):
    """One adapter.

    Attributes:
        path: The file.
        name: Name of the file without its suffix.
        title: What its header calls it; empty where that is the same.
        base_name: The model that it was made for; empty where the header does not say.
        rank: Largest rank of its matrices; 0 where that is not known.
        used: Whether the conversation uses it.
        strength: How strongly; of one that is not used, as it was used last.
        suits: Whether it belongs to the model.
        reason: Why it does not, and what can be done about it; empty if it does.
    """

    path: str
    name: str
    title: str
    base_name: str
    rank: int
    used: bool
    strength: float
    suits: bool
    reason: str


class AdapterListModel(RowListModel[AdapterRow]):
    """The fields of `AdapterRow` as roles."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(AdapterRow, "path", parent)
        self._scales: dict[str, float] = {}

    def show_choices(self, choices: Sequence[AdapterChoice], uses: Sequence[AdapterUse]) -> None:
        """Show adapters that were looked at, and what a conversation uses, looked at or not.

        Args:
            choices: Those that were looked at; one that was not added is shown only while it is used.
            uses: What the conversation uses.
        """
        used = {use.path: use.scale for use in uses}
        self._scales |= used
        shown = [choice for choice in choices if choice.is_listed or str(choice.path) in used]
        looked_at = {str(choice.path) for choice in shown}
        unread = [AdapterChoice(Path(path), None, None) for path in used if path not in looked_at]
        self.show([self._row(choice, used) for choice in [*shown, *unread]])

    def scale_of(self, path: str) -> float:
        """How strongly an adapter was used last; as it was trained if it was not."""
        return self._scales.get(path, 1.0)

    def _row(self, choice: AdapterChoice, used: dict[str, float]) -> AdapterRow:
        path, facts = str(choice.path), choice.facts
        return AdapterRow(
            path=path,
            name=choice.name,
            title=facts.name if facts is not None and facts.name != choice.name else "",
            base_name=facts.base_name if facts is not None else "",
            rank=facts.rank if facts is not None else 0,
            used=path in used,
            strength=used.get(path, self.scale_of(path)),
            suits=choice.error is None,
            reason=error_words(choice.error).text if choice.error is not None else "",
        )
