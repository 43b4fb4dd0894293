"""The tensors of a projector, whose shapes llama.cpp takes for granted until it aborts.

Process: app. Thread rule: pure.

Rules are those of ``load_tensors`` and ``clip_n_mmproj_embd`` in clip.cpp and of the graphs in models/ of llama.cpp's
tools/mtmd. Of a projector type that is not named here only types and biases are checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.hub.gguf_reader import HeaderInvalid
from assistant.hub.gguf_tensors import Tensor

Tensors = Mapping[str, Tensor]

SQUARE_TYPES = frozenset({"mlp", "gemma3", "idefics3", "internvl"})
"""They look at one square, with an embedding for the place of each patch."""

_QWEN_TYPES = frozenset({"qwen2vl_merger", "qwen2.5vl_merger"})
# Their blocks are plain attention.
_PLAIN_TYPES = SQUARE_TYPES | _QWEN_TYPES | {"lfm2", "pixtral"}
# Old files of these have the names of the two feed-forward matrices the wrong way round, and llama.cpp knows.
_SWAPPED_TYPES = _QWEN_TYPES | {"mlp", "gemma3", "idefics3"}
# No kernel multiplies by these, or adds them.
_NO_WEIGHT_TYPES = frozenset({"I8", "I16", "I32", "I64", "F64", "Q8_1", "Q8_K"})
# Only these may have query, key and value in one tensor.
_FUSED_TYPES = _PLAIN_TYPES - _QWEN_TYPES - {"mlp"}

# Which dimension of which tensor is as wide as the model's embeddings.
_OUTPUTS = {
    **dict.fromkeys(
        (
            *("mlp", "pixtral", "lightonocr", "dots_ocr", "lfm2", "phi4", "kimivl", "kimik25", "paddleocr", "yasa2"),
            *("qwen2vl_merger", "qwen2.5vl_merger", "exaone4_5", "youtuvl", "ling3vl", "mimovl"),
        ),
        ("mm.2.weight", 1),
    ),
    **dict.fromkeys(("idefics3", "llama4", "deepseekocr", "hunyuanvl", "step3vl"), ("mm.model.fc.weight", 1)),
    **dict.fromkeys(("internvl", "nemotron_v2_vl"), ("mm.model.mlp.3.weight", 1)),
    **dict.fromkeys(("ultravox", "voxtral", "musicflamingo", "qwen3a", "glma"), ("mm.a.mlp.2.weight", 1)),
    "gemma3": ("mm.input_projection.weight", 0),
    "gemma4v": ("mm.input_projection.weight", 1),
    "resampler": ("resampler.proj.weight", 0),
    "qwen2a": ("mm.a.fc.weight", 1),
}


@dataclass(frozen=True, slots=True)
class Encoder:
    """Widths of an encoder.

    Attributes:
        width: Of its residual stream.
        query_width: Of all heads together.
        key_width: Of all key/value heads together.
        n_layer: Number of blocks.
    """

    width: int
    query_width: int
    key_width: int
    n_layer: int


def check_vision_tensors(
    tensors: Tensors, projector_type: str, encoder: Encoder, patch_size: int, image_size: int
) -> None:
    """Check the tensors of an encoder of images.

    Raises:
        HeaderInvalid: One is missing, or its shape contradicts another one or the numbers.
    """
    _check_types(tensors)
    _check_biases(tensors)
    if projector_type not in _PLAIN_TYPES:
        return
    width = encoder.width
    patches = (patch_size, patch_size, 3, width)
    _check_shape(tensors, "v.patch_embd.weight", patches)
    if projector_type in _QWEN_TYPES:
        _check_shape(tensors, "v.patch_embd.weight.1", patches)
        if "v.patch_embd.bias" in tensors or "v.class_embd" in tensors:
            raise HeaderInvalid(f"it has tensors that {projector_type} has not")
    if projector_type in SQUARE_TYPES:
        n_class = 1 if "v.class_embd" in tensors else 0
        _check_shape(tensors, "v.position_embd.weight", (width, (image_size // patch_size) ** 2 + n_class))
    for norm in ("v.class_embd", "v.pre_ln.weight", "v.post_ln.weight", "mm.soft_emb_norm.weight"):
        if norm in tensors:
            _check_shape(tensors, norm, (width,))
    for layer in range(encoder.n_layer):
        _check_attention(tensors, f"v.blk.{layer}.", projector_type, encoder)
        _check_feed_forward(tensors, f"v.blk.{layer}.", projector_type, encoder.width)
    _check_projection(tensors, projector_type, width)


def output_width(tensors: Tensors, projector_type: str) -> int:
    """Width of what the projector hands to the model; 0 where its type is not known here.

    Raises:
        HeaderInvalid: The tensor that says so is missing or has one dimension.
    """
    if projector_type == "mlp" and "mm.3.weight" in tensors:
        return 0  # the variant with norms, `PROJECTOR_TYPE_MLP_NORM`
    if projector_type not in _OUTPUTS:
        return 0
    name, dimension = _OUTPUTS[projector_type]
    tensor = tensors.get(name)
    if tensor is None or len(tensor.shape) <= dimension:
        raise HeaderInvalid(f"the tensor {name} is missing or has too few dimensions")
    return tensor.shape[dimension]


def _check_attention(tensors: Tensors, block: str, projector_type: str, encoder: Encoder) -> None:
    width, query_width, key_width = encoder.width, encoder.query_width, encoder.key_width
    if projector_type in _FUSED_TYPES and block + "attn_qkv.weight" in tensors:
        _check_shape(tensors, block + "attn_qkv.weight", (width, query_width + 2 * key_width))
    else:
        for name, n_out in (("attn_q", query_width), ("attn_k", key_width), ("attn_v", key_width)):
            _check_shape(tensors, f"{block}{name}.weight", (width, n_out))
            if projector_type in _QWEN_TYPES:
                _check_shape(tensors, f"{block}{name}.bias", (n_out,))
    _check_shape(tensors, block + "attn_out.weight", (query_width, width))
    for norm in (block + "ln1.weight", block + "ln2.weight"):
        if norm in tensors:
            _check_shape(tensors, norm, (width,))


def _check_feed_forward(tensors: Tensors, block: str, projector_type: str, width: int) -> None:
    up, down = block + "ffn_up.weight", block + "ffn_down.weight"
    if projector_type in _SWAPPED_TYPES and down in tensors and tensors[down].shape[0] == width:
        up, down = down, up
    n_ff = _last_dimension(tensors, up)
    _check_shape(tensors, up, (width, n_ff))
    _check_shape(tensors, down, (n_ff, width))
    if block + "ffn_gate.weight" in tensors:
        _check_shape(tensors, block + "ffn_gate.weight", (width, n_ff))


def _check_projection(tensors: Tensors, projector_type: str, width: int) -> None:
    """Check that what leaves the encoder fits into the projection, and through it."""
    if projector_type == "gemma3":
        _check_shape(tensors, "mm.soft_emb_norm.weight", (width,))
        _check_shape(tensors, "mm.input_projection.weight", (output_width(tensors, projector_type), width))
    elif projector_type in _QWEN_TYPES:
        n_hidden = _last_dimension(tensors, "mm.0.weight")
        _check_shape(tensors, "mm.0.weight", (4 * width, n_hidden))  # four patches become one
        _check_shape(tensors, "mm.2.weight", (n_hidden, output_width(tensors, projector_type)))
    elif projector_type == "mlp" and output_width(tensors, projector_type):
        n_hidden = _last_dimension(tensors, "mm.0.weight")
        # Several layers of the encoder may be handed over, one behind the other.
        if tensors["mm.0.weight"].shape[0] % width:
            raise HeaderInvalid(f"the tensor mm.0.weight does not fit an encoder {width} wide")
        n_out = output_width(tensors, projector_type)
        _check_shape(tensors, "mm.0.bias", (n_hidden,))
        _check_shape(tensors, "mm.2.weight", (n_hidden, n_out))
        _check_shape(tensors, "mm.2.bias", (n_out,))


def _check_types(tensors: Tensors) -> None:
    for name, tensor in tensors.items():
        if tensor.type.name in _NO_WEIGHT_TYPES:
            raise HeaderInvalid(f"the tensor {name} is {tensor.type.name}, which is no type for weights")


def _check_biases(tensors: Tensors) -> None:
    """Check that each bias has as many items as what it is added to."""
    for name, weight in tensors.items():
        is_vision = name.startswith(("v.", "mm.")) and name.endswith(".weight")
        bias = tensors.get(name.removesuffix("weight") + "bias") if is_vision else None
        if bias is None:
            continue
        # A norm has one dimension, a matrix two, a convolution of images four; others are left to llama.cpp.
        n_out = {1: weight.shape[0], 2: weight.shape[-1], 4: weight.shape[-1]}.get(len(weight.shape))
        if n_out is not None and bias.n_elements != n_out:
            raise HeaderInvalid(f"the tensor {bias.name} has {bias.n_elements} items, not {n_out}")


def _last_dimension(tensors: Tensors, name: str) -> int:
    tensor = tensors.get(name)
    if tensor is None:
        raise HeaderInvalid(f"the tensor {name} is missing")
    return tensor.shape[-1]


def _check_shape(tensors: Tensors, name: str, shape: tuple[int, ...]) -> None:
    tensor = tensors.get(name)
    if tensor is None:
        raise HeaderInvalid(f"the tensor {name} is missing")
    # ggml does not tell a vector from a matrix of one row.
    if _without_ones(tensor.shape) != _without_ones(shape):
        raise HeaderInvalid(f"the tensor {name} has the shape {tensor.shape}, not {shape}")


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    while shape and shape[-1] == 1:
        shape = shape[:-1]
    return shape
