"""Pictures for a model that is not loaded yet, or that was loaded without its projector."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QGuiApplication

from assistant.core.draft import Draft
from assistant.gui.app_view_model import AppViewModel
from assistant.gui.conversation_view_model import ConversationViewModel
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine, Stall
from tests.fakes.fake_images import png
from tests.tiny_gguf import write_tiny_model
from tests.unit.hub.projector_files import write_projector

Wait = Callable[[Callable[[], object]], None]

CANNOT_SEE = "This model cannot see pictures."


@pytest.fixture
def cat(tmp_path: Path) -> Path:
    return png(tmp_path / "cat.png")


@pytest.fixture
def seeing(tmp_path: Path) -> Path:
    """A model with its projector, in a folder of its own."""
    (tmp_path / "eyes").mkdir()
    write_projector(tmp_path / "eyes" / "mmproj-seeing.gguf")
    return write_tiny_model(tmp_path / "eyes" / "seeing.gguf")


@pytest.fixture
def attached(conversation: ConversationViewModel, wait: Wait) -> Callable[[], list[str]]:
    """Waits until all is looked at; gives the names of what is attached."""

    def names() -> list[str]:
        wait(lambda: not conversation.attachments.is_looking(conversation.place))
        return [each.name for each in conversation.attachments.attachments]

    return names


def drop(app: AppViewModel, file: Path) -> None:
    app.droppedFiles([QUrl.fromLocalFile(str(file))])


def paste(conversation: ConversationViewModel, file: Path) -> None:
    mime = QMimeData()
    mime.setData("image/png", file.read_bytes())
    QGuiApplication.clipboard().setMimeData(mime)
    assert conversation.pastePictures()


def test_pictures_are_taken_while_a_model_loads_that_sees(
    app: AppViewModel,
    conversation: ConversationViewModel,
    engine: FakeEngine,
    services: Services,
    seeing: Path,
    cat: Path,
    attached: Callable[[], list[str]],
    wait: Wait,
) -> None:
    stall = Stall()
    engine.will_load(0.5, stall)
    app.model.choose(str(seeing))
    wait(stall.reached.is_set)
    assert (app.model.sees, app.model.blind) == (False, False)
    drop(app, cat)
    paste(conversation, cat)
    assert attached() == ["cat.png", "Pasted picture"]
    conversation.send("Who?")
    assert conversation.generating
    stall.go_on()
    wait(lambda: not conversation.generating)
    assert (conversation.problem, app.model.sees) == ("", True)
    assert len(engine.prompts[-1][-1].media) == 2


def test_pictures_are_taken_while_an_answer_keeps_the_load_waiting(
    app: AppViewModel,
    conversation: ConversationViewModel,
    engine: FakeEngine,
    seeing: Path,
    cat: Path,
    attached: Callable[[], list[str]],
    wait: Wait,
) -> None:
    stall = Stall()
    engine.will_answer("x", stall)
    conversation.send("Hi")
    wait(stall.reached.is_set)
    app.model.choose(str(seeing))
    wait(lambda: app.model.name == "seeing")
    drop(app, cat)
    assert (attached(), conversation.problem, app.model.blind) == (["cat.png"], "", False)
    stall.go_on()
    wait(lambda: app.model.sees)


def test_coming_back_to_the_loaded_model_is_coming_back_to_what_it_sees(
    app: AppViewModel,
    conversation: ConversationViewModel,
    engine: FakeEngine,
    services: Services,
    seeing: Path,
    wait: Wait,
) -> None:
    first = services.settings.load().model.path
    stall = Stall()
    engine.will_answer("x", stall)
    conversation.send("Hi")
    wait(stall.reached.is_set)
    app.model.choose(str(seeing))
    wait(lambda: not app.model.blind)
    app.model.choose(first)
    wait(lambda: app.model.blind)
    stall.go_on()
    wait(lambda: not conversation.generating)
    assert len(engine.loads) == 1


def test_a_projector_that_is_put_beside_the_loaded_model_is_found_when_a_picture_is_dropped(
    app: AppViewModel,
    conversation: ConversationViewModel,
    engine: FakeEngine,
    tmp_path: Path,
    cat: Path,
    attached: Callable[[], list[str]],
    wait: Wait,
) -> None:
    drop(app, cat)
    assert (attached(), conversation.problem) == ([], CANNOT_SEE)
    conversation.dismissProblem()
    write_projector(tmp_path / "mmproj-tiny.gguf")
    drop(app, cat)
    assert (attached(), conversation.problem) == (["cat.png"], "")
    wait(lambda: app.model.sees and app.model.state == "ready")
    assert len(engine.loads) == 2


def test_a_projector_is_found_when_the_question_is_sent(
    app: AppViewModel,
    conversation: ConversationViewModel,
    engine: FakeEngine,
    services: Services,
    tmp_path: Path,
    cat: Path,
    wait: Wait,
) -> None:
    picture = services.attachments.add(cat)
    conversation.add_draft("", Draft(text="", attachments=(picture,)))
    conversation.send("Who?")
    wait(lambda: conversation.problem)
    assert (conversation.problem, conversation.draft, conversation.empty) == (CANNOT_SEE, "Who?", True)
    assert conversation.attachments.attachments == (picture,)
    write_projector(tmp_path / "mmproj-tiny.gguf")
    conversation.send("Who?")
    wait(lambda: engine.prompts and not conversation.generating)
    assert (conversation.problem, conversation.draft) == ("", "")
    assert len(engine.prompts[-1][-1].media) == 1


def test_a_running_answer_is_not_disturbed_by_a_projector_that_came(
    app: AppViewModel,
    conversation: ConversationViewModel,
    engine: FakeEngine,
    tmp_path: Path,
    cat: Path,
    attached: Callable[[], list[str]],
    wait: Wait,
) -> None:
    stall = Stall()
    engine.will_answer("x", stall)
    conversation.send("Hi")
    wait(stall.reached.is_set)
    write_projector(tmp_path / "mmproj-tiny.gguf")
    drop(app, cat)
    assert attached() == ["cat.png"]
    wait(lambda: not app.model.blind)
    assert len(engine.loads) == 1
    conversation.send("Who?")
    stall.go_on()
    wait(lambda: len(engine.prompts) == 2 and not conversation.generating)
    assert (len(engine.prompts[-1][-1].media), app.model.sees) == (1, True)


def test_a_projector_that_the_engine_could_not_use_is_not_tried_again(
    app: AppViewModel,
    conversation: ConversationViewModel,
    engine: FakeEngine,
    tmp_path: Path,
    cat: Path,
    attached: Callable[[], list[str]],
    wait: Wait,
) -> None:
    engine.media_note = "This projector was made for another model."
    app.model.chooseProjector(QUrl.fromLocalFile(str(write_projector(tmp_path / "eyes.gguf"))))
    wait(lambda: app.model.note and app.model.blind)
    drop(app, cat)
    assert (attached(), conversation.problem, app.model.blind) == ([], CANNOT_SEE, True)
    assert len(engine.loads) == 2
