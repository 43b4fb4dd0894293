"""Settings, quick chat and the window that says why there is no other."""

from __future__ import annotations

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtQml import QQmlApplicationEngine
from PySide6.QtQuick import QQuickWindow

from assistant.core.errors import DataFolderUnusable, ShortcutTaken
from assistant.core.resource_files import resource_folder
from assistant.gui.error_text import error_words
from assistant.gui.hotkey.backend import HotkeyState, Registration, unavailable
from tests.fakes.fake_engine import Death, Stall
from tests.screenshots.sample_checks import SampleChecks
from tests.screenshots.studio import Studio


class ScriptedHotkey(QObject):
    """A shortcut that is registered as the picture needs it."""

    pressed = Signal(str)
    changed = Signal(object)

    def register(self, shortcut: str) -> None:
        pass

    def unregister(self) -> None:
        pass


def settings(studio: Studio) -> None:
    """All sections of the settings."""
    studio.open(settings={"quick_chat.enabled": "true"})
    app = studio.window.app
    hotkey = ScriptedHotkey(studio.window.desktop)
    app.quickChat.attach_hotkey(hotkey)
    app.page = "settings"
    studio.settle()
    page = studio.child("settingsPage")
    for section in ("appearance", "model", "sampling", "context", "data"):
        page.setProperty("section", section)
        studio.shot(f"settings-{section}")
    page.setProperty("section", "sampling")
    app.settings.setValue("sampling.top_k", "20")
    app.settings.setValue("sampling.temperature", "9")
    studio.window.wait_until(lambda: any(field["error"] for field in app.settings.fields("sampling")))
    studio.shot("settings-invalid-value")
    page.setProperty("section", "quick")
    taken = ShortcutTaken(
        "Another program holds {shortcut} already.",
        remedy="Choose another shortcut, or switch it off in the other program or in the desktop's settings.",
        shortcut="Ctrl+Alt+Space",
    )
    for name, registration in {
        "quick": Registration(HotkeyState.ON),
        "quick-conflict": Registration(HotkeyState.CONFLICT, taken),
        "quick-unavailable": unavailable("The X server cannot be reached."),
        "quick-waiting": Registration(HotkeyState.WAITING),
    }.items():
        hotkey.changed.emit(registration)
        studio.shot(f"settings-{name}")
    studio.window.window.resize(600, 760)
    studio.shot("settings-narrow")


def context_length(studio: Studio) -> None:
    """The slider over lengths that fit and that do not, and a check of the context."""
    studio.open()
    app = studio.window.app
    app.page = "settings"
    studio.settle()
    studio.child("settingsPage").setProperty("section", "context")
    view = app.contextLength
    studio.window.wait_until(lambda: view.known)
    for name, text in (("stretched", "2×"), ("too-long", "4×")):
        view.look(next(mark["index"] for mark in view.marks if mark["text"] == text))
        studio.shot(f"context-{name}")
    view.look(0)
    studio.engine.will_measure(1.0)
    stall = Stall()
    studio.engine.will_measure(0.4, stall)
    view.check.start(1024)
    studio.window.wait_until(lambda: view.check.fraction > 0)
    studio.shot("context-checking")
    view.check.cancel()
    studio.window.wait_until(lambda: not view.check.running)
    SampleChecks.is_checked = True
    try:
        view.refresh()
        studio.window.wait_until(lambda: view.check.chart)
        studio.window.window.resize(1120, 1120)
        studio.shot("context-checked")
        studio.window.window.resize(600, 1400)
        studio.shot("context-checked-narrow")
    finally:
        SampleChecks.is_checked = False


def broken_settings(studio: Studio) -> None:
    """A settings file that a person has broken."""
    studio.open(settings_text="\n[appearance\n")
    studio.window.app.page = "settings"
    studio.shot("settings-broken-file")


def quick_chat(studio: Studio) -> None:
    """The panel."""
    studio.open()
    quick = studio.window.app.quickChat
    panel = studio.window.desktop.panel.window
    quick.show()
    studio.shot("quick-empty", panel)
    question, answer = studio.texts.quick
    stall = Stall()
    studio.engine.will_answer(*answer[:-12], stall, answer[-12:])
    quick.conversation.send(question)
    studio.window.wait_until(stall.reached.is_set)
    studio.shot("quick-answering", panel)
    stall.go_on()
    studio.window.wait_until(lambda: not quick.conversation.generating)
    studio.shot("quick-answer", panel)
    quick.newChat()
    studio.engine.will_answer(Death())
    quick.conversation.send(question)
    studio.window.wait_until(lambda: not quick.conversation.generating and not quick.conversation.empty)
    studio.shot("quick-error", panel)
    quick.hide()


def start_failure(studio: Studio) -> None:
    """The window that says why there is no other."""
    error = DataFolderUnusable(
        "The data folder {folder} cannot be used: {reason}.",
        remedy="Make it writable, or choose another with the environment variable {variable}.",
        folder="/home/ada/.local/share/famulus",
        reason="Permission denied",
        variable="FAMULUS_HOME",
    )
    words = error_words(error.info)
    engine = QQmlApplicationEngine()
    # Qt's offscreen platform has no colour scheme that the window could follow.
    engine.setInitialProperties({"sentence": words.title, "remedy": words.remedy, "dark": studio.theme == "dark"})
    engine.load(QUrl.fromLocalFile(str(resource_folder() / "qml" / "StartFailure.qml")))
    window = engine.rootObjects()[0]
    assert isinstance(window, QQuickWindow)
    studio.shot("start-failure", window)
