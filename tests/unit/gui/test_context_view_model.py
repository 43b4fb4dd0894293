from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import psutil
import pytest
from PySide6.QtCore import QLocale

from assistant.core.context_check import ContextCheck, ReadText
from assistant.core.errors import DataFolderUnusable, GenerationFailed
from assistant.core.memory_estimate import KvType, estimate_memory
from assistant.core.rope import RopeMethod
from assistant.gui.app_view_model import AppViewModel
from assistant.gui.context_view_model import ContextViewModel, slider_lengths
from assistant.gui.context_words import chart_of, duration_words, verdict_words
from assistant.services.context_text import CheckText
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine, Stall
from tests.unit.core.test_context_check import checked, run

Wait = Callable[[Callable[[], object]], None]
Ask = Callable[[str], None]


@pytest.fixture(autouse=True)
def english_numbers(qapp: object) -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale("en_US"))
    yield
    QLocale.setDefault(before)


@pytest.fixture
def view(app: AppViewModel, wait: Wait) -> ContextViewModel:
    """The settings page is open, over a model that was trained with 512 tokens."""
    app.contextLength.refresh()
    wait(lambda: app.contextLength.known)
    return app.contextLength


def index_of(view: ContextViewModel, text: str) -> int:
    index: int = next(mark["index"] for mark in view.marks if mark["text"] == text)
    return index


def stored(app: AppViewModel) -> int:
    return app.settings.settings.model.n_ctx


def test_the_slider_knows_the_trained_length_and_what_is_chosen() -> None:
    assert slider_lengths(8192, 32_768, 0)[:4] == [0, 1024, 1536, 2048]
    assert {8192, 16_384, 32_768} <= set(slider_lengths(8192, 32_768, 0))
    assert slider_lengths(8192, 8192, 0)[-1] == 8192
    assert 5000 in slider_lengths(8192, 32_768, 5000)
    assert slider_lengths(512, 2048, 0) == [0, 512, 768, 1024, 1536, 2048]
    assert slider_lengths(512, 2048, 4096)[-1] == 4096


def test_while_the_slider_moves_it_says_what_the_length_takes(app: AppViewModel, view: ContextViewModel) -> None:
    assert view.position == 0
    assert view.preview["title"] == "Automatic: 512 tokens"
    small = view.preview["share"]
    view.look(index_of(view, "4×"))
    assert view.preview["title"] == "2,048 tokens"
    assert view.preview["share"] > small > 0
    assert view.preview["fits"]
    assert [part["title"] for part in view.preview["parts"]] == ["Model", "Context", "Computing", "Program"]
    assert view.preview["notes"] == ["The context is stretched to 4.0 times the trained length (mixed)."]
    assert view.preview["speed"] == "How fast it reads was not measured yet."
    assert stored(app) == 0


def test_letting_go_uses_the_length_and_loads_the_model_with_it(
    app: AppViewModel, view: ContextViewModel, engine: FakeEngine, wait: Wait
) -> None:
    view.look(index_of(view, "2×"))
    view.choose()
    wait(lambda: stored(app) == 1024 and engine.loads[-1].n_ctx == 1024 and app.model.state == "ready")
    assert view.preview["title"] == "1,024 tokens"
    assert view.position == index_of(view, "2×")
    view.look(0)
    view.choose()
    wait(lambda: stored(app) == 0)
    assert view.position == 0


def test_what_is_moved_outlives_a_change_of_other_settings(
    app: AppViewModel, view: ContextViewModel, wait: Wait
) -> None:
    view.look(index_of(view, "2×"))
    app.settings.theme = "dark"
    app.settings.reload()
    wait(lambda: app.settings.dark)
    view.choose()
    wait(lambda: stored(app) == 1024)


def test_what_is_moved_outlives_the_write_before_it(app: AppViewModel, view: ContextViewModel, wait: Wait) -> None:
    for place in (1, 2, 3):
        view.look(place)
        view.choose()
    view.look(4)
    wait(lambda: stored(app) == 1024)
    assert view.position == 4
    view.choose()
    wait(lambda: stored(app) == 1536)


