from __future__ import annotations

import os
import time
import tracemalloc
from pathlib import Path
from typing import Any

import gguf
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.errors import ProjectorDamaged, ProjectorForeign, ProjectorNotFound
from assistant.core.media import MediaKind
from assistant.hub.gguf_header import read_model_facts
from assistant.hub.projector_header import check_projector, read_projector
from tests.mutants import mutants
from tests.tiny_gguf import write_tiny_model
from tests.unit.hub.projector_files import (
    N_EMBD,
    N_LAYER,
    WIDTH,
    Shape,
    sound_metadata,
    vision_metadata,
    vision_tensors,
    write_header,
    write_projector,
)

Type = gguf.GGUFValueType
V = "clip.vision."
N_MUTANTS = 700
MIB = 1024 * 1024


def cause_of_damage(path: Path) -> str:
    with pytest.raises(ProjectorDamaged) as raised:
        read_projector(path)
    assert path.name in raised.value.info.text
    assert raised.value.info.remedy_text
    return raised.value.info.cause


@pytest.mark.parametrize(("projector_type", "image_size"), [("mlp", 56), ("gemma3", 56), ("qwen2vl_merger", 0)])
def test_a_sound_projector_says_what_it_is(tmp_path: Path, projector_type: str, image_size: int) -> None:
    facts = read_projector(write_projector(tmp_path / "mmproj.gguf", projector_type))
    assert (facts.name, facts.projector_type) == ("Tiny eye", projector_type)
    assert facts.media == {MediaKind.IMAGE}
    assert (facts.n_embd, facts.image_size) == (N_EMBD, image_size)
    assert facts.tensor_bytes > 4 * N_EMBD * WIDTH


def test_a_projector_may_hear(tmp_path: Path) -> None:
    path = write_header(tmp_path / "ear-f16.gguf", sound_metadata(), {"mm.a.mlp.2.weight": (N_EMBD, WIDTH)})
    facts = read_projector(path)
    assert (facts.name, facts.media, facts.n_embd) == ("ear-f16", {MediaKind.SOUND}, N_EMBD)


def test_a_projector_may_see_and_hear(tmp_path: Path) -> None:
    values = sound_metadata() | vision_metadata() | {"clip.projector_type": None}
    values |= {V + "projector_type": "mlp", "clip.audio.projector_type": "ultravox"}
    facts = read_projector(write_header(tmp_path / "both.gguf", values, vision_tensors()))
    assert facts.media == {MediaKind.IMAGE, MediaKind.SOUND}
    assert (facts.projector_type, facts.n_embd) == ("mlp", N_EMBD)


def test_an_unknown_type_is_left_to_llama_cpp(tmp_path: Path) -> None:
    facts = read_projector(write_projector(tmp_path / "m.gguf", metadata={"clip.projector_type": "novel"}))
    assert (facts.projector_type, facts.n_embd, facts.image_size) == ("novel", 0, 0)


def test_a_class_embedding_has_a_place_of_its_own(tmp_path: Path) -> None:
    with_class: dict[str, Shape | None] = {"v.class_embd": (WIDTH,), "v.position_embd.weight": (17, WIDTH)}
    assert read_projector(write_projector(tmp_path / "m.gguf", tensors=with_class)).image_size == 56


def test_the_old_way_round_of_naming_the_feed_forward_matrices_is_allowed(tmp_path: Path) -> None:
    old: dict[str, Shape | None] = {}
    for layer in range(N_LAYER):
        old |= {
            f"v.blk.{layer}.ffn_up.weight": (WIDTH, 2 * WIDTH),
            f"v.blk.{layer}.ffn_down.weight": (2 * WIDTH, WIDTH),
        }
    assert read_projector(write_projector(tmp_path / "m.gguf", tensors=old)).n_embd == N_EMBD


def test_llava_projections_of_another_kind_are_left_to_llama_cpp(tmp_path: Path) -> None:
    with_norm: dict[str, Shape | None] = {
        "mm.3.weight": (N_EMBD, WIDTH),
        "mm.2.weight": (WIDTH,),
        "mm.2.bias": (WIDTH,),
    }
    assert read_projector(write_projector(tmp_path / "m.gguf", tensors=with_norm)).n_embd == 0


