from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from assistant.core.errors import DataFolderUnusable
from assistant.storage.drafts_file import DraftsFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "drafts.json"


@pytest.fixture
def file(path: Path) -> DraftsFile:
    return DraftsFile(path)


def test_drafts_come_back_and_are_private(file: DraftsFile, path: Path) -> None:
    drafts = {"": "新しい\n\nchat", "c1": "half \ud83d of a pair"}
    file.save(drafts)
    assert DraftsFile(path).load() == drafts
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(path.parent) == [path.name]


def test_no_drafts_leave_no_file(file: DraftsFile, path: Path) -> None:
    assert file.load() == {}
    file.save({})
    file.save({"": "x"})
    file.save({})
    assert not path.exists()


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b'{"": "x"', b'["x"]', b'{"c1": 1}', b"[" * 100_000])
def test_a_damaged_file_counts_as_empty_and_is_logged(
    file: DraftsFile, path: Path, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_bytes(data)
    assert file.load() == {}
    assert "drafts.json" in caplog.text


def test_a_save_that_fails_keeps_the_old_file(file: DraftsFile, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.save({"": "old"})

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataFolderUnusable):
        file.save({"": "new"})
    assert file.load() == {"": "old"}
    assert os.listdir(path.parent) == [path.name]
