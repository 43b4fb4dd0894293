from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.media import MediaKind
from assistant.engine.cells import AdapterSet, Cell, MediaCell, common_prefix
from assistant.engine.kv_memory import MemoryKind
from assistant.engine.sequences import MAX_LOST, MIN_SHARED, Sequence, SequenceTable
from tests.unit.engine.fake_memory import FakeMemory

N_CTX = 1000
SYSTEM = list(range(20))


class Desk:
    """A table over a memory of which everything is known."""

    def __init__(self, n_seq_max: int = 4, kind: MemoryKind = MemoryKind.PLAIN) -> None:
        self.memory = FakeMemory(kind, n_seq_max)
        self.left: list[tuple[str, int]] = []
        self.lost: set[str] = set()
        """Conversations that cannot be brought back."""
        self.table = SequenceTable(self.memory, n_seq_max, N_CTX, self._leave)

    def _leave(self, sequence: Sequence) -> bool:
        assert self.memory.held[sequence.seq_id] == sequence.cells
        self.left.append((sequence.conversation_id, len(sequence.cells)))
        return sequence.conversation_id not in self.lost

    def read(self, sequence: Sequence, cells: list[int]) -> None:
        self.memory.held[sequence.seq_id] += cells
        sequence.extend(cells)

    def answer(self, conversation_id: str, wanted: list[int], adapters: AdapterSet = ()) -> tuple[int, Sequence]:
        """Serve a prompt and read the rest of it; returns how much was held."""
        sequence = self.table.prepare(conversation_id, wanted, adapters)
        n_held = len(sequence.cells)
        assert n_held < len(wanted)
        assert self.memory.held[sequence.seq_id] == sequence.cells == wanted[:n_held]
        self.table.take_checkpoint(sequence)
        self.read(sequence, wanted[n_held:-1])
        self.table.take_checkpoint(sequence)
        self.read(sequence, wanted[-1:])
        return n_held, sequence


def test_the_last_cell_is_read_again_for_its_logits() -> None:
    desk = Desk()
    first, sequence = desk.answer("a", SYSTEM)
    assert (first, desk.answer("a", SYSTEM)) == (0, (len(SYSTEM) - 1, sequence))


def test_a_switch_between_chats_reads_what_is_new() -> None:
    desk = Desk()
    desk.answer("a", [1] * 50)
    desk.answer("b", [2] * 50)
    assert desk.answer("a", [1] * 50 + [3])[0] == 50
    assert desk.answer("b", [2] * 50 + [3])[0] == 50
    assert desk.left == []


def test_a_short_loss_is_made_in_place_and_a_long_one_keeps_the_branch() -> None:
    desk = Desk()
    _, first = desk.answer("a", SYSTEM + [1] * MAX_LOST)
    n_held, edited = desk.answer("a", SYSTEM + [2] * (MAX_LOST + 1))
    assert (n_held, edited) == (len(SYSTEM), first)
    n_held, branch = desk.answer("a", SYSTEM + [3] * 10)
    assert n_held == len(SYSTEM)
    assert branch is not first
    assert desk.answer("a", SYSTEM + [2] * (MAX_LOST + 1))[0] == len(SYSTEM) + MAX_LOST


def test_chats_share_a_beginning_that_is_worth_it() -> None:
    desk = Desk()
    _, first = desk.answer("a", SYSTEM + [1] * 10)
    assert desk.answer("b", SYSTEM[: MIN_SHARED - 1] + [2] * 10)[0] == 0
    n_held, sequence = desk.answer("c", SYSTEM + [3] * 10)
    assert n_held == len(SYSTEM)
    assert sequence is not first
    assert first.cells == SYSTEM + [1] * 10


def test_a_picture_that_two_chats_begin_with_is_shared() -> None:
    desk = Desk()
    picture = MediaCell(MediaKind.IMAGE, b"a", 0, n_tokens=MIN_SHARED, n_pos=1)
    sequence = desk.table.prepare("a", [picture, 1], ())
    desk.memory.held[sequence.seq_id] = [picture, 1]
    sequence.extend([picture, 1])
    assert desk.table.prepare("b", [picture, 2], ()).cells == [picture]


