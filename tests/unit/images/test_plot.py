from __future__ import annotations

import math

from PIL import Image, ImageChops

from assistant.core.context_check import ContextCheck, MethodRun, NeedleScore
from assistant.core.rope import RopeMethod
from assistant.images.plot import HEIGHT, WIDTH, draw_check


def run(method: RopeMethod, loss: float, recall: float = 0.5) -> MethodRun:
    return MethodRun(
        method=method,
        n_ctx=1024,
        n_read=1000,
        losses=tuple(loss + 0.1 * math.sin(part) for part in range(32)),
        bucket=32,
        stride=4,
        needles=(NeedleScore(length=1000, position=100, recall=recall),),
        seconds=1.0,
    )


def check(*runs: MethodRun, n_ctx_train: int = 512) -> ContextCheck:
    return ContextCheck(model="Tiny", n_ctx_train=n_ctx_train, runs=runs)


def differs(one: Image.Image, other: Image.Image) -> tuple[int, int, int, int] | None:
    return ImageChops.difference(one, other).getbbox()


def test_lines_grids_and_the_trained_length_are_drawn() -> None:
    chart = draw_check(check(run(RopeMethod.NONE, 2.0), run(RopeMethod.YARN, 2.5)), 1024)
    assert (chart.mode, chart.size) == ("RGB", (WIDTH, HEIGHT))
    colours = {colour for _, colour in chart.getcolors(WIDTH * HEIGHT) or []}
    assert {(0x7A, 0x76, 0x6C), (0x2C, 0x6E, 0x5B)} <= colours  # of both methods
    other = draw_check(check(run(RopeMethod.NONE, 2.0), run(RopeMethod.YARN, 2.5), n_ctx_train=768), 1024)
    assert differs(chart, other) is not None


def test_a_needle_that_was_found_looks_other_than_one_that_was_lost() -> None:
    found = draw_check(check(run(RopeMethod.NONE, 2.0, 1.0)), 1024)
    lost = draw_check(check(run(RopeMethod.NONE, 2.0, 0.0)), 1024)
    where = differs(found, lost)
    assert where is not None
    assert where[1] > HEIGHT / 2  # only in the grid


def test_lines_that_leave_every_scale_and_empty_checks_are_drawn_too() -> None:
    draw_check(check(run(RopeMethod.NONE, 2.0), run(RopeMethod.NTK, 95.0)), 1024)
    draw_check(check(run(RopeMethod.NONE, 0.0)), 1024)
    assert draw_check(check(), 1024).size == (WIDTH, HEIGHT)
