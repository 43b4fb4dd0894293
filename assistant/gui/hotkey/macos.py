"""The shortcut on macOS: pynput watches the keyboard, which the person has to allow.

Process: app. Thread: the registration's own, and one of pynput's.

Untried: written from pynput's documentation; no Mac was at hand. macOS tells of no conflict: another program with the
same keys gets them too.
"""

from __future__ import annotations

import importlib
import threading

from assistant.gui.hotkey.backend import HotkeyBackend, HotkeyState, Registration, StopToken, unavailable
from assistant.gui.hotkey.shortcut import Modifier, Shortcut

_MODIFIER_NAMES = {
    Modifier.CTRL: "<cmd>",  # as in Qt
    Modifier.ALT: "<alt>",
    Modifier.SHIFT: "<shift>",
    Modifier.META: "<ctrl>",
}
_KEY_NAMES = {
    "Return": "<enter>",
    "Ins": "<insert>",
    "Del": "<delete>",
    "PgUp": "<page_up>",
    "PgDown": "<page_down>",
    "Print": "<print_screen>",
}


def pynput_keys(shortcut: Shortcut) -> str:
    """The keys as ``pynput.keyboard.HotKey.parse`` reads them, for example ``<cmd>+<alt>+<space>``."""
    key = shortcut.key
    name = key.lower() if len(key) == 1 else _KEY_NAMES.get(key, f"<{key.lower()}>")
    return "+".join([*(word for modifier, word in _MODIFIER_NAMES.items() if modifier in shortcut.modifiers), name])


class MacHotkey(HotkeyBackend):
    """The shortcut as one that pynput recognises."""

    def run(self, stop: StopToken) -> None:
        """See `HotkeyBackend.run`."""
        try:
            keyboard = importlib.import_module("pynput.keyboard")
            listener = keyboard.GlobalHotKeys({pynput_keys(self.shortcut): lambda: self.pressed("")})
        except (ImportError, ValueError) as error:  # ValueError: a key that pynput does not know
            self.report(unavailable("macOS offers no such shortcut.", repr(error)))
            return
        listener.start()
        listener.wait()
        if not getattr(listener, "IS_TRUSTED", True):
            listener.stop()
            remedy = "Allow it in System Settings, Privacy & Security, Accessibility; then switch it on here again."
            self.report(unavailable("macOS does not let Famulus listen to the shortcut yet.", remedy=remedy))
            return
        self.report(Registration(HotkeyState.ON))
        ended = threading.Event()
        stop.when_set(ended.set)
        ended.wait()
        listener.stop()
