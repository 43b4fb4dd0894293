from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.sequences import Cell, MediaCell, Sequence, common_prefix, n_positions

CELLS = st.lists(
    st.integers(0, 3) | st.builds(MediaCell, digest=st.sampled_from([b"a", b"b"]), n_pos=st.integers(1, 5)), max_size=12
)


@given(CELLS, CELLS)
def test_common_prefix_is_the_longest_equal_start(held: list[Cell], wanted: list[Cell]) -> None:
    length = common_prefix(held, wanted)
    assert held[:length] == wanted[:length]
    assert length == min(len(held), len(wanted)) or held[length] != wanted[length]


@given(CELLS, CELLS, st.integers(0, 40))
def test_truncate_keeps_the_cells_that_lie_wholly_below(first: list[Cell], second: list[Cell], n_pos: int) -> None:
    sequence = Sequence(seq_id=0)
    sequence.extend(first)
    sequence.extend(second)
    sequence.truncate(n_pos)
    kept = len(sequence.cells)
    assert sequence.cells == (first + second)[:kept]
    assert sequence.n_pos == n_positions(sequence.cells) <= n_pos or kept == 0
    assert kept == len(first + second) or n_positions((first + second)[: kept + 1]) > n_pos


def test_media_with_another_content_are_not_the_same() -> None:
    assert common_prefix([1, MediaCell(b"a", 4), 2], [1, MediaCell(b"b", 4), 2]) == 1
    assert n_positions([1, MediaCell(b"a", 4), 2]) == 6
