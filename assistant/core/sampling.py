"""How the engine chooses tokens for one request.

Process: any. Thread rule: immutable.
"""

from __future__ import annotations

import msgspec

PENALTY_LAST_N = 64
"""How many last tokens the repeat penalty looks at."""


DEFAULT_TEMPERATURE = 0.7
"""For models whose makers recommend none."""


class SamplingParameters(msgspec.Struct, frozen=True, kw_only=True):
    """Sampling of one request; the ranges are those of `SamplingSettings`, checked before.

    Attributes:
        temperature: 0 for greedy decoding.
        top_k: 0 keeps all tokens.
        top_p: 1 keeps all tokens.
        min_p: 0 keeps all tokens.
        repeat_penalty: 1 is off.
        seed: 32 bits, already drawn: the same seed draws the same tokens from the same logits.
        max_tokens: Tokens after which the answer stops with `length`; 0 for the rest of the context.
        stop: Strings that end the answer; they are not part of it.
    """

    temperature: float = DEFAULT_TEMPERATURE
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.05
    repeat_penalty: float = 1.0
    seed: int = 0
    max_tokens: int = 0
    stop: tuple[str, ...] = ()
