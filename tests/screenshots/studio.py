"""One opened window after another, brought into states and pictured."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPainter
from PySide6.QtQuick import QQuickItem, QQuickWindow
from PySide6.QtTest import QTest

from assistant.core.conversation import Timings
from assistant.core.events import Event, MediaRead, PromptRead, TurnEvent
from tests.fakes.fake_engine import FakeEngine
from tests.gui.driven_window import DrivenWindow
from tests.screenshots.sample_data import TIMINGS, SampleHistory, sample_services
from tests.screenshots.sample_texts import SAMPLE_TEXTS, SampleTexts

_SETTLE_MS = 130
_TOOLTIP_MS = 750
SMALLEST = 0
"""Qt's quality of a PNG file that is compressed best."""
_DESKTOP = {"light": QColor("#B9C4C9"), "dark": QColor("#3A444A")}
"""What lies behind a panel that is not a rectangle."""


class Studio:
    """Takes the pictures of one theme and one language.

    Args:
        folder: Where they go.
        theme: ``light`` or ``dark``.
        language: ``en`` or ``zh_CN``.
        wanted: Whether the picture of this name is wanted.
        timings: Invented times of the sample answers.
    """

    def __init__(
        self, folder: Path, theme: str, language: str, wanted: Callable[[str], bool], timings: Timings = TIMINGS
    ) -> None:
        self.theme = theme
        self.language = language
        self.texts: SampleTexts = SAMPLE_TEXTS[language]
        self.engine = FakeEngine()
        self._folder = folder
        self._wanted = wanted
        self._timings = timings
        self._home = tempfile.TemporaryDirectory(prefix="famulus-screenshots-")
        self._homes = (Path(self._home.name) / str(number) for number in itertools.count())
        self._window: DrivenWindow | None = None
        self._events: list[TurnEvent] = []
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def window(self) -> DrivenWindow:
        """The window that is open."""
        assert self._window is not None
        return self._window

    def open(
        self,
        *,
        history: bool = True,
        sees: bool = False,
        settings: dict[str, str] | None = None,
        settings_text: str = "",
    ) -> None:
        """Open the window over a new data folder, with what `engine` was told to do.

        Args:
            history: Whether there are conversations.
            sees: Whether the model sees.
            settings: Settings to change first.
            settings_text: Lines to append to the settings file; they need not be valid.
        """
        home = next(self._homes)
        home.mkdir(parents=True)
        services = sample_services(home, self.engine, sees=sees)
        values = {
            "appearance.theme": self.theme,
            "appearance.language": self.language,
            "appearance.reduce_motion": "true",
            **(settings or {}),
        }
        for key, value in values.items():
            services.settings.set(key, value)
        if settings_text:
            with (home / "settings.toml").open("a", encoding="utf-8") as file:
                file.write(settings_text)
        if history:
            SampleHistory(services.conversations, self._timings).write(self.texts)
        services.bus.subscribe(self._keep_event)
        self._window = DrivenWindow(services)
        self.window.wait_until(lambda: self.window.app.sidebar.loaded)
        self.point_away()
        self.settle()

    def close(self) -> None:
        """Close the window, if one is open; the next one gets a new engine."""
        if self._window is not None:
            self._window.close()
            self._window = None
            self.engine = FakeEngine()

    @property
    def folder(self) -> Path:
        """Of this run: for files of the scene."""
        return Path(self._home.name)

    def open_conversation(self, row: int) -> None:
        """Open a conversation of the sidebar, counted from the newest."""
        app = self.window.app
        app.openConversation(self.window.services.conversations.list()[row].id)
        self.window.wait_until(lambda: not app.conversation.loading and not app.conversation.empty)
        self.settle()

    def send(self, text: str) -> None:
        """Ask something, and wait until question and answer have their places."""
        conversation = self.window.app.conversation
        n_before = conversation.messages.rowCount()
        conversation.send(text)
        self.window.wait_until(lambda: conversation.messages.rowCount() == n_before + 2)

    def wait_for_turn(self) -> None:
        """Wait until nothing is generated in the open conversation, nor about to be."""
        self.settle()
        self.window.wait_for_answer()
        self.settle()

    def tell_prompt_read(self, n_done: int, n_total: int) -> None:
        """Say what an engine would say that takes its time with the prompt of the last turn."""
        self.window.services.bus.publish(PromptRead(n_done=n_done, n_total=n_total, n_cached=0, **self._turn()))

    def tell_looked(self, n_done: int, n_total: int) -> None:
        """Say what an engine would say that takes its time with the pictures of the last turn."""
        self.window.services.bus.publish(MediaRead(n_done=n_done, n_total=n_total, **self._turn()))

    def settle(self, milliseconds: int = _SETTLE_MS) -> None:
        """Let the window come to rest."""
        QTest.qWait(milliseconds)

    def shot(self, name: str, window: QQuickWindow | None = None) -> None:
        """Picture the window, or another one, as it is now."""
        self.settle()
        if not self._wanted(name):
            return
        picture = (window or self.window.window).grabWindow()
        if window is not None:
            picture = self._on_desktop(picture)
        assert not picture.isNull(), name
        picture.convertToFormat(QImage.Format.Format_RGB32).save(str(self._folder / f"{name}.png"))

    def point(self, item: QQuickItem, *, tooltip: bool = False) -> None:
        """Put the pointer on the middle of an item, and wait for its tooltip where that is wanted."""
        QTest.mouseMove(self.window.window, _centre(item))
        self.settle(_TOOLTIP_MS if tooltip else _SETTLE_MS)

    def point_away(self) -> None:
        """Put the pointer where nothing is."""
        QTest.mouseMove(self.window.window, QPoint(self.window.window.width() - 60, 2))

    def right_click(self, item: QQuickItem) -> None:
        """Ask for the menu of an item."""
        window = self.window.window
        QTest.mouseMove(window, _centre(item))
        QTest.mouseClick(window, Qt.MouseButton.RightButton, Qt.KeyboardModifier.NoModifier, _centre(item))
        self.settle()

    def press(self, key: Qt.Key) -> None:
        """Press a key through the event queue: `QTest` would hold Python's lock while QML files are loaded."""
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier)
            QCoreApplication.postEvent(self.window.window, event)
        self.settle()

    def escape(self) -> None:
        """Close what is open above the window."""
        self.press(Qt.Key.Key_Escape)

    def of_type(self, name: str, window: QQuickWindow | None = None) -> list[QQuickItem]:
        """All visible items that are made by this QML file, from the top down."""
        found = [
            item
            for item in _below((window or self.window.window).contentItem())
            if item.metaObject().className().startswith(f"{name}_QML") and item.isVisible()
        ]
        return sorted(found, key=lambda item: item.mapToScene(QPointF(0, 0)).y())

    def child(self, name: str) -> QObject:
        """The object of this name, visible or not."""
        found = self.window.window.findChild(QObject, name)
        assert found is not None, name
        return found

    def _turn(self) -> dict[str, str]:
        return {"request_id": self._events[-1].request_id, "conversation_id": self._events[-1].conversation_id}

    def _keep_event(self, event: Event) -> None:
        if isinstance(event, TurnEvent):
            self._events.append(event)

    def _on_desktop(self, panel: QImage) -> QImage:
        picture = QImage(panel.size(), QImage.Format.Format_RGB32)
        picture.setDevicePixelRatio(panel.devicePixelRatio())
        picture.fill(_DESKTOP[self.theme])
        painter = QPainter(picture)
        painter.drawImage(QRectF(QPointF(0, 0), picture.deviceIndependentSize()), panel)
        painter.end()
        return picture


def few_colours(picture: QImage) -> QImage:
    """The picture in its 256 commonest colours, which is a third of the size."""
    pixels = np.frombuffer(picture.convertToFormat(QImage.Format.Format_RGB32).constBits(), np.uint32)
    colours, counts = np.unique(pixels, return_counts=True)
    commonest = colours[np.argsort(counts)[::-1][:256]]
    no_dithering = Qt.ImageConversionFlag.ThresholdDither | Qt.ImageConversionFlag.AvoidDither
    return picture.convertToFormat(QImage.Format.Format_Indexed8, [int(colour) for colour in commonest], no_dithering)


def _centre(item: QQuickItem) -> QPoint:
    return item.mapToScene(QPointF(item.width() / 2, item.height() / 2)).toPoint()


def _below(item: QQuickItem) -> list[QQuickItem]:
    found = [item]
    for child in item.childItems():
        found.extend(_below(child))
    return found
