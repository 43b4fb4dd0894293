from __future__ import annotations

import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assistant.engine.snapshot_secret import read_secret
from tests.unit.engine.snapshot_folders import largest_file


def test_it_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "snapshot_key"
    secret = read_secret(path)
    assert (len(secret), stat.S_IMODE(path.stat().st_mode)) == (32, 0o600)
    assert read_secret(path) == secret
    assert read_secret(tmp_path / "another") != secret


@pytest.mark.parametrize("content", [b"", b"s" * 31, b"s" * 33])
def test_one_of_another_size_is_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "snapshot_key"
    path.write_bytes(content)
    assert read_secret(path) == path.read_bytes() != content


def test_apps_that_start_at_the_same_time_agree(tmp_path: Path) -> None:
    barrier = threading.Barrier(8)

    def start(path: Path) -> bytes:
        barrier.wait()
        return read_secret(path)

    with ThreadPoolExecutor(8) as apps:
        for number in range(20):
            path = tmp_path / str(number)
            assert len({*apps.map(start, [path] * 8), path.read_bytes()}) == 1


def test_a_link_to_another_file_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"s" * 32)
    (tmp_path / "snapshot_key").symlink_to(target)
    with pytest.raises(OSError, match="symbolic links"):
        read_secret(tmp_path / "snapshot_key")


def test_a_full_disk_leaves_no_empty_one(tmp_path: Path) -> None:
    with largest_file(0), pytest.raises(OSError, match="too large"):
        read_secret(tmp_path / "snapshot_key")
    assert os.listdir(tmp_path) == []
