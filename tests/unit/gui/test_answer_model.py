from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from assistant.gui.answer_model import BUDGET_MS, MIN_REPAINT_MS, PAGE_ROWS, AnswerModel
from assistant.gui.block_list_model import BlockListModel
from assistant.gui.block_renderer import RenderedBlock
from assistant.gui.render_style import RenderStyle
from tests.unit.gui.hostile_markdown import HOSTILE_MARKDOWN
from tests.unit.gui.markdown_documents import DOCUMENTS, pieces
from tests.unit.gui.rich_text_check import FORMULA, RichTextCheck

STYLE = RenderStyle.of_theme(dark=False, text_scale=1.0)
ANSWER = (
    "<think>So.\n\nThen.</think># Title\n\nText with $x$\n\n```py\nx = 1\n```\n\n|a|\n|-|\n|b|\n\n$$y$$\n\n---\n\nEnd"
)


def whole(text: str, style: RenderStyle = STYLE) -> list[RenderedBlock]:
    model = AnswerModel(style)
    model.set_text(text)
    return drained(model)


def drained(model: AnswerModel) -> list[RenderedBlock]:
    """The rows once the repaints that are left have been done."""
    while model._timer.isActive():
        model._timer.stop()
        model._repaint()
    return model.rows()


def page_of(model: AnswerModel, number: int) -> BlockListModel:
    page = model.data(model.index(number))
    assert isinstance(page, BlockListModel)
    return page


def streamed(text: str, sizes: list[int]) -> list[RenderedBlock]:
    """The rows after each piece was painted."""
    model = AnswerModel(STYLE)
    for piece in pieces(text, sizes):
        model.append(piece)
        model._repaint()
    model.finish()
    return drained(model)


@pytest.fixture
def model(qapp: object) -> Iterator[AnswerModel]:
    model = AnswerModel(STYLE)
    yield model
    model.finish()


