from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtNetwork")
if sys.platform == "win32":
    pytest.skip("speaks to the socket of the other systems", allow_module_level=True)

from filelock import FileLock
from PySide6.QtCore import QCoreApplication, QEventLoop

from assistant.core.errors import WindowUnreachable
from assistant.core.window_command import WindowCommand
from assistant.gui.running_window import ACCEPTED, WindowRequest, addresses, deliver
from assistant.gui.single_instance import SingleInstance

OWNER = Path(__file__).with_name("window_owner.py")
ROOT = Path(__file__).resolve().parents[2]
LIMIT_S = 20.0
RAISE = WindowRequest(WindowCommand.RAISE)

Owner = subprocess.Popen[str]


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """pytest's own folders have names too long for sockets."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture(autouse=True)
def runtime_folder(short_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = short_folder / "run"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    return folder


@pytest.fixture
def data_folder(short_folder: Path) -> Path:
    return short_folder / "data"


@pytest.fixture
def start(data_folder: Path) -> Iterator[Callable[[], Owner]]:
    started: list[Owner] = []

    def start() -> Owner:
        command = [sys.executable, str(OWNER), str(data_folder)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def window(data_folder: Path, qapp: QCoreApplication) -> Iterator[SingleInstance]:
    instance = SingleInstance(data_folder)
    assert instance.claim()
    yield instance
    instance.close()


def first_line(process: Owner) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def spin(condition: Callable[[], bool]) -> None:
    """Let the events of this process run until the condition holds."""
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 20)


def connected(data_folder: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(addresses(data_folder)[0])
    connection.settimeout(0)
    return connection


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(100) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def test_every_command_and_its_token_arrive(start: Callable[[], Owner], data_folder: Path) -> None:
    owner = start()
    assert first_line(owner) == "first"
    for command in WindowCommand:
        assert deliver(data_folder, WindowRequest(command, "token_TIME1"))
        assert first_line(owner) == f"{command.value} token_TIME1"


def test_nobody_is_reached_where_nobody_listens(data_folder: Path) -> None:
    assert not deliver(data_folder, RAISE)


def test_a_killed_owner_is_replaced(start: Callable[[], Owner], data_folder: Path) -> None:
    killed = start()
    assert first_line(killed) == "first"
    killed.kill()
    killed.wait()
    assert Path(addresses(data_folder)[0]).exists()
    assert not deliver(data_folder, RAISE)

    heir = start()
    assert first_line(heir) == "first"
    assert deliver(data_folder, RAISE)
    assert first_line(heir) == "raise"


def test_starts_at_the_same_moment_yield_one_window(start: Callable[[], Owner]) -> None:
    processes = [start() for _ in range(4)]
    answers = sorted(first_line(process) for process in processes)
    assert answers == ["first", "second", "second", "second"]


def test_only_the_person_may_connect(window: SingleInstance, data_folder: Path) -> None:
    assert stat.S_IMODE(os.stat(addresses(data_folder)[0]).st_mode) & 0o077 == 0
    assert stat.S_IMODE(data_folder.stat().st_mode) == 0o700


def test_a_folder_too_deep_for_a_socket_uses_the_runtime_folder(
    tmp_path: Path, qapp: QCoreApplication, runtime_folder: Path
) -> None:
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    instance = SingleInstance(deep)
    assert instance.claim()
    assert [Path(address).parent for address in addresses(deep)] == [runtime_folder]
    received: list[WindowRequest] = []
    instance.received.connect(received.append)
    assert deliver(deep, RAISE, timeout_s=0.01)
    spin(lambda: received == [RAISE])
    instance.close()


def test_the_longest_path_still_works(short_folder: Path, qapp: QCoreApplication) -> None:
    room = 102 - len(os.fsencode(short_folder.resolve())) - len("//window.socket")
    longest = short_folder / ("x" * room)
    instance = SingleInstance(longest)
    assert instance.claim()
    assert addresses(longest)[0] == str(longest.resolve() / "window.socket")
    assert deliver(longest, RAISE, timeout_s=0.01)
    instance.close()


def test_another_name_of_the_folder_reaches_the_same_window(
    window: SingleInstance, data_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(data_folder)
    assert not SingleInstance(tmp_path / "link").claim()
    assert deliver(tmp_path / "link", RAISE, timeout_s=0.01)


def test_a_closed_window_makes_room(window: SingleInstance, data_folder: Path) -> None:
    window.close()
    assert not deliver(data_folder, RAISE)
    heir = SingleInstance(data_folder)
    assert heir.claim()
    heir.close()


HOSTILE = [
    b"\n",
    b"nonsense\n",
    b"\xff\xfe\x00\n",
    b"[" * 900 + b"\n",
    b"[]\n",
    b"null\n",
    b'{"command": "format-disk"}\n',
    b'{"command": ["raise"]}\n',
    b'{"command": "raise", "activation_token": 7}\n',
    b'{"command": "raise", "activation_token": "a\\nb"}\n',
    json.dumps({"command": "raise", "activation_token": "x" * 300}).encode() + b"\n",
    b"x" * 100_000,
]


@pytest.mark.parametrize("line", HOSTILE, ids=lambda line: repr(line[:30]))
def test_what_is_no_request_is_turned_away(window: SingleInstance, data_folder: Path, line: bytes) -> None:
    received: list[WindowRequest] = []
    window.received.connect(received.append)
    with connected(data_folder) as stranger:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            stranger.sendall(line)
        spin(lambda: is_closed(stranger))
    assert received == []
    assert deliver(data_folder, RAISE, timeout_s=0.01)
    spin(lambda: received == [RAISE])


def test_a_stranger_who_says_nothing_is_sent_away(window: SingleInstance, data_folder: Path) -> None:
    with connected(data_folder) as stranger:
        started = time.monotonic()
        spin(lambda: is_closed(stranger))
        assert time.monotonic() - started < 10


def test_a_crowd_does_not_keep_the_window_from_the_person(window: SingleInstance, data_folder: Path) -> None:
    received: list[WindowRequest] = []
    window.received.connect(received.append)
    with contextlib.ExitStack() as crowd:
        strangers = [crowd.enter_context(connected(data_folder)) for _ in range(16)]
        spin(lambda: deliver(data_folder, RAISE, timeout_s=0.01))
        for stranger in strangers:
            stranger.close()
        QCoreApplication.processEvents()
        assert deliver(data_folder, RAISE, timeout_s=0.01)
        spin(lambda: RAISE in received)


def test_a_request_in_pieces_is_put_together(window: SingleInstance, data_folder: Path) -> None:
    received: list[WindowRequest] = []
    window.received.connect(received.append)
    with connected(data_folder) as person:
        line = RAISE.to_line()
        person.sendall(line[:5])
        QCoreApplication.processEvents()
        person.sendall(line[5:])
        spin(lambda: received == [RAISE])
        spin(lambda: socket_answer(person) == ACCEPTED)


def socket_answer(connection: socket.socket) -> bytes:
    try:
        return connection.recv(100)
    except BlockingIOError:
        return b""


def test_a_window_that_is_closing_is_waited_for(qapp: QCoreApplication, short_folder: Path) -> None:
    closing = FileLock(short_folder / "window.lock", thread_local=False)
    closing.acquire()
    threading.Timer(0.2, closing.release).start()
    heir = SingleInstance(short_folder)
    assert heir.claim_or_deliver(RAISE)
    heir.close()


def test_a_window_that_never_answers_is_named(qapp: QCoreApplication, short_folder: Path) -> None:
    with FileLock(short_folder / "window.lock"), pytest.raises(WindowUnreachable):
        SingleInstance(short_folder).claim_or_deliver(RAISE, patience_s=0.1)
