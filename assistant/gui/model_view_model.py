"""The model: which one is chosen, whether it is loaded, which ones there are.

Process: app with a window. Thread: the GUI's; files are read in the background, loads run on the library's thread.
"""

from __future__ import annotations

import enum
from pathlib import Path

import msgspec
from PySide6.QtCore import Property, QObject, QUrl, Signal, Slot

from assistant.core.errors import (
    ErrorInfo,
    FamulusError,
    ModelFileDamaged,
    ModelLoadFailed,
    ModelNotFound,
    ModelUnsupported,
    NotEnoughMemory,
    RequestCancelled,
)
from assistant.core.events import (
    Event,
    MessageFinished,
    ModelFailed,
    ModelLoadProgressed,
    ModelReady,
    TurnEvent,
    TurnFailed,
)
from assistant.core.media import MediaKind
from assistant.core.settings import Settings
from assistant.gui.error_offer import error_offer
from assistant.gui.error_text import error_words
from assistant.gui.load_note import LoadNote
from assistant.gui.model_list_model import ModelListModel
from assistant.gui.running_turn import RunningTurn
from assistant.gui.settings_view_model import SettingsViewModel
from assistant.gui.window_context import WindowContext
from assistant.services.chosen_model import own_path

_LOAD_ERRORS = frozenset(
    kind.__name__ for kind in (ModelNotFound, ModelFileDamaged, ModelUnsupported, ModelLoadFailed, NotEnoughMemory)
)


class ModelState(enum.StrEnum):
    """How far the chosen model is, as QML reads it."""

    NONE = "none"
    IDLE = "idle"
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