@settings(max_examples=60)
@given(text=DOCUMENTS, sizes=st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_streaming_and_history_give_the_same_rows(qapp: object, text: str, sizes: list[int]) -> None:
    assert streamed(text, sizes) == whole(text)


def test_rows_of_a_whole_answer(qapp: object) -> None:
    rows = whole(ANSWER)
    assert [str(row.kind) for row in rows] == ["reasoning", "text", "text", "code", "table", "math", "rule", "text"]
    assert all(row.finished for row in rows)
    assert rows[0].plain == "So.\n\nThen."
    assert (rows[3].plain, rows[3].language) == ("x = 1", "Python")
    assert FORMULA.match(rows[5].source)
    assert rows[5].image_width > 0 < rows[5].image_height


def test_roles_have_the_names_that_qml_asks_for(model: AnswerModel) -> None:
    model.set_text("$$x$$")
    assert [bytes(name.data()) for name in model.roleNames().values()] == [b"page"]
    page = page_of(model, 0)
    names = {bytes(name.data()).decode(): role for role, name in page.roleNames().items()}
    values = {name: page.data(page.index(0), role) for name, role in names.items()}
    assert values["kind"] == "math"
    assert values["finished"] is True
    assert set(names) == {
        *("kind", "html", "plain", "language", "source", "imageWidth", "imageHeight", "seconds", "finished")
    }


def test_a_row_changes_only_while_it_is_the_last(model: AnswerModel) -> None:
    changed: list[tuple[int, int]] = []
    model.append(ANSWER[:9])
    model._repaint()
    page = page_of(model, 0)
    page.dataChanged.connect(lambda first, last, _roles: changed.append((first.row(), page.rowCount() - 1)))
    shown: list[RenderedBlock] = []
    for piece in pieces(ANSWER[9:], [3]):
        model.append(piece)
        model._repaint()
        rows = model.rows()
        assert [row for row in shown if row.finished] == rows[: sum(row.finished for row in shown)]
        assert all(row.finished for row in rows[:-1])
        shown = rows
    assert changed
    assert all(row >= last - 1 for row, last in changed)


def test_a_row_of_another_kind_is_another_row(model: AnswerModel) -> None:
    removed: list[int] = []
    model.append("text\n\n$$\nx\n")
    model._repaint()
    page_of(model, 0).rowsRemoved.connect(lambda _parent, first, _last: removed.append(first))
    assert [str(row.kind) for row in model.rows()] == ["text", "code"]
    model.append("$$\n")
    model._repaint()
    assert [str(row.kind) for row in model.rows()] == ["text", "math"]
    assert removed == [1]


def test_text_is_painted_at_most_once_an_interval(model: AnswerModel, qtbot: QtBot) -> None:
    painted: list[int] = []
    model.rowsInserted.connect(lambda *_: painted.append(1))
    for _ in range(1_000):
        model.append("word ")
    assert painted == []
    qtbot.waitUntil(lambda: bool(painted), timeout=5_000)
    assert painted == [1]


def test_a_costly_repaint_makes_the_next_one_rarer(model: AnswerModel, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0

    def slow_work(_deadline: float) -> bool:
        nonlocal now
        now += cost_s
        return True

    monkeypatch.setattr("time.perf_counter", lambda: now)
    monkeypatch.setattr(model, "_work", slow_work)
    cost_s = 0.200
    model._repaint()
    assert model._interval_ms == 600
    cost_s = 0.001
    model._repaint()
    assert model._interval_ms == MIN_REPAINT_MS


def test_reasoning_grows_and_gets_its_seconds(model: AnswerModel) -> None:
    model.append("<think>first\n\nsecond")
    model._repaint()
    (row,) = model.rows()
    assert (str(row.kind), row.finished, row.plain) == ("reasoning", False, "first\n\nsecond")
    model.append("</think>Answer")
    model.finish(reasoning_s=12.5)
    assert [(str(row.kind), row.seconds, row.finished) for row in model.rows()] == [
        ("reasoning", 12.5, True),
        ("text", 0.0, True),
    ]


def test_another_style_renders_everything_again(model: AnswerModel) -> None:
    dark = RenderStyle.of_theme(dark=True, text_scale=1.0)
    model.set_text(ANSWER)
    model.restyle(dark)
    assert model.rows() == whole(ANSWER, dark)
    assert model.rows() != whole(ANSWER)


LONG = "\n\n".join(f"Paragraph {number} with $x_{{{number}}}$." for number in range(3 * PAGE_ROWS))


def test_a_long_answer_lies_on_pages_of_which_only_the_last_one_changes(model: AnswerModel) -> None:
    model.append(LONG)
    model._repaint()
    drained(model)
    before = [page_of(model, number) for number in range(model.rowCount())]
    assert [page.rowCount() for page in before] == [PAGE_ROWS] * 3
    touched: list[int] = []
    for number, page in enumerate(before):
        for signal in (page.dataChanged, page.rowsInserted, page.rowsRemoved):
            signal.connect(lambda *_, number=number: touched.append(number))
    model.append(" More.\n\nAnother one")
    model._repaint()
    assert set(touched) == {2}
    assert [page_of(model, number) for number in range(3)] == before
    assert page_of(model, 3).rowCount() == 1
    model.finish()
    assert drained(model) == whole(LONG + " More.\n\nAnother one")


def test_a_shorter_text_takes_pages_away(model: AnswerModel) -> None:
    model.set_text(LONG)
    drained(model)
    model.set_text("Short")
    assert [row.plain for row in model.rows()] == ["Short"]
    assert model.rowCount() == 1


def test_a_long_answer_does_not_keep_the_window_waiting(model: AnswerModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock takes a millisecond, and each piece of text or block brings one."""
    ticks = iter(range(10**9))
    monkeypatch.setattr("time.perf_counter", lambda: next(ticks) / 1_000)
    model.set_text(LONG)
    n_rows, n_repaints = [len(model.rows())], 0
    assert 0 < n_rows[0] <= BUDGET_MS
    while model._timer.isActive():
        model._timer.stop()
        model._repaint()
        n_rows.append(len(model.rows()))
        n_repaints += 1
    assert all(after - before <= BUDGET_MS for before, after in itertools.pairwise(n_rows))
    assert n_repaints >= 3
    assert model.rows() == whole(LONG)


def check(rows: list[RenderedBlock]) -> None:
    for row in rows:
        RichTextCheck(row.html)
        assert not row.source or FORMULA.match(row.source)


@pytest.mark.parametrize("text", HOSTILE_MARKDOWN.values(), ids=HOSTILE_MARKDOWN.keys())
def test_hostile_answers_become_harmless_text(qapp: object, text: str) -> None:
    rows = whole(text)
    check(rows)
    model = AnswerModel(STYLE)
    for piece in pieces(text, [3]):
        model.append(piece)
        model._repaint()
        check(model.rows())
    model.finish()
    assert drained(model) == rows


PATHOLOGICAL = {
    "quotes": ">" * 10_000 + "x",
    "lists": "- " * 10_000 + "x",
    "brackets": "[" * 10_000 + "]" * 10_000,
    "links": "[a](" * 5_000,
    "images": "![a](" * 5_000,
    "backticks": "`" * 50_000,
    "asterisks": "*" * 50_000,
    "emphasis": "*a **b " * 7_000,
    "dollars": "$a " * 15_000,
    "math": "\\(" * 20_000,
    "entities": "&#x41;" * 8_000,
    "table": "|a|b|\n|-|-|\n" + "|1|2|\n" * 8_000,
    "wide table": "|a" * 3_000 + "\n" + "|-" * 3_000 + "\n" + "|1" * 3_000,
    "line ends": "\n" * 100_000,
    "one line": "x" * 100_000,
    "code": "```python\n" + "x = f(1, 'a')\n" * 5_000,
}


@pytest.mark.parametrize("text", PATHOLOGICAL.values(), ids=PATHOLOGICAL.keys())
@pytest.mark.timeout(30)
def test_pathological_answers_take_bounded_time(qapp: object, text: str) -> None:
    rows = whole(text)
    check(rows)
    assert streamed(text, [15_000]) == rows
