"""What is offered, and remembered, when memory ran out while a model was loaded or used.

Process: app. Thread: any, one at a time.
"""

from __future__ import annotations

import platform

import msgspec
import psutil

from assistant.core.context_plan import ContextPlan, FreeMemory
from assistant.core.errors import EngineStopped, ErrorInfo, ErrorValue, FamulusError, NotEnoughMemory, note
from assistant.core.load_ladder import Rung, next_rung, rung_of, rung_that_fits
from assistant.core.memory_estimate import MIB, KvType
from assistant.core.settings import ModelSettings
from assistant.services.chosen_model import ChosenModel, fingerprint
from assistant.services.load_plan import context_wish
from assistant.storage.rungs_file import KeptRung, RungsFile

_OFFER = "If memory ran short, it can be loaded with {rung_n_ctx} tokens of context, kept in {rung_kv_type}."
_CARD_OFFER = (
    "If memory ran short, it can be loaded with {rung_n_ctx} tokens of context, kept in {rung_kv_type}, and "
    "{rung_n_gpu_layers} layers on the graphics card."
)
_USE_OFFER = (
    "What was written so far is kept. If memory ran short, ask again with {rung_n_ctx} tokens of context, kept in "
    "{rung_kv_type}."
)
_TAKEN = "Memory ran out before, so it is loaded with {n_ctx} tokens of context, kept in {kv_type}."


class LoadLadder:
    """The ladder of each model on this machine.

    Args:
        file: Where the rungs that were taken are kept.
    """

    def __init__(self, file: RungsFile) -> None:
        self._file = file

    def lighter(self, settings: ModelSettings, chosen: ChosenModel) -> tuple[ModelSettings, tuple[ErrorInfo, ...]]:
        """The settings with what was given up for this model, and a note that says so.

        A rung counts for the wish that it was taken for: other settings are tried as they are.
        """
        kept = self._file.load().get(_key(chosen))
        if kept is None or kept.wish != _wish(settings):
            return settings, ()
        rung = kept.rung
        taken = note(_TAKEN, n_ctx=rung.n_ctx, kv_type=rung.kv_type.value)
        changes = {"n_ctx": rung.n_ctx, "kv_type": rung.kv_type.value, "n_gpu_layers": rung.n_gpu_layers}
        return msgspec.structs.replace(settings, **changes), (taken,)

    def unplanned(
        self, error: NotEnoughMemory, settings: ModelSettings, chosen: ChosenModel, free: FreeMemory
    ) -> FamulusError:
        """The error of a load that was not even tried, with the first rung that should fit.

        Args:
            error: What the plan said.
            settings: Which it was for.
            chosen: The model.
            free: Memory that could be used.
        """
        wish = context_wish(settings)
        tried = Rung(
            n_ctx=int(error.info.values["n_ctx"]),
            kv_type=wish.kv_type,
            n_gpu_layers=wish.n_gpu_layers if free.card_bytes else 0,
        )
        projector_bytes = chosen.projector_facts.tensor_bytes if chosen.projector_facts is not None else 0
        return _offered(error, rung_that_fits(chosen.facts, tried, free, projector_bytes))

    def failed(self, error: FamulusError, plan: ContextPlan, chosen: ChosenModel, *, has_card: bool) -> FamulusError:
        """The error of a load or an answer that failed, with the rung below.

        Args:
            error: What happened.
            plan: How it was loaded.
            chosen: The model.
            has_card: Whether there is a graphics card with its own memory.
        """
        return _offered(error, next_rung(chosen.facts, rung_of(plan, has_card=has_card)))

    def take(self, values: dict[str, ErrorValue], settings: ModelSettings, chosen: ChosenModel) -> None:
        """Load the model so from now on.

        Args:
            values: Those of the error that offered it.
            settings: What the person wished.
            chosen: The model.

        Raises:
            DataFolderUnusable: It cannot be kept.
        """
        rung = rung_offered(values)
        assert rung is not None, "nothing was offered"
        self._file.save({**self._file.load(), _key(chosen): KeptRung(wish=_wish(settings), rung=rung)})


def rung_offered(values: dict[str, ErrorValue]) -> Rung | None:
    """The rung in the values of an error; None if it offers none."""
    if "rung_n_ctx" not in values:
        return None
    return Rung(
        n_ctx=int(values["rung_n_ctx"]),
        kv_type=KvType(str(values["rung_kv_type"])),
        n_gpu_layers=int(values["rung_n_gpu_layers"]),
    )


def _offered(error: FamulusError, rung: Rung | None) -> FamulusError:
    if rung is None:
        return error
    values = {
        **error.info.values,
        "rung_n_ctx": rung.n_ctx,
        "rung_kv_type": rung.kv_type.value,
        "rung_n_gpu_layers": rung.n_gpu_layers,
    }
    remedy = _CARD_OFFER if rung.n_gpu_layers > 0 else _OFFER
    if isinstance(error, EngineStopped):
        remedy = _USE_OFFER
    return FamulusError.from_info(msgspec.structs.replace(error.info, remedy=remedy, values=values))


def _wish(settings: ModelSettings) -> str:
    return f"{settings.n_ctx} {settings.kv_type} {settings.n_gpu_layers}"


def _key(chosen: ChosenModel) -> str:
    """This machine and this file; a machine with other memory is another one."""
    total_mib = psutil.virtual_memory().total // MIB
    return f"{platform.node()} {total_mib} {chosen.path.name} {fingerprint(chosen.path)[0]}"
