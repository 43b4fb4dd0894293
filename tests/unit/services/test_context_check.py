from __future__ import annotations

import math
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import msgspec
import psutil
import pytest

from assistant.core.context_check import CheckProgress, ContextCheck, Series, beyond
from assistant.core.context_plan import ContextWish
from assistant.core.errors import (
    AttachmentDamaged,
    GenerationFailed,
    InputInvalid,
    ModelNotFound,
    NotEnoughMemory,
    RequestCancelled,
)
from assistant.core.memory_estimate import MIB, KvType
from assistant.core.rope import RopeMethod
from assistant.core.settings import ModelSettings, Settings
from assistant.services.context_measuring import CheckOutcome
from assistant.services.context_pace import Pace
from assistant.services.context_runs import CheckWish, bucket_tokens
from assistant.services.services import Services
from assistant.storage.context_checks import ContextCheckFiles
from tests.fakes.fake_engine import FakeEngine, Stall
from tests.fakes.fake_images import FakeImages
from tests.tiny_gguf import N_CTX_TRAIN, write_tiny_model
from tests.unit.core.known_models import SMOLLM2

ALL = list(RopeMethod)


@pytest.fixture
def model(settings: Settings) -> ModelSettings:
    return settings.model


Check = Callable[..., CheckOutcome]


@pytest.fixture
def check(services: Services, model: ModelSettings) -> Check:
    def run(
        settings: ModelSettings | None = None,
        on_progress: Callable[[CheckProgress], None] = lambda progress: None,
        cancelled: threading.Event | None = None,
        **wish: object,
    ) -> CheckOutcome:
        wanted = msgspec.convert(wish, CheckWish, dec_hook=lambda kind, text: kind(text))
        stop = cancelled or threading.Event()
        return services.context_checks.run(settings or model, wanted, on_progress, stop)

    return run


def lengths(outcome: CheckOutcome) -> list[int]:
    return [series.n_ctx for series in outcome.series]


def shown(outcome: CheckOutcome) -> list[tuple[RopeMethod, int]]:
    """What was measured of what was asked for."""
    return [(run.method, series.n_ctx) for series in outcome.series for run in outcome.check.runs_of(series)]


def methods_loaded(engine: FakeEngine) -> list[tuple[RopeMethod, int]]:
    """Of the loads that measured: the first one only counts the text."""
    return [(load.rope.method, load.n_ctx) for load in engine.loads]


