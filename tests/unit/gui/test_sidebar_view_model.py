from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from pytestqt.qtbot import QtBot

from assistant.core.draft import Draft
from assistant.core.events import ConversationsChanged
from assistant.gui.app_view_model import AppViewModel
from assistant.gui.conversation_list_model import group_of, milliseconds_to_midnight
from assistant.gui.running_turn import Place
from assistant.gui.sidebar_view_model import SidebarViewModel
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine, Stall
from tests.unit.gui.rows import rows

Wait = Callable[[Callable[[], object]], None]


@pytest.fixture
def sidebar(app: AppViewModel) -> SidebarViewModel:
    return app.sidebar


def titles(sidebar: SidebarViewModel) -> list[str]:
    return rows(sidebar.conversations, "title")


def stored(services: Services, *questions: str) -> list[str]:
    """Conversations with one question each, as another process would add them."""
    store = services.conversations
    created = []
    for question in questions:
        conversation = store.create("").result()
        store.add_question(conversation.id, None, question).result()
        created.append(conversation.id)
    services.bus.publish(ConversationsChanged())
    return created


def test_the_newest_conversation_is_first_and_the_open_one_is_marked(
    app: AppViewModel, sidebar: SidebarViewModel, wait: Wait
) -> None:
    app.conversation.send("First")
    wait(lambda: titles(sidebar) == ["First"] and not app.conversation.generating)
    app.newChat()
    app.conversation.send("Second")
    wait(lambda: titles(sidebar) == ["Second", "First"] and not app.conversation.generating)
    assert rows(sidebar.conversations, "group", "active", "unread") == [
        ("today", True, False),
        ("today", False, False),
    ]


def test_a_conversation_elsewhere_generates_and_is_unread_until_it_is_opened(
    engine: FakeEngine, app: AppViewModel, sidebar: SidebarViewModel, wait: Wait
) -> None:
    stall = Stall()
    engine.will_answer(stall, "x")
    app.conversation.send("Slow")
    wait(lambda: rows(sidebar.conversations, "generating") == [True])
    slow = rows(sidebar.conversations, "conversationId")[0]
    app.newChat()
    stall.go_on()
    wait(lambda: rows(sidebar.conversations, "generating", "unread") == [(False, True)])
    app.openConversation(slow)
    assert rows(sidebar.conversations, "unread", "active") == [(False, True)]


def test_what_another_process_stores_appears(services: Services, sidebar: SidebarViewModel, wait: Wait) -> None:
    stored(services, "From the terminal")
    wait(lambda: titles(sidebar) == ["From the terminal"])


def test_rename(services: Services, app: AppViewModel, sidebar: SidebarViewModel, wait: Wait) -> None:
    (one,) = stored(services, "Old")
    app.openConversation(one)
    wait(lambda: titles(sidebar) == ["Old"] and app.conversation.title == "Old")
    sidebar.rename(one, "  ")
    sidebar.rename(one, " New \n name ")
    wait(lambda: titles(sidebar) == ["New name"])
    assert app.conversation.title == "New name"


def test_a_removed_conversation_can_be_brought_back(
    services: Services, app: AppViewModel, sidebar: SidebarViewModel, wait: Wait
) -> None:
    one, _two = stored(services, "One", "Two")
    wait(lambda: titles(sidebar) == ["Two", "One"])
    app.openConversation(one)
    sidebar.remove(one)
    assert titles(sidebar) == ["Two"]
    assert app.conversation.conversationId == ""
    assert (app.notice.text, app.notice.action) == ("Conversation deleted.", "undoDelete")
    app.notice.run()
    assert titles(sidebar) == ["Two", "One"]
    assert app.conversation.conversationId == one
    assert (app.notice.text, app.notice.action) == ("", "")
    assert services.conversations.get(one)


def test_it_is_deleted_when_the_offer_to_undo_goes(
    services: Services, app: AppViewModel, sidebar: SidebarViewModel, wait: Wait
) -> None:
    one, _two = stored(services, "One", "Two")
    wait(lambda: titles(sidebar) == ["Two", "One"])
    app.notice._timer.setInterval(1)
    sidebar.remove(one)
    assert app.notice.action == "undoDelete"
    wait(lambda: len(services.conversations.list()) == 1)
    assert app.notice.text == ""
    assert sidebar.undoRemove() == ""
    assert titles(sidebar) == ["Two"]


