from __future__ import annotations

import queue
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.clients import worker_process
from assistant.clients.worker_process import MAX_LOG_BYTES, WorkerProcess
from assistant.core.errors import EngineStopped, EngineUnavailable
from assistant.protocol.engine_messages import DescribeBackends, EngineReply, Hello, ModelUnloaded, UnloadModel
from assistant.protocol.workers import WorkerName

FakeWorker = Callable[[str], None]
TIMEOUT_S = 20.0


class Run:
    """A worker process and what it told."""

    def __init__(self, logs: Path) -> None:
        self.told: queue.SimpleQueue[EngineReply | int] = queue.SimpleQueue()
        self.worker: WorkerProcess[EngineReply] = WorkerProcess(
            WorkerName.ENGINE,
            home=logs.parent,
            logs=logs,
            union=EngineReply,
            on_message=self.told.put,
            on_exit=self.told.put,
        )

    def next(self) -> EngineReply | int:
        return self.told.get(timeout=TIMEOUT_S)


def wait_for_text(logs: Path, text: str) -> str:
    deadline = time.monotonic() + TIMEOUT_S
    log = logs / "engine.log"
    while time.monotonic() < deadline:
        if log.exists() and text in (content := log.read_text()):
            return content
        time.sleep(0.02)
    raise AssertionError(f"{text!r} did not come into the log")


def test_messages_go_both_ways_and_the_end_is_told(fake_worker: FakeWorker, logs: Path) -> None:
    fake_worker("""
        while (request := reader.read()) is not None:
            writer.write(ModelUnloaded(request_id=request.request_id))
        sys.exit(7)
    """)
    run = Run(logs)
    for request_id in ("e1", "e2"):
        run.worker.send(UnloadModel(request_id=request_id))
        assert run.next() == ModelUnloaded(request_id=request_id)
    run.worker.close()
    assert run.next() == 7


def test_what_native_code_prints_goes_to_the_log_and_breaks_no_frame(fake_worker: FakeWorker, logs: Path) -> None:
    fake_worker(r"""
        libc = ctypes.CDLL(None)
        for number in range(50):
            print("from print", number, flush=True)
            libc.puts(b"from puts")
            libc.fflush(None)
            os.write(1, b"to one\n")
            os.write(2, b"to two \xff\n")
            writer.write(ModelUnloaded(request_id=str(number)))
    """)
    run = Run(logs)
    assert [run.next() for _ in range(50)] == [ModelUnloaded(request_id=str(number)) for number in range(50)]
    assert run.next() == 0
    content = wait_for_text(logs, "from print 49")
    for line in ("from puts", "to one", "to two \ufffd"):
        assert line in content


def test_the_log_rotates(fake_worker: FakeWorker, logs: Path) -> None:
    fake_worker(f"os.write(2, b'{'x' * 1023}' b'\\n') and [os.write(2, b'{'y' * 1023}\\n') for _ in range(6000)]")
    run = Run(logs)
    assert run.next() == 0
    deadline = time.monotonic() + TIMEOUT_S
    while not (logs / "engine.log.3").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    sizes = {path.name: path.stat().st_size for path in logs.iterdir()}
    assert sorted(sizes) == ["engine.log", "engine.log.1", "engine.log.2", "engine.log.3"]
    assert max(sizes.values()) <= MAX_LOG_BYTES


def test_a_worker_that_sends_no_frames_is_killed(fake_worker: FakeWorker, logs: Path) -> None:
    fake_worker("outgoing.write(b'\\xff' * 100); outgoing.flush(); time.sleep(60)")
    assert Run(logs).next() == -9


def test_messages_of_another_protocol_end_the_worker(fake_worker: FakeWorker, logs: Path) -> None:
    fake_worker("writer.write(UnloadModel(request_id='e1')); time.sleep(60)")
    assert Run(logs).next() == -9


def test_a_worker_that_does_not_end_is_killed(
    fake_worker: FakeWorker, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "_CLOSE_TIMEOUT_S", 0.3)
    fake_worker("hello(); time.sleep(60)")
    run = Run(logs)
    assert isinstance(run.next(), Hello)
    run.worker.close()
    assert run.next() == -9


def test_sending_to_a_dead_worker_is_a_named_error(fake_worker: FakeWorker, logs: Path) -> None:
    fake_worker("sys.exit(3)")
    run = Run(logs)
    assert run.next() == 3
    with pytest.raises(EngineStopped):
        run.worker.send(DescribeBackends(request_id="e1"))


def test_a_process_that_cannot_be_started_is_a_named_error(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "worker_command", lambda name: [str(logs / "missing")])
    with pytest.raises(EngineUnavailable, match="engine"):
        Run(logs)
