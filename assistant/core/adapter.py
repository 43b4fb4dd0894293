"""LoRA adapters: what the header of one says, and how strongly an answer is made with one.

Process: any. Thread rule: immutable.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

MAX_SCALE = 4.0
"""Largest strength to either side; beyond 2 most adapters make nonsense."""


class AdapterUse(msgspec.Struct, frozen=True, kw_only=True):
    """An adapter that answers are made with.

    Attributes:
        path: GGUF file; absolute, for the engine has a working directory of its own.
        scale: How strongly, from -`MAX_SCALE` to `MAX_SCALE`: 0 is not at all, 1 as it was trained.
    """

    path: str
    scale: float = 1.0

    @property
    def name(self) -> str:
        """What people recognise: the file's name without its suffix."""
        return Path(self.path).stem


def adapter_words(uses: Sequence[AdapterUse]) -> str:
    """Adapters and their strengths on one line; one that is as strong as it was trained is only named."""
    return " + ".join(use.name if use.scale == 1 else f"{use.name} × {use.scale:g}" for use in uses)


class AdapterFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Facts read from the GGUF header of a LoRA adapter.

    Attributes:
        name: ``general.name``, or the file name without its suffix.
        architecture: ``general.architecture`` of the models that it changes, for example ``llama``.
        alpha: ``adapter.lora.alpha``; llama.cpp scales by the strength a person chose times ``alpha / rank``, and by
            the strength alone where alpha is 0.
        rank: Largest rank of its pairs.
        n_pairs: Matrices that it changes.
        base_name: Name of the model it was trained on; empty where the header does not say.
        tensor_bytes: Bytes of all tensors.
    """

    name: str
    architecture: str
    alpha: float
    rank: int
    n_pairs: int
    base_name: str = ""
    tensor_bytes: int = 0
