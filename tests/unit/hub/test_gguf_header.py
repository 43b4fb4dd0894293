"""Facts of sound models, and the refusal of everything that llama.cpp would assert."""

from __future__ import annotations

import json
import struct
import time
import tracemalloc
from pathlib import Path
from typing import Any

import gguf
import msgspec
import pytest

from assistant.core.errors import FamulusError, ModelFileDamaged, ModelNotFound, ModelUnsupported
from assistant.hub.gguf_header import describe_header, read_model_facts
from tests.mutants import mutants
from tests.tiny_gguf import CHATML, default_metadata, vocabulary, write_tiny_model

N_VOCAB = len(vocabulary())
T = gguf.GGUFValueType
MIB = 2**20


def test_facts_of_a_sound_model(tmp_path: Path) -> None:
    path = write_tiny_model(tmp_path / "tiny.gguf")
    facts = read_model_facts(path)
    assert msgspec.structs.asdict(facts) == {
        "name": "Tiny",
        "architecture": "llama",
        "file_bytes": path.stat().st_size,
        "quantization": "F16",
        "n_params": N_VOCAB * 64 + 64 + 2 * (2 * 64 + 2 * 64 * 64 + 2 * 32 * 64 + 3 * 128 * 64),
        "n_ctx_train": 512,
        "n_layer": 2,
        "n_embd": 64,
        "n_head": 4,
        "n_head_kv": (2, 2),
        "n_embd_head_k": 16,
        "n_embd_head_v": 16,
        "n_vocab": N_VOCAB,
        "n_ff": 128,
        "sliding_window": 0,
        "rope_freq_base": 10000.0,
        "n_rot": 16,
        "rope_scaling": "",
        "rope_factor": 1.0,
        "n_ctx_original": 0,
        "has_position_table": False,
        "is_m_rope": False,
        "recurrent_bytes": 0,
        "has_chat_template": True,
        "tensor_bytes": 2 * facts.n_params + 2 * 5 * 64,
        "recommended_temperature": None,
    }


@pytest.mark.parametrize(
    ("value", "advice"), [(0.25, 0.25), (0.0, 0.0), (-1.0, None), (float("nan"), None), ("hot", None), (1, None)]
)
def test_the_recommended_temperature_is_advice_only(tmp_path: Path, value: Any, advice: float | None) -> None:
    path = write_tiny_model(tmp_path / "tiny.gguf", metadata={"general.sampling.temp": value})
    assert read_model_facts(path).recommended_temperature == advice


def test_facts_that_the_header_may_leave_out(tmp_path: Path) -> None:
    bare = dict.fromkeys(("general.name", "general.file_type", "llama.rope.freq_base", "llama.attention.head_count_kv"))
    path = write_tiny_model(tmp_path / "some name.gguf", chat_template=None, metadata=bare)
    facts = read_model_facts(path)
    assert (facts.name, facts.quantization, facts.rope_freq_base) == ("some name", "F16", 0.0)
    assert (facts.n_head_kv, facts.has_chat_template) == ((4, 4), False)


def test_facts_of_layers_that_differ(tmp_path: Path) -> None:
    layers = {
        "llama.attention.head_count": [4, 0],
        "llama.attention.head_count_kv": [2, 0],
        "llama.attention.key_length": 16,
        "llama.attention.value_length": 8,
        "llama.attention.key_length_swa": 32,
        "llama.attention.sliding_window": 128,
        "llama.rope.scaling.type": "yarn",
        "llama.expert_count": 8,
        "llama.expert_used_count": 2,
        "llama.expert_feed_forward_length": 96,
    }
    facts = read_model_facts(write_tiny_model(tmp_path / "m.gguf", metadata=layers))
    assert (facts.n_head, facts.n_head_kv) == (4, (2, 0))
    assert (facts.n_embd_head_k, facts.n_embd_head_v) == (32, 8)
    assert (facts.sliding_window, facts.rope_scaling, facts.n_ff) == (128, "yarn", 192)


