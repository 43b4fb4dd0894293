"""Snapshots of conversations: kept, found again, refused, superseded, pruned."""

from __future__ import annotations

import logging
import os
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.engine.cells import Cell
from assistant.engine.snapshot_file import SnapshotDraft
from assistant.engine.snapshot_folder import RESERVE_BYTES
from assistant.engine.snapshots import Snapshot, Snapshots
from tests.unit.engine.snapshot_folders import (
    CELLS,
    OTHER_KEY,
    STATE,
    Reader,
    find,
    largest_file,
    names_in,
    path_in,
    restored,
    save,
    snapshots_in,
)


@pytest.fixture
def snapshots(tmp_path: Path) -> Iterator[Snapshots]:
    with closing(snapshots_in(tmp_path)) as snapshots:
        yield snapshots


class Gate:
    """Keeps the writer thread from publishing until it is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_reached = threading.Event()
        self._is_open = threading.Event()
        publish = SnapshotDraft.publish

        def publish_when_open(draft: SnapshotDraft) -> None:
            self.is_reached.set()
            assert self._is_open.wait(10)
            publish(draft)

        monkeypatch.setattr(SnapshotDraft, "publish", publish_when_open)

    def open(self) -> None:
        self._is_open.set()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate(monkeypatch)
    yield gate
    gate.open()


@contextmanager
def kept_and_found(snapshots: Snapshots) -> Iterator[Snapshot]:
    save(snapshots, "chat")
    found = find(snapshots, "chat", CELLS)
    assert found is not None
    with closing(found):
        yield found


# Kept and found


def test_a_conversation_comes_back_after_a_restart(tmp_path: Path) -> None:
    with closing(snapshots_in(tmp_path)) as before:
        save(before, "chat")
    with closing(snapshots_in(tmp_path)) as after:
        found = find(after, "chat", [*CELLS, 99])
        assert found is not None
        found.close()
        assert (found.conversation_id, found.cells) == ("chat", tuple(CELLS))
        for _ in range(2):  # it may be wanted again
            assert restored(after, "chat") == [STATE]


def test_files_and_folders_are_the_owners_only(tmp_path: Path, snapshots: Snapshots) -> None:
    save(snapshots, "chat")
    snapshots.flush()
    path = path_in(tmp_path, "chat")
    modes = [stat.S_IMODE(place.stat().st_mode) for place in (path, path.parent)]
    assert modes == [0o600, 0o700]


def test_flush_counts_what_was_written_since_the_last_one(snapshots: Snapshots) -> None:
    save(snapshots, "a")
    save(snapshots, "b")
    find(snapshots, "a", CELLS)
    assert (snapshots.flush(), snapshots.flush()) == (2, 0)
    save(snapshots, "a")
    assert snapshots.flush() == 1


def test_what_begins_otherwise_is_not_found_but_stays(tmp_path: Path, snapshots: Snapshots) -> None:
    save(snapshots, "chat")
    assert find(snapshots, "chat", [1, *CELLS]) is None
    assert find(snapshots, "chat", []) is None
    assert restored(snapshots, "chat", CELLS[:1]) == [STATE]
    assert names_in(tmp_path) == ["chat.kv"]


def test_find_waits_for_a_save_that_is_pending(snapshots: Snapshots, gate: Gate) -> None:
    save(snapshots, "chat")
    assert gate.is_reached.wait(10)
    threading.Timer(0.1, gate.open).start()
    assert restored(snapshots, "chat") == [STATE]


@pytest.mark.timeout(5)
def test_find_does_not_wait_for_a_save_of_what_is_not_wanted(snapshots: Snapshots, gate: Gate) -> None:
    save(snapshots, "chat")
    assert gate.is_reached.wait(10)
    assert find(snapshots, "chat", [1, *CELLS]) is None
    gate.open()
    assert restored(snapshots, "chat") == [STATE]


def test_a_superseded_save_is_dropped_before_it_is_written(tmp_path: Path, snapshots: Snapshots, gate: Gate) -> None:
    save(snapshots, "first")
    assert gate.is_reached.wait(10)
    for number in range(5):
        save(snapshots, "chat", [7, number], b"%d" % number)
    assert len(names_in(tmp_path)) == 2  # both under temporary names
    gate.open()
    assert restored(snapshots, "chat", [7, 4]) == [b"4"]
    assert snapshots.flush() == 2
    assert names_in(tmp_path) == ["chat.kv", "first.kv"]


def test_close_writes_what_is_pending(tmp_path: Path, gate: Gate) -> None:
    snapshots = snapshots_in(tmp_path)
    for name in "abc":
        save(snapshots, name)
    threading.Timer(0.1, gate.open).start()
    snapshots.close()
    assert names_in(tmp_path) == ["a.kv", "b.kv", "c.kv"]


def test_a_deleted_conversation_is_forgotten_under_every_key(tmp_path: Path, snapshots: Snapshots, gate: Gate) -> None:
    gate.open()
    with closing(snapshots_in(tmp_path, key=OTHER_KEY)) as other:
        save(other, "chat")
        save(other, "kept")
    save(snapshots, "chat")
    snapshots.forget("chat")
    assert names_in(tmp_path) == ["kept.kv"]


def test_what_is_forgotten_while_it_is_pending_does_not_come_back(
    tmp_path: Path, snapshots: Snapshots, gate: Gate
) -> None:
    save(snapshots, "writing")
    assert gate.is_reached.wait(10)
    save(snapshots, "waiting")
    snapshots.forget("waiting")
    threading.Timer(0.1, gate.open).start()
    snapshots.forget("writing")
    snapshots.flush()
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("name", ["", ".", "..", "../chat", "a/b", "a\\b", "a.b", "a\0b", "x" * 129, "chat\n", "*"])
def test_a_name_that_is_no_conversations_is_not_kept(tmp_path: Path, snapshots: Snapshots, name: str) -> None:
    save(snapshots, "chat")
    save(snapshots, name)
    assert find(snapshots, name, CELLS) is None
    snapshots.forget(name)
    assert snapshots.flush() == 1
    assert sorted(place.name for place in tmp_path.rglob("*.kv")) == ["chat.kv"]


# Damaged and foreign files


def damaged_at() -> Iterator[tuple[str, bytes]]:
    """A sound file for each kind of damage: flips all over it, cuts at every border and some between, additions."""
    size = 4096 + len(STATE) + 32
    borders = [0, 1, 10, 11, 14, 15, 16, 80, 4000, 4095, 4096, 4097, 8192, size - 33, size - 32, size - 31, size - 1]
    for offset in sorted({*borders, *range(3, size, 211)} - {size}):
        yield "flip", offset.to_bytes(4, "big")
    for length in borders:
        yield "cut", length.to_bytes(4, "big")
    for surplus in (b"\0", bytes(32), bytes(4096)):
        yield "add", surplus


@pytest.fixture(scope="module")
def sound_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a snapshot of each of two conversations, and one of another model."""
    home = tmp_path_factory.mktemp("sound")
    with closing(snapshots_in(home)) as snapshots, closing(snapshots_in(home, key=OTHER_KEY)) as other:
        save(snapshots, "chat")
        save(snapshots, "neighbour")
        save(other, "chat")
    return home


