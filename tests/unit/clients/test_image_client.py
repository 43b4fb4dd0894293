from __future__ import annotations

import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.clients import image_client, worker_process
from assistant.clients.image_client import ImageClient
from assistant.core.errors import (
    AttachmentDamaged,
    AttachmentTimedOut,
    AttachmentTooLarge,
    DataFolderUnusable,
    EngineUnavailable,
    RequestCancelled,
)
from assistant.protocol.image_messages import ImageDescribed, PixelsRendered

FakeWorker = Callable[[str], None]
TIMEOUT_S = 20.0
PREAMBLE = """
import os, sys, time
from pathlib import Path
from assistant.core.errors import *
from assistant.protocol.framing import FrameReader, FrameWriter
from assistant.protocol.image_messages import *
from assistant.protocol.worker_streams import claim_streams

incoming, outgoing = claim_streams()
reader, writer = FrameReader(incoming, ImageRequest), FrameWriter(outgoing)

def describe(request):
    Path(request.thumbnail_path).write_bytes(b"thumbnail")
    writer.write(ImageDescribed(mime="image/png", width=os.getpid(), height=request.thumbnail_side))
"""


@pytest.fixture
def fake_worker(monkeypatch: pytest.MonkeyPatch) -> FakeWorker:
    """Function that puts a script in place of the image worker."""

    def replace(script: str) -> None:
        command = [sys.executable, "-P", "-c", PREAMBLE + textwrap.dedent(script)]
        monkeypatch.setattr(worker_process, "worker_command", lambda name: command)

    return replace


@pytest.fixture
def client(logs: Path) -> Iterator[ImageClient]:
    client = ImageClient(logs.parent, logs)
    yield client
    client.close()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


OBEDIENT = """
while (request := reader.read()) is not None:
    describe(request)
"""


def test_the_worker_starts_at_the_first_picture_and_stays(
    fake_worker: FakeWorker, client: ImageClient, tmp_path: Path
) -> None:
    fake_worker(OBEDIENT)
    assert client.process_id is None
    first = client.describe(tmp_path / "a", tmp_path / "t.png", 9)
    second = client.describe(tmp_path / "b", tmp_path / "t.png", 9)
    assert first == second == ImageDescribed(mime="image/png", width=client.process_id or 0, height=9)
    assert (tmp_path / "t.png").read_bytes() == b"thumbnail"


def test_an_idle_worker_ends_and_a_new_one_starts(
    fake_worker: FakeWorker, client: ImageClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_client, "IDLE_S", 0.05)
    fake_worker(OBEDIENT)
    first = client.describe(tmp_path / "a", tmp_path / "t.png", 9)
    wait_until(lambda: client.process_id is None)
    assert client.describe(tmp_path / "a", tmp_path / "t.png", 9).width != first.width


def test_a_picture_resets_the_idle_time(
    fake_worker: FakeWorker, client: ImageClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_client, "IDLE_S", TIMEOUT_S)
    fake_worker(OBEDIENT)
    others = threading.enumerate()
    for _ in range(5):
        client.describe(tmp_path / "a", tmp_path / "t.png", 9)
    new = [thread for thread in threading.enumerate() if thread not in others]
    timers = [thread for thread in new if isinstance(thread, threading.Timer)]
    assert len([timer for timer in timers if not timer.finished.is_set()]) == 1


def test_errors_of_the_worker_are_the_callers(fake_worker: FakeWorker, client: ImageClient, tmp_path: Path) -> None:
    fake_worker("""
        while (request := reader.read()) is not None:
            Path(request.thumbnail_path).write_bytes(b"half")
            writer.write(ImageFailed(error=AttachmentTooLarge("More than {n}.", n=50).info))
    """)
    (tmp_path / "t.png").write_bytes(b"old")
    for _ in range(2):
        with pytest.raises(AttachmentTooLarge, match="More than 50"):
            client.describe(tmp_path / "a", tmp_path / "t.png", 9)
    assert (tmp_path / "t.png").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["logs", "t.png"]


CRASHES = {
    "it ends": "sys.exit(0)",
    "it is killed": "os.kill(os.getpid(), 9)",
    "it crashes": "os.abort()",
    "it sends no frame": "outgoing.write(b'\\xff' * 100); outgoing.flush(); time.sleep(60)",
    "it sends another answer": "writer.write(PixelsRendered(width=1, height=1, digest='')); time.sleep(60)",
}


@pytest.mark.parametrize("crash", CRASHES.values(), ids=CRASHES)
def test_a_picture_that_breaks_the_worker_is_damaged_and_the_next_is_read(
    fake_worker: FakeWorker, client: ImageClient, tmp_path: Path, crash: str
) -> None:
    fake_worker(f"""
        while (request := reader.read()) is not None:
            if request.path.endswith("bad"):
                Path(request.thumbnail_path).write_bytes(b"half")
                {crash}
            describe(request)
    """)
    for _ in range(2):
        with pytest.raises(AttachmentDamaged, match="reading it failed"):
            client.describe(tmp_path / "bad", tmp_path / "t.png", 9)
        assert not (tmp_path / "t.png").exists()
        assert client.describe(tmp_path / "good", tmp_path / "t.png", 9).height == 9
        (tmp_path / "t.png").unlink()
    assert [path.name for path in tmp_path.iterdir()] == ["logs"]


