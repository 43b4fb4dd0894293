"""Reaches the window that is open already on a data folder, from a second start of the app.

Process: any. Thread rule: pure but for `deliver`, which waits at most its timeout.

Imports neither Qt nor the rest of Famulus: `famulus --quick` has to be quick. One request is one line of JSON, the
answer to it one line. The socket lies in the data folder, which only its owner may enter, or, where the path would
be too long for a socket or the disk knows none, in ``$XDG_RUNTIME_DIR``. On Windows it is a named pipe.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from assistant.core.window_command import WindowCommand

MAX_REQUEST_BYTES = 1024
ACCEPTED = b"accepted\n"

_MAX_TOKEN_LENGTH = 256
# sun_path holds 104 bytes on macOS and 108 on Linux, the closing zero included.
_MAX_SOCKET_PATH_BYTES = 102
_TOKEN_VARIABLES = ("XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID")


class WindowRequest(NamedTuple):
    """What a second start asks of the running window.

    Attributes:
        command: The wish.
        activation_token: Proof for the compositor that the person asked for it, at most 256 ASCII characters; empty
            for none. Source: the ``xdg-activation-v1`` protocol.
    """

    command: WindowCommand
    activation_token: str = ""

    @staticmethod
    def from_start(command: WindowCommand, environment: Mapping[str, str] = os.environ) -> WindowRequest:
        """The request of a process that a desktop started with this environment."""
        tokens = (environment.get(name, "") for name in _TOKEN_VARIABLES)
        return WindowRequest(command, next((token for token in tokens if token and _is_token(token)), ""))

    def to_line(self) -> bytes:
        """The request as it is sent."""
        return json.dumps(self._asdict()).encode() + b"\n"

    @staticmethod
    def from_line(line: bytes) -> WindowRequest:
        """Read what a stranger may have sent.

        Raises:
            ValueError: It is no request, or a part of it is not what it should be.
        """
        try:
            fields = json.loads(line)
        except RecursionError as error:
            raise ValueError("too deep") from error
        if not isinstance(fields, dict):
            raise ValueError("not an object")
        command, token = fields.get("command"), fields.get("activation_token", "")
        if not isinstance(command, str) or not isinstance(token, str) or not _is_token(token):
            raise ValueError("not a command with an activation token")
        return WindowRequest(WindowCommand(command), token)


def _is_token(text: str) -> bool:
    return len(text) <= _MAX_TOKEN_LENGTH and text.isascii() and (not text or text.isprintable())


def addresses(data_folder: Path) -> list[str]:
    """Where the window of this data folder may listen, the likeliest first: paths of sockets, or a pipe's name."""
    folder = os.path.realpath(data_folder)
    name = "famulus-" + hashlib.sha256(os.path.normcase(folder).encode(errors="surrogateescape")).hexdigest()[:16]
    if sys.platform == "win32":
        return [rf"\\.\pipe\{name}"]
    else:
        runtime_folder = os.environ.get("XDG_RUNTIME_DIR")
        paths = [os.path.join(folder, "window.socket")]
        if runtime_folder:
            paths.append(os.path.join(runtime_folder, name))
        return [path for path in paths if len(os.fsencode(path)) <= _MAX_SOCKET_PATH_BYTES]


def deliver(data_folder: Path, request: WindowRequest, timeout_s: float = 0.3) -> bool:
    """Hand a request to the window that is open on this data folder.

    Args:
        data_folder: The data folder.
        request: What is asked.
        timeout_s: Longest wait for the answer, in seconds.

    Returns:
        False where no window listens. True also where it has not answered in time: it is there, and busy.
    """
    return any(_send(address, request.to_line(), timeout_s) for address in addresses(data_folder))


if sys.platform == "win32":

    def _send(address: str, line: bytes, timeout_s: float) -> bool:
        """Untried. Without an answer: a pipe opened as a file cannot be waited for with a limit."""
        try:
            with open(address, "r+b", buffering=0) as pipe:
                # Windows lets only the program in front hand the foreground on.
                ctypes.windll.user32.AllowSetForegroundWindow(-1)
                pipe.write(line)
        except OSError:
            return False
        return True

else:

    def _send(address: str, line: bytes, timeout_s: float) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout_s)
            try:
                connection.connect(address)
                connection.sendall(line)
            except OSError:
                return False
            answer = b""
            with contextlib.suppress(TimeoutError):
                try:
                    answer = connection.recv(len(ACCEPTED))
                except ConnectionError:
                    return False
                return answer == ACCEPTED  # an empty answer: the window closed meanwhile
            return True