@pytest.mark.parametrize("ended_by", ["closing it", "another notice"])
def test_an_offer_to_undo_that_is_not_seen_any_more_has_lapsed(
    services: Services, app: AppViewModel, sidebar: SidebarViewModel, wait: Wait, ended_by: str
) -> None:
    (one,) = stored(services, "One")
    wait(lambda: titles(sidebar) == ["One"])
    sidebar.remove(one)
    if ended_by == "closing it":
        app.notice.dismiss()
    else:
        app.droppedFiles([QUrl.fromLocalFile("/letter.pdf")])
    assert sidebar.undoRemove() == ""
    wait(lambda: services.conversations.list() == [])


def test_the_offer_to_undo_stays_as_long_as_the_pointer_is_on_it(
    services: Services, app: AppViewModel, sidebar: SidebarViewModel, wait: Wait, qtbot: QtBot
) -> None:
    (one,) = stored(services, "One")
    wait(lambda: titles(sidebar) == ["One"])
    app.notice._timer.setInterval(1)
    app.notice.hold(True)
    sidebar.remove(one)
    qtbot.wait(30)
    assert (app.notice.action, len(services.conversations.list())) == ("undoDelete", 1)
    app.notice.hold(False)
    wait(lambda: services.conversations.list() == [])
    assert app.notice.text == ""


def test_a_second_removal_makes_the_first_final(
    services: Services, app: AppViewModel, sidebar: SidebarViewModel, wait: Wait, qtbot: QtBot
) -> None:
    one, two = stored(services, "One", "Two")
    wait(lambda: titles(sidebar) == ["Two", "One"])
    sidebar.remove(one)
    sidebar.remove(two)
    wait(lambda: [each.id for each in services.conversations.list()] == [two])
    qtbot.wait(20)  # the end of the first removal takes nothing from the second
    assert (titles(sidebar), app.notice.action) == ([], "undoDelete")
    app.notice.run()
    assert (titles(sidebar), app.notice.text) == (["Two"], "")


def test_what_another_process_deleted_first_is_just_gone(
    services: Services, app: AppViewModel, sidebar: SidebarViewModel, wait: Wait, qtbot: QtBot
) -> None:
    (one,) = stored(services, "One")
    wait(lambda: titles(sidebar) == ["One"])
    sidebar.remove(one)
    services.conversations.delete(one).result()
    with qtbot.waitSignal(sidebar.deleted, timeout=30_000):
        app.notice.dismiss()
    assert (titles(sidebar), app.notice.text) == ([], "")


def test_a_deletion_that_fails_brings_the_conversation_back(
    services: Services, app: AppViewModel, sidebar: SidebarViewModel, wait: Wait
) -> None:
    (one,) = stored(services, "One")
    wait(lambda: titles(sidebar) == ["One"])
    sidebar.remove(one)
    services.database.close()
    sidebar.close()
    wait(lambda: titles(sidebar) == ["One"])
    assert app.notice.text == "The database is closed."


def test_closing_makes_a_removal_final(
    services: Services, app: AppViewModel, sidebar: SidebarViewModel, wait: Wait
) -> None:
    (one,) = stored(services, "One")
    wait(lambda: titles(sidebar) == ["One"])
    sidebar.remove(one)
    app.close()
    assert services.conversations.list() == []


def test_removing_stops_the_turn(
    engine: FakeEngine, app: AppViewModel, sidebar: SidebarViewModel, services: Services, wait: Wait
) -> None:
    engine.will_answer("x", Stall())
    app.conversation.send("A")
    app.conversation.send("B")
    wait(lambda: app.conversation.stage == "writing" and titles(sidebar) == ["A"])
    running = app.conversation.conversationId
    sidebar.remove(running)
    wait(lambda: not app._context.turns.turns)
    assert [message.text for message in services.conversations.branch(running)] == ["A", "x"]


def test_hits_of_a_removed_conversation_go_and_come_back(
    services: Services, sidebar: SidebarViewModel, wait: Wait
) -> None:
    one, two = stored(services, "butler one", "butler two")
    wait(lambda: len(titles(sidebar)) == 2)
    sidebar.searchText = "butler"
    wait(lambda: sidebar.searchDone)
    sidebar.remove(one)
    assert set(rows(sidebar.hits, "conversationId")) == {two}
    sidebar.undoRemove()
    assert set(rows(sidebar.hits, "conversationId")) == {one, two}


def test_opening_a_removed_conversation_keeps_it(
    services: Services, app: AppViewModel, sidebar: SidebarViewModel, wait: Wait
) -> None:
    one, two = stored(services, "One", "Two")
    wait(lambda: len(titles(sidebar)) == 2)
    sidebar.remove(one)
    app.openConversation(two)
    assert (titles(sidebar), app.notice.action) == (["Two"], "undoDelete")
    app.openConversation(one)
    assert (titles(sidebar), app.notice.text) == (["Two", "One"], "")
    app.close()
    assert {each.id for each in services.conversations.list()} == {one, two}