def test_a_picture_that_takes_for_ever_is_given_up(
    fake_worker: FakeWorker, client: ImageClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_worker("""
        while (request := reader.read()) is not None:
            if request.path.endswith("bad"):
                time.sleep(60)
            describe(request)
    """)
    started = client.describe(tmp_path / "good", tmp_path / "t.png", 9)
    with monkeypatch.context() as patched:
        patched.setattr(image_client, "TIME_LIMIT_S", 0.2)
        with pytest.raises(AttachmentTimedOut, match="took longer"):
            client.describe(tmp_path / "bad", tmp_path / "t.png", 9)
    assert client.process_id is None
    assert client.describe(tmp_path / "good", tmp_path / "t.png", 9).width != started.width


def test_a_worker_that_ended_while_idle_costs_no_picture(
    fake_worker: FakeWorker, client: ImageClient, tmp_path: Path
) -> None:
    fake_worker("describe(reader.read())")  # one only
    first = client.describe(tmp_path / "a", tmp_path / "t.png", 9)
    worker = client._worker
    assert worker is not None
    wait_until(lambda: not worker.replies.empty())
    assert client.describe(tmp_path / "a", tmp_path / "t.png", 9).width != first.width


def test_closing_ends_a_picture_in_hand(fake_worker: FakeWorker, client: ImageClient, tmp_path: Path) -> None:
    fake_worker(f"reader.read(); Path({str(tmp_path / 'begun')!r}).touch(); time.sleep(60)")
    failures: list[RequestCancelled] = []

    def describe() -> None:
        try:
            client.describe(tmp_path / "a", tmp_path / "t.png", 9)
        except RequestCancelled as error:
            failures.append(error)

    thread = threading.Thread(target=describe)
    thread.start()
    wait_until((tmp_path / "begun").exists)
    client.close()
    thread.join(TIMEOUT_S)
    assert len(failures) == 1
    assert client.process_id is None
    client.close()  # a second time is nothing
    with pytest.raises(RequestCancelled):
        client.describe(tmp_path / "a", tmp_path / "t.png", 9)
    assert client.process_id is None


def test_a_picture_that_is_not_wanted_any_more_ends_with_its_worker(
    fake_worker: FakeWorker, client: ImageClient, tmp_path: Path
) -> None:
    fake_worker(f"""
        while (request := reader.read()) is not None:
            if isinstance(request, RenderPixels):
                Path({str(tmp_path / "begun")!r}).touch()
                time.sleep(60)
            describe(request)
    """)
    cancelled = threading.Event()
    failures: list[RequestCancelled] = []

    def render() -> None:
        try:
            client.render(tmp_path / "a", tmp_path / "a.rgb", 9, 9, cancelled)
        except RequestCancelled as error:
            failures.append(error)

    threads = [threading.Thread(target=render) for _ in range(2)]  # one decodes, one waits for it
    for thread in threads:
        thread.start()
    wait_until((tmp_path / "begun").exists)
    begun_at = time.monotonic()
    cancelled.set()
    for thread in threads:
        thread.join(TIMEOUT_S)
    assert time.monotonic() - begun_at < image_client.TIME_LIMIT_S / 2
    assert len(failures) == 2
    assert client.process_id is None
    assert client.describe(tmp_path / "b", tmp_path / "t.png", 9).height == 9


def test_many_threads_get_each_their_own_answer(fake_worker: FakeWorker, client: ImageClient, tmp_path: Path) -> None:
    fake_worker("""
        while (request := reader.read()) is not None:
            Path(request.pixels_path).write_bytes(b"x")
            writer.write(PixelsRendered(width=request.max_side, height=1, digest=request.path))
    """)
    answers: dict[int, PixelsRendered] = {}

    def render(number: int) -> None:
        answers[number] = client.render(Path(str(number)), tmp_path / f"{number}.rgb", number, 1)

    threads = [threading.Thread(target=render, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT_S)
    assert answers == {n: PixelsRendered(width=n, height=1, digest=str(n)) for n in range(12)}


def test_a_target_that_cannot_be_written_is_a_sentence(
    fake_worker: FakeWorker, client: ImageClient, tmp_path: Path
) -> None:
    fake_worker(OBEDIENT)
    (tmp_path / "t.png").mkdir()
    with pytest.raises(DataFolderUnusable, match="cannot be written"):
        client.describe(tmp_path / "a", tmp_path / "t.png", 9)
    assert client.describe(tmp_path / "a", tmp_path / "other.png", 9).height == 9


def test_a_worker_that_cannot_be_started_is_a_sentence(
    client: ImageClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "worker_command", lambda name: [str(tmp_path / "missing")])
    with pytest.raises(EngineUnavailable, match="image"):
        client.describe(tmp_path / "a", tmp_path / "t.png", 9)
    assert client.process_id is None
