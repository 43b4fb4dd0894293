"""The rungs of the load ladder."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.context_plan import ALL_LAYERS, ContextWish, FreeMemory
from assistant.core.load_ladder import Rung, lightened, next_rung, rung_that_fits, wish_key
from assistant.core.memory_estimate import KvType, estimate_memory
from tests.unit.core.known_models import QWEN, SMOLLM2


def ladder(rung: Rung | None, *, has_card: bool) -> list[tuple[int, str, int]]:
    rungs = []
    while rung is not None:
        rungs.append((rung.n_ctx, rung.kv_type.value, rung.n_gpu_layers))
        rung = next_rung(QWEN, rung, has_card=has_card)
    return rungs


def test_with_a_card_it_gives_up_what_costs_least_first() -> None:
    assert ladder(Rung(n_ctx=8192, kv_type=KvType.F16, n_gpu_layers=ALL_LAYERS), has_card=True) == [
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


@pytest.mark.parametrize("n_gpu_layers", [ALL_LAYERS, 0, 12])
def test_layers_stay_where_no_card_has_memory_of_its_own(n_gpu_layers: int) -> None:
    rungs = ladder(Rung(n_ctx=3000, kv_type=KvType.F16, n_gpu_layers=n_gpu_layers), has_card=False)
    rest = [(3000, "f16"), (3000, "q8_0"), (1280, "q8_0"), (512, "q8_0")]
    assert rungs == [(n_ctx, kv_type, n_gpu_layers) for n_ctx, kv_type in rest]


def test_a_rung_is_for_the_wish_it_was_taken_for() -> None:
    wish, rung = ContextWish(n_ctx=8192), Rung(n_ctx=2048, kv_type=KvType.Q8_0, n_gpu_layers=6)
    lighter = lightened(wish, rung)
    assert (lighter.n_ctx, lighter.kv_type, lighter.n_gpu_layers) == (2048, KvType.Q8_0, 6)
    assert lightened(wish, None) == wish
    others = [
        ContextWish(n_ctx=4096),
        ContextWish(n_ctx=8192, kv_type=KvType.Q4_0),
        ContextWish(n_ctx=8192, n_gpu_layers=0),
    ]
    assert len({wish_key(each) for each in (wish, *others)}) == 4


def test_heads_that_cannot_be_quantized_skip_that_rung() -> None:
    odd = msgspec.structs.replace(SMOLLM2, n_embd_head_k=80)
    below = next_rung(odd, Rung(n_ctx=8192, kv_type=KvType.F16, n_gpu_layers=0), has_card=False)
    assert below == Rung(n_ctx=4096, kv_type=KvType.F16, n_gpu_layers=0)


@given(
    n_ctx=st.integers(512, 2**17),
    layers=st.integers(-1, 40),
    kv_type=st.sampled_from(KvType),
    free=st.integers(0, 2**33),
    has_card=st.booleans(),
)
def test_it_ends_and_each_rung_needs_less(n_ctx: int, layers: int, kv_type: KvType, free: int, has_card: bool) -> None:
    rung: Rung | None = Rung(n_ctx=n_ctx, kv_type=kv_type, n_gpu_layers=layers)
    for _ in range(40):
        assert rung is not None
        below = next_rung(SMOLLM2, rung, has_card=has_card)
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