def test_what_is_nobodys_is_taken_over_or_gone_with_the_next_prompt() -> None:
    desk = Desk()
    _, title = desk.answer("", SYSTEM + [1] * 100)
    assert desk.answer("", SYSTEM + [2] * 100) == (len(SYSTEM), title)
    assert desk.answer("a", [*SYSTEM, 3]) == (len(SYSTEM), title)
    desk.answer("", [4] * 30)
    desk.answer("", [5] * 30)
    desk.answer("a", [*SYSTEM, 3, 6])
    assert sorted(map(len, desk.memory.held)) == [0, 0, 0, len(SYSTEM) + 2]
    assert desk.left == []


def test_what_is_nobodys_gives_way_first() -> None:
    desk = Desk()
    desk.answer("a", [1] * 30)
    desk.answer("", [2] * 30)
    desk.table.make_room(N_CTX - 30)
    assert [1] * 30 in desk.memory.held
    assert desk.left == []


def test_others_give_way_to_a_chat_down_to_what_they_may_hold() -> None:
    desk = Desk(n_seq_max=6)
    for name, cell in (("a", 1), ("b", 2), ("c", 3), ("d", 4)):
        desk.answer(name, [cell] * 100)
    desk.answer("b", [2] * 10 + [5] * 100)  # and the branch before it
    desk.table.limit_others("d", 310)
    assert desk.left == [("a", 100)]
    desk.lost = {"c"}
    desk.table.limit_others("d", 0)
    assert desk.left == [("a", 100), ("c", 100), ("b", 110)]
    assert {sequence.conversation_id for sequence in desk.table.latest()} == {"c", "d"}
    assert sum(map(len, desk.memory.held)) == 200


def test_the_least_recently_used_gives_way_and_is_told_before() -> None:
    desk = Desk(n_seq_max=2)
    desk.answer("a", [1] * 30)
    desk.answer("b", [2] * 30)
    desk.answer("a", [1] * 31)
    desk.answer("c", [3] * 30)
    assert desk.left == [("b", 30)]
    assert desk.answer("a", [1] * 32)[0] == 31


def test_only_the_last_used_branch_of_a_chat_is_told() -> None:
    desk = Desk()
    desk.answer("a", SYSTEM + [1] * 100)
    desk.answer("a", SYSTEM + [2] * 100)
    assert desk.table.evict()
    assert desk.left == []
    assert desk.table.evict()
    assert desk.left == [("a", 120)]
    assert not desk.table.evict()


def test_the_sequence_in_hand_is_never_evicted() -> None:
    desk = Desk()
    _, first = desk.answer("a", [1] * 30)
    assert not desk.table.evict(keep=first)
    desk.answer("b", [2] * 30)
    assert desk.table.evict(keep=first)
    assert first.cells == [1] * 30


def test_a_single_sequence_serves_all_in_turn() -> None:
    desk = Desk(n_seq_max=1)
    desk.answer("a", SYSTEM + [1] * 100)
    assert desk.answer("b", SYSTEM + [2] * 5)[0] == len(SYSTEM)
    assert desk.left == [("a", 120)]


def test_cells_of_other_adapters_are_worthless() -> None:
    desk = Desk()
    desk.answer("a", SYSTEM, (("butler", 1.0),))
    assert desk.answer("a", SYSTEM, (("butler", 0.5),))[0] == 0
    assert desk.answer("a", SYSTEM)[0] == 0
    assert desk.answer("a", SYSTEM, (("butler", 1.0),))[0] == len(SYSTEM) - 1


def test_room_is_made_by_the_oldest() -> None:
    desk = Desk()
    desk.answer("a", [1] * 400)
    desk.answer("b", [2] * 400)
    desk.table.make_room(100)
    assert desk.left == []
    desk.table.make_room(300)
    assert desk.left == [("a", 400)]
    desk.table.make_room(N_CTX + 1)
    assert desk.left == [("a", 400), ("b", 400)]


