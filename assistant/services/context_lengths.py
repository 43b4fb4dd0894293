"""Context lengths beyond what the settings say, because a conversation needs them.

Process: app. Thread: any.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from assistant.core.context_plan import choose_n_ctx, largest_n_ctx, longest_n_ctx, usable_kv_type
from assistant.core.errors import NotEnoughMemory, RequestCancelled
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
        self._refused: dict[ModelSettings, int] = {}

    def applied(self, settings: ModelSettings) -> int:
        """The context length that these settings ask for now, tokens; as `ContextWish.n_ctx`."""
        return self._raised.get(settings, settings.n_ctx)

    @contextmanager
    def raising(self, settings: ModelSettings, n_ctx: int) -> Iterator[None]:
        """Raise them; where the load that follows fails, it is as before, and no such length is offered again."""
        before = self._raised.get(settings)
        self._raised[settings] = n_ctx
        try:
            yield
        except BaseException as error:
            if before is None:
                del self._raised[settings]
            else:
                self._raised[settings] = before
            if not isinstance(error, RequestCancelled):
                self._refused[settings] = n_ctx
            raise

    def keep(
        self, settings: ModelSettings, chosen: ChosenModel, kv_type: KvType, n_ctx: int, available_bytes: int
    ) -> None:
        """Raise them if they would give less, and it fits.

        Args:
            settings: Which model, and how it is loaded.
            chosen: The model.
            kv_type: Type of its KV cache.
            n_ctx: Context length, tokens; as much of it as is of use with this model.
            available_bytes: Memory for all of it.
        """
        available_bytes -= chosen.projector_bytes
        n_ctx, kv_type = min(n_ctx, _limit(chosen)), usable_kv_type(chosen.facts, kv_type)
        if estimate_memory(chosen.facts, n_ctx, kv_type=kv_type).total_bytes > available_bytes:
            return
        try:
            own = choose_n_ctx(chosen.facts, self.applied(settings), available_bytes, kv_type)
        except NotEnoughMemory:  # more is asked for already
            return
        if own < n_ctx:
            self._raised[settings] = n_ctx

    def larger(
        self,
        settings: ModelSettings,
        chosen: ChosenModel,
        kv_type: KvType,
        *,
        n_ctx: int,
        n_wanted: int,
        available_bytes: int,
    ) -> LargerContext | None:
        """Twice the length, as often as it takes to hold enough, or what is left of that; None if nothing does.

        Args:
            settings: Which model, and how it is loaded.
            chosen: The loaded model.
            kv_type: Type of its KV cache.
            n_ctx: The context length it has, tokens.
            n_wanted: The context length that is needed, tokens.
            available_bytes: Memory for all of it, with what the loaded one gives back.
        """
        larger = 2 * n_ctx
        while larger < n_wanted:
            larger *= 2
        limit = min(larger, _limit(chosen), self._refused.get(settings, larger + 1) - 1)
        kv_type = usable_kv_type(chosen.facts, kv_type)
        larger = largest_n_ctx(chosen.facts, available_bytes - chosen.projector_bytes, limit, kv_type)
        if larger <= n_ctx or larger < n_wanted:
            return None
        need, now = (estimate_memory(chosen.facts, length, kv_type=kv_type) for length in (larger, n_ctx))
        return LargerContext(larger, need.total_bytes - now.total_bytes)


def _limit(chosen: ChosenModel) -> int:
    """Up to where a longer context is of use; what knows no positions reads on and on."""
    knows_places = chosen.facts.n_rot or chosen.facts.has_position_table
    return longest_n_ctx(chosen.facts) if knows_places else MAX_N_CTX
