"""Hostile answers, questions, titles and errors in the real window: nothing is loaded, opened or obeyed."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

if sys.platform != "linux":
    pytest.skip("watches files by inotify", allow_module_level=True)

from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QObject, Qt, QUrl, Slot
from PySide6.QtGui import QColor, QDesktopServices, QGuiApplication, QImage, QKeyEvent
from PySide6.QtQml import QQmlComponent, QQmlEngine, QQmlExpression, qmlContext
from PySide6.QtQuick import QQuickItem
from pytestqt.qtbot import QtBot

from assistant.core.errors import FamulusError
from assistant.gui.math_image import FORMULAS
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine, Paced
from tests.fakes.fake_services import fake_services
from tests.gui.canaries import FolderCanary, WebCanary
from tests.gui.driven_window import DrivenWindow
from tests.unit.gui.hostile_markdown import aimed_at

OWN_FORMULAS = QUrl.fromLocalFile(str(FORMULAS.folder)).toString()
PIECE = 5
TOKENS_PER_S = 400.0
N_CTX = 8192
SETTLE_MS = 300
SCHEMES = (
    *("http", "https", "file", "ftp", "smb", "ssh", "data", "javascript", "vbscript"),
    *("mailto", "tel", "vscode", "ms-settings", "qrc", "image"),
)
PLAIN, RICH, STYLED = 0, 1, 4
LOADS_IT = """
import QtQuick
Item {{
    Image {{ source: "{web}/image.png" }}
    TextEdit {{ textFormat: TextEdit.RichText; text: "<img src='{file}'>" }}
}}
"""


class Opened(QObject):
    """Stands in for the desktop's browser and file manager."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    @Slot(QUrl)
    def take(self, url: QUrl) -> None:
        self.urls.append(url.toString())


class Watch:
    """Everything that must not happen, and whether it did."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "canary.png"
        picture = QImage(8, 8, QImage.Format.Format_RGB32)
        picture.fill(QColor("red"))
        assert picture.save(str(self.file))
        self.web = WebCanary()
        self.folder = FolderCanary(folder)
        self.opened = Opened()
        self.children = set(psutil.Process().children())
        for scheme in SCHEMES:
            QDesktopServices.setUrlHandler(scheme, self.opened, "take")

    def assert_silent(self, qtbot: QtBot) -> None:
        qtbot.wait(SETTLE_MS)
        assert self.web.visits == 0
        assert not self.folder.noticed()
        assert self.opened.urls == []
        assert set(psutil.Process().children()) <= self.children

    def close(self) -> None:
        for scheme in SCHEMES:
            QDesktopServices.unsetUrlHandler(scheme)
        self.web.close()
        self.folder.close()


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    folder = tmp_path / "watched"
    folder.mkdir()
    watch = Watch(folder)
    yield watch
    watch.close()


@pytest.fixture
def payloads(watch: Watch) -> dict[str, str]:
    return aimed_at(watch.web.address, watch.file)


def assert_written_safely(window: DrivenWindow) -> None:
    """No text guesses its format, and formatted text has no picture but the app's own formulas."""
    for item in window.everything():
        if item.metaObject().indexOfProperty("textFormat") < 0:
            continue
        text, text_format = str(item.property("text")), format_of(item)
        assert text_format in (PLAIN, RICH, STYLED) or "<" not in text, text
        if text_format in (RICH, STYLED):
            sources = re.findall(r"<img\b[^>]*", text, re.IGNORECASE)
            assert all(f'src="{OWN_FORMULAS}/' in source for source in sources), sources
            assert not re.search(r"<[^>]*(\bbackground=|background-image|url\(|xlink)", text), text


def shown_as_they_are(window: DrivenWindow) -> set[str]:
    """Texts on the screen that Qt takes letter by letter."""
    texts = [item for item in window.everything() if item.isVisible() and item.inherits("QQuickText")]
    return {str(item.property("text")) for item in texts if format_of(item) == PLAIN}


def format_of(item: QQuickItem) -> int:
    """`Text.textFormat` as a number; PySide cannot read it."""
    value, _ = QQmlExpression(qmlContext(item), item, "textFormat").evaluate()
    return int(value)


def pieces(text: str) -> Paced:
    return Paced(tuple(text[i : i + PIECE] for i in range(0, len(text), PIECE)), TOKENS_PER_S)


def test_there_are_enough_of_them(payloads: dict[str, str], watch: Watch) -> None:
    assert len(payloads) >= 60
    assert sum(watch.web.address in text for text in payloads.values()) >= 30
    assert sum(str(watch.file) in text for text in payloads.values()) >= 5


