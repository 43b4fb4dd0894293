"""The key of the snapshots of a loaded model.

Process: engine worker. Thread: the scheduler's only.
"""

from __future__ import annotations

import llama_cpp.llama_cpp as llama

from assistant.core.model_digest import file_digest
from assistant.engine.backends import describe_backends, hello
from assistant.engine.kv_memory import MemoryKind
from assistant.engine.snapshots import SnapshotKey
from assistant.protocol.engine_messages import LoadModel


def snapshot_key(
    request: LoadModel,
    parameters: llama.llama_context_params,
    memory_kind: MemoryKind,
    *,
    is_beyond_original: bool,
    has_projector: bool,
) -> SnapshotKey:
    """Everything that a state in this context depends on.

    Args:
        request: What was loaded.
        parameters: What the context was made with; zeros leave a value to the model, whose digest is here too.
        memory_kind: Kind of its memory.
        is_beyond_original: Whether the context is longer than the one that the model was first trained with: from there
            on LongRoPE rotates keys by other factors (``get_rope_factors`` in llama-model.cpp).
        has_projector: Whether the projector of the request is in use.

    Raises:
        OSError: A file cannot be read any more.
    """
    versions = hello()
    return SnapshotKey(
        model_digest=file_digest(request.path),
        llama_cpp=versions.llama_cpp,
        llama_cpp_python=versions.llama_cpp_python,
        adapters=(),
        rope_freq_base=parameters.rope_freq_base,
        rope_freq_scale=parameters.rope_freq_scale,
        rope_scaling=str(parameters.rope_scaling_type),
        is_beyond_original=is_beyond_original,
        yarn=(
            parameters.yarn_ext_factor,
            parameters.yarn_attn_factor,
            parameters.yarn_beta_fast,
            parameters.yarn_beta_slow,
            float(parameters.yarn_orig_ctx),
        ),
        type_k=parameters.type_k,
        type_v=parameters.type_v,
        kv_unified=parameters.kv_unified,
        flash_attention=parameters.flash_attn_type,
        swa_full=parameters.swa_full,
        projector_digest=file_digest(request.mmproj) if has_projector else "",
        memory_kind=memory_kind.value,
        devices=tuple(device.name for device in describe_backends("").devices),
    )
