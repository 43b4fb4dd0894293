from __future__ import annotations

import errno
import hashlib
import os
import stat
import threading
from pathlib import Path

import pytest

from assistant.core.errors import (
    AttachmentDamaged,
    AttachmentTooLarge,
    AttachmentUnsupported,
    DataFolderUnusable,
    FamulusError,
)
from assistant.core.paths import DataPaths
from assistant.storage import attachment_files
from assistant.storage.attachment_files import MAX_ATTACHMENT_BYTES, AttachmentFiles

HOUR_S = 3600.0


@pytest.fixture
def paths(tmp_path: Path) -> DataPaths:
    return DataPaths(tmp_path / "home")


@pytest.fixture
def files(paths: DataPaths) -> AttachmentFiles:
    return AttachmentFiles(paths)


def age(path: Path, seconds: float) -> None:
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


def test_a_file_is_kept_under_its_hash(files: AttachmentFiles, tmp_path: Path) -> None:
    content = os.urandom(3 * 1024 * 1024 + 17)
    source = tmp_path / "holiday.png"
    source.write_bytes(content)
    sha256, n_bytes = files.add(source)
    assert (sha256, n_bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    assert files.original(sha256).read_bytes() == content
    assert source.read_bytes() == content


def test_bytes_and_a_file_of_the_same_content_are_one(files: AttachmentFiles, tmp_path: Path, paths: DataPaths) -> None:
    (tmp_path / "a").write_bytes(b"same")
    assert files.add(tmp_path / "a") == files.add(b"same")
    assert len(list(paths.attachments.iterdir())) == 1


def test_only_the_person_may_read_them(files: AttachmentFiles, paths: DataPaths) -> None:
    sha256, _ = files.add(b"private")
    files.thumbnail(sha256)
    files.pixels(sha256, 1, 1)
    assert stat.S_IMODE(files.original(sha256).stat().st_mode) == 0o600
    for folder in (paths.attachments, paths.thumbnails, paths.pixels):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_adding_again_mends_a_damaged_copy_and_counts_as_new(files: AttachmentFiles) -> None:
    sha256, _ = files.add(b"picture")
    files.original(sha256).write_bytes(b"rot")
    age(files.original(sha256), 2 * HOUR_S)
    assert files.stored(HOUR_S) == [sha256]
    files.add(b"picture")
    assert files.original(sha256).read_bytes() == b"picture"
    assert files.stored(HOUR_S) == []


def test_what_is_no_file_is_unsupported(files: AttachmentFiles, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(AttachmentUnsupported) as raised:
            files.add(path)
        assert str(path) in raised.value.info.text


def test_what_cannot_be_read_is_damaged(files: AttachmentFiles, tmp_path: Path, paths: DataPaths) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "dangling").symlink_to(tmp_path / "gone")
    (tmp_path / "file").touch()
    for name in ("missing", "loop", "dangling", "file/below", "x" * 300, "nul\0l"):
        with pytest.raises(AttachmentDamaged) as raised:
            files.add(tmp_path / name)
        assert raised.value.info.remedy_text
    assert list(paths.attachments.iterdir()) == []


def test_what_may_not_be_read_is_damaged(
    files: AttachmentFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, mode: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    (tmp_path / "secret.png").write_bytes(b"x")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(AttachmentDamaged, match=r"secret\.png cannot be read"):
        files.add(tmp_path / "secret.png")


def test_a_file_that_is_too_large_leaves_nothing(files: AttachmentFiles, tmp_path: Path, paths: DataPaths) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(MAX_ATTACHMENT_BYTES)
    assert files.add(tmp_path / "huge")[1] == MAX_ATTACHMENT_BYTES
    with (tmp_path / "huge").open("ab") as file:
        file.write(b"\0")
    for source in (tmp_path / "huge", bytes(MAX_ATTACHMENT_BYTES + 1)):
        with pytest.raises(AttachmentTooLarge, match="larger than 64 MiB"):
            files.add(source)
    assert len(list(paths.attachments.iterdir())) == 1


def test_a_full_disk_is_a_sentence_and_leaves_nothing(
    files: AttachmentFiles, paths: DataPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataFolderUnusable, match="No space left on device"):
        files.add(b"picture")
    assert list(paths.attachments.iterdir()) == []


def test_the_name_is_on_the_disk_too(files: AttachmentFiles, paths: DataPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[bool, list[str]]] = []

    def sync(descriptor: int) -> None:
        synced.append((stat.S_ISDIR(os.fstat(descriptor).st_mode), os.listdir(paths.attachments)))

    monkeypatch.setattr(os, "fsync", sync)
    sha256, _ = files.add(b"picture")
    assert [is_folder for is_folder, _ in synced] == [False, True]
    assert synced[-1][1] == [sha256]


@pytest.mark.parametrize(("number", "fails"), [(errno.EINVAL, False), (errno.EIO, True)])
def test_a_file_system_that_cannot_put_folders_on_the_disk_is_used_all_the_same(
    files: AttachmentFiles, monkeypatch: pytest.MonkeyPatch, number: int, fails: bool
) -> None:
    def refuse_folders(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse_folders)
    if fails:
        with pytest.raises(DataFolderUnusable):
            files.add(b"picture")
    else:
        assert files.original(files.add(b"picture")[0]).is_file()


def test_a_folder_that_cannot_be_made_is_a_sentence(files: AttachmentFiles, paths: DataPaths) -> None:
    paths.home.write_bytes(b"in the way")
    for use in (lambda: files.add(b"x"), lambda: files.thumbnail("a"), lambda: files.pixels("a", 1, 1)):
        with pytest.raises(DataFolderUnusable, match=r"home.* cannot be written"):
            use()
    assert files.stored(0.0) == []


def test_stored_are_old_originals_and_copies_never_finished(files: AttachmentFiles, paths: DataPaths) -> None:
    old, young = files.add(b"old")[0], files.add(b"young")[0]
    (paths.attachments / "tmpabc.new").write_bytes(b"half")
    (paths.attachments / "letter.txt").write_bytes(b"not ours")
    for name in (old, "tmpabc.new", "letter.txt"):
        age(paths.attachments / name, 2 * HOUR_S)
    assert files.stored(HOUR_S) == sorted([old, "tmpabc.new"])
    assert files.stored(0.0) == sorted([old, young, "tmpabc.new"])


def test_removing_takes_what_was_drawn_along_and_nothing_else(files: AttachmentFiles, paths: DataPaths) -> None:
    gone, kept = files.add(b"gone")[0], files.add(b"kept")[0]
    for sha256 in (gone, kept):
        for path in (files.thumbnail(sha256), files.pixels(sha256, 224, 9), files.pixels(sha256, 0, 9)):
            path.write_bytes(b"drawn")
    files.remove([gone, "c" * 64])
    left = sorted(path.name for folder in (paths.thumbnails, paths.pixels) for path in folder.iterdir())
    assert left == sorted([f"{kept}.png", f"{kept}-224-9.rgb", f"{kept}-0-9.rgb"])
    assert [path.name for path in paths.attachments.iterdir()] == [kept]


def test_removing_takes_along_what_was_never_finished(files: AttachmentFiles, paths: DataPaths) -> None:
    gone = files.add(b"gone")[0]
    files.thumbnail(gone).with_name(f"{gone}.png.0a1b2c3d.new").write_bytes(b"half")
    files.pixels(gone, 224, 9).with_name(f"{gone}-224-9.rgb.json").write_bytes(b"{}")
    files.remove([gone])
    assert [*paths.thumbnails.iterdir(), *paths.pixels.iterdir()] == []


def test_what_was_drawn_of_originals_that_are_gone_can_be_removed(files: AttachmentFiles, paths: DataPaths) -> None:
    kept, gone = files.add(b"kept")[0], "d" * 64
    for sha256 in (kept, gone):
        for path in (files.thumbnail(sha256), files.preview(sha256), files.pixels(sha256, 224, 9)):
            path.write_bytes(b"drawn")
    (paths.pixels / "letter.txt").write_bytes(b"not ours")
    files.remove_orphans()
    left = sorted(path.name for folder in (paths.thumbnails, paths.pixels) for path in folder.iterdir())
    assert left == sorted([f"{kept}.png", f"{kept}-preview.png", f"{kept}-224-9.rgb", "letter.txt"])


def test_many_threads_may_add_the_same(files: AttachmentFiles, paths: DataPaths) -> None:
    failures: list[FamulusError] = []

    def add() -> None:
        try:
            files.add(b"the same" * 100_000)
        except FamulusError as error:
            failures.append(error)

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(list(paths.attachments.iterdir())) == 1


def test_the_limit_counts_bytes_read_not_bytes_announced(
    files: AttachmentFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachment_files, "MAX_ATTACHMENT_BYTES", 10)
    # Files of the kernel announce no bytes at all.
    with pytest.raises(AttachmentTooLarge):
        files.add(Path("/proc/self/status"))