class ModelViewModel(QObject):
    """The model pill and the picker.

    Args:
        context: What the window works with.
        settings: Says which model is chosen.
        parent: Qt's owner.
    """

    stateChanged = Signal()

    refused = Signal(object)
    """An `ErrorInfo` why the file that the person chose is not used; the model before stays."""

    def __init__(self, context: WindowContext, settings: SettingsViewModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._library = context.services.library
        self._settings = settings
        self._model = settings.settings.model
        self._name = ""
        self._state = ModelState.NONE
        self._progress = 0.0
        self._note = LoadNote(context, self)
        self._note.changed.connect(self.stateChanged)
        self._problem: ErrorInfo | None = None
        self._load_wanted = False
        self._choices = ModelListModel(context, self)
        self._choices.mark(self._model.path)
        self._choices.failed.connect(self._fail)
        settings.changed.connect(self._follow_settings)
        context.bridge.happened.connect(self._take)
        context.turns.happened.connect(self._follow)
        context.turns.changed.connect(self._load_if_free)
        context.turns.media_changed.connect(self.stateChanged)

    @Property(str, notify=stateChanged)
    def name(self) -> str:
        """Name of the chosen model; empty if there is none."""
        return self._name

    @Property(str, notify=stateChanged)
    def state(self) -> str:
        """One of `ModelState`."""
        return self._state.value

    @Property(float, notify=stateChanged)
    def progress(self) -> float:
        """Of the load, from 0 to 1."""
        return self._progress

    @Property(bool, notify=stateChanged)
    def isStarter(self) -> bool:
        """Whether it is the starter model."""
        return bool(self._name) and not self._model.path

    @Property(bool, notify=stateChanged)
    def sees(self) -> bool:
        """Whether it is known to take in pictures."""
        return MediaKind.IMAGE in (self._context.turns.media or ())

    @Property(bool, notify=stateChanged)
    def blind(self) -> bool:
        """Whether it is known not to."""
        return self._context.turns.media is not None and not self.sees

    @Property(str, notify=stateChanged)
    def note(self) -> str:
        """Something to know of the loaded model; may be empty."""
        return self._note.title

    @Property(str, notify=stateChanged)
    def noteRemedy(self) -> str:
        """What can be done about it."""
        return self._note.remedy

    @Property(str, notify=stateChanged)
    def problem(self) -> str:
        """What went wrong with the last choice or load; empty for nothing."""
        return error_words(self._problem).title if self._problem is not None else ""

    @Property(str, notify=stateChanged)
    def problemRemedy(self) -> str:
        """What can be done about it."""
        return error_words(self._problem).remedy if self._problem is not None else ""

    @Property(bool, notify=stateChanged)
    def offersLess(self) -> bool:
        """Whether it offers to load the model with less memory."""
        return error_offer(self._problem).lighter_n_ctx > 0

    @Property(QObject, constant=True)
    def choices(self) -> ModelListModel:
        """The models of the picker."""
        return self._choices

    @Slot()
    def refreshChoices(self) -> None:
        """Look at the model files again."""
        self._choices.read(self._model)

    @Slot(str)
    def choose(self, path: str) -> None:
        """Use another model from now on, and load it; an unusable file changes nothing.

        Args:
            path: The file; empty for the starter model.
        """
        self._context.engine_background.run(lambda: self._choose(path), self._chosen, self._refuse)

    @Slot(QUrl)
    def chooseFile(self, url: QUrl) -> None:
        """Use a file that the person picked or dropped."""
        self.choose(url.toLocalFile())

    @Slot(QUrl)
    def chooseProjector(self, url: QUrl) -> None:
        """Have the model see or hear with this file; what cannot be used is told after the load, in `note`."""
        self._settings.setValue("model.mmproj", url.toLocalFile())

    @Slot(str)
    def forget(self, path: str) -> None:
        """Offer the file no more; it stays on the disk. The chosen one gives way to the starter model."""
        if path == self._model.path:
            self.choose("")
        self._context.engine_background.run(
            lambda: self._context.services.model_choices.forget(Path(path)), lambda _: self.refreshChoices(), self._fail
        )

    @Slot()
    def cancelLoad(self) -> None:
        """Stop the load under way."""
        self._load_wanted = False
        self._library.cancel_load()

    @Slot()
    def reload(self) -> None:
        """Load the chosen model, once no answer is being written."""
        if self._state is ModelState.LOADING and not self._context.turns.turns:
            self._library.cancel_load()  # of a model that is not wanted any more
        self._problem = None
        self._load_wanted = True
        self._set_state(self._loaded_state())
        self._load_if_free()

    @Slot()
    def loadWithLess(self) -> None:
        """Load the model as the problem offers, now and from now on."""
        problem, model = self._problem, self._model
        if problem is not None and self.offersLess:
            self._context.engine_background.run(
                lambda: self._library.take_less(problem, model), lambda _: self.reload(), self._fail
            )

    @Slot()
    def loadInFull(self) -> None:
        """Load the model as the settings say again, with nothing given up for lack of memory."""
        model = self._model
        self._context.engine_background.run(
            lambda: self._library.load_in_full(model), lambda _: self.reload(), self._fail
        )

    def lend(self) -> None:
        """Somebody has the engine for himself until `reload`."""
        if self._state is ModelState.READY:
            self._set_state(ModelState.IDLE)

    def start(self) -> None:
        """Load the model ahead: the window is open and the person still types."""
        self._follow_settings(force=True)

    def _choose(self, path: str) -> Settings:
        services = self._context.services
        wanted = msgspec.structs.replace(self._model, path=path)
        if own_path(wanted) != own_path(self._model):
            wanted = msgspec.structs.replace(wanted, mmproj="")  # it was named for the model before
        self._library.choose(wanted)
        if path:
            services.model_choices.remember(Path(path))
        if wanted.mmproj != self._model.mmproj:
            services.settings.reset("model.mmproj")
        return services.settings.set("model.path", path)

    def _chosen(self, settings: Settings) -> None:
        self._problem = None
        if settings.model == self._model:
            self.reload()
        self._settings.take(settings)
        self.stateChanged.emit()

    def _refuse(self, error: FamulusError) -> None:
        self._fail(error)
        self.refused.emit(error.info)

    def _fail(self, error: FamulusError) -> None:
        self._problem = error.info
        self.stateChanged.emit()

    def _follow_settings(self, *, force: bool = False) -> None:
        model = self._settings.settings.model
        if model == self._model and not force:
            return
        self._model = model
        self._choices.mark(model.path)
        self._context.turns.forget_media()
        self._context.engine_background.run(lambda: self._library.name_of(model), self._take_name, self._fail)

    def _take_name(self, name: str) -> None:
        self._name = name
        if name:
            self.reload()
        else:
            self._set_state(ModelState.NONE)

    def _load_if_free(self) -> None:
        """A load would take the model away from an answer under way."""
        if not self._load_wanted or self._context.turns.turns:
            return
        self._load_wanted = False
        if self._loaded_state() is ModelState.READY:
            self._set_state(ModelState.READY)
            return
        self._progress = 0.0
        self._context.turns.forget_media()
        self._set_state(ModelState.LOADING)
        self._library.load_ahead(self._model, announce=True)

    def _take(self, event: Event) -> None:
        match event:
            case ModelLoadProgressed():
                self._progress = event.fraction
                self._set_state(ModelState.LOADING)
            case ModelReady():
                self._problem = None
                self._note.take(event, self._model)
                self._set_state(ModelState.READY)
            case ModelFailed():
                self._load_failed(event.error)

    def _follow(self, _turn: RunningTurn, event: TurnEvent) -> None:
        if isinstance(event, TurnFailed) and event.error.kind in _LOAD_ERRORS:
            self._load_failed(event.error)
        elif isinstance(event, MessageFinished | TurnFailed) and self._state is not ModelState.NONE:
            # The engine may have died, and a turn may have been stopped in the middle of its load.
            self._set_state(ModelState.READY if self._library.is_loaded(self._model) else ModelState.IDLE)

    def _loaded_state(self) -> ModelState:
        """Whether the chosen model is loaded; then it is also known what that one takes in."""
        loaded = self._context.services.engine.loaded
        if loaded is None or not self._library.is_loaded(self._model):
            return ModelState.IDLE
        self._context.turns.know_media(loaded.media)  # another one may have been chosen meanwhile
        return ModelState.READY

    def _load_failed(self, error: ErrorInfo) -> None:
        if error.kind == RequestCancelled.__name__:
            self._set_state(ModelState.IDLE)
            return
        self._problem = error
        self._set_state(ModelState.FAILED)

    def _set_state(self, state: ModelState) -> None:
        self._state = state
        self.stateChanged.emit()
