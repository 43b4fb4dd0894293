"""Tells chat models from the other things that come as GGUF files.

Process: app. Thread rule: pure.

The values of ``general.type`` are those of ``GGUFType`` in gguf-py; the architectures those of ``LLM_ARCH_NAMES`` in
llama-arch.cpp. An architecture that is not named here is left to llama.cpp.
"""

from __future__ import annotations

from assistant.core.errors import ModelUnsupported
from assistant.hub.gguf_metadata import Metadata

_NO_MODEL = "Choose a chat model."
_EMBEDDING = "The file {file} is an embedding model: it finds documents but cannot chat."
_PROJECTOR = "The file {file} is a projector (mmproj): the part that lets a model see or hear, not a model."
_PROJECTOR_REMEDY = "Keep it beside the model that it belongs to, and choose that model."
_SPEECH = "The file {file} is a speech model: it makes sound, not text."
_DIFFUSION = "The file {file} is a diffusion language model, which is not supported."
_IMAGES = "The file {file} is a model that draws images, not one that chats."
_TRANSLATOR = "The file {file} is an encoder-decoder model such as T5, which is not supported."
_DRAFT = "The file {file} is a draft model: it only speeds up the larger model it was made for."

BY_TYPE = {
    "adapter": (
        "The file {file} is an adapter (LoRA): it changes a model and is not one itself.",
        "Choose the model that it was made for.",
    ),
    "mmproj": (_PROJECTOR, _PROJECTOR_REMEDY),
    "imatrix": (
        "The file {file} is an importance matrix: it helps to quantize a model and is not one itself.",
        _NO_MODEL,
    ),
    "vocab": ("The file {file} holds a vocabulary only, no model.", _NO_MODEL),
}
BY_ARCHITECTURE = {
    "clip": (_PROJECTOR, _PROJECTOR_REMEDY),
    "controlvector": ("The file {file} is a control vector: it steers a model and is not one itself.", _NO_MODEL),
    **dict.fromkeys(
        (
            "bert",
            "modern-bert",
            "nomic-bert",
            "nomic-bert-moe",
            "neo-bert",
            "jina-bert-v2",
            "jina-bert-v3",
            "eurobert",
            "gemma-embedding",
            "llama-embed",
        ),
        (_EMBEDDING, _NO_MODEL),
    ),
    **dict.fromkeys(("t5", "t5encoder"), (_TRANSLATOR, _NO_MODEL)),
    **dict.fromkeys(("dream", "llada", "llada-moe", "rnd1"), (_DIFFUSION, _NO_MODEL)),
    **dict.fromkeys(("wavtokenizer-dec", "qwen3tts", "pockettts"), (_SPEECH, _NO_MODEL)),
    **dict.fromkeys(("eagle3", "dflash", "gemma4-assistant"), (_DRAFT, "Choose the larger model.")),
    **dict.fromkeys(("flux", "sd1", "sdxl", "sd3", "wan", "lumina2", "qwen_image"), (_IMAGES, _NO_MODEL)),
}


def check_kind(metadata: Metadata, architecture: str, n_tensors: int, file_name: str) -> None:
    """Check that the file is a model that writes text token by token.

    Raises:
        ModelUnsupported: It is something else; the error says what, and where it belongs.
        HeaderInvalid: A value that decides has the wrong type.
    """
    other = BY_TYPE.get(metadata.text("general.type")) or BY_ARCHITECTURE.get(architecture)
    if other is None and n_tensors == 0:
        other = BY_TYPE["vocab"]
    if other is None and not metadata.flag(f"{architecture}.attention.causal", True):
        other = (_EMBEDDING, _NO_MODEL)
    if other is None and metadata.text("tokenizer.ggml.model") in ("no_vocab", "none"):
        other = ("The model {file} comes without a vocabulary, so that it cannot read text.", _NO_MODEL)
    if other is not None:
        message, remedy = other
        raise ModelUnsupported(message, remedy=remedy, file=file_name)
