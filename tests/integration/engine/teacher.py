"""Judges answers by teacher forcing: the same ids in a fresh context, with the logits of every row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import llama_cpp.llama_cpp as llama
import numpy as np
import numpy.typing as npt


class Teacher:
    """A second load of a model, for fresh contexts.

    Args:
        path: The model file.
        n_batch: Most rows of one step.
        n_threads: Processor threads; as in the context that is judged.
    """

    def __init__(self, path: Path, n_batch: int, n_threads: int) -> None:
        self.n_batch = n_batch
        self._n_threads = n_threads
        model = llama.llama_model_load_from_file(str(path).encode(), llama.llama_model_default_params())
        assert model is not None
        self._model = model
        self._n_vocab = llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(model))

    def logits(self, token_ids: Sequence[int], n_ctx: int) -> npt.NDArray[np.float32]:
        """Logits after each of the ids, `(len(token_ids), n_vocab)`, from a context that held nothing before."""
        parameters = llama.llama_context_default_params()
        parameters.n_ctx = n_ctx
        parameters.n_batch = parameters.n_ubatch = self.n_batch
        parameters.n_threads = parameters.n_threads_batch = self._n_threads
        parameters.flash_attn_type = llama.LLAMA_FLASH_ATTN_TYPE_DISABLED  # as in the context that is judged
        context = llama.llama_init_from_model(self._model, parameters)
        batch = llama.llama_batch_init(self.n_batch, 0, 1)
        rows = np.empty((len(token_ids), self._n_vocab), dtype=np.float32)
        try:
            for start in range(0, len(token_ids), self.n_batch):
                part = token_ids[start : start + self.n_batch]
                batch.n_tokens = len(part)
                for index, token_id in enumerate(part):
                    batch.token[index], batch.pos[index], batch.logits[index] = token_id, start + index, True
                    batch.n_seq_id[index], batch.seq_id[index][0] = 1, 0
                assert llama.llama_decode(context, batch) == 0
                for index in range(len(part)):
                    row = llama.llama_get_logits_ith(context, index)
                    rows[start + index] = np.ctypeslib.as_array(row, (self._n_vocab,))
        finally:
            llama.llama_batch_free(batch)
            llama.llama_free(context)
        return rows

    def close(self) -> None:
        llama.llama_model_free(self._model)
