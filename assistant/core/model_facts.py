"""What the header of a model file says about the model.

Process: any. Thread rule: immutable.
"""

from __future__ import annotations

import msgspec

from assistant.core.media import MediaKind


class ModelFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Facts read from a GGUF header; names are llama.cpp's.

    Attributes:
        name: ``general.name``, or the file name without its suffix.
        architecture: ``general.architecture``, for example ``llama``.
        file_bytes: Size of the file (of all parts of a split model).
        quantization: Name of ``general.file_type``, for example ``Q4_1``; else the commonest tensor type.
        n_params: Sum of the elements of all tensors.
        n_ctx_train: Context length the model was trained with, tokens.
        n_layer: Number of blocks.
        n_embd: Width of the residual stream.
        n_head: Attention heads a layer (the largest where layers differ).
        n_head_kv: Key/value heads of each layer, `n_layer` entries; 0 where a layer has no attention.
        n_embd_head_k: Width of one key head.
        n_embd_head_v: Width of one value head.
        n_vocab: Tokens in the vocabulary.
        n_ff: Feed-forward width one token passes through, all its experts together; 0 if the header does not say.
        sliding_window: Window of sliding-window attention, tokens; 0 for none.
        rope_freq_base: Base of the rotary embedding; 0 where the header says nothing.
        n_rot: Widths of a head that are rotated; 0 for a model without rotary positions.
        rope_scaling: ``none``, ``linear``, ``yarn`` or ``longrope``, as in the header; empty if absent.
        rope_factor: ``rope.scaling.factor``; 1 if absent.
        n_ctx_original: ``rope.scaling.original_context_length``, tokens; 0 if absent.
        has_position_table: Whether positions are learned one by one: beyond the trained length there are none.
        is_m_rope: Whether positions have sections, for the place of pictures (M-RoPE).
        recurrent_bytes: Recurrent state of one sequence, all layers together; 0 for a model without.
        has_chat_template: Whether ``tokenizer.chat_template`` is there.
        tensor_bytes: Bytes of all tensors.
        recommended_temperature: Sampling temperature its makers recommend; None where they say nothing.
    """

    name: str
    architecture: str
    file_bytes: int
    quantization: str
    n_params: int
    n_ctx_train: int
    n_layer: int
    n_embd: int
    n_head: int
    n_head_kv: tuple[int, ...]
    n_embd_head_k: int
    n_embd_head_v: int
    n_vocab: int
    n_ff: int = 0
    sliding_window: int = 0
    rope_freq_base: float = 0.0
    n_rot: int = 0
    rope_scaling: str = ""
    rope_factor: float = 1.0
    n_ctx_original: int = 0
    has_position_table: bool = False
    is_m_rope: bool = False
    recurrent_bytes: int = 0
    has_chat_template: bool = False
    tensor_bytes: int = 0
    recommended_temperature: float | None = None


class ProjectorFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Facts read from the GGUF header of a projector: the part of a model that sees or hears.

    Attributes:
        name: ``general.name``, or the file name without its suffix.
        projector_type: ``clip.projector_type``, for example ``mlp``.
        media: What it takes in.
        n_embd: Width of what it hands to the model; 0 where the header does not say.
        image_size: Side of the square that it looks at, pixels; 0 where that varies.
        tensor_bytes: Bytes of all tensors.
    """

    name: str
    projector_type: str
    media: frozenset[MediaKind]
    n_embd: int = 0
    image_size: int = 0
    tensor_bytes: int = 0
