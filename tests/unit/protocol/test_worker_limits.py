from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

PREAMBLE = """
import sys
from assistant.protocol.worker_limits import confine, grant_cpu_time
confine(memory_bytes=512 * 2**20, file_bytes=1000, n_files=8)
"""


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The end of a process that confined itself and then ran `script`."""
    command = [sys.executable, "-P", "-c", PREAMBLE + script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_memory_beyond_the_limit_is_refused_and_below_it_is_given() -> None:
    assert run("len(bytearray(100 * 2**20))").returncode == 0
    assert "MemoryError" in run("bytearray(600 * 2**20)").stderr


def test_a_file_grows_to_the_limit_only(tmp_path: Path) -> None:
    ended = run("open(sys.argv[1], 'wb', buffering=0).write(bytes(1000))", str(tmp_path / "small"))
    assert ended.returncode == 0
    ended = run(
        "file = open(sys.argv[1], 'wb', buffering=0)\nwhile file.write(bytes(100)): pass", str(tmp_path / "big")
    )
    assert "File too large" in ended.stderr
    assert (tmp_path / "big").stat().st_size == 1000


def test_only_so_many_files_are_open_at_once() -> None:
    assert "Too many open files" in run("files = [open('/dev/null') for _ in range(9)]").stderr


def test_work_beyond_the_time_granted_last_ends_the_process() -> None:
    ended = run(
        """
import time
for second in (0, 1):
    while time.process_time() < second: pass
    grant_cpu_time(1)
    print(second, flush=True)
while True: pass
"""
    )
    assert ended.returncode == -signal.SIGXCPU
    assert ended.stdout.split() == ["0", "1"]
