"""A loaded model with its context: the native objects, and the few things done to them.

Process: engine worker. Thread: the scheduler's only, but for `Model.cancel`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import llama_cpp.llama_cpp as llama

from assistant.core.errors import GenerationFailed, ModelLoadFailed, RequestCancelled
from assistant.engine.vocabulary import Vocabulary
from assistant.protocol.engine_messages import LoadModel

_ABORTED = 2
_NO_SLOT = 1
"""Return values of ``llama_decode`` in llama.h."""


class CancelFlag:
    """Set from any thread, looked at by llama.cpp's callbacks on the scheduler's."""

    def __init__(self) -> None:
        self.is_set = False


class Model:
    """Weights, vocabulary, context and batch of one loaded GGUF file.

    Args:
        request: What to load, and how.
        cancel: Aborts the load, and later every decode, while it is set.
        on_progress: Called with the part that is read, 0 to 1.

    Attributes:
        chat_template: The Jinja source in the model's header; empty if there is none.
        vocabulary: The model's vocabulary.
        n_ctx: Context length that llama.cpp gave, tokens.
        n_batch: Most tokens of one `decode`.

    Raises:
        RequestCancelled: `cancel` was set during the load.
        ModelLoadFailed: llama.cpp refused the file or the context.
    """

    def __init__(self, request: LoadModel, cancel: CancelFlag, on_progress: Callable[[float], None]) -> None:
        self._cancel = cancel
        self._model = _load_weights(request, cancel, on_progress)
        try:
            source = llama.llama_model_chat_template(self._model, None)
            self.chat_template = source.decode("utf-8", "replace") if source else ""
            self.vocabulary = Vocabulary(self._model, self.chat_template)
            self._context = self._new_context(request)
        except BaseException:
            llama.llama_model_free(self._model)
            raise
        memory = llama.llama_get_memory(self._context)
        assert memory is not None, "read_model_facts admits decoders only"
        self._memory = memory
        self.n_ctx = llama.llama_n_ctx(self._context)
        self.n_ctx_train = llama.llama_model_n_ctx_train(self._model)
        self.n_batch = llama.llama_n_batch(self._context)
        self._n_swa = llama.llama_model_n_swa(self._model)
        self._batch = llama.llama_batch_init(self.n_batch, 0, 1)

    def _new_context(self, request: LoadModel) -> llama.llama_context_p:
        parameters = llama.llama_context_default_params()
        parameters.n_ctx = request.n_ctx
        parameters.n_batch = parameters.n_ubatch = request.n_batch
        parameters.n_outputs_max = 1  # the default reserves logits for every token of a batch
        parameters.n_threads = parameters.n_threads_batch = request.n_threads
        self._abort = llama.ggml_abort_callback(lambda _: self._cancel.is_set)
        parameters.abort_callback = self._abort
        context: llama.llama_context_p | None = llama.llama_init_from_model(self._model, parameters)
        if not context:
            raise ModelLoadFailed(
                "There is not enough memory for a context of {n_ctx} tokens, or the model does not work with it.",
                remedy="Try a smaller context length, or another model.",
                cause="llama_init_from_model returned a null pointer",
                n_ctx=request.n_ctx,
            )
        return context

    @property
    def context(self) -> llama.llama_context_p:
        """llama.cpp's context, for the sampler."""
        return self._context

    def decode(self, token_ids: Sequence[int], *, seq_id: int, position: int) -> None:
        """Read tokens into the KV memory; the logits of the last one are there afterwards.

        Args:
            token_ids: 1 to `n_batch` ids.
            seq_id: The sequence they belong to.
            position: Position of the first of them.

        Raises:
            RequestCancelled: The cancel flag was set; the memory may hold a part of the tokens.
            GenerationFailed: llama.cpp failed; the memory may hold a part of the tokens.
        """
        batch = self._batch
        last = len(token_ids) - 1
        batch.n_tokens = len(token_ids)
        for index, token_id in enumerate(token_ids):
            batch.token[index] = token_id
            batch.pos[index] = position + index
            batch.n_seq_id[index] = 1
            batch.seq_id[index][0] = seq_id
            batch.logits[index] = index == last
        status = llama.llama_decode(self._context, batch)
        if status == _ABORTED or (status != 0 and self._cancel.is_set):
            raise RequestCancelled("The request was stopped.")
        if status != 0:
            reason = "no free cells in the KV memory" if status == _NO_SLOT else f"llama_decode returned {status}"
            raise GenerationFailed(
                "The model failed while it was computing.", remedy="Try again; the model is still there.", cause=reason
            )

    def keep_positions(self, seq_id: int, n_pos: int) -> int:
        """Drop all of a sequence from position `n_pos` on, as far as the memory allows.

        Recurrent models refuse to drop a part, and sliding-window layers may have lost the window before `n_pos`;
        then all of it is dropped.

        Returns:
            Positions that are still held: `n_pos` or 0.
        """
        if self.held_positions(seq_id) <= n_pos:
            return n_pos
        if n_pos > 0 and llama.llama_memory_seq_rm(self._memory, seq_id, n_pos, -1):
            first = llama.llama_memory_seq_pos_min(self._memory, seq_id)
            window_start = max(0, n_pos - self._n_swa) if self._n_swa > 0 else 0
            if 0 <= first <= window_start:
                return n_pos
        llama.llama_memory_seq_rm(self._memory, seq_id, -1, -1)
        return 0

    def held_positions(self, seq_id: int) -> int:
        """Positions of a sequence that the memory holds."""
        return int(llama.llama_memory_seq_pos_max(self._memory, seq_id)) + 1

    def close(self) -> None:
        """Free everything; the object must not be used afterwards."""
        llama.llama_batch_free(self._batch)
        llama.llama_free(self._context)
        llama.llama_model_free(self._model)


def _load_weights(request: LoadModel, cancel: CancelFlag, on_progress: Callable[[float], None]) -> llama.llama_model_p:
    def progressed(fraction: float, _: object) -> bool:
        on_progress(fraction)
        return not cancel.is_set

    parameters = llama.llama_model_default_params()
    parameters.n_gpu_layers = request.n_gpu_layers
    parameters.progress_callback = callback = llama.llama_progress_callback(progressed)
    model: llama.llama_model_p | None = llama.llama_model_load_from_file(request.path.encode(), parameters)
    del callback  # it had to live as long as the load
    if model:
        return model
    if cancel.is_set:
        raise RequestCancelled("Loading the model was stopped.")
    raise ModelLoadFailed(
        "The model could not be loaded.",
        remedy="The file may be damaged or of a kind that this version does not know; try another model.",
        cause="llama_model_load_from_file returned a null pointer",
    )
