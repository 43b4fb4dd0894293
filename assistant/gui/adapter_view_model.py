"""LoRA adapters: which ones there are, and which of them the open conversation is answered with.

Process: app with a window. Thread: the GUI's; files are read in the background.
"""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
from PySide6.QtCore import Property, QObject, QUrl, Signal, Slot

from assistant.core.adapter import MAX_SCALE, AdapterUse
from assistant.core.errors import ErrorInfo, FamulusError
from assistant.core.events import TurnEvent, TurnFailed
from assistant.gui.adapter_list_model import AdapterListModel
from assistant.gui.conversation_adapters import ConversationAdapters
from assistant.gui.error_text import error_words
from assistant.gui.running_turn import RunningTurn
from assistant.gui.settings_view_model import SettingsViewModel
from assistant.gui.window_context import WindowContext
from assistant.services.adapters import AdapterChoice

_DIGITS = 2
"""Of a strength; more cannot be set with the slider."""


class AdapterViewModel(QObject):
    """The adapter pill and its picker.

    Args:
        context: What the window works with.
        settings: Say which model the adapters are for.
        conversation: What they are put on.
        parent: Qt's owner.
    """

    changed = Signal()
    """What is known, used, or wrong."""

    def __init__(
        self,
        context: WindowContext,
        settings: SettingsViewModel,
        conversation: ConversationAdapters,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._adapters = context.services.adapters
        self._settings = settings
        self._model = settings.settings.model
        self._conversation = conversation
        self._choices: list[AdapterChoice] = []
        self._rows = AdapterListModel(self)
        self._newest = 0
        self._reading = False
        self._problem: ErrorInfo | None = None
        settings.changed.connect(self._follow_settings)
        conversation.adaptersChanged.connect(self._follow_conversation)
        context.turns.happened.connect(self._follow)

    @Property(QObject, constant=True)
    def rows(self) -> AdapterListModel:
        """The adapters of the picker."""
        return self._rows

    @Property(bool, notify=changed)
    def loading(self) -> bool:
        """Whether the files are being looked at."""
        return self._reading

    @Property(bool, notify=changed)
    def offered(self) -> bool:
        """Whether the conversation uses an adapter, or one is known that belongs to the model."""
        return any(row.used or row.suits for row in self._rows.rows)

    @Property(int, notify=changed)
    def nUsed(self) -> int:
        """How many the conversation uses."""
        return len(self._conversation.adapters)

    @Property(str, notify=changed)
    def words(self) -> str:
        """Those that the conversation uses, and how strongly; empty for none."""
        return str(self._conversation.adapterWords)

    @Property(bool, notify=changed)
    def unsuited(self) -> bool:
        """Whether the conversation uses one that cannot be used with the model."""
        return any(row.used and not row.suits for row in self._rows.rows)

    @Property(str, notify=changed)
    def problem(self) -> str:
        """Why the last file was not added; empty for nothing."""
        return error_words(self._problem).title if self._problem is not None else ""

    @Property(str, notify=changed)
    def problemRemedy(self) -> str:
        """What can be done about it."""
        return error_words(self._problem).remedy if self._problem is not None else ""

    @Slot()
    def refresh(self) -> None:
        """Look at the files again."""
        self._newest += 1
        request, model = self._newest, self._model
        others = [Path(use.path) for use in self._conversation.adapters]
        self._reading = True
        self._context.engine_background.run(
            lambda: self._adapters.choices(model, others),
            lambda choices: self._take(request, choices),
            lambda _: self._take(request, self._choices),  # without a model nothing can be said of them
        )
        self.changed.emit()

    @Slot(QUrl)
    def addFile(self, url: QUrl) -> None:
        """Offer a file from now on."""
        self.dismissProblem()
        if not url.isLocalFile():
            return
        path = Path(url.toLocalFile())
        self._context.engine_background.run(lambda: self._adapters.add(path), lambda _: self.refresh(), self._fail)

    @Slot(str)
    def remove(self, path: str) -> None:
        """Offer a file no more, and use it no more here; it stays on the disk."""
        self._drop(path)
        if any(choice.is_listed and str(choice.path) == path for choice in self._choices):
            self._context.engine_background.run(
                lambda: self._adapters.remove(path), lambda _: self.refresh(), self._fail
            )

    @Slot(str, bool)
    def use(self, path: str, used: bool) -> None:
        """Have the next answers of the conversation made with an adapter, or without it."""
        if not self._conversation.knows_adapters:
            return
        if not used:
            self._drop(path)
            return
        use = AdapterUse(path=path, scale=self._rows.scale_of(path))
        others = [each for each in self._conversation.adapters if each.path != path]
        self._conversation.use_adapters([*others, use])
        model = self._model
        # The file may have changed since it was looked at.
        self._context.engine_background.run(lambda: self._adapters.use([use], model), failed=self._fail)

    @Slot(str, float)
    def setScale(self, path: str, scale: float) -> None:
        """Use an adapter of the conversation more strongly, or less.

        Args:
            path: The file.
            scale: 0 is not at all, 1 as it was trained.
        """
        if not self._conversation.knows_adapters or not math.isfinite(scale):
            return
        kept = round(max(-MAX_SCALE, min(MAX_SCALE, scale)), _DIGITS)
        uses = self._conversation.adapters
        changed = [msgspec.structs.replace(use, scale=kept) if use.path == path else use for use in uses]
        if tuple(changed) != uses:
            self._conversation.use_adapters(changed)

    @Slot()
    def dismissProblem(self) -> None:
        """Stop showing the problem."""
        self._problem = None
        self.changed.emit()

    def _drop(self, path: str) -> None:
        uses = [use for use in self._conversation.adapters if use.path != path]
        if self._conversation.knows_adapters and len(uses) < len(self._conversation.adapters):
            self._conversation.use_adapters(uses)

    def _take(self, request: int, choices: list[AdapterChoice]) -> None:
        if request == self._newest:
            self._choices, self._reading = choices, False
            self._show()

    def _fail(self, error: FamulusError) -> None:
        self._problem = error.info
        self.refresh()

    def _follow_settings(self) -> None:
        if self._settings.settings.model != self._model:
            self._model = self._settings.settings.model
            self.refresh()

    def _follow_conversation(self) -> None:
        looked_at = {str(choice.path) for choice in self._choices}
        if any(use.path not in looked_at for use in self._conversation.adapters):
            self.refresh()
        self._show()

    def _follow(self, _turn: RunningTurn, event: TurnEvent) -> None:
        if isinstance(event, TurnFailed) and self._conversation.adapters:
            self.refresh()  # a file may be gone

    def _show(self) -> None:
        self._rows.show_choices(self._choices, self._conversation.adapters)
        self.changed.emit()