def test_an_unknown_architecture_is_left_to_llama_cpp(tmp_path: Path) -> None:
    metadata: dict[str, Any] = {"general.architecture": "novel"}
    for key, value in default_metadata().items():
        if key.startswith("llama."):
            metadata |= {key: None, key.replace("llama.", "novel."): value}
    assert read_model_facts(write_tiny_model(tmp_path / "m.gguf", metadata=metadata)).architecture == "novel"


TWO = list(vocabulary())
TWO[7] = TWO[8]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("llama.block_count", None, "llama.block_count is missing"),
        ("llama.block_count", 0, "not within 1 to 512"),
        ("llama.block_count", 513, "not within 1 to 512"),
        ("llama.block_count", "2", "is str, not u32"),
        ("llama.block_count", (2, T.UINT64), "is u64, not u32"),
        ("llama.embedding_length", None, "llama.embedding_length is missing"),
        ("llama.embedding_length", 2**31, "llama.embedding_length"),
        ("llama.context_length", None, "llama.context_length is missing"),
        ("llama.context_length", 0, "llama.context_length"),
        ("llama.attention.head_count", None, "head_count is missing"),
        ("llama.attention.head_count", 0, "head_count is 0"),
        ("llama.attention.head_count", 6, "cannot be shared by 6"),
        ("llama.attention.head_count", [4, 4, 4], "3 items for 2 layers"),
        ("llama.attention.head_count", [4.0, 4.0], "not a short array"),
        ("llama.attention.head_count_kv", 3, "cannot share 3"),
        ("llama.attention.head_count_kv", [2, 2**20], "outside 0 to"),
        ("llama.attention.key_length", 0, "key_length"),
        ("llama.attention.layer_norm_rms_epsilon", -1.0, "epsilon is -1.0"),
        ("llama.attention.layer_norm_rms_epsilon", float("nan"), "epsilon is nan"),
        ("llama.logit_scale", float("inf"), "logit_scale is inf"),
        ("llama.rope.dimension_count", 15, "rope.dimension_count is 15"),
        ("llama.rope.dimension_count", 32, "rope.dimension_count is 32"),
        ("llama.rope.dimension_sections", [0, 0, 0, 0], "rope.dimension_sections"),
        ("llama.rope.freq_base", 0.0, "rope.freq_base"),
        ("llama.rope.scaling.type", "sideways", "rope.scaling.type is 'sideways'"),
        ("llama.nextn_predict_layers", 3, "nextn_predict_layers"),
        ("llama.expert_used_count", 2, "2 of 0 experts"),
        ("llama.expert_count", 8, "0 of 8 experts"),
        ("llama.expert_count", 1025, "expert_count"),
        ("llama.expert_group_count", 4, "0 experts in 4 groups"),
        ("tokenizer.ggml.model", None, "tokenizer.ggml.model is ''"),
        ("tokenizer.ggml.model", "test", "tokenizer.ggml.model is 'test'"),
        ("tokenizer.ggml.tokens", None, "tokens is missing or empty"),
        ("tokenizer.ggml.tokens", [1, 2, 3], "tokenizer.ggml.tokens is arr[i32]"),
        ("tokenizer.ggml.tokens", vocabulary()[:-1], "items for 273 tokens"),
        ("tokenizer.ggml.tokens", TWO, "1 tokens have the same text"),
        ("tokenizer.ggml.token_type", [1, 1], "2 items for 274 tokens"),
        ("tokenizer.ggml.token_type", [1.0] * N_VOCAB, "token_type is arr[f32]"),
        ("tokenizer.ggml.scores", [0.0] * (N_VOCAB + 1), "scores has 275 items"),
        ("tokenizer.ggml.merges", None, "merges is missing"),
        ("tokenizer.ggml.merges", "t h", "merges is str"),
        ("tokenizer.ggml.bos_token_id", N_VOCAB, "bos_token_id is 274"),
        ("tokenizer.ggml.eos_token_id", 2**31, "eos_token_id"),
        ("tokenizer.ggml.model", "t5", "is to begin every text"),
        ("tokenizer.ggml.model", "llama", "no token for"),
        ("tokenizer.chat_template", "x" * (MIB + 1), "chat_template is longer"),
        ("tokenizer.chat_template", 5, "chat_template is u32"),
        ("general.name", 5, "general.name is u32"),
        ("general.architecture", "", "architecture is missing"),
    ],
)
def test_refuses_what_llama_cpp_would_assert_or_lack(tmp_path: Path, key: str, value: Any, words: str) -> None:
    metadata = {key: value}
    if value == "t5":
        metadata |= {"tokenizer.ggml.bos_token_id": None, "tokenizer.ggml.add_bos_token": True}
    path = write_tiny_model(tmp_path / "m.gguf", metadata=metadata)
    with pytest.raises(ModelFileDamaged) as raised:
        read_model_facts(path)
    assert words in raised.value.info.text
    assert raised.value.info.remedy_text


