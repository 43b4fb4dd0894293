from __future__ import annotations

import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.window_command import WindowCommand
from assistant.gui.running_window import ACCEPTED, WindowRequest, addresses, deliver

if sys.platform == "win32":
    pytest.skip("about the sockets of the other systems", allow_module_level=True)

QUICK = WindowRequest(WindowCommand.QUICK, "token")


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a name short enough for a socket."""
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def listener(folder: Path) -> socket.socket:
    server = socket.socket(socket.AF_UNIX)
    server.bind(addresses(folder)[0])
    server.listen()
    return server


@given(st.sampled_from(WindowCommand), st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=256))
def test_requests_survive_the_wire(command: WindowCommand, token: str) -> None:
    assert WindowRequest.from_line(WindowRequest(command, token).to_line()) == WindowRequest(command, token)


@given(st.binary(max_size=100))
def test_any_line_is_read_or_refused(line: bytes) -> None:
    try:
        WindowRequest.from_line(line)
    except ValueError:
        return


@pytest.mark.parametrize(
    ("environment", "token"),
    [
        ({}, ""),
        ({"XDG_ACTIVATION_TOKEN": "wayland"}, "wayland"),
        ({"DESKTOP_STARTUP_ID": "x11_TIME1"}, "x11_TIME1"),
        ({"XDG_ACTIVATION_TOKEN": "wayland", "DESKTOP_STARTUP_ID": "x11"}, "wayland"),
        ({"XDG_ACTIVATION_TOKEN": "x" * 300, "DESKTOP_STARTUP_ID": "x11"}, "x11"),
        ({"XDG_ACTIVATION_TOKEN": "line\nbreak"}, ""),
    ],
)
def test_the_token_of_the_start_is_passed_on(environment: dict[str, str], token: str) -> None:
    assert WindowRequest.from_start(WindowCommand.QUICK, environment).activation_token == token


def test_a_busy_window_counts_as_reached(folder: Path) -> None:
    with listener(folder) as server:
        started = time.monotonic()
        assert deliver(folder, QUICK, timeout_s=0.05)
        assert time.monotonic() - started < 1
        connection, _ = server.accept()
        with connection:
            assert WindowRequest.from_line(connection.recv(1000)) == QUICK


@pytest.mark.parametrize(("answer", "reached"), [(ACCEPTED, True), (b"", False), (b"other", False)])
def test_only_the_right_answer_counts(folder: Path, answer: bytes, reached: bool) -> None:
    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(answer)

    with listener(folder) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        assert deliver(folder, QUICK, timeout_s=5.0) is reached
        thread.join()


def test_a_folder_too_deep_without_runtime_folder_has_no_address(folder: Path) -> None:
    assert addresses(folder / ("x" * 200)) == []
    assert not deliver(folder / ("x" * 200), QUICK)