def test_every_way_is_loaded_for_itself_at_twice_the_trained_length(check: Check, engine: FakeEngine) -> None:
    outcome = check()
    assert lengths(outcome) == [2 * N_CTX_TRAIN]
    assert methods_loaded(engine) == [(RopeMethod.NONE, 512), *((method, 1024) for method in ALL)]
    assert all(load.snapshots is None and load.mmproj == "" for load in engine.loads)
    assert all(load.n_outputs == load.n_batch // 4 for load in engine.loads)
    assert engine.measures[-1].lengths == (256, 512, 768, 1024)
    assert [run.method for run in outcome.check.runs] == ALL
    assert engine.loaded is None


def test_what_is_known_is_not_measured_again_unless_asked(check: Check, engine: FakeEngine) -> None:
    first = check()
    n_loads = len(engine.loads)
    second = check()
    assert (second.n_measured, second.check) == (0, first.check)
    assert len(engine.loads) == n_loads
    assert check(methods=["yarn"], again=True).n_measured == 1
    assert check(lengths=[1024, 1536]).n_measured == 5


def test_a_check_that_was_stopped_goes_on_where_it_was(check: Check, engine: FakeEngine, model: ModelSettings) -> None:
    stopped = threading.Event()
    stall = Stall()
    for _ in range(3):  # the count, none, linear
        engine.will_measure(0.5, 1.0)
    engine.will_measure(0.25, stall)

    def progressed(progress: CheckProgress) -> None:
        if (progress.method, progress.n_done) == (RopeMethod.NTK, 256):
            stopped.set()

    with pytest.raises(RequestCancelled):
        check(on_progress=progressed, cancelled=stopped)
    assert engine.loaded is None
    loads = len(engine.loads)
    assert check().n_measured == 3
    assert methods_loaded(engine)[loads:] == [
        (RopeMethod.NTK, 1024),
        (RopeMethod.YARN, 1024),
        (RopeMethod.MIXED, 1024),
    ]


def test_a_run_that_fails_leaves_the_earlier_ones(check: Check, engine: FakeEngine, services: Services) -> None:
    engine.will_measure(1.0)
    engine.will_measure(1.0)
    engine.will_measure(GenerationFailed("The model failed."))
    with pytest.raises(GenerationFailed):
        check()
    assert engine.loaded is None
    assert check().n_measured == 4


def test_auto_takes_the_best_way_from_then_on(
    check: Check, services: Services, engine: FakeEngine, model: ModelSettings
) -> None:
    check(methods=["none", "ntk"])
    stretched = msgspec.structs.replace(model, n_ctx=1024)
    services.library.ensure_loaded(stretched, threading.Event())
    assert engine.loads[-1].rope.method is RopeMethod.NTK  # without the check it is YaRN
    services.library.ensure_loaded(msgspec.structs.replace(stretched, rope="linear"), threading.Event())
    assert engine.loads[-1].rope.method is RopeMethod.LINEAR
    services.library.ensure_loaded(model, threading.Event())
    assert engine.loads[-1].rope.method is RopeMethod.NONE


def test_a_model_that_was_moved_is_known_and_another_one_is_not(
    check: Check, services: Services, model: ModelSettings, tmp_path: Path
) -> None:
    check(methods=["none", "ntk"])
    moved = msgspec.structs.replace(model, path=str(tmp_path / "elsewhere.gguf"))
    shutil.copy(model.path, moved.path)
    assert check(settings=moved, methods=["none", "ntk"]).n_measured == 0
    with Path(moved.path).open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x01")
    assert services.context_checks.outlook(moved).check is None


def test_within_the_trained_length_nothing_is_stretched(check: Check) -> None:
    outcome = check(lengths=[512])
    assert shown(outcome) == [(RopeMethod.NONE, 512)]


def write_text(path: Path, n_tokens: int) -> str:
    path.write_text("word " * n_tokens)
    return str(path)


def test_another_text_stands_beside_the_first_and_a_short_one_cuts_the_length(check: Check, tmp_path: Path) -> None:
    first = check()
    text = write_text(tmp_path / "short.txt", 900)
    outcome = check(text=text, methods=["yarn"], lengths=[2048])
    assert (shown(outcome), outcome.n_text) == ([(RopeMethod.YARN, 768)], 900)
    assert outcome.check.title_of(outcome.series[0]) == "short.txt"
    assert set(first.check.runs) < set(outcome.check.runs)
    again = check()
    assert (again.n_measured, again.series) == (0, first.series)
    (tmp_path / "short.txt").write_text("wordwordword " * 400)
    with pytest.raises(InputInvalid, match="400 tokens"):
        check(text=text)


def test_auto_stays_until_all_ways_have_read_another_text(
    check: Check, services: Services, engine: FakeEngine, model: ModelSettings, tmp_path: Path
) -> None:
    check(methods=["none", "ntk"])
    text = write_text(tmp_path / "other.txt", 3000)
    for _ in range(3):  # the count, none, linear
        engine.will_measure(1.0)
    engine.will_measure(GenerationFailed("The model failed."))
    with pytest.raises(GenerationFailed):
        check(text=text)

    def taken() -> RopeMethod:
        return services.context_checks.outlook(model).plan(ContextWish(n_ctx=1024)).rope.method

    assert taken() is RopeMethod.NTK
    check(text=text)
    assert taken() is RopeMethod.YARN


def test_a_text_that_ends_before_any_stretch_is_refused_before_it_is_read(
    check: Check, engine: FakeEngine, tmp_path: Path
) -> None:
    text = write_text(tmp_path / "short.txt", 600)
    with pytest.raises(InputInvalid, match="ends within the 512"):
        check(text=text, lengths=[1024])
    assert len(engine.measures) == 1  # which only counts
    assert lengths(check(text=text, lengths=[512])) == [512]


def test_what_is_known_leaves_the_loaded_model_alone(
    check: Check, services: Services, engine: FakeEngine, model: ModelSettings
) -> None:
    check()
    services.library.ensure_loaded(model, threading.Event())
    unloads = engine.unloads
    assert check().n_measured == 0
    assert engine.unloads == unloads
    assert services.library.is_loaded(model)


def test_two_checks_at_once_keep_the_runs_of_both(check: Check, services: Services, engine: FakeEngine) -> None:
    """Another program's runs come while this one measures."""
    check(methods=["none"])
    stall = Stall()
    engine.will_measure(1.0, stall)
    thread = threading.Thread(target=check, kwargs={"methods": ["ntk"]})
    thread.start()
    assert stall.reached.wait(10)
    (stored,) = services.paths.context_checks.glob("*.json")
    files = ContextCheckFiles(services.paths.context_checks)

    def of_the_other(known: ContextCheck | None) -> ContextCheck:
        assert known is not None
        run = msgspec.structs.replace(known.runs[0], method=RopeMethod.LINEAR)
        return known.with_run(run, known.texts[0])

    files.change(stored.stem, of_the_other)
    stall.go_on()
    thread.join(10)
    kept = files.load(stored.stem)
    assert kept is not None
    assert {run.method for run in kept.runs} == {RopeMethod.NONE, RopeMethod.LINEAR, RopeMethod.NTK}


def test_ways_that_were_measured_one_by_one_become_a_comparison(check: Check) -> None:
    check(methods=["none"])
    outcome = check(methods=["ntk"])
    (comparison,) = outcome.check.comparisons
    assert comparison.methods == (RopeMethod.NONE, RopeMethod.NTK)


@pytest.mark.parametrize("n_ctx", [768, 1024, 1280, 2048])
def test_a_part_of_the_text_ends_with_the_trained_length(check: Check, n_ctx: int) -> None:
    outcome = check(lengths=[n_ctx], methods=["yarn"])
    (run,) = outcome.check.runs
    assert N_CTX_TRAIN % run.bucket == 0
    assert not math.isnan(beyond(run, N_CTX_TRAIN))


def test_parts_are_as_many_as_a_chart_wants() -> None:
    assert bucket_tokens(SMOLLM2, 8192, 32) == 256
    assert [bucket_tokens(SMOLLM2, n_ctx, 32) for n_ctx in (8448, 8704, 12_288, 16_384, 32_768)] == [
        *(256, 256, 256, 512, 1024)
    ]
    odd = msgspec.structs.replace(SMOLLM2, n_ctx_train=8191)  # a prime
    assert bucket_tokens(odd, 16_384, 32) == 512


def test_a_length_that_does_not_fit_is_named_before_anything_is_measured(
    check: Check, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=70 * MIB))
    with pytest.raises(NotEnoughMemory):
        check(lengths=[512, 100_000])
    assert engine.measures == []


