"""Context lengths beyond what the settings say, because a conversation needs them.

Process: app. Thread: any.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from assistant.core.context_plan import N_CTX_AUTOMATIC, largest_n_ctx, longest_n_ctx, usable_kv_type
from assistant.core.memory_estimate import KvType, estimate_memory
from assistant.core.settings import ModelSettings
from assistant.services.chosen_model import ChosenModel

MAX_N_CTX = 16_777_216
"""As in the settings."""


class LargerContext(NamedTuple):
    """A context length that would fit.

    Attributes:
        n_ctx: Tokens.
        n_bytes: Memory beyond that of the context which is loaded.
    """

    n_ctx: int
    n_bytes: int


class ContextLengths:
    """What each way to load a model was raised to, as long as this process lives.

    Kept by the settings as a whole: whoever changes them is taken at their word.
    """

    def __init__(self) -> None:
        self._raised: dict[ModelSettings, int] = {}

    def applied(self, settings: ModelSettings) -> ModelSettings:
        """The settings with the length that they were raised to."""
        raised = self._raised.get(settings, 0)
        return msgspec.structs.replace(settings, n_ctx=raised) if raised else settings

    def set(self, settings: ModelSettings, n_ctx: int) -> None:
        """Raise them; 0 for their own length again."""
        self._raised[settings] = n_ctx

    def keep(self, settings: ModelSettings, chosen: ChosenModel, n_ctx: int, available_bytes: int) -> None:
        """Raise them if they would give less, and it fits.

        Args:
            settings: Which model, and how it is loaded.
            chosen: The model.
            n_ctx: Context length, tokens.
            available_bytes: Memory for all of it.
        """
        available_bytes -= _projector_bytes(chosen)
        limit = min(chosen.facts.n_ctx_train, N_CTX_AUTOMATIC)
        kv_type = usable_kv_type(chosen.facts, KvType(settings.kv_type))
        own = self.applied(settings).n_ctx or largest_n_ctx(chosen.facts, available_bytes, limit, kv_type)
        if own < n_ctx and estimate_memory(chosen.facts, n_ctx, kv_type=kv_type).total_bytes <= available_bytes:
            self._raised[settings] = n_ctx

    @staticmethod
    def larger(
        settings: ModelSettings, chosen: ChosenModel, n_ctx: int, n_wanted: int, available_bytes: int
    ) -> LargerContext | None:
        """The length, doubled until it holds enough; None if it does not fit, or is of no use.

        Args:
            settings: How it is loaded.
            chosen: The loaded model.
            n_ctx: The context length it has, tokens.
            n_wanted: The context length that is needed, tokens.
            available_bytes: Memory for all of it, with what the loaded one gives back.
        """
        larger = 2 * n_ctx
        while larger < n_wanted:
            larger *= 2
        kv_type = usable_kv_type(chosen.facts, KvType(settings.kv_type))
        need, now = (estimate_memory(chosen.facts, length, kv_type=kv_type) for length in (larger, n_ctx))
        if larger > _limit(chosen) or need.total_bytes > available_bytes - _projector_bytes(chosen):
            return None
        return LargerContext(larger, need.total_bytes - now.total_bytes)


def _limit(chosen: ChosenModel) -> int:
    """Up to where a longer context is of use; what knows no positions reads on and on."""
    knows_places = chosen.facts.n_rot or chosen.facts.has_position_table
    return longest_n_ctx(chosen.facts) if knows_places else MAX_N_CTX


def _projector_bytes(chosen: ChosenModel) -> int:
    return chosen.projector_facts.tensor_bytes if chosen.projector_facts is not None else 0
