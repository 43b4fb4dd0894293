"""Rotary position embedding (RoPE), and how it is stretched beyond the length that a model was trained with.

Process: any. Thread rule: pure functions.

RoPE turns pair i of a head by the angle ``position * base ** (-2 * i / n_rot)``. Behind the trained length come angles
that the model has never seen. With ``s`` = wanted length / trained length:

* linear interpolation (Chen et al. 2023, arXiv:2306.15595): every position is divided by s,
  ``rope_freq_scale = 1 / s``.
* NTK-aware base ("NTK-Aware Scaled RoPE", bloc97 2023): ``base * s ** (n_rot / (n_rot - 2))``: the slowest pair is
  interpolated by s, the fastest left alone.
* YaRN (Peng et al. 2023, arXiv:2309.00071): pairs that turn more than ``beta_fast`` = 32 times within the trained
  length are left alone, those that turn less than ``beta_slow`` = 1 time are divided by s, those between get a mixture;
  attention is sharpened by ``0.1 * ln(s) + 1``. ``rope_freq_scale = 1 / s``, ``yarn_ext_factor = 1``,
  ``yarn_orig_ctx`` = trained length.

* mixed (ours): NTK by the square root of s, and YaRN by the square root of s on top of that. What it costs within the
  trained length and gives beyond, README says.

The names of the values are those of ``llama_context_params`` in llama.h. In llama.cpp a layer with a sliding window
keeps the model's own rotation (``get_rope_freq_base`` in llama-model.cpp).
"""

from __future__ import annotations

import enum
import math

import msgspec

from assistant.core.model_facts import ModelFacts

LLAMA_BASE = 10_000.0
"""``rope_freq_base`` of llama.cpp where the header says nothing."""


class RopeMethod(enum.StrEnum):
    """How positions beyond the trained length are reached."""

    NONE = "none"
    LINEAR = "linear"
    NTK = "ntk"
    YARN = "yarn"
    MIXED = "mixed"


class RopeScaling(msgspec.Struct, frozen=True, kw_only=True):
    """Values for ``llama_context_params``; the defaults leave everything as the model's file says.

    Attributes:
        method: What they do.
        factor: How much longer than the original length, 1 or more.
        freq_base: ``rope_freq_base``; 0 for the model's.
        freq_scale: ``rope_freq_scale``; 0 for the model's.
        yarn_ext_factor: ``yarn_ext_factor``; -1 for the model's.
        yarn_orig_ctx: ``yarn_orig_ctx``, tokens; 0 for the model's.
    """

    method: RopeMethod = RopeMethod.NONE
    factor: float = 1.0
    freq_base: float = 0.0
    freq_scale: float = 0.0
    yarn_ext_factor: float = -1.0
    yarn_orig_ctx: int = 0


def rope_scaling(facts: ModelFacts, method: RopeMethod, n_ctx: int) -> RopeScaling:
    """The values with which `method` reaches `n_ctx` tokens; within the trained length nothing is scaled.

    A scaling that the file brings is kept: linear and YaRN go on from the original length, NTK comes on top.

    Args:
        facts: The model.
        method: One of `methods`; any other leaves the model as it is.
        n_ctx: Context length, tokens.
    """
    stretch = n_ctx / facts.n_ctx_train
    base = facts.rope_freq_base or LLAMA_BASE
    if stretch <= 1 or method not in methods(facts):
        return RopeScaling()
    if method is RopeMethod.NTK:
        return RopeScaling(method=method, factor=stretch, freq_base=ntk_base(base, stretch, facts.n_rot))
    if method is RopeMethod.MIXED:
        half = math.sqrt(stretch)
        return RopeScaling(
            method=method,
            factor=stretch,
            freq_base=ntk_base(base, half, facts.n_rot),
            freq_scale=1 / half,
            yarn_ext_factor=1.0,
            yarn_orig_ctx=facts.n_ctx_train,
        )
    if method is RopeMethod.LINEAR:
        in_file = facts.rope_factor if facts.rope_scaling == "linear" else 1.0
        return RopeScaling(method=method, factor=stretch, freq_scale=1 / (stretch * in_file), yarn_ext_factor=0.0)
    if method is RopeMethod.YARN:
        original = facts.n_ctx_original if facts.rope_scaling == "yarn" and facts.n_ctx_original else facts.n_ctx_train
        scale = original / n_ctx
        return RopeScaling(method=method, factor=stretch, freq_scale=scale, yarn_ext_factor=1.0, yarn_orig_ctx=original)
    return RopeScaling()


def methods(facts: ModelFacts) -> tuple[RopeMethod, ...]:
    """The methods that make sense for the model: a scaling in its file is carried on in its own way, or by NTK."""
    if not can_stretch(facts):
        return (RopeMethod.NONE,)
    if facts.rope_scaling == "linear":
        return (RopeMethod.NONE, RopeMethod.LINEAR, RopeMethod.NTK)
    if facts.rope_scaling == "yarn":
        return (RopeMethod.NONE, RopeMethod.NTK, RopeMethod.YARN)
    return tuple(RopeMethod)


def automatic_method(facts: ModelFacts) -> RopeMethod:
    """The method to take where nothing was measured.

    On the starter model the mixture reads best beyond the trained length and costs least within it, at two and at four
    times that length. README has the figures.
    """
    wanted = (RopeMethod.MIXED, RopeMethod.YARN, RopeMethod.LINEAR, RopeMethod.NONE)
    return next(method for method in wanted if method in methods(facts))


def known_method(facts: ModelFacts, wanted: RopeMethod) -> RopeMethod:
    """`wanted` if it is one of the model's `methods`, else what carries on the scaling in its file."""
    return wanted if wanted in methods(facts) else automatic_method(facts)


def ntk_base(base: float, stretch: float, n_rot: int) -> float:
    """The base with which the slowest of ``n_rot / 2`` pairs turns 1 / `stretch` as fast."""
    return float(base * stretch ** (n_rot / (n_rot - 2))) if n_rot > 2 else base * stretch


def can_stretch(facts: ModelFacts) -> bool:
    """Whether the model turns its positions, and not by a table of factors of its own (LongRoPE)."""
    return facts.n_rot > 0 and facts.rope_scaling != "longrope"