def test_a_way_that_the_model_does_not_know_is_named(check: Check, services: Services, model: ModelSettings) -> None:
    with pytest.raises(InputInvalid, match="linear"):
        check(settings=msgspec.structs.replace(model, path=str(_yarn_model(Path(model.path)))), methods=["linear"])


def _yarn_model(beside: Path) -> Path:
    values = {
        "llama.rope.scaling.type": "yarn",
        "llama.rope.scaling.factor": 2.0,
        "llama.rope.scaling.original_context_length": 256,
    }
    return write_tiny_model(beside.with_name("yarn.gguf"), metadata=values)


def test_another_type_of_the_memory_is_measured_anew(check: Check, model: ModelSettings) -> None:
    wide = {"llama.attention.head_count": 2, "llama.attention.head_count_kv": 1, "llama.rope.dimension_count": 32}
    path = write_tiny_model(Path(model.path).with_name("wide.gguf"), metadata=wide)
    for name, n_measured in (("f16", 1), ("q8_0", 1), ("q8_0", 0)):
        settings = msgspec.structs.replace(model, path=str(path), kv_type=name)
        outcome = check(settings=settings, methods=["yarn"])
        assert outcome.n_measured == n_measured
        assert [series.kv_type for series in outcome.series] == [KvType(name)]
    assert [run.series.kv_type for run in outcome.check.runs] == [KvType.F16, KvType.Q8_0]


def test_a_type_that_the_heads_cannot_be_kept_in_counts_as_f16(check: Check, model: ModelSettings) -> None:
    check(methods=["yarn"])
    assert check(settings=msgspec.structs.replace(model, kv_type="q8_0"), methods=["yarn"]).n_measured == 0