def test_two_empty_tokens_are_allowed_because_llama_cpp_renames_them(tmp_path: Path) -> None:
    tokens = list(vocabulary())
    tokens[260] = tokens[261] = ""
    path = write_tiny_model(tmp_path / "m.gguf", metadata={"tokenizer.ggml.tokens": tokens})
    assert read_model_facts(path).n_vocab == N_VOCAB


def test_special_tokens_that_llama_cpp_ignores_are_allowed(tmp_path: Path) -> None:
    ids = {"tokenizer.ggml.padding_token_id": N_VOCAB, "tokenizer.ggml.bos_token_id": 2**32 - 1}
    assert read_model_facts(write_tiny_model(tmp_path / "m.gguf", metadata=ids)).n_vocab == N_VOCAB


@pytest.mark.parametrize(
    ("name", "words"),
    [("token_embd.weight", "which is no type for weights"), ("output_norm.weight", "not F32")],
)
def test_refuses_tensor_types_that_abort_in_a_kernel(tmp_path: Path, name: str, words: str) -> None:
    path = write_tiny_model(tmp_path / "m.gguf")
    data = bytearray(path.read_bytes())
    n_dimensions_at = data.index(struct.pack("<Q", len(name)) + name.encode()) + 8 + len(name)
    type_at = n_dimensions_at + 4 + 8 * data[n_dimensions_at]
    same_size = {0: 26, 1: 25}[data[type_at]]
    data[type_at] = same_size
    path.write_bytes(data)
    with pytest.raises(ModelFileDamaged, match=words):
        read_model_facts(path)


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"general.type": "adapter"}, "adapter"),
        ({"general.type": "mmproj"}, "projector"),
        ({"general.type": "imatrix"}, "importance matrix"),
        ({"general.architecture": "clip"}, "projector"),
        ({"general.architecture": "bert"}, "embedding model"),
        ({"general.architecture": "t5"}, "encoder-decoder"),
        ({"general.architecture": "llada"}, "diffusion"),
        ({"general.architecture": "qwen3tts"}, "speech"),
        ({"llama.attention.causal": False}, "embedding model"),
        ({"tokenizer.ggml.model": "none"}, "without a vocabulary"),
    ],
)
def test_says_what_a_file_is_that_is_no_chat_model(tmp_path: Path, metadata: dict[str, Any], words: str) -> None:
    path = write_tiny_model(tmp_path / "other.gguf", metadata=metadata)
    with pytest.raises(ModelUnsupported) as raised:
        read_model_facts(path)
    assert words in raised.value.info.text
    assert raised.value.info.remedy_text


def test_a_vocabulary_without_weights_is_no_model(tmp_path: Path) -> None:
    writer = gguf.GGUFWriter(tmp_path / "vocab.gguf", "llama")
    writer.add_tokenizer_model("gpt2")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    with pytest.raises(ModelUnsupported, match="vocabulary only"):
        read_model_facts(tmp_path / "vocab.gguf")


