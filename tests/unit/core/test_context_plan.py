"""The choice of a context: length, stretch, types and layers, for the memory that is free."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.context_plan import (
    ALL_LAYERS,
    MAX_SCORE_BYTES,
    N_CTX_LONGEST,
    ContextPlan,
    ContextWish,
    FreeMemory,
    choose_n_ctx,
    largest_n_ctx,
    layers_that_fit,
    needs_flash_attention,
    plan_context,
)
from assistant.core.errors import NotEnoughMemory
from assistant.core.memory_estimate import MIB, N_BATCH, KvType, estimate_memory
from assistant.core.model_facts import ModelFacts
from assistant.core.rope import RopeMethod, RopeScaling
from tests.unit.core.known_models import QWEN, SMOLLM2

GIB = 2**30
FREE = FreeMemory(main_bytes=8 * GIB)


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
    assert layers_that_fit(QWEN, need, whole + 300 * MIB) == ALL_LAYERS
    assert 0 < layers_that_fit(QWEN, need, whole) < QWEN.n_layer
    assert layers_that_fit(QWEN, need, whole // 2 + 300 * MIB) in range(QWEN.n_layer // 2 - 3, QWEN.n_layer // 2 + 3)
    assert layers_that_fit(QWEN, need, 100 * MIB) == 0


def texts(plan: ContextPlan) -> str:
    return "\n".join(note.text for note in plan.notes)


def test_within_the_trained_length_nothing_is_stretched_and_nothing_said() -> None:
    for wish in (ContextWish(), ContextWish(n_ctx=8192, rope=RopeMethod.LINEAR)):
        plan = plan_context(SMOLLM2, wish, FREE)
        assert (plan.n_ctx, plan.rope, plan.notes) == (8192, RopeScaling(), ())


def test_beyond_it_automatic_is_mixed_and_says_so() -> None:
    plan = plan_context(SMOLLM2, ContextWish(n_ctx=16_384), FREE)
    assert plan.rope.method is RopeMethod.MIXED
    assert "2.0 times" in texts(plan)
    assert plan.memory.kv_bytes == 360 * MIB


def test_what_a_context_check_found_best_is_automatic_from_then_on() -> None:
    asked = []

    def measured(n_ctx: int, kv_type: KvType) -> RopeMethod:
        asked.append((n_ctx, kv_type))
        return RopeMethod.NTK

    plan = plan_context(SMOLLM2, ContextWish(n_ctx=16_384), FREE, measured=measured)
    assert plan.rope.method is RopeMethod.NTK
    assert asked == [(16_384, KvType.F16)]
    own = plan_context(SMOLLM2, ContextWish(n_ctx=16_384, rope=RopeMethod.LINEAR), FREE, measured=measured)
    assert own.rope.method is RopeMethod.LINEAR
    within = plan_context(SMOLLM2, ContextWish(n_ctx=8192), FREE, measured=measured)
    assert within.rope.method is RopeMethod.NONE


def test_beyond_four_times_is_warned_of() -> None:
    assert "do not rely" not in texts(plan_context(SMOLLM2, ContextWish(n_ctx=4 * 8192), FREE))
    assert "do not rely" in texts(plan_context(SMOLLM2, ContextWish(n_ctx=5 * 8192), FREE))


def test_the_longest_is_four_times_the_trained_length_where_it_fits() -> None:
    assert plan_context(SMOLLM2, ContextWish(n_ctx=N_CTX_LONGEST), FREE).n_ctx == 4 * 8192
    tight = FreeMemory(main_bytes=estimate_memory(SMOLLM2, 10_240).total_bytes)
    assert plan_context(SMOLLM2, ContextWish(n_ctx=N_CTX_LONGEST), tight).n_ctx == 10_240


def test_unstretched_and_too_long_is_warned_of() -> None:
    plan = plan_context(SMOLLM2, ContextWish(n_ctx=16_384, rope=RopeMethod.NONE), FREE)
    assert plan.rope == RopeScaling()
    assert "fall apart" in texts(plan)


def test_a_smaller_kv_type_makes_room_for_more() -> None:
    free = FreeMemory(main_bytes=estimate_memory(SMOLLM2, 8192).total_bytes)
    with pytest.raises(NotEnoughMemory):
        plan_context(SMOLLM2, ContextWish(n_ctx=12_288), free)
    plan = plan_context(SMOLLM2, ContextWish(n_ctx=12_288, kv_type=KvType.Q8_0), free)
    assert (plan.kv_type, plan.flash_attention) == (KvType.Q8_0, True)


def test_heads_that_no_quantized_type_can_store_stay_f16_and_it_is_said() -> None:
    odd = msgspec.structs.replace(SMOLLM2, n_embd_head_k=80)
    plan = plan_context(odd, ContextWish(kv_type=KvType.Q4_0), FREE)
    assert plan.kv_type is KvType.F16
    assert "q4_0" in texts(plan)


def test_learned_positions_end_with_the_trained_length() -> None:
    table = msgspec.structs.replace(SMOLLM2, n_ctx_train=1024, n_rot=0, has_position_table=True)
    plan = plan_context(table, ContextWish(n_ctx=4096), FREE)
    assert (plan.n_ctx, plan.rope) == (1024, RopeScaling())
    assert "1024" in texts(plan)
    assert plan_context(table, ContextWish(n_ctx=N_CTX_LONGEST), FREE).n_ctx == 1024


def test_what_is_special_about_a_model_is_said() -> None:
    wish = ContextWish(n_ctx=16_384)
    windowed = msgspec.structs.replace(SMOLLM2, sliding_window=512)
    assert "see the whole context" in texts(plan_context(windowed, wish, FREE))
    seeing = msgspec.structs.replace(SMOLLM2, is_m_rope=True)
    assert "pictures" in texts(plan_context(seeing, wish, FREE))
    recurrent = msgspec.structs.replace(SMOLLM2, n_rot=0, recurrent_bytes=1000)
    assert "any length" in texts(plan_context(recurrent, wish, FREE))
    stretched = msgspec.structs.replace(SMOLLM2, rope_scaling="linear", rope_factor=2.0)
    plan = plan_context(stretched, ContextWish(n_ctx=16_384, rope=RopeMethod.YARN), FREE)
    assert plan.rope.method is RopeMethod.LINEAR
    assert "already stretched" in texts(plan)


@given(
    n_ctx=st.integers(-1, 2**18),
    rope=st.none() | st.sampled_from(RopeMethod),
    kv_type=st.sampled_from(KvType),
    main_bytes=st.integers(0, 64 * GIB),
    card_bytes=st.integers(0, 16 * GIB),
    facts=st.sampled_from((SMOLLM2, QWEN)),
)
def test_a_plan_fits_or_says_what_would(
    n_ctx: int, rope: RopeMethod | None, kv_type: KvType, main_bytes: int, card_bytes: int, facts: ModelFacts
) -> None:
    free = FreeMemory(main_bytes=main_bytes, card_bytes=card_bytes)
    try:
        plan = plan_context(facts, ContextWish(n_ctx=n_ctx, rope=rope, kv_type=kv_type), free)
    except NotEnoughMemory as error:
        fits = int(error.info.values["fits"])
        assert fits == 0 or plan_context(facts, ContextWish(n_ctx=fits, kv_type=kv_type), free).n_ctx == fits
        return
    lean = estimate_memory(facts, plan.n_ctx, kv_type=plan.kv_type).total_bytes
    assert lean <= free.total_bytes
    assert plan.rope.factor == 1 or plan.n_ctx > facts.n_ctx_train
