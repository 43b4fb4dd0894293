"""One file: what is written comes back, and whatever else lies there is refused."""

from __future__ import annotations

import hmac
import os
import stat
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from assistant.engine.snapshot_file import MAX_HEADER_BYTES, SnapshotDraft, SnapshotFile, SnapshotInvalid, SnapshotLabel
from tests.unit.engine.snapshot_folders import CELLS, STATE, Reader, largest_file

SECRET = b"s" * 32
LABEL = SnapshotLabel("chat", b"k" * 32, tuple(CELLS))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chat.kv"


def write(path: Path, label: SnapshotLabel = LABEL, state: bytes = STATE) -> None:
    draft = SnapshotDraft(path, SECRET, label, len(state))

    def write_state(view: memoryview) -> int:
        view[:] = state
        return len(state)

    assert draft.fill(write_state)
    draft.publish()


def read(path: Path, secret: bytes = SECRET) -> tuple[SnapshotLabel, bytes]:
    reader = Reader()
    with closing(SnapshotFile(path, secret)) as file:
        assert file.read(reader)
        return file.label, reader.states[0]


@pytest.mark.parametrize("n_bytes", [1, 4095, 4096, 4097, 100_000])
def test_label_and_state_come_back(path: Path, n_bytes: int) -> None:
    state = os.urandom(n_bytes)
    write(path, state=state)
    assert read(path) == (LABEL, state)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_size % 4096 == (n_bytes + 32) % 4096  # the state begins at a page


def test_no_cells_come_back_as_no_cells(path: Path) -> None:
    write(path, SnapshotLabel("chat", b"k" * 32, ()))
    assert read(path)[0].cells == ()


def test_a_new_file_takes_the_place_of_the_old_one(path: Path) -> None:
    write(path, state=b"old")
    with closing(SnapshotFile(path, SECRET)) as old:
        write(path, state=b"newer")
        reader = Reader()
        assert old.read(reader)
    assert (reader.states, read(path)[1]) == ([b"old"], b"newer")


