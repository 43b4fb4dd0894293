"""The rungs of the load ladder."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.context_plan import ALL_LAYERS, FreeMemory
from assistant.core.load_ladder import Rung, next_rung, rung_that_fits
from assistant.core.memory_estimate import KvType, estimate_memory
from tests.unit.core.known_models import QWEN, SMOLLM2


def ladder(rung: Rung | None) -> list[tuple[int, str, int]]:
    rungs = []
    while rung is not None:
        rungs.append((rung.n_ctx, rung.kv_type.value, rung.n_gpu_layers))
        rung = next_rung(QWEN, rung)
    return rungs


def test_with_a_card_it_gives_up_what_costs_least_first() -> None:
    assert ladder(Rung(n_ctx=8192, kv_type=KvType.F16, n_gpu_layers=ALL_LAYERS)) == [
        (8192, "f16", -1),
        (8192, "f16", 12),
        (8192, "f16", 6),
        (8192, "q8_0", 6),
        (4096, "q8_0", 6),
        (2048, "q8_0", 6),
        (2048, "q8_0", 0),
        (1024, "q8_0", 0),
        (512, "q8_0", 0),
    ]


def test_without_a_card_there_are_no_layers_to_move() -> None:
    rungs = ladder(Rung(n_ctx=3000, kv_type=KvType.F16, n_gpu_layers=0))
    assert rungs == [(3000, "f16", 0), (3000, "q8_0", 0), (1280, "q8_0", 0), (512, "q8_0", 0)]


def test_heads_that_cannot_be_quantized_skip_that_rung() -> None:
    odd = msgspec.structs.replace(SMOLLM2, n_embd_head_k=80)
    below = next_rung(odd, Rung(n_ctx=8192, kv_type=KvType.F16, n_gpu_layers=0))
    assert below == Rung(n_ctx=4096, kv_type=KvType.F16, n_gpu_layers=0)


@given(
    n_ctx=st.integers(512, 2**17),
    layers=st.integers(-1, 40),
    kv_type=st.sampled_from(KvType),
    free=st.integers(0, 2**33),
)
def test_it_ends_and_each_rung_needs_less(n_ctx: int, layers: int, kv_type: KvType, free: int) -> None:
    rung: Rung | None = Rung(n_ctx=n_ctx, kv_type=kv_type, n_gpu_layers=layers)
    for _ in range(40):
        assert rung is not None
        below = next_rung(SMOLLM2, rung)
        if below is None:
            break
        assert below.n_ctx <= rung.n_ctx
        assert below != rung
        rung = below
    else:
        raise AssertionError("the ladder has no foot")
    fitting = rung_that_fits(
        SMOLLM2, Rung(n_ctx=n_ctx, kv_type=kv_type, n_gpu_layers=0), FreeMemory(main_bytes=free), 0
    )
    if fitting is not None:
        assert estimate_memory(SMOLLM2, fitting.n_ctx, kv_type=fitting.kv_type).total_bytes <= free