def test_what_was_brought_back_is_found_if_the_memory_holds_it() -> None:
    desk = Desk()
    sequence = desk.table.vacate()
    desk.memory.held[sequence.seq_id] = list(SYSTEM)
    desk.table.adopt(sequence, "a", SYSTEM, ())
    assert sequence.is_saved
    assert desk.answer("a", [*SYSTEM, 1]) == (len(SYSTEM), sequence)
    assert not sequence.is_saved
    other = desk.table.vacate()
    desk.memory.held[other.seq_id] = [1, 2, 3]
    desk.table.adopt(other, "b", [*SYSTEM, 4], ())
    assert desk.answer("b", [*SYSTEM, 4, 5])[0] == len(SYSTEM)  # what it shares with the other chat
    assert [1, 2, 3] not in desk.memory.held


def test_a_forgotten_chat_leaves_nothing() -> None:
    desk = Desk()
    desk.answer("a", SYSTEM + [1] * 100)
    desk.answer("a", SYSTEM + [2] * 100)
    desk.answer("b", [3] * 30)
    desk.table.forget("a")
    assert sum(map(len, desk.memory.held)) == 30
    assert desk.left == []
    assert [sequence.conversation_id for sequence in desk.table.latest()] == ["b"]


@pytest.mark.parametrize("kind", [MemoryKind.PLAIN, MemoryKind.RECURRENT])
def test_a_failed_step_costs_no_more_than_it_must(kind: MemoryKind) -> None:
    desk = Desk(kind=kind)
    _, sequence = desk.answer("a", SYSTEM)
    desk.memory.held[sequence.seq_id] += [7, 8, 9]  # an aborted batch
    desk.table.recover(sequence)
    n_left = len(SYSTEM) if kind is MemoryKind.PLAIN else len(SYSTEM) - 1
    assert desk.memory.held[sequence.seq_id] == sequence.cells == SYSTEM[:n_left]


def test_a_recurrent_sequence_comes_back_to_its_checkpoints_only() -> None:
    desk = Desk(kind=MemoryKind.RECURRENT)
    _, sequence = desk.answer("a", SYSTEM)
    desk.read(sequence, [30, 31])  # the answer
    assert desk.answer("a", SYSTEM)[0] == len(SYSTEM) - 1
    desk.read(sequence, [30, 31])
    desk.answer("a", [*SYSTEM, 30, 31, 32, 33])
    assert desk.answer("a", [*SYSTEM, 30, 31, 40, 41])[0] == len(SYSTEM) + 2
    assert desk.answer("a", [*SYSTEM, 50])[0] == len(SYSTEM) - 1


def test_a_recurrent_sequence_without_a_checkpoint_is_read_again() -> None:
    desk = Desk(kind=MemoryKind.RECURRENT)
    sequence = desk.table.prepare("a", SYSTEM, ())
    desk.read(sequence, SYSTEM)
    assert desk.answer("a", [*SYSTEM[:10], 99])[0] == 0


@given(st.integers(0, 10**6), st.sampled_from([MemoryKind.PLAIN, MemoryKind.RECURRENT]), st.integers(1, 4))
def test_memory_and_bookkeeping_agree_whatever_happens(seed: int, kind: MemoryKind, n_seq_max: int) -> None:
    choose = random.Random(seed)
    desk = Desk(n_seq_max, kind)
    said: dict[str, list[int]] = {name: list(SYSTEM) for name in ("a", "b", "c", "")}
    for _ in range(20):
        name = choose.choice(list(said))
        start = said[name][: choose.choice((len(said[name]), choose.randrange(1, len(said[name]) + 1)))]
        said[name] = start + [choose.randrange(200) for _ in range(choose.randrange(1, 90))]
        wanted: list[Cell] = list(said[name])
        held = [common_prefix(cells, wanted) for cells in desk.memory.held]
        n_held, sequence = desk.answer(name, said[name])
        assert n_held <= min(max(held), len(wanted) - 1)
        if choose.random() < 0.2:
            desk.memory.held[sequence.seq_id] += [1, 2]
            desk.table.recover(sequence)
        if choose.random() < 0.2:
            desk.table.evict()
        assert desk.memory.holds(sequence.seq_id, sequence.cells)
