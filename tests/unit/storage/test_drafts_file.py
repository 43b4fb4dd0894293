from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from assistant.core.draft import Draft
from assistant.core.errors import DataFolderUnusable
from assistant.core.media import Attachment, MediaKind
from assistant.storage.drafts_file import DraftsFile

PICTURE = Attachment(sha256="a" * 64, name="Straße.png", kind=MediaKind.IMAGE, mime="image/png", n_bytes=9, width=3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "drafts.json"


@pytest.fixture
def file(path: Path) -> DraftsFile:
    return DraftsFile(path)


def test_drafts_come_back_and_are_private(file: DraftsFile, path: Path) -> None:
    drafts = {
        "": Draft(text="新しい\n\nchat", attachments=(PICTURE, PICTURE)),
        "c1": Draft(text="half \ud83d of a pair"),
        "c2": Draft(attachments=(PICTURE,)),
    }
    file.save(drafts)
    assert DraftsFile(path).load() == drafts
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(path.parent) == [path.name]


def test_no_drafts_leave_no_file(file: DraftsFile, path: Path) -> None:
    assert file.load() == {}
    file.save({})
    file.save({"": Draft(text="x")})
    file.save({})
    assert not path.exists()


def test_a_file_of_texts_alone_is_read(file: DraftsFile, path: Path) -> None:
    path.write_text('{"": "old", "c1": "older"}')
    assert file.load() == {"": Draft(text="old"), "c1": Draft(text="older")}


DAMAGED = [
    *(b"", b"\xff\xfe", b'{"": "x"', b'["x"]', b'{"c1": 1}', b"[" * 100_000),
    b'{"c1": {"text": 1}}',
    b'{"c1": {"attachments": [{"sha256": "00", "name": "a.png", "kind": "smell", "mime": "", "n_bytes": 1}]}}',
]


@pytest.mark.parametrize("data", DAMAGED)
def test_a_damaged_file_counts_as_empty_and_is_logged(
    file: DraftsFile, path: Path, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_bytes(data)
    assert file.load() == {}
    assert "drafts.json" in caplog.text


@pytest.mark.parametrize("data", DAMAGED)
def test_a_damaged_file_does_not_pass_for_all_drafts(file: DraftsFile, path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with pytest.raises(DataFolderUnusable):
        file.load_all()


def test_a_file_that_may_not_be_read_does_not_pass_for_all_drafts(file: DraftsFile, path: Path) -> None:
    assert file.load_all() == {}
    path.mkdir()
    assert file.load() == {}
    with pytest.raises(DataFolderUnusable):
        file.load_all()


def test_one_damaged_draft_costs_no_other(file: DraftsFile, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.write_text('{"": {"text": "new"}, "c1": {"text": 1}, "c2": "old"}')
    assert file.load() == {"": Draft(text="new"), "c2": Draft(text="old")}
    assert "drafts.json" in caplog.text
    with pytest.raises(DataFolderUnusable):
        file.load_all()


def test_a_save_that_fails_keeps_the_old_file(file: DraftsFile, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.save({"": Draft(text="old")})

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataFolderUnusable):
        file.save({"": Draft(text="new")})
    assert file.load() == {"": Draft(text="old")}
    assert os.listdir(path.parent) == [path.name]
