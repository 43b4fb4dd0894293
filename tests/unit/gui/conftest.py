from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale
from pytestqt.qtbot import QtBot

from assistant.gui.app_view_model import AppViewModel
from assistant.gui.conversation_view_model import ConversationViewModel
from assistant.gui.language import Language
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine
from tests.fakes.fake_images import FakeImages
from tests.fakes.fake_services import PATIENCE_S, fake_services, opened
from tests.unit.hub.projector_files import write_projector

Wait = Callable[[Callable[[], object]], None]


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def images() -> FakeImages:
    return FakeImages()


@pytest.fixture
def services(tmp_path: Path, engine: FakeEngine, images: FakeImages) -> Iterator[Services]:
    with opened(fake_services(tmp_path, engine, images)) as services:
        yield services


@pytest.fixture
def projector(tmp_path: Path) -> Path:
    """Lies beside the model, which sees with it; ask for it before `app`."""
    return write_projector(tmp_path / "mmproj-tiny.gguf")


@pytest.fixture
def chinese(qapp: object) -> Iterator[None]:
    """The words that are shown are Chinese."""
    locale, language = QLocale(), Language()
    language.choose("zh_CN")
    yield
    language.choose("en")
    QLocale.setDefault(locale)


@pytest.fixture
def wait(qtbot: QtBot) -> Wait:
    """Waits until a condition holds, while Qt works."""

    def until(condition: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(condition()), timeout=int(PATIENCE_S * 1000))

    return until


@pytest.fixture
def app(qapp: object, services: Services, wait: Wait) -> Iterator[AppViewModel]:
    """The view-models over the fake services; the list is read and the model loaded."""
    app = AppViewModel(services)
    app.start()
    wait(lambda: app.sidebar.loaded and app.model.state == "ready")
    yield app
    app.close()


@pytest.fixture
def conversation(app: AppViewModel) -> ConversationViewModel:
    return app.conversation


@pytest.fixture
def ask(conversation: ConversationViewModel, wait: Wait) -> Callable[[str], None]:
    """Asks and waits for the end of the answer."""

    def ask_and_wait(text: str) -> None:
        conversation.send(text)
        wait(lambda: not conversation.generating)

    return ask_and_wait