LYING_VALUES: list[tuple[dict[str, Any], str]] = [
    ({"clip.has_vision_encoder": False}, "neither sees nor hears"),
    ({"clip.has_vision_encoder": 1}, "clip.has_vision_encoder is u32"),
    ({"clip.has_gen_audio_encoder": "yes"}, "clip.has_gen_audio_encoder is str"),
    ({"clip.projector_type": None}, "clip.projector_type is missing"),
    ({"clip.projector_type": 3}, "clip.projector_type is u32"),
    ({"clip.use_gelu": 1.0}, "clip.use_gelu is f32"),
    ({V + "image_size": 0}, "image_size is 0"),
    ({V + "image_size": 13}, "image_size is 13"),
    ({V + "image_size": 112}, "v.position_embd.weight has the shape"),
    ({V + "image_size": 1_000_000}, "image_size is 1000000"),
    ({V + "image_size": None}, "image_size is missing"),
    ({V + "image_size": (56, Type.UINT64)}, "image_size is u64"),
    ({V + "patch_size": 0}, "patch_size is 0"),
    ({V + "patch_size": 7}, "v.patch_embd.weight has the shape"),
    ({V + "patch_size": 2**31}, "patch_size is 2147483648"),
    ({V + "embedding_length": 0}, "embedding_length is 0"),
    ({V + "embedding_length": 64}, "v.patch_embd.weight has the shape"),
    ({V + "embedding_length": (32, Type.INT32)}, "embedding_length is i32"),
    ({V + "attention.head_count": 0}, "head_count is 0"),
    ({V + "attention.head_count": 5}, "32 cannot be shared by 5"),
    ({V + "attention.head_count_kv": 3}, "4 attention heads cannot share 3"),
    ({V + "attention.head_count_kv": 2}, "attn_k.weight has the shape"),
    ({V + "attention.head_dim": 16}, "attn_q.weight has the shape"),
    ({V + "attention.layer_norm_epsilon": float("nan")}, "layer_norm_epsilon is nan"),
    ({V + "attention.layer_norm_epsilon": -1.0}, "layer_norm_epsilon is -1"),
    ({V + "block_count": 0}, "block_count is 0"),
    ({V + "block_count": 3}, "v.blk.2.attn_q.weight is missing"),
    ({V + "block_count": 2**31}, "block_count is 2147483648"),
    ({V + "projection_dim": "wide"}, "projection_dim is str"),
    ({V + "image_mean": None}, "image_mean is missing"),
    ({V + "image_mean": [0.5, 0.5]}, "does not hold three numbers"),
    ({V + "image_std": [0.5, 0.0, 0.5]}, "holds a zero"),
    ({V + "image_std": [1, 1, 1]}, "no array of f32"),
    ({V + "spatial_merge_size": 0}, "spatial_merge_size is 0"),
    ({V + "projector.scale_factor": 2**16}, "scale_factor is 65536"),
    ({V + "wa_pattern": float("inf")}, "wa_pattern is inf"),
    ({"clip.minicpmv_version": (3, Type.UINT32)}, "minicpmv_version is u32"),
    ({"general.architecture": "llama", "general.type": "model"}, "general.type is 'model'"),
]


@pytest.mark.parametrize(("metadata", "words"), LYING_VALUES, ids=[words for _, words in LYING_VALUES])
def test_refuses_lying_values(tmp_path: Path, metadata: dict[str, Any], words: str) -> None:
    assert words in cause_of_damage(write_projector(tmp_path / "liar.gguf", metadata=metadata))


