from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from assistant.core.media import MediaKind
from assistant.engine.cells import AdapterSet, Cell, MediaCell
from assistant.engine.kv_memory import MemoryKind
from assistant.engine.sequence_store import MIN_GAIN, MIN_SAVED, SequenceStore
from assistant.engine.sequences import Sequence as CellSequence
from assistant.engine.snapshots import Snapshot, Snapshots
from tests.unit.engine.fake_memory import FakeMemory

N_CTX = 1000


class FakeSnapshot(Snapshot):
    """Has cells and no file."""

    def __init__(self, cells: tuple[Cell, ...]) -> None:
        self.cells = cells


class FakeSnapshots(Snapshots):
    """Keeps cells instead of files."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, AdapterSet], tuple[Cell, ...]] = {}
        self.is_full = False

    def save(
        self,
        conversation_id: str,
        cells: Sequence[Cell],
        n_bytes: int,
        write_state: Callable[[memoryview], int],
        adapters: AdapterSet = (),
    ) -> None:
        assert write_state(memoryview(bytearray(n_bytes))) == n_bytes
        if not self.is_full:
            self.kept[conversation_id, adapters] = tuple(cells)

    def has(self, conversation_id: str, adapters: AdapterSet = ()) -> bool:
        return (conversation_id, adapters) in self.kept

    def find(
        self, conversation_id: str, is_worth: Callable[[Sequence[Cell]], bool], adapters: AdapterSet = ()
    ) -> Snapshot | None:
        cells = self.kept.get((conversation_id, adapters))
        return FakeSnapshot(cells) if cells and is_worth(cells) else None


class StatefulMemory(FakeMemory):
    """Its state is one byte a cell."""

    def state_bytes(self, seq_id: int) -> int:
        return len(self.held[seq_id])

    def write_state(self, seq_id: int, target: memoryview) -> int:
        return target.nbytes


def sequence_of(memory: FakeMemory, n_cells: int, conversation_id: str = "a") -> CellSequence:
    sequence = CellSequence(0)
    sequence.conversation_id = conversation_id
    sequence.extend([1] * n_cells)
    memory.held[0] = [1] * n_cells
    return sequence


def store_of(kind: MemoryKind = MemoryKind.PLAIN) -> tuple[SequenceStore, FakeSnapshots, FakeMemory]:
    memory, snapshots = StatefulMemory(kind), FakeSnapshots()
    return SequenceStore(memory, N_CTX, snapshots), snapshots, memory


def test_a_long_chat_is_saved_once_until_it_changes() -> None:
    store, snapshots, memory = store_of()
    sequence = sequence_of(memory, MIN_SAVED)
    assert store.is_due(sequence)
    store.save(sequence)
    assert len(snapshots.kept["a", ()]) == MIN_SAVED
    assert not store.is_due(sequence)
    sequence.extend([2])
    assert store.is_due(sequence)


@pytest.mark.parametrize(("n_cells", "conversation_id"), [(MIN_SAVED - 1, "a"), (MIN_SAVED, "")])
def test_what_is_short_or_nobodys_is_not_saved(n_cells: int, conversation_id: str) -> None:
    store, snapshots, memory = store_of()
    assert not store.save(sequence_of(memory, n_cells, conversation_id))
    assert not snapshots.kept


def test_only_what_is_on_disk_can_be_brought_back() -> None:
    store, snapshots, memory = store_of()
    sequence = sequence_of(memory, MIN_SAVED)
    assert store.save(sequence)
    assert store.save(sequence)
    snapshots.kept.clear()  # the folder was emptied
    assert not store.save(sequence)
    snapshots.is_full = True
    sequence.extend([2])
    assert not store.save(sequence)


def test_a_snapshot_is_found_where_it_saves_much() -> None:
    store, snapshots, _ = store_of()
    snapshots.kept["a", ()] = tuple(range(200))
    wanted = list(range(180)) + [999] * 50
    found = store.find("a", wanted, 180 - MIN_GAIN)
    assert found is not None
    assert store.find("a", wanted, 180 - MIN_GAIN + 1) is None
    assert store.find("b", wanted, 0) is None


def test_pictures_count_by_their_tokens() -> None:
    store, snapshots, _ = store_of()
    picture = MediaCell(MediaKind.IMAGE, b"a", 0, n_tokens=MIN_GAIN, n_pos=1)
    snapshots.kept["a", ()] = (1, picture, 2)
    assert store.find("a", [1, picture, 2, 3], 1) is not None
    assert store.find("a", [1, picture, 2, 3], 2) is None


def test_a_snapshot_larger_than_the_context_is_left_alone() -> None:
    store, snapshots, _ = store_of()
    snapshots.kept["a", ()] = tuple(range(N_CTX + 1))
    assert store.find("a", list(range(500)), 0) is None


@pytest.mark.parametrize("kind", [MemoryKind.WINDOW, MemoryKind.RECURRENT])
def test_of_other_memories_a_snapshot_is_good_as_a_whole_only(kind: MemoryKind) -> None:
    store, snapshots, _ = store_of(kind)
    snapshots.kept["a", ()] = tuple(range(200))
    assert store.find("a", list(range(199)) + [999] * 50, 0) is None
    assert store.find("a", list(range(200)), 0) is None  # the last cell has to be read for its logits
    assert store.find("a", list(range(201)), 0) is not None


def test_without_snapshots_nothing_happens() -> None:
    memory = FakeMemory()
    store = SequenceStore(memory, N_CTX, None)
    sequence = sequence_of(memory, MIN_SAVED)
    assert not store.save(sequence)
    store.forget("a")
    store.close()
    assert not sequence.is_saved
    assert store.find("a", list(range(500)), 0) is None
    assert store.flush() == 0
