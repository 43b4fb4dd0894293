"""The models that can be chosen.

Process: app with a window. Thread: the GUI's; headers of files are read in the background.
"""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import Property, QObject, Signal

from assistant.core.errors import FamulusError
from assistant.core.settings import ModelSettings
from assistant.gui.error_text import ErrorWords, error_words
from assistant.gui.row_list_model import RowListModel
from assistant.gui.window_context import WindowContext
from assistant.services.model_choices import ModelChoice


class ModelRow(NamedTuple):
    """One model.

    Attributes:
        path: The file; empty for the starter model, as the settings name it.
        name: Name of the file without its suffix.
        size_bytes: Size of the file; a float, as QML's integers end at 2 GiB.
        memory_bytes: Memory that it needs when it is loaded.
        quantization: For example ``Q4_K_M``.
        context_trained: Context length it was trained with, tokens.
        context_planned: Context length it would be loaded with, tokens.
        fit: ``fits``, ``tight``, ``tooLarge`` or ``broken``.
        is_starter: Whether it is the starter model.
        is_current: Whether it is the chosen one.
        sees: Whether it takes in pictures.
        error_title: Why it cannot be used; empty if it can.
        error_remedy: What can be done about it.
    """

    path: str
    name: str
    size_bytes: float
    memory_bytes: float
    quantization: str
    context_trained: int
    context_planned: int
    fit: str
    is_starter: bool
    is_current: bool
    sees: bool
    error_title: str
    error_remedy: str


class ModelListModel(RowListModel[ModelRow]):
    """The fields of `ModelRow` as roles.

    Args:
        context: What the window works with.
        parent: Qt's owner.
    """

    loadingChanged = Signal()

    failed = Signal(object)
    """A `FamulusError` why the files could not be looked at; the rows before stay."""

    def __init__(self, context: WindowContext, parent: QObject | None = None) -> None:
        super().__init__(ModelRow, "path", parent)
        self._context = context
        self._found: list[ModelChoice] = []
        self._current_path = ""
        self._loading = False

    @Property(bool, notify=loadingChanged)
    def loading(self) -> bool:
        """Whether the headers are being read."""
        return self._loading

    def read(self, model: ModelSettings) -> None:
        """Look at the model files again.

        Args:
            model: How they would be loaded.
        """
        choices = self._context.services.model_choices
        self._set_loading(True)
        self._context.engine_background.run(lambda: choices.list(model), self._take, self._fail)

    def mark(self, current_path: str) -> None:
        """Show which one is chosen.

        Args:
            current_path: ``model.path`` of the settings.
        """
        self._current_path = current_path
        self.show([model_row(choice, current_path) for choice in self._found])

    def _take(self, found: list[ModelChoice]) -> None:
        self._found = found
        self._set_loading(False)
        self.mark(self._current_path)

    def _fail(self, error: FamulusError) -> None:
        self._set_loading(False)
        self.failed.emit(error)

    def _set_loading(self, loading: bool) -> None:
        if loading != self._loading:
            self._loading = loading
            self.loadingChanged.emit()


def model_row(choice: ModelChoice, current_path: str) -> ModelRow:
    """A model as it is shown.

    Args:
        choice: The model.
        current_path: ``model.path`` of the settings.
    """
    path = "" if choice.is_starter else str(choice.path)
    words = error_words(choice.error) if choice.error is not None else ErrorWords("", "", "")
    return ModelRow(
        path=path,
        name=choice.name,
        size_bytes=float(choice.size_bytes),
        memory_bytes=float(choice.memory_bytes),
        quantization=choice.quantization,
        context_trained=choice.n_ctx_train,
        context_planned=choice.n_ctx,
        fit=choice.fit.value,
        is_starter=choice.is_starter,
        is_current=current_path in (path, str(choice.path)),
        sees=choice.sees,
        error_title=words.title,
        error_remedy=words.remedy,
    )
