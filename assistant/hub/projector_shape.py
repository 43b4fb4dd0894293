"""The numbers in a projector's header that llama.cpp takes for granted until it aborts.

Process: app. Thread rule: pure.

Rules are those of ``load_hparams`` in clip.cpp and of the graphs in models/ of llama.cpp's tools/mtmd.
"""

from __future__ import annotations

import math

from assistant.hub.gguf_metadata import Metadata
from assistant.hub.gguf_reader import HeaderInvalid, ValueType
from assistant.hub.projector_tensors import SQUARE_TYPES, Encoder, Tensors, check_vision_tensors

MAX_IMAGE_SIZE = 8192
MAX_LAYERS = 512
MAX_WIDTH = 2**20
MAX_HEADS = 2**14
MAX_MEL_BINS = 256
MAX_TILES = 256

_VISION = "clip.vision."
_AUDIO = "clip.audio."

# The getters of gguf.cpp assert the type of what they get. These are all that clip.cpp gets.
_ENCODER_KEYS = {
    **dict.fromkeys(
        (
            *("embedding_length", "feed_forward_length", "block_count", "projection_dim", "window_size"),
            *("attention.head_count", "attention.head_count_kv", "attention.head_dim"),
        ),
        ValueType.U32,
    ),
    "attention.layer_norm_epsilon": ValueType.F32,
    "projector_type": ValueType.STR,
}
_KEY_TYPES = {
    **{prefix + name: kind for prefix in (_VISION, _AUDIO) for name, kind in _ENCODER_KEYS.items()},
    **dict.fromkeys(
        (
            *("clip.has_vision_encoder", "clip.has_audio_encoder", "clip.has_gen_audio_encoder"),
            *("clip.use_gelu", "clip.use_silu"),
        ),
        ValueType.BOOL,
    ),
    **dict.fromkeys(
        ("general.name", "general.description", "clip.projector_type", _VISION + "mm_patch_merge_type"), ValueType.STR
    ),
    **dict.fromkeys(
        (
            "clip.minicpmv_query_num",
            *(_VISION + name for name in ("image_size", "patch_size", "image_min_pixels", "image_max_pixels")),
            *(_VISION + name for name in ("preproc_min_tiles", "preproc_max_tiles", "preproc_image_size")),
            *(_VISION + f"projector.{name}" for name in ("scale_factor", "query_side", "window_side")),
            *(_VISION + name for name in ("spatial_merge_size", "n_wa_pattern", "expert_used_count")),
            *(_VISION + f"sam.{name}" for name in ("head_count", "block_count", "embedding_length")),
            *(_AUDIO + name for name in ("num_mel_bins", "chunk_size", "conv_kernel_size", "max_pos_emb")),
            *(_AUDIO + f"projector.{name}" for name in ("stack_factor", "window_size", "downsample_rate")),
            *(_AUDIO + name for name in ("projector.head_count", "rvq.num_quantizers", "local_block_count")),
            *(_AUDIO + name for name in ("local_group_size", "subsampling_factor")),
        ),
        ValueType.U32,
    ),
    "clip.minicpmv_version": ValueType.I32,
    _VISION + "swiglu_clamp": ValueType.F32,
}

# They merge squares of patches; merging by 1 aborts. Some have a factor of their own if the header names none.
_MERGING = frozenset({"idefics3", "internvl", "lfm2", "gemma3", "minicpmv4_6"})
_WITHOUT_ENCODER = frozenset({"gemma4uv", "gemma4ua"})


def check_key_types(metadata: Metadata) -> None:
    """Check the type of every value that llama.cpp reads.

    Raises:
        HeaderInvalid: One has another type, or is a real number that is not finite.
    """
    for key, value in metadata.values.items():
        expected = _KEY_TYPES.get(key)
        if expected is not None and value.kind is not expected:
            raise HeaderInvalid(f"{key} is {value.type_name}, not {expected.name.lower()}")
        if key.startswith("clip.") and isinstance(value.content, float) and not math.isfinite(value.content):
            raise HeaderInvalid(f"{key} is {value.content}")


