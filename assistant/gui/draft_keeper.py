"""Keeps on disk what was written and not sent, so that neither quitting nor a crash loses it.

Process: app with a window. Thread: the GUI's; the file is read and written in the background.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from PySide6.QtCore import QObject, QTimer

from assistant.core.draft import Draft
from assistant.gui.conversation_view_model import ConversationViewModel
from assistant.gui.drafts import merged
from assistant.gui.sidebar_view_model import SidebarViewModel
from assistant.gui.window_context import WindowContext

SAVE_AFTER_MS = 2_000
"""From a change to its save; typing on does not put the save off."""


class DraftKeeper(QObject):
    """The drafts of the main window, and the typed questions that no database holds yet.

    Args:
        context: What the window works with.
        conversation: The main window's.
        sidebar: Knows which conversations there are.
        parent: Qt's owner.
    """

    def __init__(
        self,
        context: WindowContext,
        conversation: ConversationViewModel,
        sidebar: SidebarViewModel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._file = context.services.drafts
        self._conversation = conversation
        self._sidebar = sidebar
        self._loaded = False
        self._saved: dict[str, Draft] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_AFTER_MS)
        self._timer.timeout.connect(self._save)
        conversation.draftsChanged.connect(self._save_soon)
        context.turns.changed.connect(self._save_soon)
        sidebar.deleted.connect(conversation.forget_draft)

    def load(self) -> None:
        """Put back what the last run left."""
        self._context.background.run(self._file.load, self._take)

    def close(self) -> None:
        """Save everything, while the turns that wait are still there."""
        self._timer.stop()
        drafts, loaded = self._current(), self._loaded
        self._context.background.run(
            lambda: self._file.save(drafts if loaded else merged(self._file.load().items(), drafts.items()))
        )

    def _take(self, drafts: dict[str, Draft]) -> None:
        self._loaded = True
        self._saved = drafts
        self._conversation.restore_drafts(merged(self._reachable(drafts.items())))
        self._save_soon()

    def _save_soon(self) -> None:
        if self._loaded and not self._timer.isActive():
            self._timer.start()

    def _save(self) -> None:
        drafts = self._current()
        if drafts != self._saved:
            self._saved = drafts
            self._context.background.run(lambda: self._file.save(drafts))

    def _current(self) -> dict[str, Draft]:
        unsent = [
            (turn.place.conversation_id, turn.draft)
            for turn in self._context.turns.turns
            if turn.is_typed and turn.question is None and not turn.stopped
        ]
        drafts = self._conversation.drafts()
        return merged(self._reachable(drafts.items()), self._reachable(unsent))

    def _reachable(self, drafts: Iterable[tuple[str, Draft]]) -> Iterator[tuple[str, Draft]]:
        """The drafts where the person can find them: none of what is deleted, none of what never began."""
        for conversation_id, draft in drafts:
            if not self._sidebar.is_deleting(conversation_id):
                yield self._sidebar.reachable(conversation_id), draft
