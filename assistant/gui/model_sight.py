"""Whether the model can see: asked of its files again where the one that is loaded is known not to.

Process: app with a window. Thread: the GUI's; `require` any, it may read the headers of files.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot

from assistant.core.errors import FamulusError, MediaNotSupported
from assistant.core.events import Event, ModelReady
from assistant.core.media import MediaKind
from assistant.core.settings import ModelSettings
from assistant.gui.background import Background
from assistant.gui.event_bridge import EventBridge
from assistant.gui.running_turns import RunningTurns
from assistant.services.services import Services

_Fingerprints = tuple[tuple[Path, int, int], ...]


class ModelSight(QObject):
    """Says no for the model only as long as its files do: a projector may be put beside it after the load.

    Args:
        services: The services.
        background: Where files are looked at; `require` runs there too, so it knows what the last load was of.
        bridge: Where events come from.
        turns: Know what the loaded model takes in.
        parent: Qt's owner.
    """

    _gained = Signal(object)

    def __init__(
        self,
        services: Services,
        background: Background,
        bridge: EventBridge,
        turns: RunningTurns,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._background = background
        self._turns = turns
        self._tried: _Fingerprints = ()
        bridge.happened.connect(self._take)
        self._gained.connect(self._load_anew, Qt.ConnectionType.QueuedConnection)

    @property
    def is_blind(self) -> bool:
        """Whether the loaded model is known not to see."""
        return self._turns.media is not None and MediaKind.IMAGE not in self._turns.media

    def require(self) -> None:
        """Check that the model can see, as far as that is known; where only its files have changed, it is loaded anew.

        Raises:
            MediaNotSupported: It cannot, also not as its files are now.
        """
        if not self.is_blind:
            return
        model = self._services.settings.load().model
        try:
            self._services.library.require_media(model, (MediaKind.IMAGE,))
            changed = self._fingerprints(model) != self._tried
        except FamulusError as error:
            raise _cannot_see(error.info.text) from error
        if not changed:
            raise _cannot_see("the engine could not use its projector")
        self._gained.emit(model)

    def _take(self, event: Event) -> None:
        if isinstance(event, ModelReady) and MediaKind.IMAGE not in event.media:
            self._background.run(self._note_files)

    def _note_files(self) -> None:
        """What the engine could not see with; asking again is of no use before it is other files."""
        self._tried = self._fingerprints(self._services.settings.load().model)

    def _fingerprints(self, model: ModelSettings) -> _Fingerprints:
        return self._services.library.choose(model).fingerprints()

    @Slot(object)
    def _load_anew(self, model: ModelSettings) -> None:
        if not self.is_blind:
            return
        self._turns.forget_media()
        if not self._turns.turns:  # else the question with the picture loads it: an answer under way needs it now
            self._services.library.load_ahead(model, announce=True)


def _cannot_see(cause: str) -> MediaNotSupported:
    return MediaNotSupported(
        "This model cannot see pictures.", remedy="Choose one that can; the list of models marks them.", cause=cause
    )
