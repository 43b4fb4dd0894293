"""What is to be known of the model that was loaded, in the words of the window's language.

Process: app with a window. Thread: the GUI's; the projector is looked at again in the background.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from assistant.core.errors import ErrorInfo
from assistant.core.events import ModelReady
from assistant.core.settings import ModelSettings
from assistant.gui.engine_notes import engine_note
from assistant.gui.error_text import ErrorWords, error_words
from assistant.gui.window_context import WindowContext


class LoadNote(QObject):
    """The note of the last load, translated; it comes a moment after the load.

    Args:
        context: What the window works with.
        parent: Qt's owner.
    """

    changed = Signal()

    def __init__(self, context: WindowContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._event: ModelReady | None = None
        self._infos: list[ErrorInfo] = []

    @property
    def title(self) -> str:
        """One sentence a line; empty for nothing."""
        return "\n".join(words.title for words in self._words())

    @property
    def remedy(self) -> str:
        """What can be done about it, likewise."""
        return "\n".join(filter(None, (words.remedy for words in self._words())))

    def take(self, event: ModelReady, model: ModelSettings) -> None:
        """Show the note of a load.

        Args:
            event: Has it as English sentences, one a line.
            model: What was loaded.
        """
        self._event, self._infos = event, []
        self.changed.emit()
        if event.note:
            library = self._context.services.library
            self._context.engine_background.run(
                lambda: library.choose(model).projector_error,
                lambda error: self._show(event, error),
                lambda _: self._show(event, None),  # the file is gone since
            )

    def _show(self, event: ModelReady, projector_error: ErrorInfo | None) -> None:
        """Show the sentences; that of the projector has its template in the error."""
        if event is not self._event:
            return
        known = {info.text: info for info in event.plan.notes} if event.plan is not None else {}
        if projector_error is not None:
            known[projector_error.text] = projector_error
        self._infos = [known.get(line) or engine_note(line) for line in event.note.splitlines()]
        self.changed.emit()

    def _words(self) -> list[ErrorWords]:
        return [error_words(info) for info in self._infos]
