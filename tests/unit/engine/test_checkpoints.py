from __future__ import annotations

from assistant.engine.checkpoints import MAX_PER_SEQUENCE, Checkpoint, Checkpoints


def checkpoint(seq_id: int, n_cells: int, n_bytes: int = 10) -> Checkpoint:
    return Checkpoint(seq_id, n_cells, bytearray(n_bytes))


def test_the_last_one_before_a_cell_is_found() -> None:
    kept = Checkpoints()
    for seq_id, n_cells in [(0, 10), (0, 30), (1, 20)]:
        kept.add(checkpoint(seq_id, n_cells))
    assert kept.last(0, 9) is None
    assert kept.last(0, 29) == checkpoint(0, 10)
    assert kept.last(0, 30) == checkpoint(0, 30)
    assert kept.last(2, 99) is None


def test_a_sequence_keeps_its_newest() -> None:
    kept = Checkpoints()
    for n_cells in range(1, MAX_PER_SEQUENCE + 2):
        kept.add(checkpoint(0, n_cells))
    assert kept.last(0, 1) is None
    assert kept.last(0, 2) == checkpoint(0, 2)


def test_a_place_is_kept_once() -> None:
    kept = Checkpoints(max_bytes=30)
    for _ in range(5):
        kept.add(checkpoint(0, 7))
    kept.add(checkpoint(1, 1))
    assert kept.last(0, 7) == checkpoint(0, 7)


def test_all_together_stay_below_the_limit() -> None:
    kept = Checkpoints(max_bytes=25)
    for seq_id in range(3):
        kept.add(checkpoint(seq_id, 5))
    assert kept.last(0, 5) is None
    assert kept.last(1, 5) == checkpoint(1, 5)
    kept.add(checkpoint(3, 5, n_bytes=26))
    assert [kept.last(seq_id, 5) for seq_id in range(4)] == [None] * 4


def test_a_copy_has_them_too_and_loses_its_own_only() -> None:
    kept = Checkpoints()
    kept.add(checkpoint(0, 5))
    kept.add(checkpoint(0, 9))
    kept.copy(0, 1)
    kept.truncate(1, 8)
    assert kept.last(1, 99) == checkpoint(1, 5)
    assert kept.last(0, 99) == checkpoint(0, 9)
    kept.truncate(0, 0)
    assert kept.last(0, 99) is None
