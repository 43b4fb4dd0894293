from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtQml")

from PySide6.QtCore import QUrl
from PySide6.QtNetwork import QNetworkReply, QNetworkRequest
from PySide6.QtQml import QQmlApplicationEngine
from pytestqt.qtbot import QtBot

from assistant.gui.network_guard import RefusingNetworkFactory, RefusingNetworkManager
from tests.gui.canaries import WebCanary

PAGE = """
import QtQuick
Item {{
    property int settled: 0
    Image {{ source: "{canary}/image.png"; asynchronous: true }}
    Image {{ source: "own.svg"; onStatusChanged: if (status === Image.Ready) settled++ }}
    Text {{ textFormat: Text.RichText; text: "<img src='{canary}/rich.png'>" }}
    TextEdit {{ textFormat: Text.RichText; text: "<img src='{canary}/edit.png'>" }}
    Loader {{ source: "{canary}/Evil.qml" }}
    FontLoader {{ source: "{canary}/font.ttf" }}
    Component.onCompleted: {{
        const request = new XMLHttpRequest();
        request.onreadystatechange = () => {{ if (request.readyState === XMLHttpRequest.DONE) settled++; }};
        request.open("GET", "{canary}/request");
        request.send();
    }}
}}
"""
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'


@pytest.fixture
def canary() -> Iterator[WebCanary]:
    canary = WebCanary()
    yield canary
    canary.close()


def host_of(canary: WebCanary) -> str:
    return canary.address.removeprefix("http://")


@pytest.mark.qt_log_ignore("refused")
def test_nothing_is_loaded_from_outside(
    qtbot: QtBot, tmp_path: Path, canary: WebCanary, caplog: pytest.LogCaptureFixture
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


def test_the_canary_sings(canary: WebCanary, qtbot: QtBot) -> None:
    socket.create_connection(tuple(host_of(canary).split(":"))).close()
    qtbot.waitUntil(lambda: canary.visits == 1)


@pytest.mark.parametrize(
    "address", ["http://{canary}/", "https://{canary}/", "ftp://{canary}/", "data:,x", "file:///etc/hostname"]
)
def test_every_request_fails(canary: WebCanary, qtbot: QtBot, address: str) -> None:
    manager = RefusingNetworkManager()
    with qtbot.waitSignal(manager.finished, timeout=5000):
        reply = manager.get(QNetworkRequest(QUrl(address.format(canary=host_of(canary)))))
    assert reply.error() != QNetworkReply.NetworkError.NoError
    assert reply.readAll().isEmpty()
    assert canary.visits == 0
