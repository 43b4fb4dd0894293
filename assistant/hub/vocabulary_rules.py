"""Checks of a model's vocabulary, the way llama.cpp would assert it or need it later.

Process: app. Thread rule: pure.

Source of the rules: ``llama_vocab::impl::load`` and ``tokenize`` in llama-vocab.cpp.
"""

from __future__ import annotations

from assistant.hub.gguf_metadata import TOKENS_KEY, Metadata
from assistant.hub.gguf_reader import HeaderInvalid, ValueType

NO_TOKEN = 2**32 - 1
TEMPLATE_KEY = "tokenizer.chat_template"
BYTE_PAIR_TOKENIZERS = ("gpt2", "hybriddna", "whitespace", "gemma4")
# Tokenizers that exist in llama.cpp but abort or cannot write text.
NO_CHAT_TOKENIZERS = ("bert", "test")
DEFAULT_BOS = {"llama": 1, "plamo2": 1, "gpt2": 11, "hybriddna": 11, "whitespace": 11}
# Every byte that UTF-8 text can hold.
UTF8_BYTES = frozenset({*range(0x01, 0xC0), *range(0xC2, 0xF5)})


def check_vocabulary(metadata: Metadata) -> int:
    """Check the tokenizer's keys and return the number of tokens.

    Raises:
        HeaderInvalid: One of them is missing, has the wrong type or length, or contradicts another one.
    """
    tokenizer = metadata.text("tokenizer.ggml.model")
    if not tokenizer or tokenizer in NO_CHAT_TOKENIZERS:
        raise HeaderInvalid(f"tokenizer.ggml.model is {tokenizer!r}")
    n_vocab = metadata.array_length(TOKENS_KEY, (ValueType.STR,))
    if not n_vocab or metadata.tokens is None:
        raise HeaderInvalid(f"{TOKENS_KEY} is missing or empty")
    _check_lengths(metadata, n_vocab)
    _check_texts(metadata.tokens, tokenizer)
    merges = metadata.array_length("tokenizer.ggml.merges", (ValueType.STR,))
    if merges is None and tokenizer in BYTE_PAIR_TOKENIZERS and metadata.text("tokenizer.ggml.pre") != "kimi-k2":
        raise HeaderInvalid("tokenizer.ggml.merges is missing")
    _check_token_ids(metadata, tokenizer, n_vocab)
    # Raises for a template that is no text, or longer than any that a model was ever shipped with.
    metadata.text(TEMPLATE_KEY)
    return n_vocab


def _check_lengths(metadata: Metadata, n_vocab: int) -> None:
    for key, kinds in (
        ("tokenizer.ggml.scores", (ValueType.F32, ValueType.I32)),
        ("tokenizer.ggml.token_type", (ValueType.I32,)),
    ):
        count = metadata.array_length(key, kinds)
        if count is not None and count != n_vocab:
            raise HeaderInvalid(f"{key} has {count} items for {n_vocab} tokens")


def _check_texts(tokens: list[bytes], tokenizer: str) -> None:
    # llama.cpp names empty tokens this way, then asserts that no text stands twice.
    texts = {text or b"[EMPTY_%d]" % index for index, text in enumerate(tokens)}
    if len(texts) != len(tokens):
        raise HeaderInvalid(f"{len(tokens) - len(texts)} tokens have the same text as another one")
    if tokenizer == "llama":
        # A byte without a token ends the process as soon as somebody types it.
        missing = [byte for byte in UTF8_BYTES if b"<0x%02X>" % byte not in texts and bytes([byte]) not in texts]
        if missing:
            raise HeaderInvalid(f"the vocabulary has no token for {len(missing)} of the 256 bytes")


def _check_token_ids(metadata: Metadata, tokenizer: str, n_vocab: int) -> None:
    bos = DEFAULT_BOS.get(tokenizer, NO_TOKEN)
    bos = bos if bos < n_vocab else NO_TOKEN
    for name in ("bos", "eos", "eot", "eom"):
        key = f"tokenizer.ggml.{name}_token_id"
        token = metadata.integer(key, 0, NO_TOKEN, NO_TOKEN)
        if n_vocab <= token < NO_TOKEN:
            raise HeaderInvalid(f"{key} is {token} in a vocabulary of {n_vocab} tokens")
        if name == "bos" and token != NO_TOKEN:
            bos = token
    if metadata.flag("tokenizer.ggml.add_bos_token", tokenizer == "llama") and bos == NO_TOKEN:
        raise HeaderInvalid("a token is to begin every text, but tokenizer.ggml.bos_token_id names none")
