"""The shortcut under Wayland: the desktop portal asks the person and sends a signal at every press.

Process: app. Thread: the registration's own, with a connection of its own to the session bus.

Source: XDG Desktop Portal documentation, ``org.freedesktop.portal.GlobalShortcuts`` (versions 1 and 2),
``org.freedesktop.portal.Request``, ``org.freedesktop.portal.Session``, ``org.freedesktop.host.portal.Registry``.
"""

from __future__ import annotations

import contextlib
import secrets
import socket
import time
from collections import deque
from typing import Any

from jeepney import DBusAddress, HeaderFields, MatchRule, message_bus, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.wrappers import DBusErrorResponse, unwrap_msg
from PySide6.QtCore import QCoreApplication

from assistant.gui.hotkey.backend import HotkeyBackend, HotkeyState, Registration, StopToken, unavailable
from assistant.gui.hotkey.keysyms import keysym_name
from assistant.gui.hotkey.shortcut import Modifier, Shortcut
from assistant.gui.identity import APP_ID

PORTAL = "org.freedesktop.portal.Desktop"
_PATH = "/org/freedesktop/portal/desktop"
_SHORTCUTS = "org.freedesktop.portal.GlobalShortcuts"
_SHORTCUT_ID = "quick-chat"
_MODIFIER_NAMES = {Modifier.CTRL: "CTRL", Modifier.ALT: "ALT", Modifier.SHIFT: "SHIFT", Modifier.META: "LOGO"}

# The first call may have to start the portal; an answer that waits for the person has no limit.
_CALL_TIMEOUT_S = 10.0

_NO_PORTAL = "This desktop lets no program have a shortcut of its own."
_LOST_PORTAL = "The part of the desktop that handles shortcuts ended."
_LOSS = {f"org.freedesktop.DBus.Error.{name}" for name in ("NoReply", "NameHasNoOwner", "ServiceUnknown")}


class _PortalLost(Exception):
    """The portal left the bus, or another took its place."""


class _Refused(Exception):
    """The portal said no; the argument is a sentence for the person."""


class PortalHotkey(HotkeyBackend):
    """The shortcut as a session of the portal; it is opened again when the portal comes back."""

    def run(self, stop: StopToken) -> None:
        """See `HotkeyBackend.run`."""
        try:
            connection = open_dbus_connection("SESSION")
        except (KeyError, ValueError, OSError, RuntimeError) as error:  # KeyError: no bus is named
            self.report(unavailable(_NO_PORTAL, repr(error)))
            return
        with connection:
            stop.when_set(lambda: _shut_down(connection))
            try:
                _Portal(self, connection).serve()
            except (OSError, DBusErrorResponse) as error:
                if not stop.is_set:
                    self.report(unavailable(_NO_PORTAL, repr(error)))
            except _Refused as refusal:
                self.report(unavailable(str(refusal)))


def _shut_down(connection: DBusConnection) -> None:
    """Wake the thread that reads from the connection; the portal ends our session with it."""
    with contextlib.suppress(OSError):  # closed already
        connection.sock.shutdown(socket.SHUT_RDWR)


def trigger(shortcut: Shortcut) -> str:
    """The keys as the XDG shortcuts specification writes them, for example ``CTRL+ALT+space``."""
    modifiers = [name for modifier, name in _MODIFIER_NAMES.items() if modifier in shortcut.modifiers]
    return "+".join([*modifiers, keysym_name(shortcut.key)])


