"""Quick chat: the panel that a shortcut calls from any program.

Process: app with a window. Thread: the GUI's.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import Property, QObject, QRect, Signal, Slot
from PySide6.QtGui import QCursor, QGuiApplication

from assistant.core.errors import ErrorInfo
from assistant.gui.conversation_view_model import ConversationViewModel
from assistant.gui.error_text import error_words
from assistant.gui.hotkey.backend import HotkeyState, Registration
from assistant.gui.hotkey.hotkey import GlobalHotkey
from assistant.gui.running_turn import Place
from assistant.gui.settings_view_model import SettingsViewModel

FRESH_AFTER_S = 600.0
"""A quick chat that was hidden for longer starts anew."""


class QuickChatViewModel(QObject):
    """The panel and its shortcut.

    Args:
        conversation: Its own conversation.
        settings: Says whether the shortcut is wanted, and which.
        parent: Qt's owner.
        clock: Seconds, never going back.
    """

    visibleChanged = Signal()
    shortcutChanged = Signal()
    showRequested = Signal()
    hideRequested = Signal()

    announced = Signal(str)
    """What a screen reader is to say from the panel."""

    carriedOn = Signal(object, str, int)
    """The `Place` of its conversation, for the main window; a message and the position of its picture to show there
    (an empty id and -1 for none)."""

    activated = Signal(str)
    """The shortcut's activation token, before the panel is shown; some systems ask for it."""

    def __init__(
        self,
        conversation: ConversationViewModel,
        settings: SettingsViewModel,
        parent: QObject | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._clock = clock
        self._conversation = conversation
        self._visible = False
        self._hidden_at = clock()
        self._hotkey: GlobalHotkey | None = None
        self._wanted_keys = ""
        self._state = HotkeyState.OFF
        self._keys = ""
        self._problem: ErrorInfo | None = None
        settings.changed.connect(self._follow_settings)

    @Property(QObject, constant=True)
    def conversation(self) -> ConversationViewModel:
        """Its own conversation."""
        return self._conversation

    @Property(bool, notify=visibleChanged)
    def visible(self) -> bool:
        """Whether the panel is shown."""
        return self._visible

    @Property(str, notify=shortcutChanged)
    def shortcutState(self) -> str:
        """One of `HotkeyState`."""
        return self._state.value

    @Property(str, notify=shortcutChanged)
    def shortcutProblem(self) -> str:
        """Why the shortcut does not work, and what can be done; empty if it does."""
        if self._problem is None:
            return ""
        words = error_words(self._problem)
        return words.text

    @Property(str, notify=shortcutChanged)
    def shortcut(self) -> str:
        """The keys, in the system's own words where it chose them itself."""
        return self._keys or self._settings.settings.quick_chat.shortcut

    @Slot()
    def toggle(self) -> None:
        """Show the panel, or hide it."""
        if self._visible:
            self.hide()
        else:
            self.show()

    @Slot()
    def show(self) -> None:
        """Show the panel; after a long pause with a new conversation."""
        if not self._visible:
            if self._clock() - self._hidden_at > FRESH_AFTER_S:
                self.newChat()
            self._visible = True
            self.visibleChanged.emit()
        self.showRequested.emit()

    @Slot()
    def hide(self) -> None:
        """Hide the panel; a running answer goes on."""
        if self._visible:
            self._visible = False
            self._hidden_at = self._clock()
            self.visibleChanged.emit()
        self.hideRequested.emit()

    @Slot()
    def newChat(self) -> None:
        """Begin a new conversation in the panel."""
        self._conversation.open(Place())

    @Slot(result=QRect)
    def pointerScreen(self) -> QRect:
        """The usable part of the screen with the pointer, logical pixels."""
        screen = QGuiApplication.screenAt(QCursor.pos()) or QGuiApplication.primaryScreen()
        return screen.availableGeometry() if screen is not None else QRect()  # every screen may be off

    @Slot()
    def carryOn(self) -> None:
        """Go on with the conversation in the main window; the panel begins a new one."""
        self._carry_on("", -1)

    @Slot(str, int)
    def showPicture(self, message_id: str, position: int) -> None:
        """Show a picture of a question in the main window, which has room for it, and go on there."""
        self._carry_on(message_id, position)

    def _carry_on(self, message_id: str, position: int) -> None:
        place = self._conversation.place
        self.hide()
        self.carriedOn.emit(place, message_id, position)
        self.newChat()

    def shows(self, conversation_id: str) -> bool:
        """Whether the person sees this conversation here."""
        return self._visible and self._conversation.place.conversation_id == conversation_id

    def attach_hotkey(self, hotkey: GlobalHotkey) -> None:
        """Use this shortcut as the settings ask, from now on."""
        self._hotkey = hotkey
        hotkey.pressed.connect(self._pressed)
        hotkey.changed.connect(self._take_registration)
        self._follow_settings()

    def _follow_settings(self) -> None:
        quick_chat = self._settings.settings.quick_chat
        wanted_keys = quick_chat.shortcut if quick_chat.enabled else ""
        if self._hotkey is None or wanted_keys == self._wanted_keys:
            return
        self._wanted_keys = wanted_keys
        if wanted_keys:
            self._hotkey.register(wanted_keys)
        else:
            self._hotkey.unregister()
        self.shortcutChanged.emit()

    def _take_registration(self, registration: Registration) -> None:
        self._state = registration.state
        self._keys = registration.keys
        self._problem = registration.problem.info if registration.problem is not None else None
        self.shortcutChanged.emit()

    def _pressed(self, token: str) -> None:
        self.activated.emit(token)
        self.toggle()
