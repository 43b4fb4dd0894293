from __future__ import annotations

import math

import pytest

from assistant.core.context_check import (
    ContextCheck,
    MethodRun,
    NeedleScore,
    best_method,
    beyond,
    needle_grid,
    perplexity,
    price,
    reading_seconds,
)
from assistant.core.rope import RopeMethod

N_CTX, TRAINED = 1024, 512


def run(
    method: RopeMethod, within: float, behind: float, *, n_ctx: int = N_CTX, needles: tuple[NeedleScore, ...] = ()
) -> MethodRun:
    """A run with one loss within the trained length and one behind it."""
    n_parts = 32
    n_within = TRAINED * n_parts // n_ctx
    losses = (within,) * n_within + (behind,) * (n_parts - n_within)
    return MethodRun(
        method=method,
        n_ctx=n_ctx,
        n_read=n_ctx,
        losses=losses,
        bucket=n_ctx // n_parts,
        stride=4,
        needles=needles,
        seconds=10.0,
    )


def checked(*runs: MethodRun) -> ContextCheck:
    return ContextCheck(model="m", n_ctx_train=TRAINED, runs=runs)


def test_perplexity_takes_whole_parts_only() -> None:
    measured = run(RopeMethod.NONE, math.log(10), math.log(1000))
    assert perplexity(measured, 0, TRAINED) == pytest.approx(10)
    assert beyond(measured, TRAINED) == pytest.approx(1000)
    assert perplexity(measured, 0, 31) != perplexity(measured, 0, 31)  # NaN: there is no whole part
    assert perplexity(measured, TRAINED - 32, TRAINED + 32) == pytest.approx(100)


def test_the_method_that_reads_best_beyond_the_trained_length_is_taken() -> None:
    check = checked(run(RopeMethod.NONE, 2.0, 9.0), run(RopeMethod.NTK, 2.01, 2.5), run(RopeMethod.YARN, 2.02, 2.3))
    assert best_method(check, N_CTX) is RopeMethod.YARN


def test_a_method_that_costs_too_much_within_the_trained_length_comes_last() -> None:
    plain, dear, fair = (
        run(RopeMethod.NONE, 2.0, 9.0),
        run(RopeMethod.LINEAR, 2.2, 2.1),
        run(RopeMethod.NTK, 2.04, 2.5),
    )
    assert price(dear, plain, TRAINED) == pytest.approx(math.exp(0.2) - 1)
    assert best_method(checked(plain, dear, fair), N_CTX) is RopeMethod.NTK


def test_where_every_stretch_is_dear_the_best_beyond_the_trained_length_is_taken() -> None:
    plain, linear, yarn = (
        run(RopeMethod.NONE, 2.0, 8.5),
        run(RopeMethod.LINEAR, 2.5, 2.6),
        run(RopeMethod.YARN, 2.08, 2.3),
    )
    assert best_method(checked(plain, linear, yarn), N_CTX) is RopeMethod.YARN


def test_a_model_that_reads_on_by_itself_is_left_as_it_is() -> None:
    check = checked(run(RopeMethod.NONE, 2.0, 2.0), run(RopeMethod.NTK, 2.01, 2.0), run(RopeMethod.LINEAR, 2.5, 1.9))
    assert best_method(check, N_CTX) is RopeMethod.NONE


def test_of_several_lengths_the_nearest_decides() -> None:
    short = [run(RopeMethod.NTK, 2.0, 2.1, n_ctx=1024), run(RopeMethod.YARN, 2.0, 2.2, n_ctx=1024)]
    long = [run(RopeMethod.NTK, 2.0, 4.0, n_ctx=4096), run(RopeMethod.YARN, 2.0, 2.4, n_ctx=4096)]
    check = checked(*short, *long)
    assert best_method(check, 1280) is RopeMethod.NTK
    assert best_method(check, 6144) is RopeMethod.YARN
    assert best_method(check, 2048) is best_method(check, 8192) is None, "too far from what was measured"


def test_one_method_alone_is_no_comparison() -> None:
    within = run(RopeMethod.NONE, 2.0, 2.0, n_ctx=512)
    assert best_method(checked(run(RopeMethod.YARN, 2.0, 2.0), within), N_CTX) is None
    assert best_method(checked(), N_CTX) is None


def test_a_run_takes_the_place_of_the_earlier_one() -> None:
    check = checked(run(RopeMethod.NONE, 1.0, 1.0), run(RopeMethod.YARN, 1.0, 1.0))
    again = run(RopeMethod.NONE, 2.0, 2.0)
    assert check.with_run(again).run(RopeMethod.NONE, N_CTX) == again
    assert len(check.with_run(again).runs) == 2


def test_needles_lie_in_a_grid_of_depth_and_length() -> None:
    needles = (
        NeedleScore(length=400, position=50, recall=1.0),
        NeedleScore(length=400, position=80, recall=0.5),
        NeedleScore(length=800, position=50, recall=0.0),
        NeedleScore(length=800, position=799, recall=0.25),
    )
    grid = needle_grid(run(RopeMethod.NONE, 1.0, 1.0, needles=needles))
    assert grid.lengths == (400, 800)
    assert grid.shares == ((0.75, 0.0), (None, None), (None, None), (None, 0.25))


def test_long_texts_take_more_than_their_share_of_time() -> None:
    check = checked(run(RopeMethod.NONE, 1.0, 1.0))
    assert reading_seconds(check, N_CTX) == pytest.approx(10.0)
    whole = reading_seconds(check, 10 * N_CTX)
    assert whole is not None
    assert 100 < whole < 200
    assert reading_seconds(checked(), N_CTX) is None