def test_back_and_forth_ends_at_the_last_choice(app: AppViewModel, view: ContextViewModel, wait: Wait) -> None:
    shown = []
    view.changed.connect(lambda: shown.append(view.position))
    for place in (1, 2, 1):
        view.look(place)
        view.choose()
    written = []
    app.settings.writeEnded.connect(written.append)
    wait(lambda: len(written) == 3)
    assert (view.position, stored(app)) == (1, 512)
    assert shown[-3:] == [1, 1, 1], "it does not jump while the writes come in"


def test_a_length_that_somebody_else_chooses_is_shown(app: AppViewModel, view: ContextViewModel, wait: Wait) -> None:
    view.look(1)
    app.settings.setValue("model.n_ctx", "1024")
    wait(lambda: stored(app) == 1024)
    assert view.position == index_of(view, "2×")


def test_a_length_that_cannot_be_written_is_shown_no_more(
    app: AppViewModel, view: ContextViewModel, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(key: str, text: str) -> None:
        raise DataFolderUnusable("The data folder {path} cannot be used.", path="/full")

    monkeypatch.setattr(app._context.services.settings, "set", refuse)
    view.look(2)
    view.choose()
    assert view.position == 2
    wait(lambda: view.position == 0)


def test_a_place_outside_of_the_slider_is_its_end(view: ContextViewModel) -> None:
    view.look(99)
    assert view.position == view.steps - 1


def test_a_length_that_does_not_fit_is_shown_and_refused(
    app: AppViewModel, view: ContextViewModel, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = app._context.services
    facts = services.library.choose(app.settings.settings.model).facts
    available = estimate_memory(facts, 1024).total_bytes
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=available, total=2**34))
    services.engine.unload()
    view.refresh()
    wait(lambda: view.preview["share"] > 0.9)
    view.look(view.steps - 1)
    assert (view.preview["fits"], view.preview["share"] > 1) == (False, True)
    assert view.preview["notes"] == ["Choose a context of at most 1024 tokens, or close other programs."]
    view.choose()
    assert "needs about" in view.refused
    assert (view.position, stored(app)) == (0, 0)
    view.look(0)
    assert view.refused == ""


def test_the_longest_of_the_settings_is_at_the_right_end(app: AppViewModel, view: ContextViewModel, wait: Wait) -> None:
    app.settings.setValue("model.n_ctx", "-1")
    wait(lambda: stored(app) == -1)
    assert view.position == view.steps - 1
    assert view.preview["title"] == "As long as it can be: 2,048 tokens"


def test_another_way_to_stretch_changes_the_words(app: AppViewModel, view: ContextViewModel, wait: Wait) -> None:
    view.look(index_of(view, "2×"))
    view.choose()
    app.settings.setValue("model.rope", "ntk")
    wait(lambda: view.preview["notes"] and "(ntk)" in view.preview["notes"][0])


def test_a_model_that_is_gone_leaves_a_sentence(
    app: AppViewModel, services: Services, view: ContextViewModel, wait: Wait
) -> None:
    app.settings.setValue("model.path", "/nowhere/none.gguf")
    wait(lambda: view.problem)
    assert "no model file" in view.problem
    assert (view.known, view.preview, view.steps) == (False, {}, 1)


def test_a_check_runs_with_progress_and_shows_what_it_found(
    app: AppViewModel, view: ContextViewModel, engine: FakeEngine, wait: Wait
) -> None:
    view.look(index_of(view, "2×"))
    view.choose()
    wait(lambda: stored(app) == 1024 and app.model.state == "ready")
    assert view.check.chart == {}
    stall = Stall()
    engine.will_measure(1.0)
    engine.will_measure(0.5, stall, 1.0)
    view.checkLength()
    wait(lambda: view.check.fraction == 0.1)
    assert (view.check.running, view.check.possible) == (True, False)
    assert view.check.stage.startswith("Reading 1,024 tokens with none, 1 of 5. About ")
    stall.go_on()
    wait(lambda: not view.check.running and view.preview["speed"].startswith("At its end"))
    chart = view.check.chart
    assert [line["method"] for line in chart["lines"]] == ["none", "linear", "ntk", "yarn", "mixed"]
    assert chart["verdict"] == "“auto” stretches it by yarn: that reads best beyond 512 tokens."
    wait(lambda: app.model.state == "ready" and engine.loaded is not None)  # the chat's model is back
    assert engine.loads[-1].snapshots is not None