def check_vision(metadata: Metadata, tensors: Tensors, projector_type: str) -> int:
    """Check the encoder of images.

    Returns:
        Side of the square that it looks at, pixels; 0 where it takes any size.

    Raises:
        HeaderInvalid: Its numbers and its tensors contradict each other.
    """
    encoder = _read_encoder(metadata, _VISION, projector_type)
    patch = metadata.integer(_VISION + "patch_size", 1, 2**16 - 1)
    square = projector_type in SQUARE_TYPES
    image_size = metadata.integer(_VISION + "image_size", patch if square else 0, MAX_IMAGE_SIZE)
    _check_merging(metadata, projector_type, image_size // patch if square else 2**16 - 1)
    _check_colours(metadata)
    check_vision_tensors(tensors, projector_type, encoder, patch, image_size)
    return image_size if square else 0


def check_sound(metadata: Metadata, projector_type: str) -> None:
    """Check the encoder of sounds; raises HeaderInvalid."""
    _read_encoder(metadata, _AUDIO, projector_type)
    high = MAX_WIDTH if projector_type in _WITHOUT_ENCODER else MAX_MEL_BINS
    metadata.integer(_AUDIO + "num_mel_bins", 1, high)


def _read_encoder(metadata: Metadata, prefix: str, projector_type: str) -> Encoder:
    """Read and check the numbers that every encoder has."""
    width = metadata.integer(prefix + "embedding_length", 1, MAX_WIDTH)
    metadata.integer(prefix + "feed_forward_length", 0, MAX_WIDTH)
    metadata.integer(prefix + "projection_dim", 0, MAX_WIDTH)
    metadata.real(prefix + "attention.layer_norm_epsilon", 0.0, 1.0, 0.0)
    if projector_type in _WITHOUT_ENCODER:
        return Encoder(width=width, query_width=0, key_width=0, n_layer=0)
    n_layer = metadata.integer(prefix + "block_count", 1, MAX_LAYERS)
    n_head = metadata.integer(prefix + "attention.head_count", 1, MAX_HEADS)
    n_head_kv = metadata.integer(prefix + "attention.head_count_kv", 1, MAX_HEADS, n_head)
    head_dim = metadata.integer(prefix + "attention.head_dim", 0, MAX_WIDTH, 0)
    if n_head % n_head_kv:
        raise HeaderInvalid(f"{n_head} attention heads cannot share {n_head_kv} key/value heads")
    if not head_dim and width % n_head:
        raise HeaderInvalid(f"a width of {width} cannot be shared by {n_head} attention heads")
    head_dim = head_dim or width // n_head
    return Encoder(width=width, query_width=n_head * head_dim, key_width=n_head_kv * head_dim, n_layer=n_layer)


def _check_merging(metadata: Metadata, projector_type: str, n_side: int) -> None:
    """Check how patches are merged; `n_side` is the number of patches along one side, at most."""
    low = 2 if projector_type in _MERGING else 1
    factor = metadata.integer(_VISION + "projector.scale_factor", low, n_side, low)
    if projector_type == "minicpmv4_6" and factor not in (2, 4):
        raise HeaderInvalid(f"{_VISION}projector.scale_factor is {factor}")
    metadata.integer(_VISION + "spatial_merge_size", 1, 2**16 - 1, 1)
    if projector_type == "internvl":
        most = metadata.integer(_VISION + "preproc_max_tiles", 1, MAX_TILES, 12)
        metadata.integer(_VISION + "preproc_min_tiles", 1, most, 1)


def _check_colours(metadata: Metadata) -> None:
    for name in ("image_mean", "image_std"):
        value = metadata.values.get(_VISION + name)
        if value is None or value.kind is not ValueType.ARR or value.item_kind is not ValueType.F32:
            raise HeaderInvalid(f"{_VISION}{name} is missing or no array of f32")
        content = value.content
        if not isinstance(content, tuple) or len(content) < 3 or not all(map(math.isfinite, content)):
            raise HeaderInvalid(f"{_VISION}{name} does not hold three numbers")
        if name == "image_std" and 0.0 in content:
            raise HeaderInvalid(f"{_VISION}{name} holds a zero")
