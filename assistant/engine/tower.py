"""A loaded projector file: the tower that makes rows of a picture or sound, and the way of these into the KV memory.

Process: engine worker. Thread: the scheduler's only.

The functions are those of mtmd.h and mtmd-helper.h in llama.cpp.
"""

from __future__ import annotations

import ctypes
import math

import llama_cpp.llama_cpp as llama
import llama_cpp.mtmd_cpp as mtmd

from assistant.core.errors import FamulusError, ProjectorDamaged, ProjectorForeign, RequestCancelled
from assistant.core.media import MediaKind
from assistant.engine.cancel import CancelFlag
from assistant.engine.cells import NoRoom
from assistant.engine.encoder_cache import Embeddings
from assistant.engine.media_chunks import failed_media

_NODES_BETWEEN_LOOKS = 16
"""How many steps of the tower are computed before the next look at the cancel flag."""
_NO_SLOT = 1
_ABORTED = 2
"""Return values of ``llama_decode`` in llama.h, which mtmd's helper hands on."""


class Tower:
    """The native side of a projector.

    Args:
        path: GGUF file.
        model: Pointer of the loaded model; must outlive this object.
        n_threads: Processor threads.
        cancel: Stops the load and the tower while it is set.
        use_gpu: Whether it may run on a graphics card.
        image_max_tokens: Most tokens of a picture where its size varies; -1 for as many as the projector says.

    Attributes:
        context: mtmd's context.
        media: What it takes in.
        sample_rate: What it hears, Hz; 0 if it does not.

    Raises:
        ProjectorDamaged: llama.cpp cannot load the file.
        ProjectorForeign: It could, for another model.
        RequestCancelled: `cancel` was set during the load.
    """

    def __init__(
        self,
        path: str,
        model: llama.llama_model_p,
        *,
        n_threads: int,
        cancel: CancelFlag,
        use_gpu: bool,
        image_max_tokens: int = -1,
    ) -> None:
        self._cancel = cancel
        self._n_embd = llama.llama_model_n_embd_inp(model)
        self._n_nodes = 0
        # These must live as long as the context, which calls them.
        self._on_node = llama.ggml_backend_sched_eval_callback(self._look_at_node)
        self._on_progress = mtmd.mtmd_progress_callback(lambda fraction, data: not cancel.is_set)
        parameters = mtmd.mtmd_context_params_default()
        parameters.use_gpu = use_gpu
        parameters.print_timings = False
        parameters.n_threads = n_threads
        parameters.image_max_tokens = image_max_tokens
        parameters.cb_eval = self._on_node
        parameters.progress_callback = self._on_progress
        context: mtmd.mtmd_context_p | None = mtmd.mtmd_init_from_file(path.encode(), model, parameters)
        if not context:
            raise self._refusal(path, parameters)
        self.context = context
        sees, hears = mtmd.mtmd_support_vision(context), mtmd.mtmd_support_audio(context)
        kinds = ((sees, MediaKind.IMAGE), (hears, MediaKind.SOUND))
        self.media = frozenset(kind for takes_in, kind in kinds if takes_in)
        self.sample_rate = int(mtmd.mtmd_get_audio_sample_rate(context)) if hears else 0

    def _look_at_node(self, node: object, is_asked: bool, data: object) -> bool:
        """``ggml_backend_sched_eval_callback``: asked whether to stop after a node, then whether to go on."""
        if not is_asked:
            return not self._cancel.is_set
        self._n_nodes += 1
        return self._cancel.is_set or self._n_nodes % _NODES_BETWEEN_LOOKS == 0

    def _refusal(self, path: str, parameters: mtmd.mtmd_context_params) -> FamulusError:
        if self._cancel.is_set:
            return RequestCancelled("Loading the projector was stopped.")
        # mtmd says only on stderr why it refused; what it loads without a model fits no model but this one.
        context: mtmd.mtmd_context_p | None = mtmd.mtmd_init_from_file(path.encode(), None, parameters)
        if context:
            mtmd.mtmd_free(context)
            return ProjectorForeign(
                "This projector was made for another model.",
                remedy="Choose the one that its makers publish beside the model.",
                cause=f"mtmd_init_from_file refused {path} for this model only",
            )
        return damaged_projector(f"mtmd_init_from_file returned a null pointer for {path}")

    def is_non_causal(self, piece: mtmd.mtmd_input_chunk_p) -> bool:
        """Whether all tokens of the piece look at each other, so that one ``n_ubatch`` must hold them."""
        return bool(mtmd.mtmd_decode_use_non_causal(self.context, piece))

    def encode(self, piece: mtmd.mtmd_input_chunk_p) -> Embeddings:
        """Run the tower over a piece that is no placeholder.

        Raises:
            RequestCancelled: The cancel flag was set.
            MediaFailed: It failed, or what came out are no numbers.
        """
        status = mtmd.mtmd_encode_chunk(self.context, piece)
        if self._cancel.is_set:  # mtmd says success then, and its output is worthless
            raise RequestCancelled("The request was stopped.")
        output = mtmd.mtmd_get_output_embd(self.context)
        if status != 0 or not output:
            raise failed_media(f"mtmd_encode_chunk returned {status}")
        embeddings: Embeddings = (ctypes.c_float * (self._n_embd * mtmd.mtmd_input_chunk_get_n_tokens(piece)))()
        ctypes.memmove(embeddings, output, ctypes.sizeof(embeddings))
        # Cells that hold no numbers can spoil what other conversations compute from the same memory.
        if not math.isfinite(sum(embeddings)):
            raise failed_media("the projector's output is not finite")
        return embeddings

    def decode(
        self,
        piece: mtmd.mtmd_input_chunk_p,
        embeddings: Embeddings,
        context: llama.llama_context_p,
        *,
        seq_id: int,
        position: int,
        n_batch: int,
    ) -> None:
        """Read the rows of a piece, which may be a placeholder, into the KV memory; leaves no logits.

        Raises:
            NoRoom: Too few cells are free; of several batches the first ones may be there.
            RequestCancelled: The cancel flag was set; a part may be there.
            MediaFailed: llama.cpp failed; a part may be there.
        """
        next_position = llama.llama_pos()
        status = mtmd.mtmd_helper_decode_image_chunk(
            self.context,
            context,
            piece,
            embeddings,
            position,
            seq_id,
            n_batch,
            ctypes.byref(next_position),
            mtmd.mtmd_helper_post_decode_callback(),
            None,
        )
        if status == _ABORTED or (status != 0 and self._cancel.is_set):
            raise RequestCancelled("The request was stopped.")
        if status == _NO_SLOT:
            raise NoRoom
        if status != 0:
            raise failed_media(f"mtmd_helper_decode_image_chunk returned {status}")

    def close(self) -> None:
        """Free the projector; the object must not be used afterwards."""
        mtmd.mtmd_free(self.context)


def damaged_projector(cause: str) -> ProjectorDamaged:
    """The sentence for a projector that does not work with any model."""
    return ProjectorDamaged(
        "The projector is damaged, or of a kind that this version does not know.",
        remedy="Download it again, or choose another one.",
        cause=cause,
    )
