from __future__ import annotations

import math

import pytest
from PIL import Image, ImageChops

from assistant.core.context_check import ContextCheck, MethodRun, NeedleScore, ReadText, Series
from assistant.core.memory_estimate import KvType
from assistant.core.rope import RopeMethod
from assistant.images.plot import HEIGHT, WIDTH, _Pen, _title, draw_check

SERIES = Series(n_ctx=1024)


def run(method: RopeMethod, loss: float, recall: float = 0.5) -> MethodRun:
    return MethodRun(
        method=method,
        series=SERIES,
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
    chart = draw_check(check(run(RopeMethod.NONE, 2.0), run(RopeMethod.YARN, 2.5)), SERIES)
    assert (chart.mode, chart.size) == ("RGB", (WIDTH, HEIGHT))
    colours = {colour for _, colour in chart.getcolors(WIDTH * HEIGHT) or []}
    assert {(0x7A, 0x76, 0x6C), (0x2C, 0x6E, 0x5B)} <= colours  # of both methods
    other = draw_check(check(run(RopeMethod.NONE, 2.0), run(RopeMethod.YARN, 2.5), n_ctx_train=768), SERIES)
    assert differs(chart, other) is not None


def test_a_needle_that_was_found_looks_other_than_one_that_was_lost() -> None:
    found = draw_check(check(run(RopeMethod.NONE, 2.0, 1.0)), SERIES)
    lost = draw_check(check(run(RopeMethod.NONE, 2.0, 0.0)), SERIES)
    where = differs(found, lost)
    assert where is not None
    assert where[1] > HEIGHT / 2  # only in the grid


def test_lines_that_leave_every_scale_and_empty_checks_are_drawn_too() -> None:
    draw_check(check(run(RopeMethod.NONE, 2.0), run(RopeMethod.NTK, 95.0)), SERIES)
    draw_check(check(run(RopeMethod.NONE, 0.0)), SERIES)
    assert draw_check(check(), SERIES).size == (WIDTH, HEIGHT)


def test_a_name_that_the_font_cannot_write_is_left_out() -> None:
    def drawn(model: str, text: str) -> Image.Image:
        named = ContextCheck(model=model, n_ctx_train=512, texts=(ReadText(digest="", name=text),))
        return draw_check(named, SERIES)

    assert differs(drawn("模型", "文.txt"), drawn("Modèle", "模.txt")) is None
    assert differs(drawn("Tiny", "a.txt"), drawn("模型", "a.txt")) is not None
    assert differs(drawn("Tiny", "a.txt"), drawn("Tiny", "文.txt")) is not None


def test_the_type_of_the_memory_is_named_where_it_is_not_f16() -> None:
    title = _title(check(), Series(n_ctx=1024, kv_type=KvType.Q8_0))
    assert title == "Tiny: how well it reads 1,024 tokens, memory in q8_0"
    assert _title(check(), SERIES) == "Tiny: how well it reads 1,024 tokens"


def test_a_fine_scale_has_its_own_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(_Pen, "text", lambda self, x, y, words, **how: written.append(words))
    draw_check(check(run(RopeMethod.NONE, math.log(1.55))), SERIES)
    assert "1.5" in written