def refuses(home: Path) -> bool:
    """Whether the file is refused without its state being handed over, removed, and the chat kept anew."""
    with closing(snapshots_in(home)) as snapshots:
        is_refused = restored(snapshots, "chat") == []
        is_removed = not path_in(home, "chat").exists()
        save(snapshots, "chat")
        return is_refused and is_removed and restored(snapshots, "chat") == [STATE]


def test_a_hundred_damaged_files_are_refused(tmp_path: Path, sound_file: Path) -> None:
    content = path_in(sound_file, "chat").read_bytes()
    (tmp_path / "snapshot_key").write_bytes((sound_file / "snapshot_key").read_bytes())
    path = path_in(tmp_path, "chat")
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with closing(snapshots_in(tmp_path)) as snapshots:
        assert restored(snapshots, "chat") == [STATE]
    n_damaged = 0
    for kind, what in damaged_at():
        if kind == "flip":
            damaged = bytearray(content)
            damaged[int.from_bytes(what, "big")] ^= 0x10
        else:
            damaged = bytearray(content[: int.from_bytes(what, "big")] if kind == "cut" else content + what)
        path.write_bytes(damaged)
        assert refuses(tmp_path), (kind, what)
        n_damaged += 1
    assert n_damaged >= 100


@pytest.mark.parametrize(
    ("conversation_id", "is_others_key"), [("neighbour", False), ("chat", True)], ids=["conversation", "model"]
)
def test_a_sound_file_of_another_is_refused(
    tmp_path: Path, sound_file: Path, conversation_id: str, is_others_key: bool
) -> None:
    source = path_in(sound_file, conversation_id, OTHER_KEY) if is_others_key else path_in(sound_file, conversation_id)
    (tmp_path / "snapshot_key").write_bytes((sound_file / "snapshot_key").read_bytes())
    path_in(tmp_path, "chat").parent.mkdir(parents=True)
    path_in(tmp_path, "chat").write_bytes(source.read_bytes())
    assert refuses(tmp_path)


