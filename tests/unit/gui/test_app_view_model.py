from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication

from assistant.core.errors import ErrorInfo
from assistant.core.events import ModelFailed
from assistant.gui.app_view_model import AppViewModel
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine, Stall
from tests.fakes.fake_images import png
from tests.tiny_gguf import write_tiny_model

Wait = Callable[[Callable[[], object]], None]


@pytest.fixture
def opened_urls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    urls: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: urls.append(url.toString()))
    return urls


def test_the_first_run_ends_with_the_first_question(app: AppViewModel, wait: Wait) -> None:
    assert app.firstRun
    app.conversation.send("Hi")
    assert not app.firstRun
    wait(lambda: not app.conversation.generating)
    assert not app.firstRun


def test_pages(app: AppViewModel) -> None:
    assert app.page == "chat"
    app.page = "settings"
    app.page = "nonsense"
    assert app.page == "settings"
    app.newChat()
    assert app.page == "chat"


def test_the_end_of_an_answer_is_announced(app: AppViewModel, wait: Wait) -> None:
    said: list[str] = []
    app.announced.connect(said.append)
    app.conversation.send("Hi")
    wait(lambda: said == ["The answer is complete."])


def test_opening_the_open_conversation_again_keeps_it(app: AppViewModel, wait: Wait) -> None:
    app.conversation.send("Hi")
    wait(lambda: not app.conversation.generating)
    app.openConversation(app.conversation.conversationId)
    assert (app.conversation.loading, app.conversation.messages.rowCount()) == (False, 2)


def test_copy(app: AppViewModel) -> None:
    app.copyText("words")
    assert QGuiApplication.clipboard().text() == "words"


@pytest.mark.parametrize(
    ("address", "opened"),
    [
        ("https://example.org/a?b#c", ["https://example.org/a?b#c"]),
        ("http://example.org", ["http://example.org"]),
        ("file:///etc/passwd", []),
        ("javascript:alert(1)", []),
        ("https:", []),
        ("example.org", []),
        ("", []),
    ],
)
def test_only_web_addresses_are_opened(
    app: AppViewModel, opened_urls: list[str], address: str, opened: list[str]
) -> None:
    app.openLink(address)
    assert opened_urls == opened


def test_the_data_folder_opens(app: AppViewModel, services: Services, opened_urls: list[str]) -> None:
    app.openDataFolder()
    assert opened_urls == [QUrl.fromLocalFile(str(services.paths.home)).toString()]


def test_a_dropped_model_is_chosen(app: AppViewModel, wait: Wait, tmp_path: Path) -> None:
    other = write_tiny_model(tmp_path / "dropped.GGUF")
    app.droppedFiles([QUrl("https://example.org/x.gguf"), QUrl.fromLocalFile(str(other))])
    wait(lambda: (app.model.name, app.model.state) == ("dropped", "ready"))
    assert app.notice.text == ""


@pytest.mark.usefixtures("projector")
def test_dropped_pictures_belong_to_the_chat_page(app: AppViewModel, wait: Wait, tmp_path: Path) -> None:
    picture = [QUrl.fromLocalFile(str(png(tmp_path / "cat.png")))]
    app.droppedFiles([QUrl("https://example.org/x.png")])
    assert app.notice.text == "Only pictures and model files (GGUF) can be dropped here."
    app.page = "settings"
    app.droppedFiles(picture)
    assert app.notice.text == "Only model files (GGUF) can be dropped here."
    app.page = "chat"
    app.droppedFiles(picture)
    wait(lambda: app.conversation.attachments.attachments)


def test_other_files_cannot_be_used_yet(app: AppViewModel, tmp_path: Path) -> None:
    app.droppedFiles([QUrl.fromLocalFile(str(tmp_path / "letter.pdf"))])
    assert app.notice.text == "Only model files (GGUF) can be dropped here."
    app.notice.dismiss()
    assert app.notice.text == ""


def test_closing_the_window_hides_it_only_where_there_is_a_tray(app: AppViewModel, wait: Wait) -> None:
    quits: list[bool] = []
    app.quitRequested.connect(lambda: quits.append(True))
    assert not app.closeRequested()
    app.settings.closeToTray = True
    wait(lambda: app.settings.closeToTray)
    assert not app.closeRequested()
    app.watch_tray(lambda: True)
    assert app.closeRequested()
    assert quits == [True, True]


def test_closing_stops_what_runs_and_later_events_are_harmless(
    engine: FakeEngine, app: AppViewModel, services: Services, wait: Wait
) -> None:
    engine.will_answer("Begun", Stall(), "never")
    app.conversation.send("A")
    app.conversation.send("B")
    wait(lambda: app.conversation.stage == "writing" and len(app._context.turns.turns) == 2)
    running = app.conversation.conversationId
    app.close()
    services.bus.publish(ModelFailed(model="m", error=ErrorInfo(kind="X", message="x")))
    app.close()
    app.conversation.send("C")
    services.chat.close()
    assert [message.text for message in services.conversations.branch(running)] == ["A", "Begun"]
