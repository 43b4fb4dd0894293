"""Models: which ones there are, and that the wanted one is loaded.

Process: app. Thread: every method from any thread; `ensure_loaded` blocks its caller, one load runs at a time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec
import psutil

from assistant.clients.engine_client import EngineClient
from assistant.core.context_plan import ContextPlan, FreeMemory
from assistant.core.errors import (
    EngineStopped,
    ErrorInfo,
    FamulusError,
    ModelLoadFailed,
    NotEnoughMemory,
    RequestCancelled,
)
from assistant.core.events import ModelFailed, ModelLoadProgressed, ModelReady
from assistant.core.media import MediaKind
from assistant.core.settings import ModelSettings
from assistant.hub.starter_model import find_starter_model
from assistant.protocol.engine_messages import LoadModel, ModelLoaded
from assistant.services.chosen_model import (
    ChosenModel,
    ModelChooser,
    fingerprint,
    named_projector,
    own_path,
    wanted_path,
)
from assistant.services.context_lengths import ContextLengths, LargerContext
from assistant.services.context_results import ContextResults
from assistant.services.engine_turn import EngineTurn
from assistant.services.event_bus import EventBus
from assistant.services.load_ladder import LoadLadder
from assistant.services.load_plan import free_card_bytes, free_memory, plan_load
from assistant.services.media_support import check_media
from assistant.services.model_choices import ModelChoice, describe_choice
from assistant.services.snapshots import ConversationSnapshots
from assistant.storage.file_list import FileList

log = logging.getLogger(__name__)


class LibraryService:
    """Finds, checks and loads models.

    Args:
        engine: The engine worker's client.
        bus: Where load progress is told.
        model_files: The files that the person chose before.
        verified_files: File that remembers which hashes were checked.
        snapshots: What is kept of conversations.
        ladder: With what less models are loaded where memory ran out.
        results: What context checks found.
    """

    def __init__(
        self,
        engine: EngineClient,
        bus: EventBus,
        model_files: FileList,
        verified_files: Path,
        snapshots: ConversationSnapshots,
        ladder: LoadLadder,
        results: ContextResults,
    ) -> None:
        self._engine = engine
        self._bus = bus
        self._model_files = model_files
        self._chooser = ModelChooser(verified_files)
        self._snapshots = snapshots
        self._ladder = ladder
        self._results = results
        self._lock = threading.Lock()
        self._load_request = ""
        self._load_cancelled = threading.Event()
        self._loaded_for: tuple[ModelSettings, tuple[tuple[Path, int, int], ...]] | None = None
        self._plan: ContextPlan | None = None
        self._loaded_model: ChosenModel | None = None
        self._card_bytes = 0
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
    def lent_engine(self, on_needed: Callable[[], None]) -> Iterator[EngineClient]:
        """Have the engine for oneself, empty; afterwards the next one who needs a model loads it again.

        Args:
            on_needed: Called, more than once and from any thread, when somebody waits for a model; the lender is then
                to come to an end.
        """
        with self._turn.borrow(on_needed):
            self._loaded_for = self._plan = None
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
        if self._plan is None:
            return error
        return self._ladder.failed(error, self._plan, chosen, has_card=self._card_bytes > 0)

    def take_less(self, offer: ErrorInfo, settings: ModelSettings) -> None:
        """Load the model of the settings as an error offered, now and from now on.

        Raises:
            FamulusError: What `choose` raises; the choice cannot be kept.
        """
        self._ladder.take(offer.values, settings, self.choose(settings))
        self._loaded_for = None

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
        return self._engine.loaded is not None and wanted is not None and wanted[0] == self._lengths.applied(settings)

    def larger_context(self, settings: ModelSettings, n_wanted: int) -> LargerContext | None:
        """The loaded context, doubled until it holds `n_wanted` tokens; None if that does not fit into the memory."""
        loaded, chosen = self._engine.loaded, self._loaded_model
        if loaded is None or chosen is None:
            return None
        return self._lengths.larger(settings, chosen, loaded.n_ctx, n_wanted, self.free_memory(settings).total_bytes)

    def raise_context(self, settings: ModelSettings, n_ctx: int) -> None:
        """Load the model of these settings with a longer context from now on, as long as this process lives.

        Args:
            settings: Which model, and how it is loaded.
            n_ctx: Context length, tokens; 0 takes that of the settings again.
        """
        self._lengths.set(settings, n_ctx)

    def keep_context(self, settings: ModelSettings, n_ctx: int) -> None:
        """`raise_context` to what a conversation was given once, where it would be shorter and memory allows it now.

        Raises:
            FamulusError: What `choose` raises.
        """
        loaded = self._engine.loaded
        if n_ctx and not (loaded is not None and self.is_loaded(settings) and loaded.n_ctx >= n_ctx):
            self._lengths.keep(settings, self.choose(settings), n_ctx, self.free_memory(settings).total_bytes)

    def choices(self, settings: ModelSettings) -> list[ModelChoice]:
        """The starter model, if it is installed, and the files chosen before; reads their headers."""
        starter = find_starter_model()
        paths = dict.fromkeys(self._model_files.list())
        own = own_path(settings)
        if own is not None:
            paths.setdefault(own)
        available_bytes = self.free_memory(settings).total_bytes
        wanted = own or starter
        return [
            describe_choice(
                path,
                is_starter=path == starter,
                wanted_n_ctx=settings.n_ctx,
                available_bytes=available_bytes,
                projector=named_projector(settings) if path == wanted else None,
            )
            for path in [*filter(None, [starter]), *(path for path in paths if path != starter)]
        ]

    def remember(self, path: Path) -> None:
        """Offer the file in `choices` from now on.

        Raises:
            ModelNotFound: There is no such file.
        """
        path = path.expanduser().absolute()
        fingerprint(path)
        self._model_files.remember(path).result()

    def forget(self, path: Path) -> None:
        """Offer the file no more; it stays on the disk."""
        self._model_files.forget(path).result()

    def free_memory(self, settings: ModelSettings) -> FreeMemory:
        """Memory for another model: what is free, and what the loaded one gives back when it goes."""
        main_bytes = int(psutil.virtual_memory().available)
        plan = self._plan
        if self._engine.loaded is not None and plan is not None:
            # The weights are mapped: they count as free already.
            main_bytes += plan.memory.kv_bytes + plan.memory.compute_bytes
        # As `card_bytes` said last: the engine would tell how it is now after a running answer only.
        return FreeMemory(main_bytes=main_bytes, card_bytes=self._card_bytes if settings.n_gpu_layers != 0 else 0)

    def card_bytes(self, settings: ModelSettings) -> int:
        """Memory of graphics cards that is free now for a model; asks the engine, which may be busy."""
        devices = self._engine.describe_backends().devices if settings.n_gpu_layers != 0 else ()
        self._card_bytes = free_card_bytes(devices)
        return self._card_bytes

    def cancel_load(self) -> None:
        """Stop the load under way, if there is one, and a load ahead that waits."""
        with self._lock:
            self._ahead_cancelled.set()
            self._load_cancelled.set()
            request_id = self._load_request
        if request_id:
            self._engine.cancel(request_id)

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
        settings = self._lengths.applied(settings)
        self._load_cancelled.clear()
        if cancelled.is_set():
            raise RequestCancelled("The request was stopped.")
        chosen = self.choose(settings)
        wanted = (settings, chosen.fingerprints())
        loaded = self._engine.loaded
        if loaded is not None and self._loaded_for == wanted:
            return chosen, 0.0
        self._engine.unload()
        try:
            load_s = self._load(chosen, *self._ladder.lighter(settings, chosen))
        except (EngineStopped, ModelLoadFailed) as error:
            stalled = isinstance(error, ModelLoadFailed)
            if stalled and self._engine.process_id is not None:  # it is no stall: the engine lives and said so
                raise self.offer_less(error, chosen) from error
            if cancelled.is_set() or self._load_cancelled.is_set():
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
        return chosen, load_s

    def _planned(self, settings: ModelSettings, chosen: ChosenModel) -> tuple[LoadModel, ContextPlan]:
        measured = partial(self._results.best_method, chosen.path)
        try:
            return plan_load(settings, chosen, self._card_bytes, self._snapshots.options(), measured)
        except NotEnoughMemory as error:
            raise self._ladder.unplanned(error, settings, chosen, free_memory(self._card_bytes)) from error

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

    def _load(self, chosen: ChosenModel, settings: ModelSettings, notes: tuple[ErrorInfo, ...]) -> float:
        name = chosen.name
        self.card_bytes(settings)
        request, plan = self._planned(settings, chosen)
        self._plan = plan = msgspec.structs.replace(plan, notes=(*plan.notes, *notes))
        call = self._engine.begin_load(request)
        with self._lock:
            self._load_request = call.request_id
            cancelled = self._load_cancelled.is_set()
        if cancelled:  # before `cancel_load` could know the request
            self._engine.cancel(call.request_id)
        try:
            ready = self._engine.finish_load(
                call, lambda fraction: self._bus.publish(ModelLoadProgressed(model=name, fraction=fraction))
            )
        finally:
            with self._lock:
                self._load_request = ""
        self._news = ModelReady(
            model=name,
            n_ctx=ready.n_ctx,
            load_s=ready.load_s,
            note=_note(chosen, ready, plan),
            plan=plan,
            media=ready.media,
        )
        return ready.load_s


def _note(chosen: ChosenModel, ready: ModelLoaded, plan: ContextPlan) -> str:
    """What the person should know of the load; empty for nothing."""
    projector = chosen.projector_error.text if chosen.projector_error is not None else ready.media_note
    return "\n".join(filter(None, [ready.template_note, projector, *(note.text for note in plan.notes)]))
