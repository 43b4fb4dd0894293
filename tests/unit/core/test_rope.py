"""How a rotary embedding is stretched."""

from __future__ import annotations

import msgspec
import pytest

from assistant.core.rope import RopeMethod, RopeScaling, automatic_method, known_method, methods, ntk_base, rope_scaling
from tests.unit.core.known_models import SMOLLM2


def test_linear_divides_every_position() -> None:
    scaling = rope_scaling(SMOLLM2, RopeMethod.LINEAR, 4 * 8192)
    assert (scaling.factor, scaling.freq_scale, scaling.freq_base, scaling.yarn_ext_factor) == (4.0, 0.25, 0.0, 0.0)


def test_ntk_interpolates_the_slowest_pair_by_the_stretch_and_leaves_the_fastest_alone() -> None:
    base = rope_scaling(SMOLLM2, RopeMethod.NTK, 2 * 8192).freq_base
    assert base == pytest.approx(204_522, rel=1e-5)
    slowest = 62 / 64
    assert base**-slowest == pytest.approx(SMOLLM2.rope_freq_base**-slowest / 2)
    assert ntk_base(10_000.0, 3.0, 2) == 30_000.0  # one pair alone has no slower one


def test_yarn_starts_from_the_trained_length() -> None:
    scaling = rope_scaling(SMOLLM2, RopeMethod.YARN, 3 * 8192)
    assert (scaling.yarn_ext_factor, scaling.yarn_orig_ctx) == (1.0, 8192)
    assert scaling.freq_scale == pytest.approx(1 / 3)


def test_mixed_shares_the_stretch_between_ntk_and_yarn() -> None:
    scaling = rope_scaling(SMOLLM2, RopeMethod.MIXED, 4 * 8192)
    assert (scaling.freq_scale, scaling.yarn_ext_factor, scaling.yarn_orig_ctx) == (0.5, 1.0, 8192)
    assert scaling.freq_base == rope_scaling(SMOLLM2, RopeMethod.NTK, 2 * 8192).freq_base


def test_automatic_is_mixed_unless_the_file_says_how() -> None:
    assert automatic_method(SMOLLM2) is RopeMethod.MIXED
    yarn = msgspec.structs.replace(SMOLLM2, rope_scaling="yarn", rope_factor=4.0, n_ctx_original=2048)
    assert automatic_method(yarn) is RopeMethod.YARN


@pytest.mark.parametrize("method", RopeMethod)
def test_within_the_trained_length_nothing_is_scaled(method: RopeMethod) -> None:
    assert rope_scaling(SMOLLM2, method, 8192) == RopeScaling()


def test_a_scaling_in_the_file_is_carried_on() -> None:
    linear = msgspec.structs.replace(SMOLLM2, rope_scaling="linear", rope_factor=4.0)
    assert rope_scaling(linear, RopeMethod.LINEAR, 2 * 8192).freq_scale == 1 / 8
    yarn = msgspec.structs.replace(SMOLLM2, rope_scaling="yarn", rope_factor=4.0, n_ctx_original=2048)
    scaling = rope_scaling(yarn, RopeMethod.YARN, 2 * 8192)
    assert (scaling.freq_scale, scaling.yarn_orig_ctx) == (1 / 8, 2048)
    assert automatic_method(linear) is known_method(linear, RopeMethod.YARN) is RopeMethod.LINEAR
    assert rope_scaling(linear, RopeMethod.YARN, 2 * 8192) == RopeScaling()


@pytest.mark.parametrize("changes", [{"n_rot": 0}, {"rope_scaling": "longrope"}])
def test_some_models_cannot_be_stretched(changes: dict[str, object]) -> None:
    facts = msgspec.structs.replace(SMOLLM2, **changes)
    assert methods(facts) == (RopeMethod.NONE,)
    assert automatic_method(facts) is known_method(facts, RopeMethod.NTK) is RopeMethod.NONE
