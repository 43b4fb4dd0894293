"""A model and a context of llama.cpp without the rest of the engine: texts and pictures in, greedy answers out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import llama_cpp.llama_cpp as llama

from assistant.engine.cancel import CancelFlag
from assistant.engine.cells import Cell, MediaCell
from assistant.engine.projector import Projector
from assistant.engine.vocabulary import Vocabulary
from assistant.protocol.prompt_messages import PromptMedia

N_BATCH = 128


class RawContext:
    """Weights, context and projector of one model.

    Args:
        model: GGUF file.
        mmproj: GGUF file of the projector.
        n_ctx: Cells of the KV memory.
        cancel: Stops the projector while it is set.
    """

    def __init__(self, model: Path, mmproj: Path, *, n_ctx: int = 1024, cancel: CancelFlag | None = None) -> None:
        weights = llama.llama_model_load_from_file(str(model).encode(), llama.llama_model_default_params())
        assert weights is not None
        self._weights = weights
        self.vocabulary = Vocabulary(weights, "")
        cancel = cancel or CancelFlag()
        try:
            self.projector = Projector(str(mmproj), weights, n_ctx=n_ctx, n_threads=1, cancel=cancel)
        except BaseException:
            llama.llama_model_free(weights)
            raise
        parameters = llama.llama_context_default_params()
        parameters.n_ctx = n_ctx
        parameters.n_batch = parameters.n_ubatch = N_BATCH
        parameters.n_seq_max = parameters.n_outputs_max = 2
        parameters.kv_unified = True
        parameters.n_threads = parameters.n_threads_batch = 1
        context = llama.llama_init_from_model(weights, parameters)
        assert context is not None
        self.context = context
        self._memory = llama.llama_get_memory(context)
        self._batch = llama.llama_batch_init(N_BATCH, 0, 1)
        self._position = [0, 0]

    def n_positions(self, seq_id: int = 0) -> int:
        """Positions that the memory holds of a sequence."""
        return int(llama.llama_memory_seq_pos_max(self._memory, seq_id)) + 1

    def clear(self, seq_id: int = 0) -> None:
        llama.llama_memory_seq_rm(self._memory, seq_id, -1, -1)
        self._position[seq_id] = 0

    def read_tokens(self, token_ids: Sequence[int], seq_id: int = 0) -> None:
        for start in range(0, len(token_ids), N_BATCH):
            part = token_ids[start : start + N_BATCH]
            batch = self._batch
            batch.n_tokens = len(part)
            for index, token_id in enumerate(part):
                batch.token[index], batch.pos[index] = token_id, self._position[seq_id] + index
                batch.n_seq_id[index], batch.seq_id[index][0] = 1, seq_id
                batch.logits[index] = index == len(part) - 1
            assert llama.llama_decode(self.context, batch) == 0
            self._position[seq_id] += len(part)

    def read_media(self, media: PromptMedia, seq_id: int = 0, *, n_batch: int = N_BATCH) -> list[bool]:
        """Read a picture; for each of its pieces, whether the tower had to look."""
        looked = [self.read_cell(cell, media, seq_id, n_batch=n_batch) for cell in self.projector.layout(media)]
        return [each for each in looked if each is not None]

    def read_cell(self, cell: Cell, media: PromptMedia, seq_id: int = 0, *, n_batch: int = N_BATCH) -> bool | None:
        """Read one cell of a picture's layout; None if it is a token."""
        if not isinstance(cell, MediaCell):
            self.read_tokens([cell], seq_id)
            return None
        looked = self.projector.read(
            cell, media, self.context, seq_id=seq_id, position=self._position[seq_id], n_batch=n_batch
        )
        self._position[seq_id] += cell.n_pos
        return looked

    def best_token(self) -> int:
        logits = llama.llama_get_logits_ith(self.context, -1)
        return max(range(self.vocabulary.n_tokens), key=logits.__getitem__)

    def answer(self, media: PromptMedia, question: str, seq_id: int = 0) -> str:
        """The greedy answer of a model with ChatML to a question about a picture."""
        self.clear(seq_id)
        self.read_tokens(self.vocabulary.tokenize("<|im_start|>user\n"), seq_id)
        self.read_media(media, seq_id)
        self.read_tokens(self.vocabulary.tokenize(f"\n{question}<|im_end|>\n<|im_start|>assistant\n"), seq_id)
        words = b""
        while not self.vocabulary.is_end(token_id := self.best_token()) and len(words) < 80:
            words += self.vocabulary.piece(token_id)
            self.read_tokens([token_id], seq_id)
        return words.decode("utf-8", "replace")

    def close(self) -> None:
        self.projector.close()
        llama.llama_batch_free(self._batch)
        llama.llama_free(self.context)
        llama.llama_model_free(self._weights)
