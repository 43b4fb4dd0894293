from __future__ import annotations

import math

import pytest

from assistant.core.context_check import (
    ContextCheck,
    MethodRun,
    NeedleScore,
    ReadText,
    Series,
    best_method,
    beyond,
    perplexity,
    price,
    reading_seconds,
)
from assistant.core.memory_estimate import KvType
from assistant.core.needle_grid import needle_grid
from assistant.core.rope import RopeMethod

N_CTX, TRAINED = 1024, 512


TEXT = ReadText(digest="t", name="t.txt", n_tokens=9000)


def run(
    method: RopeMethod,
    within: float,
    behind: float,
    *,
    n_ctx: int = N_CTX,
    kv_type: KvType = KvType.F16,
    text: str = TEXT.digest,
    needles: tuple[NeedleScore, ...] = (),
) -> MethodRun:
    """A run with one loss within the trained length and one behind it."""
    n_parts = 32
    n_within = TRAINED * n_parts // n_ctx
    losses = (within,) * n_within + (behind,) * (n_parts - n_within)
    return MethodRun(
        method=method,
        series=Series(n_ctx=n_ctx, kv_type=kv_type, text_digest=text),
        n_read=n_ctx,
        losses=losses,
        bucket=n_ctx // n_parts,
        stride=4,
        needles=needles,
        seconds=10.0,
    )


def checked(*runs: MethodRun) -> ContextCheck:
    """A check with all of these; each series of them is a comparison, the later ones the newer."""
    check = ContextCheck(model="m", n_ctx_train=TRAINED)
    for each in runs:
        check = check.with_run(each, ReadText(digest=each.series.text_digest))
    for series in dict.fromkeys(each.series for each in runs):
        check = check.with_comparison(series)
    return check


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
    assert check.with_run(again, TEXT).run(RopeMethod.NONE, again.series) == again
    assert len(check.with_run(again, TEXT).runs) == 2
    assert check.with_run(again, TEXT).texts == check.texts


def test_runs_of_other_types_and_texts_stay_beside_it() -> None:
    plain = run(RopeMethod.NONE, 1.0, 1.0)
    others = (
        run(RopeMethod.NONE, 2.0, 2.0, kv_type=KvType.Q8_0),
        run(RopeMethod.NONE, 3.0, 3.0, text="other"),
        run(RopeMethod.NONE, 4.0, 4.0, n_ctx=2048),
    )
    check = checked(plain, *others)
    assert check.runs == (plain, *others)
    assert check.runs_of(plain.series) == [plain]
    assert check.all_series() == [plain.series, others[1].series, others[0].series, others[2].series]
    only = check.only(others[1].series)
    assert (only.runs, [text.digest for text in only.texts]) == ((others[1],), ["other"])


def test_types_of_the_memory_are_not_compared_with_each_other() -> None:
    exact = (run(RopeMethod.NTK, 2.0, 2.2), run(RopeMethod.YARN, 2.0, 2.4))
    coarse = (
        run(RopeMethod.NTK, 3.0, 3.4, kv_type=KvType.Q4_0),
        run(RopeMethod.YARN, 3.0, 3.2, kv_type=KvType.Q4_0),
    )
    check = checked(*exact, *coarse)
    assert best_method(check, N_CTX) is RopeMethod.NTK
    assert best_method(check, N_CTX, KvType.Q4_0) is RopeMethod.YARN
    assert best_method(checked(*exact), N_CTX, KvType.Q8_0) is RopeMethod.NTK, "better another type's than none"
    mixed = checked(run(RopeMethod.NTK, 2.0, 2.2), run(RopeMethod.YARN, 3.0, 3.2, kv_type=KvType.Q4_0))
    assert best_method(mixed, N_CTX) is None


def test_the_newest_whole_comparison_of_a_length_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter((1.0, 2.0, 3.0))
    monkeypatch.setattr("assistant.core.context_check.time.time", lambda: next(now))
    old = (run(RopeMethod.NTK, 2.0, 2.2), run(RopeMethod.YARN, 2.0, 2.4))
    check = checked(*old)
    new = (run(RopeMethod.NTK, 2.0, 2.4, text="new"), run(RopeMethod.YARN, 2.0, 2.2, text="new"))
    for each in new:
        check = check.with_run(each, ReadText(digest="new"))
    assert best_method(check, N_CTX) is RopeMethod.NTK, "the other may have been stopped in the middle"
    check = check.with_comparison(new[0].series)
    assert best_method(check, N_CTX) is RopeMethod.YARN
    assert best_method(check.with_comparison(old[0].series), N_CTX) is RopeMethod.NTK


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