def test_asking_in_a_removed_conversation_keeps_it(
    services: Services, app: AppViewModel, sidebar: SidebarViewModel, wait: Wait
) -> None:
    (one,) = stored(services, "One")
    wait(lambda: titles(sidebar) == ["One"])
    sidebar.remove(one)
    app._context.starter.send(Place(one), Draft(text="Go on"))
    wait(lambda: not app._context.turns.turns)
    app.close()
    assert [message.text for message in services.conversations.branch(one)] == ["One", "Go on", "Fine."]


def test_search_finds_words_and_marks_them(
    services: Services, sidebar: SidebarViewModel, wait: Wait, app: AppViewModel
) -> None:
    one, _two = stored(services, "Where is the <red> butler?", "Nothing")
    sidebar.searchText = "butl"
    assert (sidebar.searching, sidebar.searchDone) == (True, False)
    wait(lambda: sidebar.searchDone)
    hits = rows(sidebar.hits, "conversationId", "who", "snippet", "title")
    assert sorted(hits) == [
        (one, "title", "Where is the &lt;red&gt; <b>butl</b>er?", "Where is the <red> butler?"),
        (one, "user", "Where is the &lt;red&gt; <b>butl</b>er?", "Where is the <red> butler?"),
    ]
    assert {bool(message_id) for message_id in rows(sidebar.hits, "messageId")} == {True, False}
    sidebar.searchText = "   "
    assert (sidebar.searching, sidebar.hits.rowCount()) == (False, 0)


def test_the_newest_search_wins(services: Services, sidebar: SidebarViewModel, wait: Wait) -> None:
    stored(services, "alpha", "beta")
    for text in ("a", "al", "b", "bet"):
        sidebar.searchText = text
        sidebar._search()  # as if the person paused after each
    wait(lambda: sidebar.searchDone)
    assert set(rows(sidebar.hits, "title")) == {"beta"}


def test_a_search_that_finds_nothing_is_done_too(sidebar: SidebarViewModel, wait: Wait) -> None:
    sidebar.searchText = "nowhere"
    wait(lambda: sidebar.searchDone)
    assert sidebar.hits.rowCount() == 0


def test_export(
    services: Services, app: AppViewModel, sidebar: SidebarViewModel, wait: Wait, tmp_path: Path, qtbot: QtBot
) -> None:
    (one,) = stored(services, "Question")
    markdown, as_json = tmp_path / "out put.md", tmp_path / "out.json"
    markdown.write_text("old")
    with qtbot.waitSignal(sidebar.exported, timeout=30_000):
        sidebar.exportConversation(one, QUrl.fromLocalFile(str(markdown)), "markdown")
    assert "Question" in markdown.read_text()
    assert (app.notice.text, app.notice.action) == ("Saved as out put.md.", "openFolder")
    with qtbot.waitSignal(sidebar.exported, timeout=30_000):
        sidebar.exportConversation(one, QUrl.fromLocalFile(str(as_json)), "json")
    assert json.loads(as_json.read_text())["messages"][0]["text"] == "Question"
    assert sorted(path.name for path in tmp_path.glob("*out*")) == ["out put.md", "out.json"]


def test_an_export_that_cannot_be_written_is_told(
    services: Services, app: AppViewModel, sidebar: SidebarViewModel, wait: Wait, tmp_path: Path
) -> None:
    (one,) = stored(services, "Question")
    sidebar.exportConversation(one, QUrl.fromLocalFile(str(tmp_path / "nowhere" / "out.md")), "markdown")
    wait(lambda: "cannot be written" in app.notice.text)
    assert app.notice.action == ""


@pytest.mark.parametrize(
    ("day", "group"),
    [(10, "today"), (11, "today"), (9, "yesterday"), (8, "week"), (3, "week"), (2, "older")],
)
def test_groups_by_local_day(day: int, group: str) -> None:
    seconds = datetime.datetime(2026, 3, day, 23, 59).timestamp()
    assert group_of(seconds, datetime.date(2026, 3, 10)) == group


def test_midnight_comes_after_the_rest_of_the_day() -> None:
    now = datetime.datetime(2026, 3, 10, 23, 59, 59)
    assert milliseconds_to_midnight(now) == 1001


def test_groups_follow_the_date(services: Services, sidebar: SidebarViewModel, wait: Wait) -> None:
    stored(services, "One")
    wait(lambda: rows(sidebar.conversations, "group") == ["today"])
    sidebar._now = lambda: datetime.datetime.now() + datetime.timedelta(days=1)
    sidebar._midnight.start(0)
    wait(lambda: rows(sidebar.conversations, "group") == ["yesterday"])
