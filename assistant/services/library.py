"""Models: that the wanted one is there, sound and loaded.

Process: app. Thread: every method from any thread; `ensure_loaded` blocks its caller, one load runs at a time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from assistant.clients.engine_client import EngineClient
from assistant.core.context_plan import FreeMemory
from assistant.core.errors import (
    EngineStopped,
    ErrorInfo,
    FamulusError,
    ModelLoadFailed,
    RequestCancelled,
)
from assistant.core.events import ModelFailed, ModelReady
from assistant.core.load_ladder import Rung
from assistant.core.media import MediaKind
from assistant.core.memory_estimate import KvType
from assistant.core.settings import ModelSettings
from assistant.services.chosen_model import (
    ChosenModel,
    ModelChooser,
    wanted_path,
)
from assistant.services.context_lengths import ContextLengths, LargerContext
from assistant.services.engine_turn import EngineTurn
from assistant.services.event_bus import EventBus
from assistant.services.load_ladder import LoadLadder
from assistant.services.media_support import check_media
from assistant.services.model_loading import ModelLoading

log = logging.getLogger(__name__)


class LibraryService:
    """Finds, checks and loads models.

    Args:
        engine: The engine worker's client.
        bus: Where load progress is told.
        verified_files: File that remembers which hashes were checked.
        ladder: With what less models are loaded where memory ran out.
        loading: What loads them.
    """

    def __init__(
        self,
        engine: EngineClient,
        bus: EventBus,
        verified_files: Path,
        ladder: LoadLadder,
        loading: ModelLoading,
    ) -> None:
        self._engine = engine
        self._bus = bus
        self._chooser = ModelChooser(verified_files)
        self._ladder = ladder
        self._loading = loading
        self._lock = threading.Lock()
        self._loaded_for: tuple[ModelSettings, int, tuple[tuple[Path, int, int], ...]] | None = None
        self._loaded_model: ChosenModel | None = None
        self._news: ModelReady | None = None  # of a load ahead it is told when the model is first needed
        self._lengths = ContextLengths()
        self._turn = EngineTurn()
        self._ahead_cancelled = threading.Event()
        self._ahead: threading.Thread | None = None

    def name_of(self, settings: ModelSettings) -> str:
        """Short name of the model that the settings ask for, without looking at the file."""
        path = wanted_path(settings)
        return path.stem if path else ""

    def choose(self, settings: ModelSettings) -> ChosenModel:
        """The model that the settings ask for, checked.

        Raises:
            ModelNotFound: There is no such file, or no starter model is installed.
            ModelFileDamaged: The file is not a sound GGUF file.
            ModelUnsupported: It is one, but no chat model.
        """
        return self._chooser.choose(settings)

    def require_media(self, settings: ModelSettings, kinds: Iterable[MediaKind]) -> None:
        """Check that the model of the settings takes in these kinds, before a question with them is stored.

        Raises:
            MediaNotSupported: It does not, with what is missing.
            FamulusError: What `choose` raises; the projector that is named for it cannot be used.
        """
        check_media(self.choose(settings), kinds)

    def ensure_loaded(self, settings: ModelSettings, cancelled: threading.Event) -> tuple[ChosenModel, float]:
        """Load the model of the settings unless it is loaded already.

        Args:
            settings: Which model, and how it is loaded.
            cancelled: Set when the load is not wanted any more; a load under way needs `cancel_load` besides.

        Returns:
            The model, and the seconds that this load took; 0 if it was there.

        Raises:
            RequestCancelled: `cancelled` was set.
            FamulusError: What `choose` raises; `NotEnoughMemory` with what would fit; a failed load.
        """
        with self._turn.take(cancelled):
            result = self._ensure_loaded(settings, cancelled)
            news, self._news = self._news, None
        if news is not None:
            self._bus.publish(news)
        return result

    @contextmanager
    def lent_engine(self, cancelled: threading.Event) -> Iterator[EngineClient]:
        """Have the engine for oneself, empty; afterwards the next one who needs a model loads it again.

        Args:
            cancelled: Set when it is not wanted any more; set here when somebody waits for a model. Who has the engine
                is then to come to an end.

        Raises:
            RequestCancelled: `cancelled` was set while another one had the engine.
        """
        with self._turn.borrow(cancelled):
            self._loaded_for = None
            self._loading.forget()
            self._engine.unload()
            try:
                yield self._engine
            finally:
                self._engine.unload()

    def distrust_projector(self, chosen: ChosenModel) -> None:
        """Say that its projector broke the process: after the second time the model is loaded without it."""
        if chosen.projector is not None:
            self._chooser.distrust(chosen.projector)

    def offer_less(self, error: FamulusError, chosen: ChosenModel) -> FamulusError:
        """The error of the last load, or of an answer, with how the model could be loaded with less memory."""
        return self._loading.offer_less(error, chosen)

    def take_less(self, offer: ErrorInfo, settings: ModelSettings) -> None:
        """Load the model of the settings as an error offered, now and from now on.

        Raises:
            FamulusError: What `choose` raises; the choice cannot be kept.
        """
        self._ladder.take(offer.values, self.choose(settings))
        self._loaded_for = None

    def load_in_full(self, settings: ModelSettings) -> bool:
        """Forget with what less the model of the settings was loaded; whether anything was given up for it.

        Raises:
            FamulusError: What `choose` raises; it cannot be written down.
        """
        had_less = self._ladder.forget(self.choose(settings))
        if had_less:
            self._loaded_for = None
        return had_less

    def rungs_taken(self, chosen: ChosenModel) -> dict[str, Rung]:
        """What was given up for a model for lack of memory, by `wish_key`."""
        return self._ladder.taken(chosen)

    def load_ahead(self, settings: ModelSettings, *, announce: bool = False) -> None:
        """Begin to load the model while the person still types; whoever needs it meanwhile waits for this load.

        An earlier load ahead that has not begun is dropped.

        Args:
            settings: Which model, and how it is loaded.
            announce: Tell `ModelReady` or `ModelFailed` at the end. Without, `ModelReady` is told when the model is
                first needed, and what goes wrong is only logged: the first question meets it again and says so.
        """
        cancelled = threading.Event()
        with self._lock:
            superseded, self._ahead_cancelled = self._ahead_cancelled, cancelled
        superseded.set()
        self._ahead = threading.Thread(
            target=self._load_ahead, args=(settings, announce, cancelled), name="load-ahead", daemon=True
        )
        self._ahead.start()

    def is_loaded(self, settings: ModelSettings) -> bool:
        """Whether the model of the settings is loaded, as they say, in a worker that lives."""
        wanted = self._loaded_for
        asked = (settings, self._lengths.applied(settings))
        return self._engine.loaded is not None and wanted is not None and wanted[:2] == asked

    def larger_context(self, settings: ModelSettings, n_wanted: int) -> LargerContext | None:
        """A longer context than is loaded, which holds `n_wanted` tokens and fits into the memory; None for none."""
        loaded, chosen, plan = self._engine.loaded, self._loaded_model, self._loading.plan
        if loaded is None or chosen is None or plan is None:
            return None
        return self._lengths.larger(
            settings,
            chosen,
            plan.kv_type,
            n_ctx=loaded.n_ctx,
            n_wanted=n_wanted,
            available_bytes=self.free_memory(settings).total_bytes,
        )

    def raising_context(self, settings: ModelSettings, n_ctx: int) -> AbstractContextManager[None]:
        """Load the model of these settings with a longer context from now on, as long as this process lives.

        Where the load inside fails, it is as before.

        Args:
            settings: Which model, and how it is loaded.
            n_ctx: Context length, tokens.
        """
        return self._lengths.raising(settings, n_ctx)

    def keep_context(self, settings: ModelSettings, n_ctx: int) -> None:
        """`raising_context` to what a conversation was given once, where it would be shorter and memory allows it now.

        Raises:
            FamulusError: What `choose` raises.
        """
        loaded = self._engine.loaded
        if n_ctx == 0 or (loaded is not None and self.is_loaded(settings) and loaded.n_ctx >= n_ctx):
            return
        chosen = self.choose(settings)
        lighter, _ = self._ladder.lighter(settings, self._lengths.applied(settings), chosen)
        free_bytes = self.free_memory(settings).total_bytes
        self._lengths.keep(settings, chosen, KvType(lighter.kv_type), n_ctx, free_bytes)

    def free_memory(self, settings: ModelSettings) -> FreeMemory:
        """Memory for another model: what is free, and what the loaded one gives back when it goes."""
        return self._loading.free_memory(settings)

    def card_bytes(self, settings: ModelSettings) -> int:
        """Memory of graphics cards that is free now for a model; asks the engine, which may be busy."""
        return self._loading.card_bytes(settings)

    def cancel_load(self) -> None:
        """Stop the load under way, if there is one, and a load ahead that waits."""
        with self._lock:
            self._ahead_cancelled.set()
        self._loading.cancel()

    def close(self) -> None:
        """Stop a load that was begun ahead, and wait for its end."""
        self.cancel_load()
        if self._ahead is not None:
            self._ahead.join()

    def _load_ahead(self, settings: ModelSettings, announce: bool, cancelled: threading.Event) -> None:
        try:
            if announce:
                self.ensure_loaded(settings, cancelled)
            else:
                with self._turn.take(cancelled):
                    self._ensure_loaded(settings, cancelled)
        except FamulusError as error:
            log.info("the model was not loaded ahead: %s (%s)", error, error.info.cause)
            if announce and cancelled is self._ahead_cancelled:  # else another one is on its way already
                self._bus.publish(ModelFailed(model=self.name_of(settings), error=error.info))

    def _ensure_loaded(self, settings: ModelSettings, cancelled: threading.Event) -> tuple[ChosenModel, float]:
        n_ctx = self._lengths.applied(settings)
        self._loading.allow()
        if cancelled.is_set():
            raise RequestCancelled("The request was stopped.")
        chosen = self.choose(settings)
        wanted = (settings, n_ctx, chosen.fingerprints())
        loaded = self._engine.loaded
        if loaded is not None and self._loaded_for == wanted:
            return chosen, 0.0
        self._engine.unload()
        try:
            self._news = self._loading.load(settings, n_ctx, chosen)
        except (EngineStopped, ModelLoadFailed) as error:
            stalled = isinstance(error, ModelLoadFailed)
            if stalled and self._engine.process_id is not None:  # it is no stall: the engine lives and said so
                raise self.offer_less(error, chosen) from error
            if cancelled.is_set() or self._loading.is_cancelled:
                raise RequestCancelled("The request was stopped.", cause=error.info.cause) from error
            if chosen.projector is not None and chosen.projector_facts is not None:
                return self._load_without(chosen.projector, settings, cancelled)
            if stalled:
                raise
            crashed = ModelLoadFailed(
                "The model's process crashed while it was loading {name}.",
                remedy="The file is probably damaged; try another model.",
                cause=error.info.cause,
                name=chosen.name,
            )
            raise self.offer_less(crashed, chosen) from error
        self._loaded_for = wanted
        self._loaded_model = chosen
        return chosen, self._news.load_s

    def _load_without(
        self, projector: Path, settings: ModelSettings, cancelled: threading.Event
    ) -> tuple[ChosenModel, float]:
        """Load what broke the process once more, at last without its projector: the model may still read text."""
        self._chooser.distrust(projector)
        try:
            return self._ensure_loaded(settings, cancelled)
        except FamulusError:
            self._chooser.trust(projector)  # that it was the culprit is not known
            raise
