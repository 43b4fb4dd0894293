from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets")

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QSystemTrayIcon
from pytestqt.qtbot import QtBot

from assistant.gui.tray import Tray, app_icon

ICONS = Path(__file__).resolve().parents[2] / "resources" / "icons"


@pytest.fixture
def tray(qapp: QCoreApplication) -> Tray:
    return Tray(ICONS)


def test_the_menu_asks_for_what_it_says(tray: Tray, qtbot: QtBot) -> None:
    actions = {action.text(): action for action in tray.findChild(QSystemTrayIcon).contextMenu().actions()}
    signals = {
        "New chat": tray.newChatRequested,
        "Quick chat": tray.quickChatRequested,
        "Open Famulus": tray.openRequested,
        "Quit": tray.quitRequested,
    }
    assert [text for text in actions if text] == list(signals)
    for text, signal in signals.items():
        with qtbot.waitSignal(signal, timeout=1000):
            actions[text].activate(QAction.ActionEvent.Trigger)


def test_a_click_opens_the_window_and_a_right_click_does_not(tray: Tray, qtbot: QtBot) -> None:
    icon = tray.findChild(QSystemTrayIcon)
    with qtbot.waitSignal(tray.openRequested, timeout=1000):
        icon.activated.emit(QSystemTrayIcon.ActivationReason.Trigger)
    with qtbot.assertNotEmitted(tray.openRequested, wait=20):
        icon.activated.emit(QSystemTrayIcon.ActivationReason.Context)


def test_a_desktop_without_tray_is_no_error(tray: Tray) -> None:
    assert tray.available is False
    tray.show()
    tray.hide()


@pytest.mark.qt_log_ignore("famulus.svg")
def test_the_icon_is_drawn_where_its_file_is_missing(qapp: QCoreApplication, tmp_path: Path) -> None:
    for folder in (ICONS, tmp_path):
        image = app_icon(folder).pixmap(64).toImage()
        assert image.pixelColor(image.rect().center()).alpha() > 0