@pytest.mark.parametrize(
    ("tensors", "words"),
    [
        ({"mm.2.weight": None}, "mm.2.weight is missing"),
        ({"mm.2.weight": (N_EMBD,)}, "too few dimensions"),
        ({"v.position_embd.weight": None}, "v.position_embd.weight is missing"),
        ({"v.position_embd.weight": (15, WIDTH)}, "v.position_embd.weight has the shape"),
        ({"v.class_embd": (WIDTH,)}, "v.position_embd.weight has the shape"),
        ({"v.patch_embd.weight": (WIDTH, 1, 14, 14)}, "v.patch_embd.weight has the shape"),
        ({"v.blk.1.attn_out.weight": (WIDTH, 2 * WIDTH)}, "attn_out.weight has the shape"),
        ({"v.blk.1.attn_q.bias": (WIDTH - 1,)}, "attn_q.bias has 31 items, not 32"),
        ({"v.patch_embd.bias": (WIDTH + 1,)}, "v.patch_embd.bias has 33 items, not 32"),
        ({"v.blk.0.ln1.bias": (1,)}, "ln1.bias has 1 items, not 32"),
        ({"mm.2.bias": (1,)}, "mm.2.bias has 1 items, not 64"),
        ({"v.blk.0.ffn_down.weight": (WIDTH, WIDTH + 1)}, "ffn_down.weight has the shape"),
        ({"v.blk.0.ffn_up.weight": None}, "ffn_up.weight is missing"),
        ({"v.blk.0.ffn_gate.weight": (WIDTH, WIDTH)}, "ffn_gate.weight has the shape"),
        ({"v.pre_ln.weight": (WIDTH + 1,)}, "v.pre_ln.weight has the shape"),
        ({"mm.0.weight": (WIDTH, WIDTH + 1)}, "mm.0.weight does not fit an encoder 32 wide"),
        ({"mm.0.weight": (WIDTH + 1, WIDTH), "mm.0.bias": (WIDTH + 1,)}, "mm.2.weight has the shape"),
        ({"v.blk.0.ln2.weight": (1,)}, "ln2.weight has the shape"),
        ({"mm.2.bias": None}, "mm.2.bias is missing"),
        ({"v.blk.0.attn_qkv.weight": (3 * WIDTH, WIDTH), "v.blk.0.attn_q.weight": None}, "attn_q.weight is missing"),
    ],
)
def test_refuses_tensors_of_another_shape(tmp_path: Path, tensors: dict[str, Shape | None], words: str) -> None:
    assert words in cause_of_damage(write_projector(tmp_path / "liar.gguf", tensors=tensors))


@pytest.mark.parametrize(
    ("projector_type", "metadata", "tensors", "words"),
    [
        ("gemma3", {V + "projector.scale_factor": 1}, {}, "scale_factor is 1"),
        ("gemma3", {V + "projector.scale_factor": 5}, {}, "scale_factor is 5, not within 2 to 4"),
        ("gemma3", {}, {"mm.input_projection.weight": None}, "mm.input_projection.weight is missing"),
        ("gemma3", {}, {"mm.soft_emb_norm.weight": (WIDTH - 1,)}, "mm.soft_emb_norm.weight has the shape"),
        ("gemma3", {}, {"v.blk.0.attn_qkv.weight": (WIDTH, WIDTH)}, "attn_qkv.weight has the shape"),
        ("qwen2vl_merger", {}, {"v.blk.1.attn_k.bias": None}, "attn_k.bias is missing"),
        ("qwen2vl_merger", {}, {"v.patch_embd.bias": (WIDTH,)}, "qwen2vl_merger has not"),
        ("qwen2vl_merger", {}, {"v.patch_embd.weight.1": None}, "v.patch_embd.weight.1 is missing"),
        ("qwen2vl_merger", {}, {"mm.0.weight": (WIDTH, WIDTH)}, "mm.0.weight has the shape"),
        ("mlp", {"clip.projector_type": "minicpmv4_6", V + "projector.scale_factor": 3}, {}, "scale_factor is 3"),
        ("mlp", {"clip.projector_type": "internvl", V + "preproc_min_tiles": 13}, {}, "preproc_min_tiles is 13"),
    ],
)
def test_refuses_what_one_type_asserts(
    tmp_path: Path, projector_type: str, metadata: dict[str, Any], tensors: dict[str, Shape | None], words: str
) -> None:
    path = write_projector(tmp_path / "liar.gguf", projector_type, metadata=metadata, tensors=tensors)
    assert words in cause_of_damage(path)


def test_refuses_types_that_no_kernel_takes(tmp_path: Path) -> None:
    path = write_projector(tmp_path / "liar.gguf")
    data = bytearray(path.read_bytes())
    name = b"v.blk.0.attn_q.weight"
    type_at = data.index(name) + len(name) + 4 + 2 * 8
    data[type_at] = 26  # I32, which has the size of F32
    path.write_bytes(data)
    assert "attn_q.weight is I32, which is no type for weights" in cause_of_damage(path)


@pytest.mark.parametrize(("n_mel_bins", "words"), [(0, "num_mel_bins is 0"), (257, "num_mel_bins is 257")])
def test_refuses_lying_ears(tmp_path: Path, n_mel_bins: int, words: str) -> None:
    values = sound_metadata() | {"clip.audio.num_mel_bins": n_mel_bins}
    path = write_header(tmp_path / "ear.gguf", values, {"mm.a.mlp.2.weight": (N_EMBD, WIDTH)})
    assert words in cause_of_damage(path)


