"""Messages between the app and the converter worker, which makes GGUF adapters of PEFT folders.

Process: both sides. Thread rule: immutable.

The worker takes one request, answers it and ends.
"""

from __future__ import annotations

import msgspec

from assistant.core.errors import ErrorInfo
from assistant.core.model_facts import ModelFacts


class ConvertAdapter(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Convert an adapter.

    Attributes:
        folder: Holds ``adapter_config.json`` and ``adapter_model.safetensors``; untrusted.
        target: Where the GGUF file goes.
        name: What it is called.
        base: The model that it belongs to.
    """

    folder: str
    target: str
    name: str
    base: ModelFacts


class AdapterConverted(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The file is written."""


class ConversionFailed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The folder cannot be converted; nothing is left under the target's name."""

    error: ErrorInfo


ConverterReply = AdapterConverted | ConversionFailed