def test_without_the_secret_they_were_made_with_all_are_refused(tmp_path: Path, sound_file: Path) -> None:
    path_in(tmp_path, "chat").parent.mkdir(parents=True)
    path_in(tmp_path, "chat").write_bytes(path_in(sound_file, "chat").read_bytes())
    assert refuses(tmp_path)


@pytest.mark.parametrize("content", [b"", b"GGUF", os.urandom(20_000), bytes(20_000), b"FAMULUSKV1\0" + b"\xff" * 9000])
def test_garbage_is_refused(tmp_path: Path, content: bytes) -> None:
    path_in(tmp_path, "chat").parent.mkdir(parents=True)
    path_in(tmp_path, "chat").write_bytes(content)
    assert refuses(tmp_path)


def test_a_link_to_a_sound_file_is_refused_and_its_target_stays(tmp_path: Path, sound_file: Path) -> None:
    (tmp_path / "snapshot_key").write_bytes((sound_file / "snapshot_key").read_bytes())
    target = tmp_path / "target"
    target.write_bytes(path_in(sound_file, "chat").read_bytes())
    path_in(tmp_path, "chat").parent.mkdir(parents=True)
    path_in(tmp_path, "chat").symlink_to(target)
    assert refuses(tmp_path)
    assert target.read_bytes() == path_in(sound_file, "chat").read_bytes()


@pytest.mark.timeout(10)
def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path: Path) -> None:
    path_in(tmp_path, "chat").parent.mkdir(parents=True)
    os.mkfifo(path_in(tmp_path, "chat"))
    assert refuses(tmp_path)


def test_a_folder_in_the_place_of_a_snapshot_costs_that_conversation_only(tmp_path: Path, snapshots: Snapshots) -> None:
    path_in(tmp_path, "chat").mkdir(parents=True)
    save(snapshots, "chat")
    save(snapshots, "other")
    assert restored(snapshots, "chat") == []
    assert restored(snapshots, "other") == [STATE]
    assert names_in(tmp_path) == ["other.kv"]