def test_while_a_check_has_the_engine_nothing_waits_behind_it(
    app: AppViewModel, services: Services, view: ContextViewModel, engine: FakeEngine, ask: Ask, wait: Wait
) -> None:
    app.settings.setValue("chat.system_prompt", "Be brief.")
    wait(lambda: app.settings.settings.chat.system_prompt)
    ask("Hello?")
    wait(lambda: app.conversation.contextSystem > 0)
    conversation_id = app.conversation.conversationId
    app.newChat()
    stall = Stall()
    engine.will_measure(stall)
    view.check.start(1024)
    assert app.model.state == "idle", "the chat's model is not loaded"
    wait(stall.reached.is_set)
    app.openConversation(conversation_id)
    ended = []
    app._context.engine_background.run(lambda: None, ended.append)
    wait(lambda: ended)
    assert (view.check.running, app.model.state, app.conversation.contextSystem) == (True, "idle", 0)
    view.check.cancel()
    wait(lambda: app.model.state == "ready" and app.conversation.contextSystem > 0)


def test_a_check_can_be_cancelled_and_goes_on(
    app: AppViewModel, view: ContextViewModel, engine: FakeEngine, wait: Wait
) -> None:
    stall = Stall()
    engine.will_measure(stall)
    view.check.start(1024)
    wait(stall.reached.is_set)
    view.check.cancel()
    wait(lambda: not view.check.running)
    assert (view.check.stopped, view.check.problem) == (True, "")
    view.check.start(1024)
    assert not view.check.stopped
    wait(lambda: not view.check.running and view.check.chart)


def test_a_question_stops_the_check(
    app: AppViewModel, view: ContextViewModel, engine: FakeEngine, ask: Callable[[str], None], wait: Wait
) -> None:
    stall = Stall()
    engine.will_measure(stall)
    view.check.start(1024)
    wait(stall.reached.is_set)
    ask("Hello?")
    wait(lambda: not view.check.running)
    assert view.check.stopped
    assert engine.prompts[-1][-1].text == "Hello?"


def test_a_check_does_not_wait_for_a_load_ahead(
    app: AppViewModel, view: ContextViewModel, engine: FakeEngine, wait: Wait
) -> None:
    wait(lambda: engine.loaded is not None)
    stall = Stall()
    engine.will_load(0.5, stall, 1.0)
    view.look(index_of(view, "2×"))
    view.choose()
    wait(lambda: stall.reached.is_set())
    view.check.start(1024)
    wait(lambda: not view.check.running and view.check.chart)
    assert not view.check.stopped
    wait(lambda: app.model.state == "ready")


def test_no_check_begins_while_an_answer_is_written(
    app: AppViewModel, view: ContextViewModel, engine: FakeEngine, wait: Wait
) -> None:
    stall = Stall()
    engine.will_answer("One", stall)
    app.conversation.send("Count")
    wait(stall.reached.is_set)
    assert not view.check.possible
    view.check.start(1024)
    assert not view.check.running
    stall.go_on()
    wait(lambda: view.check.possible)


def test_a_check_that_fails_says_why(app: AppViewModel, view: ContextViewModel, engine: FakeEngine, wait: Wait) -> None:
    engine.will_measure(GenerationFailed("The model failed while it was computing.", remedy="Try again."))
    view.check.start(1024)
    wait(lambda: view.check.problem)
    assert view.check.problem == "The model failed while it was computing."
    assert view.check.problemRemedy == "Try again."
    assert not view.check.stopped


