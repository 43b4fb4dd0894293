"""Text to token ids and back, through the model's own vocabulary.

Process: engine worker. Thread: the scheduler's only.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import re
from collections.abc import Iterable

import llama_cpp.llama_cpp as llama


class Vocabulary:
    """The vocabulary of a loaded model.

    Args:
        model: Pointer of the loaded model; must outlive this object.
        chat_template: Source of its chat template.

    Attributes:
        digest: SHA-256 over all token texts; equal digests give equal ids.
        markers: Texts of the tokens that mark turns, for example ``<|im_start|>``: the control tokens, and those
            user-defined ones that the chat template writes.
        spells_marker: Function that tells whether a text contains one of them.
        bos_text: Text of the begin-of-sequence token; empty if there is none.
        eos_text: Text of the end-of-sequence token; empty if there is none.
    """

    def __init__(self, model: llama.llama_model_p, chat_template: str) -> None:
        pointer = llama.llama_model_get_vocab(model)
        assert pointer is not None
        self._pointer = pointer
        self.n_tokens = llama.llama_vocab_n_tokens(pointer)
        self.digest, control, user_defined = self._survey()
        written = [text for text in user_defined if text in chat_template]
        self.markers = (*control, *written)
        # llama.cpp parses user-defined tokens even in plain text; cut after its first character none is left.
        self._cut = re.compile("|".join(f"(?<={re.escape(text[0])})(?={re.escape(text[1:])})" for text in written))
        self._must_cut = bool(written)
        self._bos = llama.llama_vocab_bos(pointer)
        self._adds_bos = llama.llama_vocab_get_add_bos(pointer)
        self.bos_text = self._special_text(self._bos)
        self.eos_text = self._special_text(llama.llama_vocab_eos(pointer))
        self._pieces: dict[int, bytes] = {}
        # Vocabularies may hold thousands of control tokens, and every turn asks for every message again.
        self.spells_marker = functools.lru_cache(maxsize=1024)(self._spells_marker)

    def _survey(self) -> tuple[str, list[str], list[str]]:
        digest = hashlib.sha256()
        control: list[str] = []
        user_defined: list[str] = []
        for token_id in range(self.n_tokens):
            text = llama.llama_vocab_get_text(self._pointer, token_id) or b""
            digest.update(len(text).to_bytes(4, "little") + text)
            attributes = llama.llama_vocab_get_attr(self._pointer, token_id) if len(text) > 1 else 0
            if attributes & llama.LLAMA_TOKEN_ATTR_CONTROL:
                control.append(text.decode("utf-8", "replace"))
            elif attributes & llama.LLAMA_TOKEN_ATTR_USER_DEFINED:
                user_defined.append(text.decode("utf-8", "replace"))
        return digest.hexdigest(), control, user_defined

    def _special_text(self, token_id: int) -> str:
        if not 0 <= token_id < self.n_tokens:
            return ""
        return (llama.llama_vocab_get_text(self._pointer, token_id) or b"").decode("utf-8", "replace")

    def tokenize(self, text: str) -> list[int]:
        """Token ids of a text, without begin or end tokens; the texts of control tokens become these tokens."""
        return self._tokenize(text, parse_special=True)

    def tokenize_plain(self, text: str) -> list[int]:
        """Token ids of a text that a person or a document wrote: none of them is a marker, whatever it spells."""
        pieces = self._cut.split(text) if self._must_cut else [text]
        return [token_id for piece in pieces for token_id in self._tokenize(piece, parse_special=False)]

    def _tokenize(self, text: str, *, parse_special: bool) -> list[int]:
        data = text.encode("utf-8", "replace")
        if not data:
            return []
        capacity = len(data) + 16
        while True:
            buffer = (llama.llama_token * capacity)()
            count = llama.llama_tokenize(self._pointer, data, len(data), buffer, capacity, False, parse_special)
            if count >= 0:
                return buffer[:count]
            capacity = -count

    def _spells_marker(self, text: str) -> bool:
        return any(marker in text for marker in self.markers)

    def with_bos(self, token_ids: list[int]) -> list[int]:
        """The ids of a whole prompt, begun by the begin token where the model was trained with one."""
        if self._adds_bos and 0 <= self._bos < self.n_tokens and token_ids[:1] != [self._bos]:
            return [self._bos, *token_ids]
        return token_ids

    def is_end(self, token_id: int) -> bool:
        """Whether the token ends a generation."""
        return bool(llama.llama_vocab_is_eog(self._pointer, token_id))

    def piece(self, token_id: int) -> bytes:
        """Bytes that the token stands for, possibly a part of a character; control tokens are empty."""
        piece = self._pieces.get(token_id)
        if piece is None:
            piece = self._pieces[token_id] = self._native_piece(token_id)
        return piece

    def _native_piece(self, token_id: int) -> bytes:
        capacity = 64
        while True:
            buffer = ctypes.create_string_buffer(capacity)
            count = llama.llama_token_to_piece(self._pointer, token_id, buffer, capacity, 0, False)
            if count >= 0:
                return buffer.raw[:count]
            capacity = -count

    def spells(self, token_ids: Iterable[int], text: str) -> bool:
        """Whether the ids are ids of this vocabulary and spell exactly this text."""
        ids = list(token_ids)
        if not ids or not all(0 <= token_id < self.n_tokens for token_id in ids):
            return False
        return b"".join(map(self.piece, ids)).decode("utf-8", "replace") == text