@pytest.mark.qt_log_ignore("Connection closed", "Connection refused")
def test_the_watch_notices_a_load(watch: Watch, qtbot: QtBot, qapp: object) -> None:
    engine = QQmlEngine()
    component = QQmlComponent(engine)
    component.setData(LOADS_IT.format(web=watch.web.address, file=watch.file.as_uri()).encode(), QUrl("file:///x.qml"))
    root = component.create()
    assert root is not None, component.errorString()
    qtbot.waitUntil(lambda: watch.web.visits > 0)
    assert watch.folder.noticed()
    QDesktopServices.openUrl(QUrl("http://a.b/c"))
    assert watch.opened.urls == ["http://a.b/c"]
    root.deleteLater()
    qtbot.wait(0)


def test_answers_that_are_written_and_read_again(
    open_window: Callable[[Services], DrivenWindow],
    payloads: dict[str, str],
    watch: Watch,
    tmp_path: Path,
    qtbot: QtBot,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    (tmp_path / "home").mkdir()
    engine = FakeEngine()
    services = fake_services(tmp_path / "home", engine)
    services.settings.set("model.n_ctx", str(N_CTX))
    window = open_window(services)
    conversation = window.app.conversation
    for text in payloads.values():
        engine.will_answer(pieces(text))
        conversation.send(text)
        window.wait_until(lambda: not conversation.generating)
    assert_written_safely(window)
    conversation_id = conversation.conversationId
    answers = [message.text for message in services.conversations.branch(conversation_id)][1::2]
    assert answers == list(payloads.values())
    watch.assert_silent(qtbot)
    window.close()

    window = open_window(fake_services(tmp_path / "home", FakeEngine()))
    window.app.openConversation(conversation_id)
    window.wait_until(lambda: window.app.conversation.messages.rowCount() == 2 * len(payloads))
    seen = read_all(window)
    assert seen >= 2 * len(payloads)
    watch.assert_silent(qtbot)
    assert "refused" not in caplog.text


def drawn_turns(window: DrivenWindow) -> set[int]:
    return {item.property("index") for item in window.everything() if item.property("messageId")}


def read_all(window: DrivenWindow) -> int:
    """Page from the end of the conversation to its beginning; the number of turns that were drawn."""
    listed = window.item("messageList")
    last = listed.property("count") - 1
    window.wait_until(lambda: last in drawn_turns(window) and 0 not in drawn_turns(window))
    drawn: set[int] = set()
    while True:
        drawn |= drawn_turns(window)
        assert_written_safely(window)
        if 0 in drawn:
            return len(drawn)
        before = listed.property("contentY")
        # Posted: inside `QTest.keyClick` Python's lock is held, and the formulas' provider needs it on another thread.
        page_up = (Qt.Key.Key_PageUp, Qt.KeyboardModifier.NoModifier)
        QCoreApplication.postEvent(window.window, QKeyEvent(QEvent.Type.KeyPress, *page_up))
        QCoreApplication.postEvent(window.window, QKeyEvent(QEvent.Type.KeyRelease, *page_up))
        window.wait_until(lambda before=before: listed.property("contentY") != before)


TITLES = ('<img src="{web}/t.png">', "<b>bold</b>", '<a href="{web}">x</a>', "![x]({web}/x.png)", "<img src='{file}'>")


def test_titles_search_hits_and_errors(
    window: DrivenWindow, engine: FakeEngine, watch: Watch, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    titles = [title.format(web=watch.web.address, file=watch.file.as_uri()) for title in TITLES]
    for title in titles:
        engine.will_answer(FamulusError(title, remedy=title))
        window.app.newChat()
        window.app.conversation.send(title + " needle")
        window.wait_until(lambda: not window.app.conversation.generating and not window.app.conversation.empty)
        window.app.sidebar.rename(window.app.conversation.conversationId, title)
        window.wait_until(lambda title=title: window.app.conversation.title == title)
        assert window.window.title() == f"{title} - Famulus"
        assert_written_safely(window)
    window.wait_until(lambda: window.app.sidebar.conversations.rowCount() == len(titles))
    window.wait_until(lambda: set(titles) <= shown_as_they_are(window))
    for query in ("needle", "img", "bold"):
        window.app.sidebar.searchText = query
        window.wait_until(lambda: window.app.sidebar.searchDone)
        qtbot.wait(50)
        assert window.app.sidebar.hits.rowCount() > 0
        assert_written_safely(window)
    watch.assert_silent(qtbot)
    assert "refused" not in caplog.text


def test_a_paste_of_rich_text_stays_plain(window: DrivenWindow, watch: Watch, qtbot: QtBot) -> None:
    pasted = QMimeData()
    pasted.setHtml(f'<b>bold</b> <img src="{watch.web.address}/x.png"><img src="{watch.file.as_uri()}">')
    pasted.setText("bold <b>")
    QGuiApplication.clipboard().setMimeData(pasted)
    composer = window.item("composerInput")
    composer.forceActiveFocus()
    window.press(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    window.wait_until(lambda: bool(composer.property("text")))
    assert composer.property("text") == "bold <b>"
    watch.assert_silent(qtbot)