def test_a_state_is_checked_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be gigabytes."""
    write(path)
    with closing(SnapshotFile(path, SECRET)) as file:
        file.check()
        monkeypatch.setattr(hmac, "new", None)
        file.check()
        reader = Reader()
        assert file.read(reader)
    assert reader.states == [STATE]


def test_a_discarded_draft_leaves_nothing(path: Path) -> None:
    SnapshotDraft(path, SECRET, LABEL, 100).discard()
    assert os.listdir(path.parent) == []


def test_a_state_that_is_not_whole_is_said_to_be(path: Path) -> None:
    draft = SnapshotDraft(path, SECRET, LABEL, 100)
    assert not draft.fill(lambda view: 99)
    draft.discard()


def test_an_error_while_the_state_is_written_stays_that_error(path: Path) -> None:
    draft = SnapshotDraft(path, SECRET, LABEL, 100)

    def write_state(view: memoryview) -> int:
        kept = view[10:]  # as the trace of an error keeps what a frame held
        raise KeyError(len(kept))

    with pytest.raises(KeyError, match="90"):
        draft.fill(write_state)
    draft.discard()
    assert os.listdir(path.parent) == []


def test_a_full_disk_is_an_error_before_anything_is_mapped(path: Path) -> None:
    with largest_file(8192), pytest.raises(OSError, match="too large"):
        SnapshotDraft(path, SECRET, LABEL, 100_000)
    assert os.listdir(path.parent) == []


@pytest.mark.parametrize("has_fallocate", [True, False])
def test_the_space_is_taken_before_the_state_is_written(
    path: Path, monkeypatch: pytest.MonkeyPatch, has_fallocate: bool
) -> None:
    """A hole would be filled through the map only, and kill the worker with SIGBUS if the disk is full by then."""
    if not has_fallocate:
        monkeypatch.delattr(os, "posix_fallocate", raising=False)
    draft = SnapshotDraft(path, SECRET, LABEL, 10**6)
    (name,) = os.listdir(path.parent)
    assert (path.parent / name).stat().st_blocks * 512 >= 10**6
    draft.discard()


def test_without_posix_fallocate_the_space_is_taken_by_writing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "posix_fallocate", raising=False)
    with largest_file(2**20), pytest.raises(OSError, match="too large"):
        SnapshotDraft(path, SECRET, LABEL, 3 * 2**20)
    assert os.listdir(path.parent) == []
    state = os.urandom(3 * 2**20)
    write(path, state=state)
    assert read(path) == (LABEL, state)


def test_a_name_that_is_taken_by_a_folder_is_an_error(path: Path) -> None:
    path.mkdir()
    draft = SnapshotDraft(path, SECRET, LABEL, 100)
    with pytest.raises(OSError, match="directory"):
        draft.publish()
    assert os.listdir(path.parent) == ["chat.kv"]


def signed(header: bytes, length: int | None = None, state: bytes = STATE) -> bytes:
    """A file with right MACs and this header: what only a faulty version of Famulus could write."""
    head = b"FAMULUSKV1\0" + struct.pack("<I", len(header) if length is None else length) + header
    head += hmac.digest(SECRET, head, "sha256")
    head += bytes(-len(head) % 4096) + state
    return head + hmac.digest(SECRET, head, "sha256")


def header(**changes: object) -> bytes:
    fields: dict[str, object] = {
        "conversation_id": "chat",
        "key_digest": b"k" * 32,
        "token_ids": struct.pack("<3i", 1, 2, 3),
        "media": [],
        "state_bytes": len(STATE),
    }
    fields.update(changes)
    return msgspec.msgpack.encode(fields)


def test_the_hand_made_file_is_right(path: Path) -> None:
    path.write_bytes(signed(header()))
    assert read(path) == (SnapshotLabel("chat", b"k" * 32, (1, 2, 3)), STATE)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (signed(header(state_bytes=len(STATE) - 1)), "size"),
        (signed(header(state_bytes=2**62)), "size"),
        (signed(header(state_bytes=0), state=b""), "cannot be read"),
        (signed(header(state_bytes=-4096)), "cannot be read"),
        (signed(header(state_bytes="40")), "cannot be read"),
        (signed(header(surplus=1)), "cannot be read"),
        (signed(header(key_digest=None)), "cannot be read"),
        (signed(header() + b"\0"), "cannot be read"),
        (signed(header()[:-1]), "cannot be read"),
        (signed(b""), "cannot be read"),
        (signed(b"\x91" * 5000), "cannot be read"),
        (signed(header(token_ids=b"12345")), "cut off"),
        (signed(header(token_ids=struct.pack("<i", -1))), "contradict"),
        (signed(header(token_ids=struct.pack("<i", -2))), "contradict"),
        (signed(header(media=[{"kind": "image"}])), "cannot be read"),
        (signed(header(), length=2**32 - 1), "length"),
        (signed(header(), length=MAX_HEADER_BYTES + 1), "length"),
        (signed(header(), length=20_000), "length"),
        (signed(header(), length=0), "MAC"),
        (b"", "short"),
        (b"FAMULUSKV", "short"),
        (b"FAMULUSKV1\0", "begin"),
        (b"FAMULUSKV2\0" + bytes(5000), "begin"),
    ],
)
def test_a_header_that_lies_is_refused(path: Path, content: bytes, reason: str) -> None:
    path.write_bytes(content)
    with pytest.raises(SnapshotInvalid, match=reason):
        SnapshotFile(path, SECRET)


@pytest.mark.parametrize("length", [2**32 - 1, MAX_HEADER_BYTES + 1])
def test_a_long_header_is_not_read_before_its_length_is_believed(path: Path, length: int) -> None:
    with path.open("wb") as file:
        file.write(b"FAMULUSKV1\0" + struct.pack("<I", length))
        file.truncate(2**33)
    with pytest.raises(SnapshotInvalid, match="length"):
        SnapshotFile(path, SECRET)


def test_the_mac_of_a_header_is_no_mac_of_a_file(path: Path) -> None:
    """The MAC over a header does not seal a shorter file, nor the seal of a file a longer header."""
    content = signed(header())
    path.write_bytes(content[: 15 + len(header()) + 32])
    with pytest.raises(SnapshotInvalid, match="size"):
        SnapshotFile(path, SECRET)
    path.write_bytes(content[:11] + struct.pack("<I", len(content) - 47) + content[15:])
    with pytest.raises(SnapshotInvalid, match="MAC"):
        SnapshotFile(path, SECRET)


@pytest.mark.timeout(10)
@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, lambda path: os.symlink(__file__, path)])
def test_what_is_no_regular_file_is_refused_at_once(path: Path, make: Callable[[Path], None]) -> None:
    make(path)
    with pytest.raises(OSError, match=r"no regular file|symbolic links"):
        SnapshotFile(path, SECRET)
