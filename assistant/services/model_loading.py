"""One load of a model: planned for the memory that is free, told while it goes on, and explained where it fails.

Process: app. Thread: `load` blocks its caller, one at a time; `cancel` from any thread.
"""

from __future__ import annotations

import threading
from functools import partial

import msgspec
import psutil

from assistant.clients.engine_client import EngineClient
from assistant.core.context_plan import ContextPlan, FreeMemory
from assistant.core.errors import FamulusError, NotEnoughMemory
from assistant.core.events import ModelLoadProgressed, ModelReady
from assistant.core.settings import ModelSettings
from assistant.protocol.engine_messages import LoadModel, ModelLoaded
from assistant.services.chosen_model import ChosenModel
from assistant.services.context_results import ContextResults
from assistant.services.event_bus import EventBus
from assistant.services.load_ladder import LoadLadder
from assistant.services.load_plan import free_card_bytes, free_memory, plan_load
from assistant.services.snapshots import ConversationSnapshots


class ModelLoading:
    """Loads what `LibraryService` has chosen.

    Args:
        engine: The engine worker's client.
        bus: Where load progress is told.
        snapshots: What is kept of conversations.
        ladder: With what less models are loaded where memory ran out.
        results: What context checks found.
    """

    def __init__(
        self,
        engine: EngineClient,
        bus: EventBus,
        snapshots: ConversationSnapshots,
        ladder: LoadLadder,
        results: ContextResults,
    ) -> None:
        self._engine = engine
        self._bus = bus
        self._snapshots = snapshots
        self._ladder = ladder
        self._results = results
        self._lock = threading.Lock()
        self._request_id = ""
        self._cancelled = threading.Event()
        self._asked = ModelSettings()
        self._plan: ContextPlan | None = None
        self._card_bytes = 0

    @property
    def is_cancelled(self) -> bool:
        """Whether `cancel` was called since the last `allow`."""
        return self._cancelled.is_set()

    def allow(self) -> None:
        """A new load is wanted, whatever was cancelled before."""
        self._cancelled.clear()

    def cancel(self) -> None:
        """Stop the load under way, if there is one, or the next one that was allowed already."""
        with self._lock:
            self._cancelled.set()
            request_id = self._request_id
        if request_id:
            self._engine.cancel(request_id)

    def load(self, settings: ModelSettings, n_ctx: int, chosen: ChosenModel) -> ModelReady:
        """Load a model into the empty engine.

        Args:
            settings: How.
            n_ctx: Context length that is asked for now, tokens; that of the settings, or more.
            chosen: The model.

        Returns:
            What is to be told of it once it is used.

        Raises:
            NotEnoughMemory: It does not fit, with what would.
            FamulusError: The engine failed, or the load was cancelled.
        """
        self._plan, self._asked = None, msgspec.structs.replace(settings, n_ctx=n_ctx)
        self.card_bytes(settings)
        lighter, notes = self._ladder.lighter(settings, n_ctx, chosen)
        request, plan = self._planned(lighter, chosen)
        self._plan = plan = msgspec.structs.replace(plan, notes=(*plan.notes, *notes))
        ready = self._loaded(request, chosen.name)
        return ModelReady(
            model=chosen.name,
            n_ctx=ready.n_ctx,
            load_s=ready.load_s,
            note=_note(chosen, ready, plan),
            plan=plan,
            media=ready.media,
        )

    def forget(self) -> None:
        """Another one has used the engine: nothing is known of what is loaded."""
        self._plan = None

    @property
    def plan(self) -> ContextPlan | None:
        """How the loaded model was planned; None where nothing is known of it."""
        return self._plan

    def offer_less(self, error: FamulusError, chosen: ChosenModel) -> FamulusError:
        """The error of the last load, or of an answer, with how the model could be loaded with less memory."""
        if self._plan is None:
            return error
        return self._ladder.failed(error, self._asked, self._plan, chosen, has_card=self._card_bytes > 0)

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

    def _planned(self, settings: ModelSettings, chosen: ChosenModel) -> tuple[LoadModel, ContextPlan]:
        measured = partial(self._results.best_method, chosen.path)
        try:
            return plan_load(settings, chosen, self._card_bytes, self._snapshots.options(), measured)
        except NotEnoughMemory as error:
            free = free_memory(self._card_bytes)
            raise self._ladder.unplanned(error, self._asked, settings, chosen, free) from error

    def _loaded(self, request: LoadModel, name: str) -> ModelLoaded:
        call = self._engine.begin_load(request)
        with self._lock:
            self._request_id = call.request_id
            cancelled = self._cancelled.is_set()
        if cancelled:  # before `cancel` could know the request
            self._engine.cancel(call.request_id)
        try:
            return self._engine.finish_load(
                call, lambda fraction: self._bus.publish(ModelLoadProgressed(model=name, fraction=fraction))
            )
        finally:
            with self._lock:
                self._request_id = ""


def _note(chosen: ChosenModel, ready: ModelLoaded, plan: ContextPlan) -> str:
    """What the person should know of the load; empty for nothing."""
    projector = chosen.projector_error.text if chosen.projector_error is not None else ready.media_note
    return "\n".join(filter(None, [ready.template_note, projector, *(note.text for note in plan.notes)]))