def test_a_damaged_state_is_known_before_it_is_asked_for(tmp_path: Path, snapshots: Snapshots) -> None:
    save(snapshots, "chat")
    snapshots.flush()
    path = path_in(tmp_path, "chat")
    content = bytearray(path.read_bytes())
    content[4096 + len(STATE) // 2] ^= 1
    path.write_bytes(content)
    assert find(snapshots, "chat", CELLS) is None
    assert names_in(tmp_path) == []


def test_what_llama_cpp_cannot_use_is_removed(tmp_path: Path, snapshots: Snapshots) -> None:
    with kept_and_found(snapshots) as found:
        assert not snapshots.restore(found, Reader(accepts=False))
    assert names_in(tmp_path) == []


def test_an_error_while_the_state_is_read_stays_that_error(tmp_path: Path, snapshots: Snapshots) -> None:
    def read_state(view: memoryview) -> bool:
        kept = view[1:]  # as the trace of an error keeps what a frame held
        raise KeyError(len(kept))

    with kept_and_found(snapshots) as found, pytest.raises(KeyError):
        snapshots.restore(found, read_state)
    assert names_in(tmp_path) == ["chat.kv"]


def test_a_newer_one_of_another_app_is_not_taken_for_the_one_that_was_found(
    tmp_path: Path, snapshots: Snapshots
) -> None:
    reader = Reader()
    with kept_and_found(snapshots) as found:
        with closing(snapshots_in(tmp_path)) as other_app:
            save(other_app, "chat", [*CELLS, 9], b"newer")
        assert snapshots.restore(found, reader)
    assert (found.cells, reader.states) == (tuple(CELLS), [STATE])
    assert restored(snapshots, "chat") == [b"newer"]


def test_a_folder_that_is_deleted_at_any_time_costs_only_time(tmp_path: Path, snapshots: Snapshots, gate: Gate) -> None:
    gate.open()
    reader = Reader()
    with kept_and_found(snapshots) as found:
        for path in (tmp_path / "snapshots").rglob("*.kv"):
            path.unlink()
        path_in(tmp_path, "chat").parent.rmdir()
        assert snapshots.restore(found, reader)
    assert reader.states == [STATE]
    assert find(snapshots, "chat", CELLS) is None
    save(snapshots, "chat")
    assert restored(snapshots, "chat") == [STATE]


# What cannot be written


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_full_disk_is_told_once_and_the_older_snapshot_stays(
    tmp_path: Path, snapshots: Snapshots, caplog: pytest.LogCaptureFixture
) -> None:
    save(snapshots, "chat")
    snapshots.flush()
    with largest_file(8192):
        for name in ("chat", "a", "b"):
            save(snapshots, name, [1])
    assert snapshots.flush() == 0
    assert len(warnings_in(caplog)) == 1
    assert names_in(tmp_path) == ["chat.kv"]
    assert restored(snapshots, "chat") == [STATE]
    save(snapshots, "a")
    assert snapshots.flush() == 1
    with largest_file(8192):
        save(snapshots, "b")
    assert len(warnings_in(caplog)) == 2  # it had worked between


def test_a_folder_that_cannot_be_made_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "snapshots").write_text("in the way")
    with closing(snapshots_in(tmp_path)) as snapshots:
        for _ in range(3):
            save(snapshots, "chat")
        assert (find(snapshots, "chat", CELLS), snapshots.flush()) == (None, 0)
        snapshots.forget("chat")
    assert len(warnings_in(caplog)) == 1


def test_without_a_secret_nothing_is_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "snapshot_key").mkdir()
    with closing(snapshots_in(tmp_path)) as snapshots:
        save(snapshots, "chat")
        assert find(snapshots, "chat", CELLS) is None
    assert not (tmp_path / "snapshots").exists()
    assert len(warnings_in(caplog)) == 1


def test_a_state_that_is_not_whole_is_not_kept(tmp_path: Path, snapshots: Snapshots) -> None:
    save(snapshots, "chat")
    for n_written in (0, 99):
        snapshots.save("chat", CELLS, 100, lambda view, n=n_written: n)
    assert restored(snapshots, "chat") == []
    assert names_in(tmp_path) == []


# Space


def test_the_least_recently_used_ones_give_way(tmp_path: Path) -> None:
    size = 4096 + len(STATE) + 32
    with closing(snapshots_in(tmp_path, max_bytes=3 * size)) as snapshots:
        for age, name in enumerate(("newest", "middle", "oldest")):
            save(snapshots, name)
            snapshots.flush()
            os.utime(path_in(tmp_path, name), (1000 - age, 1000 - age))
        assert restored(snapshots, "oldest") == [STATE]  # used now
        save(snapshots, "another")
        snapshots.flush()
        assert names_in(tmp_path) == ["another.kv", "newest.kv", "oldest.kv"]


def test_the_files_of_other_models_count_too(tmp_path: Path) -> None:
    size = 4096 + len(STATE) + 32
    with closing(snapshots_in(tmp_path, key=OTHER_KEY)) as other:
        save(other, "old")
    os.utime(path_in(tmp_path, "old", OTHER_KEY), (1000, 1000))
    with closing(snapshots_in(tmp_path, max_bytes=size + 1)) as snapshots:
        save(snapshots, "new")
        snapshots.flush()
    assert names_in(tmp_path) == ["new.kv"]


