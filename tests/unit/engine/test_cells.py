from __future__ import annotations

import pytest

from assistant.core.media import MediaKind
from assistant.engine.cells import Cell, MediaCell, common_prefix, last_position, n_kv_cells, n_positions

PICTURE = MediaCell(MediaKind.IMAGE, b"a" * 32, index=0, n_tokens=9, n_pos=3)
SLICE = MediaCell(MediaKind.IMAGE, b"a" * 32, index=1, n_tokens=9, n_pos=3)
OTHER = MediaCell(MediaKind.IMAGE, b"b" * 32, index=0, n_tokens=9, n_pos=3)


def test_a_picture_counts_as_its_tokens_and_its_positions() -> None:
    cells: list[Cell] = [7, PICTURE, SLICE, 8]
    assert (n_kv_cells(cells), n_positions(cells)) == (20, 8)


@pytest.mark.parametrize(
    ("cells", "plain", "mrope"),
    [([], -1, -1), ([7], 0, 0), ([7, PICTURE], 3, 1), ([7, PICTURE, 8], 4, 4), ([PICTURE], 2, 0)],
)
def test_the_last_position(cells: list[Cell], plain: int, mrope: int) -> None:
    assert (last_position(cells, is_mrope=False), last_position(cells, is_mrope=True)) == (plain, mrope)


@pytest.mark.parametrize(
    ("held", "wanted", "same"),
    [
        ([], [1], 0),
        ([1, 2], [1, 2, 3], 2),
        ([1, PICTURE, 2], [1, PICTURE, 3], 2),
        ([1, PICTURE, 2], [1, OTHER, 2], 1),
        ([1, PICTURE], [1, SLICE], 1),
    ],
)
def test_the_common_prefix(held: list[Cell], wanted: list[Cell], same: int) -> None:
    assert common_prefix(held, wanted) == same
    assert common_prefix(wanted, held) == same


def test_a_sound_lies_position_by_position_under_mrope_too() -> None:
    sound = MediaCell(MediaKind.SOUND, b"c" * 32, index=0, n_tokens=9, n_pos=9)
    assert last_position([7, sound], is_mrope=True) == 9
