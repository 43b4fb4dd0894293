"""Memory estimates against llama.cpp's own log, and the choice of a context length."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.context_plan import (
    ALL_LAYERS,
    MAX_SCORE_BYTES,
    MIB,
    N_BATCH,
    choose_n_ctx,
    estimate_memory,
    largest_n_ctx,
    layers_that_fit,
    needs_flash_attention,
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
    ("facts", "n_ctx", "n_batch", "n_seq_max", "flash_attention", "kv_mib", "compute_mib", "resident_mib"),
    [
        (SMOLLM2, 512, 512, 1, False, 11.25, 16.38, 186),
        (SMOLLM2, 8192, 512, 1, False, 180.0, 166.38, 355),
        (SMOLLM2, 32_768, 512, 1, True, 720.0, 45.51, 891),
        (SMOLLM2, 32_768, 256, 1, True, 720.0, 22.76, 883),
        (SMOLLM2, 8192, 256, 8, False, 180.0, 83.19, 344),
        (SMOLLM2, 8192, 2048, 1, True, 180.0, 86.05, 397),
        (QWEN, 512, 512, 1, False, 6.0, 35.26, 629),
        (QWEN, 8192, 512, 1, False, 96.0, 249.26, 721),
        (QWEN, 8192, 256, 8, False, 96.0, 124.63, 700),
        (QWEN, 8192, 128, 1, False, 96.0, 62.31, 688),
        (QWEN, 32_768, 512, 1, True, 384.0, 67.51, 1006),
    ],
)
def test_estimates_lie_a_little_above_what_llama_cpp_logged(
    facts: ModelFacts,
    n_ctx: int,
    n_batch: int,
    n_seq_max: int,
    flash_attention: bool,
    kv_mib: float,
    compute_mib: float,
    resident_mib: float,
) -> None:
    estimate = estimate_memory(facts, n_ctx, n_batch=n_batch, n_seq_max=n_seq_max, flash_attention=flash_attention)
    assert estimate.kv_bytes == kv_mib * MIB
    assert compute_mib <= estimate.compute_bytes / MIB <= 1.25 * compute_mib
    # Resident after one batch: scores of a context that is not filled are not touched yet.
    assert resident_mib <= estimate.total_bytes / MIB <= 1.25 * resident_mib + compute_mib


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


def test_flash_attention_is_for_scores_that_need_too_much() -> None:
    longest = MAX_SCORE_BYTES // (4 * QWEN.n_head * N_BATCH) // 256 * 256
    assert not needs_flash_attention(QWEN, longest, 8 * GIB)
    assert needs_flash_attention(QWEN, longest + 256, 8 * GIB)
    assert not needs_flash_attention(msgspec.structs.replace(QWEN, n_head=0), 2**17, 8 * GIB)  # there is no attention


@pytest.mark.parametrize("n_head", [14, 64])
def test_scores_never_cost_context(n_head: int) -> None:
    """What fits with flash attention is loaded with it, where the scores would not fit too."""
    facts = msgspec.structs.replace(QWEN, n_head=n_head)
    available = estimate_memory(facts, 8192).total_bytes
    assert choose_n_ctx(facts, 8192, available) == choose_n_ctx(facts, 0, available) == 8192
    assert needs_flash_attention(facts, 8192, available)


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
