from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import assistant
from assistant.core.errors import DataFolderUnusable
from assistant.storage.process_lock import ProcessLock

CHILD_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(assistant.__file__).parents[1])}
CHILD = """
import sys
from pathlib import Path
from assistant.storage.process_lock import ProcessLock
lock = ProcessLock(Path(sys.argv[1]))
print(lock.token, flush=True)
sys.stdin.read()
"""


def lock_files(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.lock")}


def test_a_token_runs_until_it_is_released(tmp_path: Path) -> None:
    first, second = ProcessLock(tmp_path), ProcessLock(tmp_path)
    assert first.token != second.token
    assert first.running_tokens() == second.running_tokens() == {first.token, second.token}
    second.release()
    second.release()
    assert first.running_tokens() == lock_files(tmp_path) == {first.token}
    first.release()
    assert lock_files(tmp_path) == set()


def test_a_killed_process_is_dead_and_a_live_one_is_not(tmp_path: Path) -> None:
    lock = ProcessLock(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)],
        env=CHILD_ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        token = child.stdout.readline().strip()
        assert lock.running_tokens() == {lock.token, token}
        child.kill()
        child.wait()
        assert lock.running_tokens() == {lock.token}
        assert lock_files(tmp_path) == {lock.token}
    lock.release()


def test_a_left_over_file_is_removed(tmp_path: Path) -> None:
    (tmp_path / "0123456789abcdef.lock").touch()
    lock = ProcessLock(tmp_path)
    assert lock.running_tokens() == lock_files(tmp_path) == {lock.token}
    lock.release()


def test_locks_made_while_others_are_probed_stay_alive(tmp_path: Path) -> None:
    observer = ProcessLock(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        probes = [pool.submit(observer.running_tokens) for _ in range(40)]
        locks = list(pool.map(lambda _: ProcessLock(tmp_path), range(40)))
        for probe in probes:
            probe.result()
    alive = {lock.token for lock in locks}
    assert observer.running_tokens() == alive | {observer.token}
    for lock in [*locks, observer]:
        lock.release()


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataFolderUnusable, match="cannot be locked") as raised:
        ProcessLock(tmp_path / "file")
    assert raised.value.info.remedy_text