def test_a_question_stops_the_check_and_is_answered(
    check: Check, services: Services, engine: FakeEngine, model: ModelSettings
) -> None:
    stall = Stall()
    engine.will_measure(1.0)
    engine.will_measure(0.5, stall)
    ends: list[BaseException] = []

    def checking() -> None:
        try:
            check()
        except RequestCancelled as stopped:
            ends.append(stopped)

    thread = threading.Thread(target=checking)
    thread.start()
    assert stall.reached.wait(10)
    assert not services.library.is_loaded(model)
    services.library.ensure_loaded(model, threading.Event())
    thread.join(10)
    assert len(ends) == 1
    assert services.library.is_loaded(model)
    assert engine.loads[-1].n_outputs == 0


def test_who_waits_for_the_engine_can_give_up(services: Services, model: ModelSettings) -> None:
    given_up = threading.Event()
    given_up.set()
    with services.library.lent_engine(threading.Event()), pytest.raises(RequestCancelled):
        services.library.ensure_loaded(model, given_up)


def test_a_check_that_waits_for_a_load_can_be_cancelled(
    check: Check, services: Services, engine: FakeEngine, model: ModelSettings
) -> None:
    stall = Stall()
    engine.will_load(0.5, stall)
    services.library.load_ahead(model)
    assert stall.reached.wait(10)
    cancelled = threading.Event()
    ends: list[BaseException] = []

    def checking() -> None:
        try:
            check(cancelled=cancelled)
        except RequestCancelled as stopped:
            ends.append(stopped)

    thread = threading.Thread(target=checking, daemon=True)
    thread.start()
    cancelled.set()
    thread.join(5)
    still_waits = thread.is_alive()
    stall.go_on()
    assert not still_waits
    assert len(ends) == 1
    assert engine.measures == []


def test_closing_stops_the_check(check: Check, services: Services, engine: FakeEngine) -> None:
    stall = Stall()
    engine.will_measure(stall)
    ends: list[BaseException] = []

    def checking() -> None:
        try:
            check()
        except RequestCancelled as stopped:
            ends.append(stopped)

    thread = threading.Thread(target=checking)
    thread.start()
    assert stall.reached.wait(10)
    services.context_checks.stop()
    thread.join(10)
    assert len(ends) == 1


def test_progress_counts_all_runs(check: Check) -> None:
    told: list[CheckProgress] = []
    check(on_progress=told.append)
    assert [(each.number, each.n_runs) for each in told[::2]] == [(number, 5) for number in range(1, 6)]
    assert told[-1].n_done == told[-1].n_total == 1024
    assert told[-1].seconds_left == pytest.approx(0.0)


def test_the_time_left_follows_the_work_of_attention(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    pace = Pace((), [12_000, 12_000])
    pace.begin(RopeMethod.NONE)
    assert pace.progress(0, 12_000).seconds_left is None
    now[0] += 90.0
    # 6,000 tokens are 9,000 of the 24,000 units of work of a run.
    assert pace.progress(6000, 12_000).seconds_left == pytest.approx(150.0 + 240.0)
    now[0] += 150.0
    pace.end(12_000)
    pace.begin(RopeMethod.YARN)
    assert pace.progress(0, 12_000).seconds_left == pytest.approx(240.0)


def test_the_picture_lies_beside_the_result(
    check: Check, services: Services, images: FakeImages, model: ModelSettings
) -> None:
    outcome = check()
    (series,) = outcome.series
    picture = services.context_checks.draw(model, outcome.check, series)
    assert picture.parent == services.paths.context_checks
    assert picture.with_suffix(".json").exists()
    assert images.drawn == [(outcome.check, series)]
    images.draws_badly = True
    with pytest.raises(AttachmentDamaged):
        services.context_checks.draw(model, outcome.check, Series(n_ctx=1024))


def test_the_outlook_says_what_a_length_takes_and_how_fast_it_is(
    check: Check, services: Services, model: ModelSettings
) -> None:
    before = services.context_checks.outlook(model)
    assert before.reading_pace(1024) is None
    assert before.plan(ContextWish(n_ctx=1024)).rope.method is RopeMethod.MIXED
    assert before.longest(KvType.F16) == 4 * N_CTX_TRAIN
    check(methods=["none", "ntk"])
    after = services.context_checks.outlook(model)
    assert after.plan(ContextWish(n_ctx=1024)).rope.method is RopeMethod.NTK
    assert after.reading_time(1024) == pytest.approx(1.024)
    assert after.reading_pace(2048) > after.reading_pace(1000)  # type: ignore[operator]


def test_without_the_model_there_is_no_outlook(services: Services, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound):
        services.context_checks.outlook(ModelSettings(path=str(tmp_path / "none.gguf")))
