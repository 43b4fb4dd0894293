from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtQml")

from PySide6.QtCore import QUrl
from PySide6.QtNetwork import QNetworkReply, QNetworkRequest
from PySide6.QtQml import QQmlApplicationEngine
from pytestqt.qtbot import QtBot

from assistant.gui.network_guard import RefusingNetworkFactory, RefusingNetworkManager

PAGE = """
import QtQuick
Item {{
    property int settled: 0
    Image {{ source: "http://{canary}/image.png"; asynchronous: true }}
    Image {{ source: "own.svg"; onStatusChanged: if (status === Image.Ready) settled++ }}
    Text {{ textFormat: Text.RichText; text: "<img src='http://{canary}/rich.png'>" }}
    TextEdit {{ textFormat: Text.RichText; text: "<img src='http://{canary}/edit.png'>" }}
    Loader {{ source: "http://{canary}/Evil.qml" }}
    FontLoader {{ source: "http://{canary}/font.ttf" }}
    Component.onCompleted: {{
        const request = new XMLHttpRequest();
        request.onreadystatechange = () => {{ if (request.readyState === XMLHttpRequest.DONE) settled++; }};
        request.open("GET", "http://{canary}/request");
        request.send();
    }}
}}
"""
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'


class Canary:
    """A server that counts who comes."""

    def __init__(self) -> None:
        self.visits = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.visits += 1
            connection.close()


@pytest.fixture
def canary() -> Iterator[Canary]:
    canary = Canary()
    yield canary
    canary.close()


@pytest.mark.qt_log_ignore("refused")
def test_nothing_is_loaded_from_outside(
    qtbot: QtBot, tmp_path: Path, canary: Canary, caplog: pytest.LogCaptureFixture
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "own.svg").write_text(DRAWING)
    page = PAGE.format(canary=canary.address)
    (own / "Main.qml").write_text(page)

    engine = QQmlApplicationEngine()
    engine.setOutputWarningsToStandardError(False)
    factory = RefusingNetworkFactory()
    engine.setNetworkAccessManagerFactory(factory)
    with caplog.at_level(logging.WARNING):
        engine.load(QUrl.fromLocalFile(str(own / "Main.qml")))
        (root,) = engine.rootObjects()
        qtbot.waitUntil(lambda: root.property("settled") == 2, timeout=10_000)
        qtbot.wait(200)
    assert canary.visits == 0
    assert "refused" in caplog.text
    engine.deleteLater()
    qtbot.wait(0)


def test_the_canary_sings(canary: Canary, qtbot: QtBot) -> None:
    socket.create_connection(tuple(canary.address.split(":"))).close()
    qtbot.waitUntil(lambda: canary.visits == 1)


@pytest.mark.parametrize(
    "address", ["http://{canary}/", "https://{canary}/", "ftp://{canary}/", "data:,x", "file:///etc/hostname"]
)
def test_every_request_fails(canary: Canary, qtbot: QtBot, address: str) -> None:
    manager = RefusingNetworkManager()
    with qtbot.waitSignal(manager.finished, timeout=5000):
        reply = manager.get(QNetworkRequest(QUrl(address.format(canary=canary.address))))
    assert reply.error() != QNetworkReply.NetworkError.NoError
    assert reply.readAll().isEmpty()
    assert canary.visits == 0
