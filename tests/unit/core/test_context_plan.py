"""Memory estimates against llama.cpp's own log, and the choice of a context length."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.context_plan import (
    ALL_LAYERS,
    MIB,
    N_BATCH,
    choose_n_ctx,
    estimate_memory,
    largest_n_ctx,
    layers_that_fit,
)
from assistant.core.errors import NotEnoughMemory
from assistant.core.model_facts import ModelFacts

GIB = 2**30
SMOLLM2 = ModelFacts(
    name="SmolLM2 135M",
    architecture="llama",
    file_bytes=98_362_432,
    quantization="Q4_1",
    n_params=134_515_008,
    n_ctx_train=8192,
    n_layer=30,
    n_embd=576,
    n_head=9,
    n_head_kv=(3,) * 30,
    n_embd_head_k=64,
    n_embd_head_v=64,
    n_vocab=49_152,
    n_ff=1536,
    tensor_bytes=96_576_768,
)
QWEN = ModelFacts(
    name="Qwen2.5 0.5B",
    architecture="qwen2",
    file_bytes=491_400_064,
    quantization="Q4_K_M",
    n_params=630_167_424,
    n_ctx_train=32_768,
    n_layer=24,
    n_embd=896,
    n_head=14,
    n_head_kv=(2,) * 24,
    n_embd_head_k=64,
    n_embd_head_v=64,
    n_vocab=151_936,
    n_ff=4864,
    tensor_bytes=485_452_288,
)


@pytest.mark.parametrize(
    ("facts", "n_ctx", "n_batch", "n_seq_max", "kv_mib", "compute_mib", "resident_mib"),
    [
        (SMOLLM2, 512, 512, 1, 11.25, 14.20, 181),
        (SMOLLM2, 8192, 512, 1, 180.0, 21.70, 350),
        (SMOLLM2, 32_768, 512, 1, 720.0, 45.70, 891),
        (SMOLLM2, 8192, 512, 4, 180.0, 22.26, 351),
        (SMOLLM2, 8192, 2048, 1, 180.0, 86.24, 397),
        (QWEN, 512, 512, 1, 6.0, 36.59, 627),
        (QWEN, 8192, 512, 1, 96.0, 44.09, 719),
        (QWEN, 32_768, 512, 1, 384.0, 68.09, 1007),
        (QWEN, 8192, 128, 1, 96.0, 11.46, 689),
    ],
)
def test_estimates_lie_a_little_above_what_llama_cpp_logged(
    facts: ModelFacts,
    n_ctx: int,
    n_batch: int,
    n_seq_max: int,
    kv_mib: float,
    compute_mib: float,
    resident_mib: float,
) -> None:
    estimate = estimate_memory(facts, n_ctx, n_batch=n_batch, n_seq_max=n_seq_max)
    assert estimate.kv_bytes == kv_mib * MIB
    assert compute_mib <= estimate.compute_bytes / MIB <= 1.25 * compute_mib
    assert resident_mib <= estimate.total_bytes / MIB <= 1.25 * resident_mib


def test_total_is_the_sum_and_n_ctx_is_padded_to_256() -> None:
    estimate = estimate_memory(SMOLLM2, 257)
    assert estimate == estimate_memory(SMOLLM2, 512)
    parts = (estimate.weights_bytes, estimate.kv_bytes, estimate.compute_bytes, estimate.overhead_bytes)
    assert estimate.total_bytes == sum(parts)
    assert estimate.weights_bytes == SMOLLM2.tensor_bytes


def test_kv_cache_counts_each_layer_and_both_widths() -> None:
    facts = msgspec.structs.replace(SMOLLM2, n_head_kv=(4, 0, 1), n_embd_head_k=96, n_embd_head_v=64)
    assert estimate_memory(facts, 1024).kv_bytes == 2 * 1024 * 5 * 160


def test_sliding_window_needs_a_second_mask() -> None:
    windowed = msgspec.structs.replace(SMOLLM2, sliding_window=1024)
    more = estimate_memory(windowed, 4096).compute_bytes - estimate_memory(SMOLLM2, 4096).compute_bytes
    assert more == 2 * 4096 * N_BATCH


@given(
    available=st.integers(0, 64 * GIB),
    limit=st.integers(0, 2**20),
    facts=st.sampled_from((SMOLLM2, QWEN)),
)
def test_largest_n_ctx_fits_and_the_next_one_does_not(available: int, limit: int, facts: ModelFacts) -> None:
    n_ctx = largest_n_ctx(facts, available, limit)
    if n_ctx == 0:
        assert estimate_memory(facts, 512).total_bytes > available
        return
    assert n_ctx % 256 == 0
    assert 512 <= n_ctx <= max(limit, 512)
    assert estimate_memory(facts, n_ctx).total_bytes <= available
    beyond = n_ctx + 256
    assert beyond > max(limit, 512) or estimate_memory(facts, beyond).total_bytes > available


def test_automatic_choice_is_the_trained_length_within_8192_and_memory() -> None:
    assert choose_n_ctx(SMOLLM2, 0, 8 * GIB) == 8192
    assert choose_n_ctx(QWEN, 0, 8 * GIB) == 8192
    short = msgspec.structs.replace(SMOLLM2, n_ctx_train=2048)
    assert choose_n_ctx(short, 0, 8 * GIB) == 2048
    tight = estimate_memory(SMOLLM2, 3000).total_bytes
    assert choose_n_ctx(SMOLLM2, 0, tight) == 3072


def test_a_model_trained_on_very_little_still_gets_512() -> None:
    assert choose_n_ctx(msgspec.structs.replace(SMOLLM2, n_ctx_train=128), 0, 8 * GIB) == 512


def test_a_wanted_length_is_kept_even_beyond_training() -> None:
    assert choose_n_ctx(SMOLLM2, 4096, 8 * GIB) == 4096
    assert choose_n_ctx(SMOLLM2, 20_000, 8 * GIB) == 20_224


def test_a_wanted_length_that_does_not_fit_says_what_would() -> None:
    available = estimate_memory(SMOLLM2, 4096).total_bytes
    with pytest.raises(NotEnoughMemory) as raised:
        choose_n_ctx(SMOLLM2, 8192, available)
    info = raised.value.info
    assert info.values["fits"] == 4096
    assert "8192" in info.text
    assert "4096" in info.remedy_text
    assert choose_n_ctx(SMOLLM2, int(info.values["fits"]), available) == 4096


@pytest.mark.parametrize("wanted", [0, 4096])
def test_no_memory_at_all_is_a_named_error(wanted: int) -> None:
    with pytest.raises(NotEnoughMemory) as raised:
        choose_n_ctx(SMOLLM2, wanted, 64 * MIB)
    assert raised.value.info.values["fits"] == 0
    assert "smaller model" in raised.value.info.remedy_text


def test_layers_go_to_the_card_as_far_as_they_fit() -> None:
    need = estimate_memory(QWEN, 8192)
    whole = need.weights_bytes + need.kv_bytes + need.compute_bytes
    assert layers_that_fit(QWEN, 8192, whole + 300 * MIB) == ALL_LAYERS
    assert 0 < layers_that_fit(QWEN, 8192, whole) < QWEN.n_layer
    assert layers_that_fit(QWEN, 8192, whole // 2 + 300 * MIB) in range(QWEN.n_layer // 2 - 3, QWEN.n_layer // 2 + 3)
    assert layers_that_fit(QWEN, 8192, 100 * MIB) == 0
