"""The shortcut on Windows: RegisterHotKey, on a thread with a message queue of its own.

Process: app. Thread: the registration's own; `RegisterHotKey` sends its messages to the thread that called it.

Untried: written from the documentation of ``winuser.h``; no Windows machine was at hand.
"""

from __future__ import annotations

import ctypes
import ctypes.wintypes
import sys
from typing import Any, NamedTuple

from assistant.core.errors import ShortcutTaken
from assistant.gui.hotkey.backend import HotkeyBackend, HotkeyState, Registration, StopToken, unavailable
from assistant.gui.hotkey.shortcut import Modifier, Shortcut

_MODIFIERS = {Modifier.ALT: 0x1, Modifier.CTRL: 0x2, Modifier.SHIFT: 0x4, Modifier.META: 0x8}
_MOD_NOREPEAT = 0x4000
_WM_QUIT = 0x0012
_WM_HOTKEY = 0x0312
_WM_USER = 0x0400
_PM_NOREMOVE = 0
_ERROR_HOTKEY_ALREADY_REGISTERED = 1409
_HOTKEY_ID = 1

_VIRTUAL_KEYS = {
    **{f"F{number}": 0x6F + number for number in range(1, 25)},
    **{"Backspace": 0x08, "Tab": 0x09, "Return": 0x0D, "Pause": 0x13, "Esc": 0x1B, "Space": 0x20},
    **{"PgUp": 0x21, "PgDown": 0x22, "End": 0x23, "Home": 0x24},
    **{"Left": 0x25, "Up": 0x26, "Right": 0x27, "Down": 0x28},
    **{"Print": 0x2C, "Ins": 0x2D, "Del": 0x2E, "Menu": 0x5D},
}


class HotkeyKeys(NamedTuple):
    """What `RegisterHotKey` takes: ``MOD_*`` flags and a virtual key code."""

    modifiers: int
    virtual_key: int


def hotkey_keys(shortcut: Shortcut, scan: int) -> HotkeyKeys | None:
    """Translate a shortcut.

    Args:
        shortcut: The keys.
        scan: What `VkKeyScanW` says of the key if it is one character: the virtual key in the low byte, 1 in the
            high byte where Shift is needed; -1 where the keyboard has no such key.

    Returns:
        None where the keyboard has no such key.
    """
    modifiers = sum(_MODIFIERS[modifier] for modifier in shortcut.modifiers) | _MOD_NOREPEAT
    if len(shortcut.key) > 1:
        return HotkeyKeys(modifiers, _VIRTUAL_KEYS[shortcut.key])
    if scan == -1:
        return None
    needs_shift = bool(scan >> 8 & 1) and not shortcut.key.isalpha()
    return HotkeyKeys(modifiers | (_MODIFIERS[Modifier.SHIFT] if needs_shift else 0), scan & 0xFF)


class WindowsHotkey(HotkeyBackend):
    """The shortcut as a registered hot key."""

    def run(self, stop: StopToken) -> None:
        """See `HotkeyBackend.run`."""
        if sys.platform == "win32":
            user32 = ctypes.WinDLL("user32", use_last_error=True)
            key = self.shortcut.key
            scan = ctypes.c_short(user32.VkKeyScanW(ctypes.c_wchar(key.lower()))).value if len(key) == 1 else 0
            keys = hotkey_keys(self.shortcut, scan)
            if keys is None:
                text = "The keyboard has no key for {shortcut}."
                remedy = "Choose another shortcut."
                self.report(unavailable(text, shortcut=str(self.shortcut), remedy=remedy))
                return
            if not user32.RegisterHotKey(None, _HOTKEY_ID, keys.modifiers, keys.virtual_key):
                self.report(self._refusal(ctypes.get_last_error()))
                return
            self.report(Registration(HotkeyState.ON))
            try:
                self._serve_messages(user32, stop)
            finally:
                user32.UnregisterHotKey(None, _HOTKEY_ID)

    def _serve_messages(self, user32: Any, stop: StopToken) -> None:
        if sys.platform == "win32":
            message = ctypes.wintypes.MSG()
            # Makes the message queue, without which the message that ends the loop would be lost.
            user32.PeekMessageW(ctypes.byref(message), None, _WM_USER, _WM_USER, _PM_NOREMOVE)
            thread = ctypes.windll.kernel32.GetCurrentThreadId()
            stop.when_set(lambda: user32.PostThreadMessageW(thread, _WM_QUIT, 0, 0))
            while user32.GetMessageW(ctypes.byref(message), None, 0, 0) > 0:
                if message.message == _WM_HOTKEY and message.wParam == _HOTKEY_ID:
                    self.pressed("")

    def _refusal(self, code: int) -> Registration:
        if code != _ERROR_HOTKEY_ALREADY_REGISTERED:
            text = "Windows refused the shortcut {shortcut}."
            cause = f"RegisterHotKey: error {code}"
            return unavailable(text, cause, remedy="Choose another shortcut.", shortcut=str(self.shortcut))
        problem = ShortcutTaken(
            "Another program holds {shortcut} already.",
            remedy="Choose another shortcut, or switch it off in the other program.",
            shortcut=str(self.shortcut),
        )
        return Registration(HotkeyState.CONFLICT, problem)
