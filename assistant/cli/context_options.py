"""The options about the context that chat, bench and the context check share.

Process: terminal. Thread: main.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from assistant.core.context_plan import ALL_LAYERS, N_CTX_LONGEST
from assistant.core.memory_estimate import KvType
from assistant.core.rope import RopeMethod
from assistant.services.context_lengths import MAX_N_CTX

AUTOMATIC = "auto"
LONGEST = "max"
_EXCERPT = 40


def _number_or(text: str, words: dict[str, int]) -> int:
    if text in words:
        return words[text]
    if not text.isascii() or not text.isdigit():
        raise typer.BadParameter(f"{text!r} is no number of tokens or layers, and not one of {', '.join(words)}.")
    digits = text.lstrip("0") or "0"
    if len(digits) > len(str(MAX_N_CTX)) or int(digits) > MAX_N_CTX:
        raise typer.BadParameter(f"{text[:_EXCERPT]} is too large: {MAX_N_CTX} is the most.")
    return int(digits)


def parse_n_ctx(text: str) -> int:
    """Tokens, ``auto`` or ``max``, as `ContextWish.n_ctx`."""
    return _number_or(text, {AUTOMATIC: 0, LONGEST: N_CTX_LONGEST})


def parse_n_gpu_layers(text: str) -> int:
    """Layers or ``auto``, as `ContextWish.n_gpu_layers`."""
    return _number_or(text, {AUTOMATIC: ALL_LAYERS})


def parse_rope(text: str) -> str:
    """A method of RoPE scaling, or ``auto``."""
    return _one_of(text, (AUTOMATIC, *(method.value for method in RopeMethod)))


def parse_kv_type(text: str) -> str:
    """A type of the KV cache."""
    return _one_of(text, tuple(kv_type.value for kv_type in KvType))


def _one_of(text: str, words: tuple[str, ...]) -> str:
    if text not in words:
        raise typer.BadParameter(f"{text!r} is not one of {', '.join(words)}.")
    return text


NCtx = Annotated[
    int | None,
    typer.Option(
        parser=parse_n_ctx,
        metavar="N|auto|max",
        help="Context length, tokens; auto stays at the trained length, max is the longest that fits.",
    ),
]
Rope = Annotated[
    str | None,
    typer.Option(
        parser=parse_rope,
        metavar="auto|none|linear|ntk|yarn|mixed",
        help="How to read more than the model was trained with.",
    ),
]
KvTypeOption = Annotated[
    str | None,
    typer.Option(
        "--kv-type",
        parser=parse_kv_type,
        metavar="f16|q8_0|q4_0",
        help="Precision of the model's memory; the smaller ones are slower.",
    ),
]
NGpuLayers = Annotated[
    int | None,
    typer.Option(
        parser=parse_n_gpu_layers, metavar="N|auto", help="Layers on the graphics card; auto is all that fit."
    ),
]


def context_options(
    n_ctx: int | None, rope: str | None, kv_type: str | None, n_gpu_layers: int | None
) -> dict[str, Any]:
    """The options as settings by name; None where one was not given."""
    return {
        "model.n_ctx": n_ctx,
        "model.rope": rope,
        "model.kv_type": kv_type,
        "model.n_gpu_layers": n_gpu_layers,
    }
