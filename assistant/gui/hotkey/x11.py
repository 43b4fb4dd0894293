"""The shortcut on X11: a passive grab of the keys on every screen's root window.

Process: app. Thread: the registration's own, with a connection of its own to the X server.

A grab tells of a conflict, and the program sees no other key. The server does not say who holds the keys.
Source: X Window System Protocol, X11R6: GrabKey, MappingNotify.
"""

from __future__ import annotations

import contextlib
import itertools
import select
import socket
from collections.abc import Iterator
from typing import Any

from Xlib import XK, X
from Xlib.display import Display
from Xlib.error import BadAccess, CatchError, ConnectionClosedError, DisplayError, XNoAuthError

from assistant.core.errors import ShortcutTaken
from assistant.gui.hotkey.backend import HotkeyBackend, HotkeyState, Registration, StopToken, unavailable
from assistant.gui.hotkey.keysyms import keysym_name
from assistant.gui.hotkey.shortcut import Modifier

_FIXED_MASKS = {Modifier.SHIFT: X.ShiftMask, Modifier.CTRL: X.ControlMask}
# Which of Mod1 to Mod5 these are is the keyboard map's choice.
_MAPPED_MODIFIERS = {Modifier.ALT: ("Alt_L", "Alt_R"), Modifier.META: ("Super_L", "Super_R")}
_USUAL_MASKS = {Modifier.ALT: X.Mod1Mask, Modifier.META: X.Mod4Mask}
_LOCKS = ("Num_Lock", "Scroll_Lock")


class X11Hotkey(HotkeyBackend):
    """The shortcut as a grab; it follows changes of the keyboard map."""

    def run(self, stop: StopToken) -> None:
        """See `HotkeyBackend.run`."""
        wake, waker = socket.socketpair()
        with wake, waker:
            stop.when_set(lambda: _wake(waker))
            try:
                display = Display()
            except (DisplayError, XNoAuthError, OSError) as error:
                self.report(unavailable("The X server cannot be reached.", repr(error)))
                return
            try:
                _Grab(self, display).serve(wake, stop)
            except (ConnectionClosedError, OSError) as error:
                self.report(unavailable("The X server ended the connection.", repr(error)))
            else:
                display.close()


def _wake(waker: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the backend ended by itself
        waker.send(b"\0")


class _Grab:
    """The grab on one connection."""

    def __init__(self, hotkey: X11Hotkey, display: Any) -> None:
        self._hotkey = hotkey
        self._display = display
        self._roots = [display.screen(number).root for number in range(display.screen_count())]
        self._keysym = XK.string_to_keysym(keysym_name(hotkey.shortcut.key))
        self._grabs: list[tuple[int, int]] = []
        self._state: HotkeyState | None = None
        self._released_at = -1
        display.set_error_handler(lambda error, request: None)  # ungrabbing keys that are gone is no news

    def serve(self, wake: socket.socket, stop: StopToken) -> None:
        self._grab()
        while not stop.is_set:
            self._handle_events()
            if not self._display.pending_events():
                select.select([self._display.fileno(), wake], [], [])

    def _handle_events(self) -> None:
        map_changed = False
        while self._display.pending_events():
            event = self._display.next_event()
            if event.type == X.KeyRelease:
                self._released_at = event.time
            elif event.type == X.KeyPress and event.time != self._released_at:
                self._hotkey.pressed("")  # a key that repeats is released and pressed at the same millisecond
            elif event.type == X.MappingNotify and event.request != X.MappingPointer:
                self._display.refresh_keyboard_mapping(event)
                map_changed = True
        # The server says so also where only another keyboard is used now, and between the two the keys would leak.
        if map_changed and self._wanted_grabs() != self._grabs:
            self._ungrab()
            self._grab()

    def _grab(self) -> None:
        grabs = self._wanted_grabs()
        if not grabs:
            text = "The keyboard has no key for {shortcut}."
            self._report(unavailable(text, shortcut=str(self._hotkey.shortcut), remedy="Choose another shortcut."))
            return
        refused = CatchError(BadAccess)
        for (keycode, mask), root in itertools.product(grabs, self._roots):
            root.grab_key(keycode, mask, False, X.GrabModeAsync, X.GrabModeAsync, onerror=refused)
        self._display.sync()
        if refused.get_error() is None:
            self._grabs = grabs
            self._report(Registration(HotkeyState.ON))
            return
        self._ungrab()
        problem = ShortcutTaken(
            "Another program holds {shortcut} already.",
            remedy="Choose another shortcut, or switch it off in the other program or in the desktop's settings.",
            shortcut=str(self._hotkey.shortcut),
        )
        self._report(Registration(HotkeyState.CONFLICT, problem))

    def _ungrab(self) -> None:
        for root in self._roots:
            root.ungrab_key(X.AnyKey, X.AnyModifier)
        self._display.sync()
        self._grabs = []

    def _report(self, registration: Registration) -> None:
        if registration.state != self._state:
            self._state = registration.state
            self._hotkey.report(registration)

    def _wanted_grabs(self) -> list[tuple[int, int]]:
        """Keycode and modifier mask of each: a grab holds for one exact set of modifiers, and locks count as such."""
        products = itertools.product(self._keys(), self._lock_masks())
        return [(keycode, mask | locks) for (keycode, mask), locks in products]

    def _keys(self) -> Iterator[tuple[int, int]]:
        """Keycode and modifier mask of every key that gives the shortcut's character."""
        modifiers = self._hotkey.shortcut.modifiers
        mask = 0
        for modifier in modifiers:
            mask |= _FIXED_MASKS.get(modifier) or self._mapped_mask(modifier)
        # Columns of the keyboard map go in pairs, plain and shifted, one pair a layout.
        found = sorted((column % 2, column, code) for code, column in self._display.keysym_to_keycodes(self._keysym))
        for is_shifted, _, code in found:
            if is_shifted == found[0][0]:
                yield code, mask | (X.ShiftMask if is_shifted else 0)

    def _mapped_mask(self, modifier: Modifier) -> int:
        return self._mask_of(_MAPPED_MODIFIERS[modifier]) or _USUAL_MASKS[modifier]

    def _lock_masks(self) -> list[int]:
        """Every combination of Caps Lock, Num Lock and Scroll Lock."""
        locks = [X.LockMask, *filter(None, (self._mask_of((name,)) for name in _LOCKS))]
        choices = itertools.chain.from_iterable(itertools.combinations(locks, n) for n in range(len(locks) + 1))
        return sorted({sum(set(choice)) for choice in choices})

    def _mask_of(self, names: tuple[str, ...]) -> int:
        """Bit of the first of the eight modifiers that a key of one of these names belongs to; 0 for none."""
        keysyms = [XK.string_to_keysym(name) for name in names]
        codes = {code for keysym in keysyms for code, _ in self._display.keysym_to_keycodes(keysym)}
        rows = self._display.get_modifier_mapping()
        return next((1 << row for row, row_codes in enumerate(rows) if codes & set(row_codes)), 0)
