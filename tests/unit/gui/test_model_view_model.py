from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl

from assistant.core.errors import DataFolderUnusable, ModelLoadFailed, NotEnoughMemory
from assistant.gui.app_view_model import AppViewModel
from assistant.gui.model_view_model import ModelViewModel
from assistant.services.services import Services
from tests.fakes.fake_engine import Death, FakeEngine, Stall
from tests.tiny_gguf import write_tiny_model
from tests.unit.gui.rows import rows
from tests.unit.hub.projector_files import write_projector

Wait = Callable[[Callable[[], object]], None]


@pytest.fixture
def model(app: AppViewModel) -> ModelViewModel:
    return app.model


def test_the_model_is_loaded_ahead(engine: FakeEngine, model: ModelViewModel) -> None:
    assert (model.name, model.state, model.isStarter) == ("tiny", "ready", False)
    assert len(engine.loads) == 1


def test_without_any_model_there_is_none(
    app: AppViewModel, model: ModelViewModel, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("model_choices", "chosen_model"):
        monkeypatch.setattr(f"assistant.services.{module}.find_starter_model", lambda: None)
    app.settings.resetValue("model.path")
    wait(lambda: model.state == "none")
    assert (model.name, model.isStarter) == ("", False)
    app.conversation.send("Hi")
    wait(lambda: not app.conversation.generating)
    assert model.problem
    assert rows(app.conversation.messages, "errorKind")[1] == "ModelNotFound"


def test_a_load_shows_its_progress_and_can_be_cancelled(engine: FakeEngine, model: ModelViewModel, wait: Wait) -> None:
    stall = Stall()
    engine.will_load(0.0, 0.5, stall, 1.0)
    engine.unload()
    model.reload()
    assert model.state == "loading"
    wait(lambda: stall.reached.is_set() and model.progress == 0.5)
    model.cancelLoad()
    wait(lambda: model.state == "idle")
    assert model.problem == ""
    model.reload()
    wait(lambda: model.state == "ready")


def test_a_load_that_fails_says_why(engine: FakeEngine, model: ModelViewModel, wait: Wait) -> None:
    engine.will_load(NotEnoughMemory("It needs {n} GB.", remedy="Close something.", n=99))
    engine.unload()
    model.reload()
    wait(lambda: model.state == "failed")
    assert (model.problem, model.problemRemedy) == ("It needs 99 GB.", "Close something.")
    model.reload()
    wait(lambda: model.state == "ready")
    assert model.problem == ""


def test_a_load_ahead_that_fails_offers_to_load_with_less(
    app: AppViewModel, engine: FakeEngine, model: ModelViewModel, wait: Wait
) -> None:
    engine.will_load(ModelLoadFailed("There is not enough memory for a context of {n_ctx} tokens.", n_ctx=2048))
    app.settings.setValue("model.n_ctx", "2048")
    wait(lambda: model.state == "failed")
    assert model.offersLess
    assert "1024 tokens" in model.problemRemedy.replace(",", "")
    model.loadWithLess()
    wait(lambda: model.state == "ready")
    assert (model.problem, model.offersLess, engine.loads[-1].n_ctx) == ("", False, 1024)
    assert app.settings.settings.model.n_ctx == 2048, "the wish stays"


def test_an_offer_that_cannot_be_kept_says_why(
    app: AppViewModel, engine: FakeEngine, model: ModelViewModel, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise DataFolderUnusable("The data folder {path} cannot be used.", path="/full")

    engine.will_load(ModelLoadFailed("There is not enough memory for a context of {n_ctx} tokens.", n_ctx=2048))
    app.settings.setValue("model.n_ctx", "2048")
    wait(lambda: model.state == "failed")
    monkeypatch.setattr(app._context.services.library, "take_less", refuse)
    model.loadWithLess()
    wait(lambda: "/full" in model.problem)
    assert (model.state, model.offersLess) == ("failed", False)


def test_another_choice_ends_the_load_of_the_one_before(
    engine: FakeEngine, model: ModelViewModel, wait: Wait, tmp_path: Path
) -> None:
    stall = Stall()
    engine.unload()
    engine.will_load(0.5, stall)
    model.reload()
    wait(stall.reached.is_set)
    model.choose(str(write_tiny_model(tmp_path / "other.gguf")))
    wait(lambda: (model.name, model.state) == ("other", "ready"))
    assert [Path(load.path).stem for load in engine.loads] == ["tiny", "tiny", "other"]


def test_choosing_the_same_model_again_loads_it(
    engine: FakeEngine, model: ModelViewModel, services: Services, wait: Wait
) -> None:
    engine.will_load(NotEnoughMemory("Too large."))
    engine.unload()
    model.reload()
    wait(lambda: model.state == "failed")
    model.choose(services.settings.load().model.path)
    wait(lambda: model.state == "ready")
    assert model.problem == ""


def test_reloading_what_is_loaded_changes_nothing(engine: FakeEngine, model: ModelViewModel) -> None:
    model.reload()
    assert model.state == "ready"
    assert len(engine.loads) == 1


def test_a_load_waits_for_the_answer_under_way(
    engine: FakeEngine, app: AppViewModel, model: ModelViewModel, services: Services, wait: Wait, tmp_path: Path
) -> None:
    stall = Stall()
    engine.will_answer("x", stall)
    app.conversation.send("Hi")
    wait(lambda: app.conversation.stage == "writing")
    other = write_tiny_model(tmp_path / "other.gguf")
    model.choose(str(other))
    wait(lambda: model.name == "other")
    assert len(engine.loads) == 1
    stall.go_on()
    wait(lambda: len(engine.loads) == 2 and model.state == "ready")
    assert engine.loads[1].path == str(other)


def test_choosing_a_file_remembers_it(model: ModelViewModel, services: Services, wait: Wait, tmp_path: Path) -> None:
    other = write_tiny_model(tmp_path / "my other.gguf")
    model.chooseFile(QUrl.fromLocalFile(str(other)))
    wait(lambda: (model.name, model.state) == ("my other", "ready"))
    assert services.settings.load().model.path == str(other)
    model.refreshChoices()
    assert model.choices.loading
    wait(lambda: not model.choices.loading)
    found = {name: (path, current) for name, path, current in rows(model.choices, "name", "path", "isCurrent")}
    assert found["my other"] == (str(other), True)
    size, memory, fit, trained, planned, starter = rows(
        model.choices, "sizeBytes", "memoryBytes", "fit", "contextTrained", "contextPlanned", "isStarter"
    )[rows(model.choices, "name").index("my other")]
    assert (size, fit, trained, starter) == (float(other.stat().st_size), "fits", 512, False)
    assert memory > 0
    assert planned == 512


def test_a_file_that_is_no_model_changes_nothing(
    model: ModelViewModel, services: Services, wait: Wait, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(b"not a model")
    before = services.settings.load()
    model.choose(str(bad))
    wait(lambda: model.problem)
    assert (model.name, model.state) == ("tiny", "ready")
    assert services.settings.load() == before


def test_a_forgotten_model_is_offered_no_more(
    model: ModelViewModel, services: Services, wait: Wait, tmp_path: Path
) -> None:
    other = write_tiny_model(tmp_path / "other.gguf")
    services.model_choices.remember(other)
    model.refreshChoices()
    wait(lambda: "other" in rows(model.choices, "name"))
    model.forget(str(other))
    wait(lambda: "other" not in rows(model.choices, "name"))
    assert other.exists()


def test_a_dead_engine_leaves_the_model_idle(
    engine: FakeEngine, app: AppViewModel, model: ModelViewModel, wait: Wait
) -> None:
    engine.will_answer("x", Death())
    app.conversation.send("Hi")
    wait(lambda: not app.conversation.generating)
    assert model.state == "idle"
    app.conversation.send("Again")
    wait(lambda: not app.conversation.generating)
    assert model.state == "ready"


def test_a_question_that_cannot_load_the_model_shows_it(
    engine: FakeEngine, app: AppViewModel, model: ModelViewModel, wait: Wait
) -> None:
    engine.unload()
    engine.will_load(NotEnoughMemory("Too large."))
    app.conversation.send("Hi")
    wait(lambda: not app.conversation.generating)
    assert (model.state, model.problem) == ("failed", "Too large.")
    assert rows(app.conversation.messages, "errorTitle")[1] == "Too large."


def test_a_question_during_a_load_shows_the_load(
    engine: FakeEngine, app: AppViewModel, model: ModelViewModel, wait: Wait
) -> None:
    stall = Stall()
    engine.unload()
    engine.will_load(0.25, stall)
    model.reload()
    app.conversation.send("Hi")
    wait(lambda: app.conversation.stage == "loading" and app.conversation.progress == 0.25)
    stall.go_on()
    wait(lambda: not app.conversation.generating)
    assert rows(app.conversation.messages, "text") == ["Hi", "Fine."]


def test_another_context_length_loads_the_model_anew(
    engine: FakeEngine, app: AppViewModel, model: ModelViewModel, wait: Wait
) -> None:
    app.settings.setValue("model.n_ctx", "512")
    wait(lambda: len(engine.loads) == 2 and model.state == "ready")
    assert app.conversation.contextSize == 512


def test_a_projector_that_is_chosen_gives_the_model_eyes(
    model: ModelViewModel, services: Services, wait: Wait, tmp_path: Path
) -> None:
    assert (model.sees, model.blind) == (False, True)
    other = write_projector(tmp_path / "eyes.gguf")
    model.chooseProjector(QUrl.fromLocalFile(str(other)))
    wait(lambda: model.sees and model.state == "ready")
    assert (model.blind, model.note) == (False, "")
    assert services.settings.load().model.mmproj == str(other)


def test_another_model_does_not_inherit_the_projector(
    engine: FakeEngine, model: ModelViewModel, services: Services, wait: Wait, tmp_path: Path
) -> None:
    eyes = write_projector(tmp_path / "eyes.gguf")
    model.chooseProjector(QUrl.fromLocalFile(str(eyes)))
    wait(lambda: model.sees and model.state == "ready")
    same = services.settings.load().model.path
    model.choose(same)
    model.choose(str(write_tiny_model(tmp_path / "other.gguf")))
    wait(lambda: (model.name, model.state) == ("other", "ready"))
    assert [load.mmproj for load in engine.loads] == ["", str(eyes), ""]
    assert (model.sees, model.note, services.settings.load().model.mmproj) == (False, "", "")


def test_choosing_the_same_model_keeps_its_projector(
    model: ModelViewModel, services: Services, wait: Wait, tmp_path: Path
) -> None:
    eyes = write_projector(tmp_path / "eyes.gguf")
    model.chooseProjector(QUrl.fromLocalFile(str(eyes)))
    wait(lambda: model.sees and model.state == "ready")
    chosen: list[bool] = []
    model.stateChanged.connect(lambda: chosen.append(True))
    model.choose(services.settings.load().model.path)
    wait(lambda: chosen)
    assert (services.settings.load().model.mmproj, model.sees) == (str(eyes), True)


def test_a_projector_that_is_none_costs_only_the_eyes(model: ModelViewModel, wait: Wait, tmp_path: Path) -> None:
    (tmp_path / "noise.gguf").write_bytes(b"GGUF")
    model.chooseProjector(QUrl.fromLocalFile(str(tmp_path / "noise.gguf")))
    wait(lambda: model.note and model.state == "ready")
    assert (model.blind, model.problem) == (True, "")
    assert model.note == "The projector noise.gguf cannot be used: it is damaged, or no projector."
    assert model.noteRemedy == "Download it again, or choose another one."


@pytest.mark.usefixtures("chinese")
def test_what_is_wrong_with_a_projector_is_said_in_the_language_of_the_window(
    model: ModelViewModel, wait: Wait, tmp_path: Path
) -> None:
    (tmp_path / "noise.gguf").write_bytes(b"GGUF")
    model.chooseProjector(QUrl.fromLocalFile(str(tmp_path / "noise.gguf")))
    wait(lambda: model.note)
    assert model.note == "无法使用投影器 noise.gguf：它已损坏，或者不是投影器。"
    assert model.noteRemedy == "请重新下载，或另选一个。"


def test_a_note_goes_with_its_load(engine: FakeEngine, model: ModelViewModel, wait: Wait, tmp_path: Path) -> None:
    engine.media_note = "This projector was made for another model."
    model.chooseProjector(QUrl.fromLocalFile(str(write_projector(tmp_path / "eyes.gguf"))))
    wait(lambda: model.note)
    assert (model.note, bool(model.noteRemedy)) == (engine.media_note, True)
    engine.media_note = ""
    engine.unload()
    model.reload()
    wait(lambda: model.sees)
    assert (model.note, model.noteRemedy) == ("", "")


def test_the_choices_say_which_models_see(
    model: ModelViewModel, services: Services, wait: Wait, tmp_path: Path
) -> None:
    (tmp_path / "eyes").mkdir()
    seeing = write_tiny_model(tmp_path / "eyes" / "seeing.gguf")
    write_projector(tmp_path / "eyes" / "mmproj-seeing.gguf")
    services.model_choices.remember(seeing)
    model.refreshChoices()
    wait(lambda: not model.choices.loading)
    sees = dict(rows(model.choices, "name", "sees"))
    assert (sees["seeing"], sees["tiny"]) == (True, False)
