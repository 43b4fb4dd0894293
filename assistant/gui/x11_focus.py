"""The keyboard focus on X11, through the window manager where there is one.

Process: app. Thread: GUI.

Sources: Extended Window Manager Hints 1.5 (``_NET_ACTIVE_WINDOW``, ``_NET_SUPPORTING_WM_CHECK``), ICCCM 2.0.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from Xlib import X, Xatom
from Xlib.display import Display
from Xlib.error import ConnectionClosedError, XError
from Xlib.protocol.event import ClientMessage

from assistant.gui.window_focus import WindowFocus

log = logging.getLogger(__name__)

# Window managers obey a pager, which acts for the person; they may refuse a program that pushes itself forward.
_SOURCE_PAGER = 2


class X11Focus(WindowFocus):
    """See `WindowFocus`. A lost connection or a window that is gone meanwhile costs only the focus."""

    def __init__(self) -> None:
        self._display = Display()
        self._display.set_error_handler(lambda error, request: None)
        self._root = self._display.screen().root
        self._clock = self._root.create_window(
            -1, -1, 1, 1, 0, 0, window_class=X.InputOnly, event_mask=X.PropertyChangeMask
        )
        self._active_window = self._display.intern_atom("_NET_ACTIVE_WINDOW")
        self._wm_check = self._display.intern_atom("_NET_SUPPORTING_WM_CHECK")
        self._before = X.NONE

    def remember(self) -> None:
        """See `WindowFocus.remember`."""
        self._before = X.NONE
        self._try(self._remember)

    def take(self, window: int) -> None:
        """See `WindowFocus.take`."""
        self._try(lambda: self._activate(window))

    def give_back(self) -> None:
        """See `WindowFocus.give_back`. The window manager may have done it already; then nothing is left to do."""
        self._try(self._give_back)
        self._before = X.NONE

    def _remember(self) -> None:
        self._before = self._holder()

    def _give_back(self) -> None:
        if self._before not in (X.NONE, X.PointerRoot, self._root.id, self._holder()):
            self._activate(self._before)

    def _holder(self) -> int:
        """The active window by the window manager's account; without one, the window with the input focus."""
        if self._has_window_manager():
            return self._window_property(self._root, self._active_window)
        focus = self._display.get_input_focus().focus
        return int(getattr(focus, "id", focus))

    def _has_window_manager(self) -> bool:
        check = self._window_property(self._root, self._wm_check)
        if check == X.NONE:
            return False
        # The property outlives a window manager that was killed; its window does not.
        return self._window_property(self._window(check), self._wm_check) == check

    def _activate(self, window: int) -> None:
        time = self._server_time()
        if not self._has_window_manager():
            self._window(window).set_input_focus(X.RevertToParent, time)
        else:
            data = (32, [_SOURCE_PAGER, time, 0, 0, 0])
            message = ClientMessage(window=window, client_type=self._active_window, data=data)
            self._root.send_event(message, X.SubstructureRedirectMask | X.SubstructureNotifyMask)
        self._display.sync()

    def _server_time(self) -> int:
        """The X server's clock: it stamps the notice of a property that was changed."""
        self._clock.change_property(self._active_window, Xatom.WINDOW, 32, [])
        while True:
            event = self._display.next_event()
            if event.type == X.PropertyNotify:
                return int(event.time)

    def _window(self, window: int) -> Any:
        return self._display.create_resource_object("window", window)

    def _window_property(self, window: Any, atom: int) -> int:
        value = window.get_full_property(atom, X.AnyPropertyType)
        return int(value.value[0]) if value and len(value.value) else int(X.NONE)

    def _try(self, action: Callable[[], None]) -> None:
        try:
            action()
        except (XError, ConnectionClosedError, OSError) as error:
            log.info("the keyboard focus stays where it is: %r", error)
