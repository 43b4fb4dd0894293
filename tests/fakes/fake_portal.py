"""The desktop portal's GlobalShortcuts, played by a thread on a private session bus."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from jeepney import (
    DBusAddress,
    HeaderFields,
    MessageFlag,
    MessageType,
    message_bus,
    new_error,
    new_method_return,
    new_signal,
)
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.wrappers import unwrap_msg

PORTAL = "org.freedesktop.portal.Desktop"
SHORTCUTS = "org.freedesktop.portal.GlobalShortcuts"
PATH = "/org/freedesktop/portal/desktop"


@contextlib.contextmanager
def private_bus() -> Iterator[str]:
    """Start a session bus of the test's own and give its address."""
    if not shutil.which("dbus-daemon"):
        pytest.skip("needs dbus-daemon")
    command = ["dbus-daemon", "--session", "--print-address", "--nofork", "--nopidfile"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as bus:
        assert bus.stdout
        try:
            yield bus.stdout.readline().strip()
        finally:
            bus.terminate()


@dataclass
class FakePortal:
    """Answers like the portal; what it was asked is in `calls`.

    Attributes:
        address: Of the bus.
        has_shortcuts: False plays a desktop without the interface.
        has_registry: False plays a portal older than the registry.
        answer: Code of the response to BindShortcuts; None keeps the person thinking.
        bound: Shortcuts that the person allows.
        version: Of the interface; version 2 hands out activation tokens.
    """

    address: str
    has_shortcuts: bool = True
    has_registry: bool = True
    answer: int | None = 0
    bound: list[str] = field(default_factory=lambda: ["quick-chat"])
    version: int = 2
    calls: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    _connection: DBusConnection | None = None
    _thread: threading.Thread | None = None
    _client: str = ""
    _session: str = ""

    def start(self) -> None:
        """Take the portal's name on the bus."""
        self._connection = open_dbus_connection(self.address)
        unwrap_msg(self._connection.send_and_get_reply(message_bus.RequestName(PORTAL)))
        self._thread = threading.Thread(target=self._serve, args=(self._connection,), daemon=True)
        self._thread.start()

    def die(self) -> None:
        """Leave the bus without a word."""
        assert self._connection
        assert self._thread
        self._connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._connection.close()

    def activate(self, shortcut: str = "quick-chat", session: str | None = None) -> None:
        """Play a press of the keys."""
        options = {"activation_token": ("s", "token-1")} if self.version > 1 else {}
        self._emit(PATH, SHORTCUTS, "Activated", "osta{sv}", (session or self._session, shortcut, 1, options))

    def close_session(self) -> None:
        """Play a person who takes the shortcut away in the settings."""
        self._emit(self._session, "org.freedesktop.portal.Session", "Closed", "", ())

    def _serve(self, connection: DBusConnection) -> None:
        with contextlib.suppress(OSError):
            while True:
                message = connection.receive()
                if message.header.message_type == MessageType.method_call:
                    self._answer(connection, message)

    def _answer(self, connection: DBusConnection, call: Any) -> None:
        name = call.header.fields[HeaderFields.member]
        interface = call.header.fields[HeaderFields.interface]
        self._client = call.header.fields[HeaderFields.sender]
        self.calls.append((name, call.body))
        if not (self.has_registry if name == "Register" else self.has_shortcuts):
            connection.send(new_error(call, "org.freedesktop.DBus.Error.UnknownMethod", "s", (f"no {interface}",)))
            return
        if name == "Register":
            connection.send(new_method_return(call))
            return
        options = call.body[-1]
        sender = self._client[1:].replace(".", "_")
        request = f"{PATH}/request/{sender}/{options['handle_token'][1]}"
        connection.send(new_method_return(call, "o", (request,)))
        if name == "CreateSession":
            self._session = f"{PATH}/session/{sender}/{options['session_handle_token'][1]}"
            self._respond(request, 0, {"session_handle": ("s", self._session)})
        elif self.answer is not None:
            words = {"trigger_description": ("s", "Press Ctrl+Alt+Space")}
            self._respond(request, self.answer, {"shortcuts": ("a(sa{sv})", [(name, words) for name in self.bound])})

    def _respond(self, request: str, code: int, results: dict[str, Any]) -> None:
        self._emit(request, "org.freedesktop.portal.Request", "Response", "ua{sv}", (code, results))

    def _emit(self, path: str, interface: str, name: str, signature: str, body: tuple[Any, ...]) -> None:
        assert self._connection
        signal = new_signal(DBusAddress(path, interface=interface), name, signature or None, body)
        signal.header.fields[HeaderFields.destination] = self._client
        signal.header.flags |= MessageFlag.no_reply_expected
        self._connection.send(signal)