class _Portal:
    """The conversation with the portal over one connection."""

    def __init__(self, hotkey: PortalHotkey, connection: DBusConnection) -> None:
        self._hotkey = hotkey
        self._connection = connection
        self._signals: deque[Any] = deque()
        self._owner = ""

    def serve(self) -> None:
        """Bind and listen; returns never."""
        owner_change = MatchRule(
            type="signal", sender=message_bus.bus_name, interface=message_bus.interface, member="NameOwnerChanged"
        )
        owner_change.add_arg_condition(0, PORTAL)
        with self._connection.filter(MatchRule(type="signal"), queue=self._signals):
            for rule in (owner_change, MatchRule(type="signal", sender=PORTAL)):
                self._call(message_bus.AddMatch(rule))
            while True:
                try:
                    self._listen(self._bind())
                except _PortalLost:
                    self._hotkey.report(unavailable(_LOST_PORTAL))
                except DBusErrorResponse as error:
                    if error.name not in _LOSS:
                        raise
                    self._hotkey.report(unavailable(_LOST_PORTAL if self._owner else _NO_PORTAL, repr(error)))
                    self._owner = ""
                self._wait_for_portal()

    def _bind(self) -> str:
        """Open a session and bind the shortcut in it; gives the session's handle."""
        with contextlib.suppress(DBusErrorResponse):  # an old portal, or no desktop file: it may work all the same
            self._call(_method("org.freedesktop.host.portal.Registry", "Register", "sa{sv}", (APP_ID, {})))
        self._owner = self._call(message_bus.GetNameOwner(PORTAL))[0]
        options = {"session_handle_token": ("s", _token())}
        session = self._request("CreateSession", "", (), options, _CALL_TIMEOUT_S)["session_handle"][1]
        self._hotkey.report(Registration(HotkeyState.WAITING))
        wanted = {
            "description": ("s", QCoreApplication.translate("PortalHotkey", "Open quick chat")),
            "preferred_trigger": ("s", trigger(self._hotkey.shortcut)),
        }
        arguments = (session, [(_SHORTCUT_ID, wanted)], "")
        bound = dict(self._request("BindShortcuts", "oa(sa{sv})s", arguments, {}, None).get("shortcuts", ("", ()))[1])
        if _SHORTCUT_ID not in bound:
            raise _Refused("The shortcut was not allowed.")
        keys = bound[_SHORTCUT_ID].get("trigger_description", ("s", ""))[1]
        self._hotkey.report(Registration(HotkeyState.ON, keys=keys))
        return str(session)

    def _listen(self, session: str) -> None:
        while True:
            signal = self._next_signal(None)
            fields = signal.header.fields
            match fields[HeaderFields.interface], fields[HeaderFields.member]:
                case "org.freedesktop.portal.Session", "Closed" if fields[HeaderFields.path] == session:
                    raise _Refused("The desktop took the shortcut away.")
                case interface, "Activated" if interface == _SHORTCUTS and signal.body[:2] == (session, _SHORTCUT_ID):
                    self._hotkey.pressed(signal.body[3].get("activation_token", ("s", ""))[1])

    def _request(
        self, method: str, signature: str, arguments: tuple[Any, ...], options: dict[str, Any], timeout_s: float | None
    ) -> dict[str, Any]:
        """Call a method whose result comes as a `Response` signal of a request object; gives that result."""
        options = {"handle_token": ("s", _token()), **options}
        handle = self._call(_method(_SHORTCUTS, method, signature + "a{sv}", (*arguments, options)))[0]
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            signal = self._next_signal(deadline)
            fields = signal.header.fields
            if fields[HeaderFields.member] == "Response" and fields[HeaderFields.path] == handle:
                break
        code, result = signal.body
        if code:
            raise _Refused("The shortcut was not allowed." if code == 1 else "The desktop refused the shortcut.")
        return dict(result)

    def _next_signal(self, deadline: float | None) -> Any:
        """The next signal of the portal.

        Raises:
            _PortalLost: The portal left the bus.
            TimeoutError: The deadline passed (`time.monotonic`).
        """
        while True:
            timeout_s = None if deadline is None else max(deadline - time.monotonic(), 0.0)
            signal = self._connection.recv_until_filtered(self._signals, timeout=timeout_s)
            sender = signal.header.fields.get(HeaderFields.sender)
            if sender == self._owner:
                return signal
            if _is_owner_change(signal) and signal.body[2] != self._owner:
                self._owner = signal.body[2]
                raise _PortalLost

    def _wait_for_portal(self) -> None:
        while not self._owner:
            signal = self._connection.recv_until_filtered(self._signals)
            if _is_owner_change(signal):
                self._owner = signal.body[2]

    def _call(self, message: Any) -> tuple[Any, ...]:
        reply: tuple[Any, ...] = unwrap_msg(self._connection.send_and_get_reply(message, timeout=_CALL_TIMEOUT_S))
        return reply


def _is_owner_change(signal: Any) -> bool:
    fields = signal.header.fields
    is_bus = fields.get(HeaderFields.sender) == message_bus.bus_name
    return bool(is_bus and fields[HeaderFields.member] == "NameOwnerChanged" and signal.body[0] == PORTAL)


def _method(interface: str, name: str, signature: str, arguments: tuple[Any, ...]) -> Any:
    return new_method_call(DBusAddress(_PATH, bus_name=PORTAL, interface=interface), name, signature, arguments)


def _token() -> str:
    return f"famulus_{secrets.token_hex(8)}"
