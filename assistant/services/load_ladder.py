"""What is offered, and remembered, when memory ran out while a model was loaded or used.

Process: app. Thread: any, one at a time.
"""

from __future__ import annotations

import platform

import msgspec
import psutil

from assistant.core.context_plan import ContextPlan, FreeMemory
from assistant.core.errors import ErrorInfo, ErrorValue, FamulusError, NotEnoughMemory, OfferOutdated
from assistant.core.load_ladder import Rung, next_rung, rung_note, rung_of, rung_that_fits, wish_key
from assistant.core.memory_estimate import MIB, KvType
from assistant.core.settings import ModelSettings
from assistant.services.chosen_model import ChosenModel, fingerprint
from assistant.services.load_plan import context_wish
from assistant.storage.rungs_file import RungsFile

_OFFER = "If memory ran short, it can be loaded with {rung_n_ctx} tokens of context, kept in {rung_kv_type}."
_CARD_OFFER = (
    "If memory ran short, it can be loaded with {rung_n_ctx} tokens of context, kept in {rung_kv_type}, and "
    "{rung_n_gpu_layers} layers on the graphics card."
)
_PROCESSOR_OFFER = (
    "If memory ran short, it can be loaded with {rung_n_ctx} tokens of context, kept in {rung_kv_type}, without the "
    "graphics card."
)


class LoadLadder:
    """The ladder of each model on this machine.

    Args:
        file: Where the rungs that were taken are kept.
    """

    def __init__(self, file: RungsFile) -> None:
        self._file = file

    def taken(self, chosen: ChosenModel) -> dict[str, Rung]:
        """The rungs that were taken for a model on this machine, by `wish_key`."""
        return self._file.load().get(_key(chosen), {})

    def lighter(
        self, settings: ModelSettings, n_ctx: int, chosen: ChosenModel
    ) -> tuple[ModelSettings, tuple[ErrorInfo, ...]]:
        """The settings with what was given up for this model, and a note that says so.

        A rung counts for the wish that it was taken for: other settings are tried as they are. Where a conversation
        needs a longer context than that, the rest of the rung still counts.

        Args:
            settings: What the person wished.
            n_ctx: Context length that is asked for now, tokens; that of the settings, or more.
            chosen: The model.
        """
        asked = msgspec.structs.replace(settings, n_ctx=n_ctx)
        rungs = self.taken(chosen)
        rung = rungs.get(_wish(asked))
        if rung is None and (below := rungs.get(_wish(settings))) is not None:
            rung = msgspec.structs.replace(below, n_ctx=n_ctx)
        if rung is None:
            return asked, ()
        changes = {"n_ctx": rung.n_ctx, "kv_type": rung.kv_type.value, "n_gpu_layers": rung.n_gpu_layers}
        return msgspec.structs.replace(settings, **changes), (rung_note(rung),)

    def unplanned(
        self,
        error: NotEnoughMemory,
        asked: ModelSettings,
        lighter: ModelSettings,
        chosen: ChosenModel,
        free: FreeMemory,
    ) -> FamulusError:
        """The error of a load that was not even tried, with the first rung that should fit.

        Args:
            error: What the plan said.
            asked: What was asked for.
            lighter: The same with what was given up already, for which it was planned.
            chosen: The model.
            free: Memory that could be used.
        """
        tried = Rung(
            n_ctx=int(error.info.values["n_ctx"]),
            kv_type=KvType(lighter.kv_type),
            n_gpu_layers=lighter.n_gpu_layers,
        )
        rung = rung_that_fits(chosen.facts, tried, free, chosen.projector_bytes)
        return _offered(error, rung, _OFFER, asked, chosen)

    def failed(
        self, error: FamulusError, asked: ModelSettings, plan: ContextPlan, chosen: ChosenModel, *, has_card: bool
    ) -> FamulusError:
        """The error of a load or an answer that failed, with the rung below.

        Args:
            error: What happened.
            asked: What was asked for.
            plan: How it was loaded.
            chosen: The model.
            has_card: Whether there is a graphics card with its own memory.
        """
        rung = next_rung(chosen.facts, rung_of(plan), has_card=has_card)
        offer = _OFFER
        if rung is not None and has_card:
            offer = _CARD_OFFER if rung.n_gpu_layers else _PROCESSOR_OFFER
        return _offered(error, rung, offer, asked, chosen)

    def take(self, values: dict[str, ErrorValue], chosen: ChosenModel) -> None:
        """Load the model so from now on, where it is asked for as it was when this was offered.

        Args:
            values: Those of the error that offered it.
            chosen: The model.

        Raises:
            OfferOutdated: It was offered for another model, or on another machine.
            DataFolderUnusable: It cannot be kept.
        """
        rung, key = rung_offered(values), _key(chosen)
        if rung is None or values.get("rung_model") != key:
            raise OfferOutdated(
                "This was offered for another model, or on another computer.",
                remedy="Ask again; if memory runs short, you are told what can be done.",
            )
        rungs = self._file.load()
        self._file.save({**rungs, key: {**rungs.get(key, {}), str(values["rung_wish"]): rung}})

    def forget(self, chosen: ChosenModel) -> bool:
        """Try the model in full again; whether anything was given up for it.

        Raises:
            DataFolderUnusable: It cannot be written down.
        """
        rungs = self._file.load()
        had_less = rungs.pop(_key(chosen), None) is not None
        if had_less:
            self._file.save(rungs)
        return had_less


def rung_offered(values: dict[str, ErrorValue]) -> Rung | None:
    """The rung in the values of an error; None if it offers none."""
    if "rung_n_ctx" not in values:
        return None
    return Rung(
        n_ctx=int(values["rung_n_ctx"]),
        kv_type=KvType(str(values["rung_kv_type"])),
        n_gpu_layers=int(values["rung_n_gpu_layers"]),
    )


def _offered(
    error: FamulusError, rung: Rung | None, offer: str, asked: ModelSettings, chosen: ChosenModel
) -> FamulusError:
    """The error with an offer behind what else helps."""
    if rung is None:
        return error
    values = {
        **error.info.values,
        "rung_n_ctx": rung.n_ctx,
        "rung_kv_type": rung.kv_type.value,
        "rung_n_gpu_layers": rung.n_gpu_layers,
        "rung_model": _key(chosen),
        "rung_wish": _wish(asked),
    }
    remedy = "\n".join(filter(None, [error.info.remedy, offer]))
    return FamulusError.from_info(msgspec.structs.replace(error.info, remedy=remedy, values=values))


def _wish(settings: ModelSettings) -> str:
    return wish_key(context_wish(settings))


def _key(chosen: ChosenModel) -> str:
    """This machine and this file; a machine with other memory is another one."""
    total_mib = psutil.virtual_memory().total // MIB
    return f"{platform.node()} {total_mib} {chosen.path.name} {fingerprint(chosen.path)[0]}"
