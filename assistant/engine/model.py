"""A loaded model with its projector and context: the native objects, and the few things done to them.

Process: engine worker. Thread: the scheduler's only.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Collection, Sequence
from contextlib import nullcontext

import llama_cpp.llama_cpp as llama

from assistant.core.errors import (
    GenerationFailed,
    ModelLoadFailed,
    ProjectorDamaged,
    ProjectorForeign,
    RequestCancelled,
)
from assistant.core.media import MediaKind
from assistant.core.memory_estimate import N_RECURRENT_SEQUENCES, N_SEQUENCES, KvType
from assistant.core.rope import RopeMethod
from assistant.engine.adapters import Adapters
from assistant.engine.cancel import CancelFlag
from assistant.engine.cells import MediaCell, NoRoom
from assistant.engine.kv_memory import KvMemory, MemoryKind
from assistant.engine.projector import Projector
from assistant.engine.vocabulary import Vocabulary
from assistant.protocol.engine_messages import LoadModel
from assistant.protocol.prompt_messages import PromptMedia

GGML_TYPES = {
    KvType.F16: llama.GGML_TYPE_F16,
    KvType.Q8_0: llama.GGML_TYPE_Q8_0,
    KvType.Q4_0: llama.GGML_TYPE_Q4_0,
}
ROPE_TYPES = {
    RopeMethod.NONE: llama.LLAMA_ROPE_SCALING_TYPE_UNSPECIFIED,  # what the file says
    RopeMethod.NTK: llama.LLAMA_ROPE_SCALING_TYPE_UNSPECIFIED,
    RopeMethod.LINEAR: llama.LLAMA_ROPE_SCALING_TYPE_LINEAR,
    RopeMethod.YARN: llama.LLAMA_ROPE_SCALING_TYPE_YARN,
    RopeMethod.MIXED: llama.LLAMA_ROPE_SCALING_TYPE_YARN,
}
_NO_SLOT = 1
_ABORTED = 2
"""Return values of ``llama_decode`` in llama.h."""


class Model:
    """Weights, vocabulary, projector, context and batch of one loaded GGUF file.

    Args:
        request: What to load, and how.
        cancel: Aborts the load, and later every decode, while it is set.
        on_progress: Called with the part that is read, 0 to 1.

    Attributes:
        chat_template: The Jinja source in the model's header; empty if there is none.
        vocabulary: The model's vocabulary.
        projector: What reads pictures and sounds; None for text alone.
        projector_note: Why the projector that was asked for is not there; empty if it is, or if none was.
        memory: The KV memory.
        adapters: The LoRA adapters that the context computes with.
        n_ctx: KV cells of the context, which all sequences share.
        n_ctx_train: Context length the model was trained with, tokens.
        n_ctx_original: Context length it was trained with before that was stretched, tokens; `n_ctx_train` if never.
        n_batch: Most tokens of one `decode`.
        n_seq_max: How many sequences there are.
        has_flash_attention: Whether llama.cpp may use it.
        context_parameters: What the context was made with.

    Raises:
        RequestCancelled: `cancel` was set during the load.
        ModelLoadFailed: llama.cpp refused the file or the context.
    """

    def __init__(self, request: LoadModel, cancel: CancelFlag, on_progress: Callable[[float], None]) -> None:
        self._cancel = cancel
        self.projector: Projector | None = None
        self.projector_note = ""
        self._model = _load_weights(request, cancel, on_progress)
        try:
            source = llama.llama_model_chat_template(self._model, None)
            self.chat_template = source.decode("utf-8", "replace") if source else ""
            self.vocabulary = Vocabulary(self._model, self.chat_template)
            self._load_projector(request)
            self.context_parameters = self._context_parameters(request)
            self._context = self._new_context()
        except BaseException:
            self._free_model()
            raise
        try:
            self.memory = KvMemory(self._model, self._context)
            self.adapters = Adapters(self._model, self._context)
        except BaseException:
            llama.llama_free(self._context)
            self._free_model()
            raise
        self.n_ctx = llama.llama_n_ctx(self._context)
        self.n_ctx_train = llama.llama_model_n_ctx_train(self._model)
        self.n_ctx_original = _original_n_ctx(self._model) or self.n_ctx_train
        self.n_batch = llama.llama_n_batch(self._context)
        self.n_seq_max = llama.llama_n_seq_max(self._context)
        self.has_flash_attention = self.context_parameters.flash_attn_type != llama.LLAMA_FLASH_ATTN_TYPE_DISABLED
        self._batch = llama.llama_batch_init(self.n_batch, 0, 1)

    def _load_projector(self, request: LoadModel) -> None:
        """Before the context, whose batch must hold a whole picture where all its tokens look at each other."""
        if not request.mmproj:
            return
        try:
            projector = Projector(
                request.mmproj,
                self._model,
                n_ctx=request.n_ctx,
                n_threads=request.n_threads,
                cancel=self._cancel,
                use_gpu=request.n_gpu_layers != 0,
            )
        except (ProjectorDamaged, ProjectorForeign) as error:
            self.projector_note = error.info.text
            return
        if projector.max_tokens >= request.n_ctx:
            projector.close()
            self.projector_note = f"A picture or sound does not fit into a context of {request.n_ctx} tokens."
            return
        self.projector = projector

    def _context_parameters(self, request: LoadModel) -> llama.llama_context_params:
        parameters: llama.llama_context_params = llama.llama_context_default_params()
        parameters.n_ctx = request.n_ctx
        is_whole = self.projector is not None and self.projector.is_non_causal
        n_batch = max(request.n_batch, self.projector.max_tokens) if self.projector and is_whole else request.n_batch
        parameters.n_batch = parameters.n_ubatch = n_batch
        _set_rope(parameters, request)
        parameters.type_k = parameters.type_v = GGML_TYPES[request.kv_type]
        is_on_cpu = request.n_gpu_layers == 0 or not llama.llama_supports_gpu_offload()
        if is_on_cpu and not request.flash_attention and n_batch == request.n_batch:
            parameters.flash_attn_type = llama.LLAMA_FLASH_ATTN_TYPE_DISABLED
        is_stateful = llama.llama_model_is_recurrent(self._model) or llama.llama_model_is_hybrid(self._model)
        n_seq_max = request.n_seq_max or (N_RECURRENT_SEQUENCES if is_stateful else N_SEQUENCES)
        # One row of logits is asked for at a time (the default reserves a batch of them), but llama.cpp aborts when
        # there are fewer than sequences.
        parameters.n_seq_max = n_seq_max
        parameters.n_outputs_max = max(n_seq_max, request.n_outputs)
        parameters.kv_unified = True  # every sequence may use all cells, and a copy is a note in the margin
        parameters.n_threads = parameters.n_threads_batch = request.n_threads
        parameters.abort_callback = llama.ggml_abort_callback(self._cancel.look)
        parameters.abort_callback_data = self._cancel.address
        return parameters

    def _new_context(self) -> llama.llama_context_p:
        context: llama.llama_context_p | None = llama.llama_init_from_model(self._model, self.context_parameters)
        if not context:
            raise ModelLoadFailed(
                "There is not enough memory for a context of {n_ctx} tokens, or the model does not work with it.",
                remedy="Try a smaller context length, or another model.",
                cause="llama_init_from_model returned a null pointer",
                n_ctx=self.context_parameters.n_ctx,
            )
        return context

    @property
    def context(self) -> llama.llama_context_p:
        """llama.cpp's context, for the sampler."""
        return self._context

    @property
    def media(self) -> frozenset[MediaKind]:
        """What the model takes in besides text."""
        return self.projector.media if self.projector is not None else frozenset()

    def has_numbers(self, *, every_one: bool = False) -> bool:
        """Whether the logits of the last decode are numbers.

        Where any value before the last norm is none, no logit is one, so the first is looked at.

        Args:
            every_one: Look at all of them, some milliseconds: adapters may change the output matrix behind that norm.
        """
        row = llama.llama_get_logits_ith(self._context, -1)
        if not row:
            return False
        value: float = sum(row[: self.vocabulary.n_tokens]) if every_one else row[0]
        return value < math.inf  # False for what is no number, too; -inf is how models forbid a token

    def decode(
        self, token_ids: Sequence[int], *, seq_id: int, position: int, outputs: Collection[int] | None = None
    ) -> None:
        """Read tokens into the KV memory; the logits of the last one are there afterwards.

        Args:
            token_ids: 1 to `n_batch` ids.
            seq_id: The sequence they belong to.
            position: Position of the first of them.
            outputs: Indices whose logits are wanted instead, no more than the context has room for.

        Raises:
            NoRoom: Too few KV cells are free.
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
            batch.logits[index] = index == last if outputs is None else index in outputs
        # An abort spoils a recurrent state; a single token is soon over, and then the state is still good.
        is_whole = last == 0 and self.memory.kind is MemoryKind.RECURRENT
        with self._cancel.held_back() if is_whole else nullcontext():
            status = llama.llama_decode(self._context, batch)
        if status == _ABORTED or (status != 0 and self._cancel.is_set):
            raise RequestCancelled("The request was stopped.")
        if status == _NO_SLOT:
            raise NoRoom
        if status != 0:
            raise GenerationFailed(
                "The model failed while it was computing.",
                remedy="Try again; the model is still there.",
                cause=f"llama_decode returned {status}",
            )

    def read_media(self, cell: MediaCell, media: PromptMedia, *, seq_id: int, position: int) -> bool:
        """Read a picture or sound, or a piece of it; as `Projector.read`, and it leaves no logits."""
        assert self.projector is not None, "only a projector's layout makes media cells"
        return self.projector.read(cell, media, self._context, seq_id=seq_id, position=position, n_batch=self.n_batch)

    def close(self) -> None:
        """Free everything; the object must not be used afterwards."""
        llama.llama_batch_free(self._batch)
        llama.llama_free(self._context)
        self._free_model()

    def _free_model(self) -> None:
        if self.projector is not None:
            self.projector.close()
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


def _set_rope(parameters: llama.llama_context_params, request: LoadModel) -> None:
    rope = request.rope
    parameters.rope_scaling_type = ROPE_TYPES[rope.method]
    parameters.rope_freq_base = rope.freq_base
    parameters.rope_freq_scale = rope.freq_scale
    parameters.yarn_ext_factor = rope.yarn_ext_factor
    parameters.yarn_orig_ctx = rope.yarn_orig_ctx


def _original_n_ctx(model: llama.llama_model_p) -> int:
    """``rope.scaling.original_context_length`` of the header; 0 if absent."""
    text = ctypes.create_string_buffer(64)
    if llama.llama_model_meta_val_str(model, b"general.architecture", text, len(text)) < 0:
        return 0
    key = text.value + b".rope.scaling.original_context_length"
    found = llama.llama_model_meta_val_str(model, key, text, len(text)) >= 0
    return int(text.value) if found and text.value.isdigit() else 0
