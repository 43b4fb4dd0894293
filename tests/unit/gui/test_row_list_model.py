from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtTest import QAbstractItemModelTester

from assistant.gui.row_list_model import RowListModel
from tests.unit.gui.rows import rows


class Row(NamedTuple):
    row_key: str
    size: int


class RowModel(RowListModel[Row]):
    def __init__(self) -> None:
        super().__init__(Row, "row_key")


some_rows = st.lists(
    st.builds(Row, st.sampled_from("abcdef"), st.integers(0, 2)), unique_by=lambda row: row.row_key, max_size=6
)


def test_fields_are_roles_in_camel_case() -> None:
    model = RowModel()
    model.show([Row("a", 1), Row("b", 2)])
    assert rows(model, "rowKey", "size") == [("a", 1), ("b", 2)]
    assert model.data(model.index(5), 0) is None


@given(st.lists(some_rows, max_size=4))
def test_it_shows_what_it_is_told_and_keeps_qts_promises(lists: list[list[Row]]) -> None:
    model = RowModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    for wanted in lists:
        model.show(wanted)
        assert list(model.rows) == wanted
    del tester


@pytest.mark.parametrize(
    ("wanted", "signals"),
    [
        ([Row("a", 1), Row("b", 1)], []),
        ([Row("b", 1), Row("a", 1)], ["moved"]),
        ([Row("a", 1), Row("b", 9)], ["changed"]),
        ([Row("b", 1)], ["removed"]),
        ([Row("c", 1), Row("a", 1), Row("b", 1)], ["inserted"]),
    ],
)
def test_only_what_is_different_is_told(wanted: list[Row], signals: list[str]) -> None:
    model = RowModel()
    model.show([Row("a", 1), Row("b", 1)])
    told: list[str] = []
    model.rowsMoved.connect(lambda *_: told.append("moved"))
    model.rowsInserted.connect(lambda *_: told.append("inserted"))
    model.rowsRemoved.connect(lambda *_: told.append("removed"))
    model.dataChanged.connect(lambda *_: told.append("changed"))
    model.show(wanted)
    assert told == signals
