"""Memory estimates against llama.cpp's own log."""

from __future__ import annotations

import msgspec
import pytest

from assistant.core.memory_estimate import MIB, N_BATCH, KvType, estimate_memory
from assistant.core.model_facts import ModelFacts
from tests.unit.core.known_models import QWEN, SMOLLM2


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


@pytest.mark.parametrize(("kv_type", "share"), [(KvType.F16, 1.0), (KvType.Q8_0, 17 / 32), (KvType.Q4_0, 9 / 32)])
def test_a_quantized_kv_cache_is_smaller(kv_type: KvType, share: float) -> None:
    assert estimate_memory(SMOLLM2, 8192, kv_type=kv_type).kv_bytes == share * 180 * MIB


def test_a_recurrent_state_is_there_once_a_sequence_and_never_grows() -> None:
    recurrent = msgspec.structs.replace(SMOLLM2, n_head_kv=(0,) * 30, recurrent_bytes=1000)
    assert estimate_memory(recurrent, 512).kv_bytes == estimate_memory(recurrent, 65_536).kv_bytes == 4 * 1000
    assert estimate_memory(recurrent, 512, n_seq_max=7).kv_bytes == 7 * 1000


def test_the_projector_counts() -> None:
    assert estimate_memory(QWEN, 512, projector_bytes=MIB).total_bytes == estimate_memory(QWEN, 512).total_bytes + MIB