def test_a_split_model_is_the_sum_of_its_parts(tmp_path: Path) -> None:
    whole = read_model_facts(write_tiny_model(tmp_path / "whole.gguf"))
    first = write_tiny_model(tmp_path / "split.gguf", split_max_tensors=8)
    facts = read_model_facts(first)
    parts = sorted(tmp_path.glob("split-*.gguf"))
    assert len(parts) == 3
    assert facts.file_bytes == sum(part.stat().st_size for part in parts)
    assert (facts.n_params, facts.tensor_bytes) == (whole.n_params, whole.tensor_bytes)
    assert describe_header(first).files == [part.name for part in parts]


def test_a_split_model_wants_its_first_part_and_all_others(tmp_path: Path) -> None:
    first = write_tiny_model(tmp_path / "split.gguf", split_max_tensors=8)
    second, third = (tmp_path / f"split-0000{number}-of-00003.gguf" for number in (2, 3))
    with pytest.raises(ModelUnsupported) as raised:
        read_model_facts(third)
    assert first.name in raised.value.info.remedy_text
    content = second.read_bytes()
    second.write_bytes(content[:-40])
    with pytest.raises(ModelFileDamaged, match=second.name):
        read_model_facts(first)
    second.write_bytes(third.read_bytes())
    with pytest.raises(ModelFileDamaged, match="another part"):
        read_model_facts(first)
    second.unlink()
    with pytest.raises(ModelNotFound, match=r"Part 2 of 3 .* split-00002-of-00003.gguf"):
        read_model_facts(first)
    with pytest.raises(ModelUnsupported, match="its name does not say so"):
        read_model_facts(first.rename(tmp_path / "renamed.gguf"))


def test_description_is_json_and_safe_to_show(tmp_path: Path) -> None:
    metadata = {"general.name": "Evil\x1b[2J\n" + "x" * 300, "general.author": "Jörg", "general.numbers": [1, 2, 3]}
    description = describe_header(write_tiny_model(tmp_path / "m.gguf", metadata=metadata))
    shown = json.loads(msgspec.json.encode(description))
    assert shown["metadata"]["general.author"] == "Jörg"
    assert shown["metadata"]["general.numbers"] == "1, 2, 3"
    assert shown["metadata"]["tokenizer.ggml.tokens"] == f"arr[str], {N_VOCAB} items"
    assert shown["metadata"]["tokenizer.chat_template"] == CHATML.replace("\n", " ")
    assert shown["tensor_types"] == {"F16": 15, "F32": 5}
    for name in (shown["metadata"]["general.name"], shown["facts"]["name"]):
        assert len(name) == 200
        assert name.isprintable()


def test_a_thousand_mutants_give_facts_or_a_named_error(tmp_path: Path) -> None:
    original = write_tiny_model(tmp_path / "tiny.gguf").read_bytes()
    path = tmp_path / "mutant.gguf"
    refused: list[FamulusError] = []
    slowest = 0.0
    peak = 0
    for _, data in mutants(original, 1000, seed=20):
        path.write_bytes(data)
        tracemalloc.start()
        start = time.perf_counter()
        try:
            read_model_facts(path)
        except FamulusError as error:
            refused.append(error)
        slowest = max(slowest, time.perf_counter() - start)
        peak = max(peak, tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert 300 < len(refused) < 900
    assert all(error.info.text and error.info.remedy_text for error in refused)
    assert slowest < 1.0
    assert peak < 64 * MIB


def test_mutants_are_the_same_for_the_same_seed(tmp_path: Path) -> None:
    original = write_tiny_model(tmp_path / "tiny.gguf").read_bytes()
    assert list(mutants(original, 30, seed=1)) == list(mutants(original, 30, seed=1))
    assert list(mutants(original, 30, seed=1)) != list(mutants(original, 30, seed=2))