def test_a_file_that_is_not_there_or_cannot_be_read_is_not_found(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for path in (tmp_path / "missing.gguf", tmp_path, tmp_path / "pipe", tmp_path / "loop"):
        with pytest.raises(ProjectorNotFound) as raised:
            read_projector(path)
        assert str(path) in raised.value.info.text


def test_what_is_no_projector_is_damaged(tmp_path: Path) -> None:
    sound = write_projector(tmp_path / "mmproj.gguf").read_bytes()
    contents = {
        "empty": (b"", "is empty"),
        "half": (sound[: len(sound) // 2], "bytes are missing"),
        "page": (b"<!DOCTYPE html><html>", "web page"),
        "picture": (b"\x89PNG\r\n\x1a\n" + sound[8:], "not a GGUF model"),
        "newer": (sound[:4] + b"\x05" + sound[5:], "newer than this program"),
    }
    for name, (content, words) in contents.items():
        (tmp_path / name).write_bytes(content)
        assert words in cause_of_damage(tmp_path / name)
    assert "general.type is 'model'" in cause_of_damage(write_tiny_model(tmp_path / "text.gguf"))


def test_only_a_projector_of_the_models_width_belongs_to_it(tmp_path: Path) -> None:
    model = read_model_facts(write_tiny_model(tmp_path / "tiny.gguf"))
    projector = read_projector(write_projector(tmp_path / "mmproj.gguf"))
    check_projector(projector, model)
    check_projector(msgspec.structs.replace(projector, n_embd=0), model)
    with pytest.raises(ProjectorForeign, match=r"Tiny eye was made for another model than Tiny") as raised:
        check_projector(msgspec.structs.replace(projector, n_embd=2 * N_EMBD), model)
    assert raised.value.info.cause == "the projector is 128 wide, the model 64"


def test_the_name_is_safe_to_show(tmp_path: Path) -> None:
    evil = {"general.name": "Evil\x1b[2J\n" + "x" * 300}
    name = read_projector(write_projector(tmp_path / "m.gguf", metadata=evil)).name
    assert len(name) == 200
    assert name.isprintable()


def test_mutants_give_facts_or_a_named_error(tmp_path: Path) -> None:
    original = write_projector(tmp_path / "mmproj.gguf").read_bytes()
    path = tmp_path / "mutant.gguf"
    refused: list[ProjectorDamaged] = []
    slowest = 0.0
    peak = 0
    for _, data in mutants(original, N_MUTANTS, seed=4):
        path.write_bytes(data)
        tracemalloc.start()
        start = time.perf_counter()
        try:
            read_projector(path)
        except ProjectorDamaged as error:
            refused.append(error)
        slowest = max(slowest, time.perf_counter() - start)
        peak = max(peak, tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert 0.3 * N_MUTANTS < len(refused) < 0.95 * N_MUTANTS
    assert all(error.info.text and error.info.remedy_text for error in refused)
    assert slowest < 1.0
    assert peak < 64 * MIB


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0, 1, 2, 3, 7, 8, 14, 16, 28, 31, 32, 33, 56, 64, 2**16]),
    st.floats(width=32),
    st.text(max_size=8),
    st.lists(st.floats(width=32), min_size=1, max_size=4),
)
KEYS = st.sampled_from([*vision_metadata(), V + "attention.head_dim", V + "attention.head_count_kv"])
SHAPES = st.one_of(st.none(), st.lists(st.integers(1, 40), min_size=1, max_size=4).map(tuple))


@given(st.dictionaries(KEYS, VALUES, max_size=3), st.dictionaries(st.sampled_from([*vision_tensors()]), SHAPES))
def test_any_header_gives_sound_facts_or_a_named_error(
    tmp_path_factory: pytest.TempPathFactory, metadata: dict[str, Any], tensors: dict[str, Shape | None]
) -> None:
    path = tmp_path_factory.mktemp("projector") / "m.gguf"
    write_projector(path, metadata=metadata, tensors=tensors)
    try:
        facts = read_projector(path)
    except ProjectorDamaged:
        return
    assert facts.media
    assert facts.projector_type
    assert facts.image_size >= 0
