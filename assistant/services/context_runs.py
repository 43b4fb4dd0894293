"""What a context check has to measure: which lengths, with which methods, and what of it is known.

Process: app. Thread rule: immutable; pure functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from assistant.core.context_check import ContextCheck, ReadText, Series
from assistant.core.context_plan import (
    N_CTX_LONGEST,
    N_CTX_MIN,
    ContextWish,
    FreeMemory,
    longest_n_ctx,
    plan_context,
    usable_kv_type,
)
from assistant.core.errors import InputInvalid
from assistant.core.memory_estimate import N_CTX_STEP, KvType, padded
from assistant.core.model_facts import ModelFacts
from assistant.core.rope import RopeMethod, methods

USUAL_STRETCH = 2


class CheckWish(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be checked.

    Attributes:
        lengths: Context lengths as `ContextWish.n_ctx`; empty for twice the trained length, or the longest that fits.
        methods: Ways to stretch it; empty for all that make sense. Within the trained length nothing is stretched.
        text: Text file to read; None for the text that comes with Famulus.
        again: Measure what is known already anew.
    """

    lengths: tuple[int, ...] = ()
    methods: tuple[RopeMethod, ...] = ()
    text: Path | None = None
    again: bool = False


class CheckRuns(NamedTuple):
    """The runs of a check.

    Attributes:
        series: One for each length, with the methods that are to be measured of it.
        left: Those of them that are not known yet.
        is_cut: Whether a length was cut to the text.
    """

    series: dict[Series, tuple[RopeMethod, ...]]
    left: dict[Series, tuple[RopeMethod, ...]]
    is_cut: bool

    @property
    def n_left(self) -> int:
        """How many are not known yet."""
        return sum(map(len, self.left.values()))


def check_lengths(facts: ModelFacts, free: FreeMemory, wanted: Sequence[int], kv_type: KvType) -> tuple[int, ...]:
    """The lengths to read, tokens.

    Args:
        facts: The model.
        free: Memory that it may take.
        wanted: As `CheckWish.lengths`.
        kv_type: Type of the KV cache.

    Raises:
        NotEnoughMemory: One of them does not fit.
    """
    usual = padded(min(longest_n_ctx(facts), USUAL_STRETCH * facts.n_ctx_train))
    lengths = []
    for n_ctx in wanted or (0,):
        plan = plan_context(facts, ContextWish(n_ctx=n_ctx or N_CTX_LONGEST, kv_type=kv_type), free)
        lengths.append(plan.n_ctx if n_ctx else min(plan.n_ctx, usual))
    return tuple(dict.fromkeys(lengths))


def check_methods(facts: ModelFacts, wanted: Sequence[RopeMethod]) -> tuple[RopeMethod, ...]:
    """The methods to read with.

    Args:
        facts: The model.
        wanted: As `CheckWish.methods`.

    Raises:
        InputInvalid: The model cannot be stretched by one of them.
    """
    possible = methods(facts)
    for method in wanted:
        if method not in possible:
            raise InputInvalid(
                "The model {model} cannot be stretched by {method}.",
                remedy="Choose another way, or none for all that it knows.",
                model=facts.name,
                method=method.value,
            )
    return tuple(dict.fromkeys(wanted)) or possible


def check_runs(
    facts: ModelFacts, lengths: Sequence[int], wish: CheckWish, kv_type: KvType, text: ReadText, known: ContextCheck
) -> CheckRuns:
    """What is to be measured.

    Args:
        facts: The model.
        lengths: As `check_lengths` gives them.
        wish: What is to be checked.
        kv_type: Type of the KV cache.
        text: What is read.
        known: What was measured before.

    Raises:
        InputInvalid: A method is none of the model's, or the text is too short.
    """
    chosen = check_methods(facts, wish.methods)
    kv_type = usable_kv_type(facts, kv_type)
    series: dict[Series, tuple[RopeMethod, ...]] = {}
    for length in lengths:
        n_ctx = _cut(facts, length, text.n_tokens)
        key = Series(n_ctx=n_ctx, kv_type=kv_type, text_digest=text.digest)
        # Within the trained length all ways are the same.
        series[key] = chosen if _is_stretched(facts, n_ctx) else (RopeMethod.NONE,)
    left = {
        key: tuple(method for method in wanted if wish.again or known.run(method, key) is None)
        for key, wanted in series.items()
    }
    return CheckRuns(series, left, is_cut={key.n_ctx for key in series} != set(lengths))


def bucket_tokens(facts: ModelFacts, n_ctx: int, n_buckets: int) -> int:
    """Tokens of a part of a text: about a share of `n_buckets` of it, and one part ends with the trained length.

    Otherwise the part that lies across would hide what lies beyond, at lengths that go little further.

    Args:
        facts: The model.
        n_ctx: Tokens of the text.
        n_buckets: Parts that are wanted.
    """
    about = max(1, n_ctx // n_buckets)
    if n_ctx <= facts.n_ctx_train:
        return about
    return next((size for size in range(about, about // 2, -1) if facts.n_ctx_train % size == 0), about)


def _is_stretched(facts: ModelFacts, n_ctx: int) -> bool:
    return n_ctx > padded(facts.n_ctx_train)


def _cut(facts: ModelFacts, n_ctx: int, n_text: int) -> int:
    """The length, or the longest that the text fills."""
    if n_ctx <= n_text:
        return n_ctx
    longest = n_text // N_CTX_STEP * N_CTX_STEP
    if longest < N_CTX_MIN:
        raise InputInvalid(
            "The text is too short: it has {n_text} tokens, and a context check needs at least {n}.",
            remedy="Choose a longer text.",
            n_text=n_text,
            n=N_CTX_MIN,
        )
    if _is_stretched(facts, n_ctx) and not _is_stretched(facts, longest):
        raise InputInvalid(
            "The text has {n_text} tokens and ends within the {n} that the model was trained with: no stretch can be "
            "measured with it.",
            remedy="Check a length of up to {longest} tokens, or give a longer text: "
            "famulus context check --text FILE.",
            n_text=n_text,
            n=facts.n_ctx_train,
            longest=longest,
        )
    return longest