def test_closing_the_window_stops_the_check(app: AppViewModel, view: ContextViewModel, engine: FakeEngine) -> None:
    stall = Stall()
    engine.will_measure(stall)
    view.check.start(1024)
    assert stall.reached.wait(10)
    app.close()
    assert engine.loaded is None


def test_a_chart_has_its_places_as_shares(qapp: object) -> None:
    check = checked(run(RopeMethod.YARN, 2.0, 2.5), run(RopeMethod.NONE, 2.0, 9.0))
    chart = chart_of(check, check.runs[0].series)
    assert [line["method"] for line in chart["lines"]] == ["none", "yarn"]
    assert chart["trained"] == 0.5
    points = chart["lines"][0]["points"]
    assert all(0 <= share <= 1 for point in points for share in point)
    assert points[0][1] < points[-1][1]
    assert [place["text"] for place in chart["places"]] == ["0", "256", "512", "768", "1,024"]


def test_a_chart_says_what_decides_and_in_which_memory(qapp: object) -> None:
    plain, yarn, coarse = (
        run(RopeMethod.NONE, 2.0, 9.0),
        run(RopeMethod.YARN, 2.0, 2.5),
        run(RopeMethod.YARN, 2.0, 2.5, kv_type=KvType.Q8_0),
    )
    begun = ContextCheck(model="m", n_ctx_train=512)
    for each in (plain, yarn, coarse):
        begun = begun.with_run(each, ReadText(digest="t"))
    title, verdict = (chart_of(begun, coarse.series)[name] for name in ("title", "verdict"))
    assert title == "Perplexity while it reads 1,024 tokens with the memory in q8_0; lower is better"
    assert verdict == "Nothing was compared at this length."
    assert verdict_words(begun, plain.series) == "Not all ways were measured at this length yet."
    ended = begun.with_comparison(plain.series)
    assert verdict_words(ended, plain.series).startswith("“auto” stretches it by yarn")
    assert verdict_words(ended, coarse.series) == "Another check decides what “auto” does at this length."


def test_the_chart_follows_the_type_of_the_memory(app: AppViewModel, view: ContextViewModel, wait: Wait) -> None:
    long, coarse = run(RopeMethod.YARN, 2.0, 2.5, n_ctx=2048), run(RopeMethod.YARN, 2.0, 2.5, kv_type=KvType.Q8_0)
    check = checked(run(RopeMethod.YARN, 2.0, 2.5), long, coarse)
    view.check.show(check)
    assert "2,048 tokens;" in view.check.chart["title"]
    app.settings.setValue("model.kv_type", "q8_0")
    wait(lambda: app.settings.settings.model.kv_type == "q8_0")
    view.check.show(check)
    assert "1,024 tokens with the memory in q8_0" in view.check.chart["title"]


def test_what_was_measured_before_is_said_and_leaves_the_model_alone(
    app: AppViewModel, view: ContextViewModel, engine: FakeEngine, wait: Wait
) -> None:
    view.check.start(1024)
    wait(lambda: not view.check.running and view.check.chart)
    assert view.check.outcome == ""
    wait(lambda: app.model.state == "ready" and engine.loaded is not None)
    n_loads, n_unloads = len(engine.loads), engine.unloads
    view.check.start(1024)
    wait(lambda: view.check.outcome)
    assert view.check.outcome == "That was measured before."
    assert (len(engine.loads), engine.unloads) == (n_loads, n_unloads)


def test_a_length_that_was_cut_to_the_text_is_said(
    view: ContextViewModel, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = CheckText("", "word " * 1500, "d")
    monkeypatch.setattr("assistant.services.context_check.read_check_text", lambda path: text)
    view.check.start(2048)
    wait(lambda: view.check.outcome)
    assert view.check.outcome == "The text has 1,500 tokens: 1,280 of them were read."


@pytest.mark.parametrize(
    ("seconds", "words"), [(3.21, "3.2 s"), (42.0, "42 s"), (100.0, "2 min"), (3600 * 2.5, "2 h 30 min")]
)
def test_times_are_said_as_people_do(qapp: object, seconds: float, words: str) -> None:
    assert duration_words(seconds) == words