def test_a_disk_that_is_nearly_full_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The database needs what is left more than a cache does."""
    free = RESERVE_BYTES
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=free))
    with closing(snapshots_in(tmp_path)) as snapshots:
        save(snapshots, "chat")
        save(snapshots, "another")
        assert snapshots.flush() == 0
        assert len(warnings_in(caplog)) == 1
        free += 2**20
        monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=free))
        save(snapshots, "chat")
        assert snapshots.flush() == 1
    assert names_in(tmp_path) == ["chat.kv"]


def test_room_is_made_before_a_snapshot_is_written(tmp_path: Path) -> None:
    size = 4096 + len(STATE) + 32
    seen: list[list[str]] = []
    with closing(snapshots_in(tmp_path, max_bytes=size)) as snapshots:
        save(snapshots, "old")
        snapshots.flush()

        def write(view: memoryview) -> int:
            seen.append(names_in(tmp_path))
            view[:] = STATE
            return len(STATE)

        snapshots.save("new", CELLS, len(STATE), write)
        assert [name for name in seen[0] if name.endswith(".kv")] == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_nobody_else_may_look_into_the_folders(tmp_path: Path) -> None:
    with closing(snapshots_in(tmp_path)) as snapshots:
        save(snapshots, "chat")
    folder = path_in(tmp_path, "chat").parent
    assert [stat.S_IMODE(each.stat().st_mode) for each in (folder, folder.parent)] == [0o700, 0o700]


@pytest.mark.parametrize("max_bytes", [0, -1, 1000])
def test_with_too_little_space_nothing_is_kept(tmp_path: Path, max_bytes: int) -> None:
    with closing(snapshots_in(tmp_path)) as snapshots:
        save(snapshots, "old")
    with closing(snapshots_in(tmp_path, max_bytes=max_bytes)) as snapshots:
        save(snapshots, "chat")
        assert find(snapshots, "chat", CELLS) is None
    assert names_in(tmp_path) == []


def test_a_lower_limit_holds_from_the_start(tmp_path: Path) -> None:
    with closing(snapshots_in(tmp_path)) as snapshots:
        for name in "abc":
            save(snapshots, name)
    snapshots_in(tmp_path, max_bytes=2 * (4096 + len(STATE) + 32)).close()
    assert names_in(tmp_path) == ["b.kv", "c.kv"]


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    folder = path_in(tmp_path, "chat").parent
    folder.mkdir(parents=True)
    code = (
        "import os, sys; from pathlib import Path; from assistant.engine.snapshot_file import *; "
        "SnapshotDraft(Path(sys.argv[1]), bytes(32), SnapshotLabel('chat', b'', ()), 100); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(path_in(tmp_path, "chat"))], check=True)
    (left,) = names_in(tmp_path)
    living = f".chat.{os.getpid()}.0123abcd.tmp"
    foreign = f".notes.{left.split('.')[2]}.tmp"
    for name in (living, foreign):
        (folder / name).touch()
    snapshots_in(tmp_path).close()
    assert names_in(tmp_path) == sorted([living, foreign])


def test_two_apps_on_one_folder(tmp_path: Path) -> None:
    """Both save, restore, forget and prune all the time; whatever comes back is what belongs to its cells."""
    size = 4096 + len(STATE) + 32
    max_bytes = 4 * size
    n_restored = [0, 0]
    failures: list[BaseException] = []

    def use(app: int) -> None:
        with closing(snapshots_in(tmp_path, max_bytes=max_bytes)) as snapshots:
            for number in range(150):
                name = f"chat{number % 6}"
                cells: list[Cell] = [1, app, number]
                save(snapshots, name, cells, bytes([app, number]) * (len(STATE) // 2))
                wanted = f"chat{(number * 5) % 6}"
                found = find(snapshots, wanted, [1])
                reader = Reader()
                if found is not None:
                    with closing(found):
                        assert snapshots.restore(found, reader)
                    assert reader.states == [bytes(found.cells[1:]) * (len(STATE) // 2)]
                    n_restored[app] += 1
                if number % 20 == 19:
                    snapshots.forget(name)

    def watched(app: int) -> None:
        try:
            use(app)
        except BaseException as error:
            failures.append(error)

    apps = [threading.Thread(target=watched, args=(app,)) for app in (0, 1)]
    for thread in apps:
        thread.start()
    for thread in apps:
        thread.join()
    assert failures == []
    assert min(n_restored) > 20
    assert all(name.endswith(".kv") for name in names_in(tmp_path))
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.kv")) <= max_bytes
