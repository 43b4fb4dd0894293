from __future__ import annotations

from collections.abc import Callable

from pytestqt.qtbot import QtBot

from assistant.gui.app_view_model import AppViewModel
from assistant.gui.conversation_view_model import ConversationViewModel
from tests.fakes.fake_engine import FakeEngine, Stall
from tests.unit.gui.rows import blocks_text, ids, rows, texts

Wait = Callable[[Callable[[], object]], None]


def test_an_edit_makes_a_branch(
    engine: FakeEngine, conversation: ConversationViewModel, ask: Callable[[str], None], wait: Wait
) -> None:
    engine.will_answer("old")
    engine.will_answer("new")
    ask("Question")
    question = ids(conversation)[0]
    conversation.edit(question, "  Better question ")
    wait(lambda: not conversation.generating)
    assert rows(conversation.messages, "text", "siblingIndex", "siblingCount") == [
        ("Better question", 1, 2),
        ("new", 0, 1),
    ]
    conversation.showSibling(ids(conversation)[0], -1)
    assert texts(conversation) == ["Question", "old"]
    conversation.showSibling(ids(conversation)[0], -1)
    assert texts(conversation) == ["Question", "old"]


def test_the_branch_that_is_shown_is_remembered(
    engine: FakeEngine, app: AppViewModel, conversation: ConversationViewModel, ask: Callable[[str], None], wait: Wait
) -> None:
    engine.will_answer("one")
    engine.will_answer("two")
    ask("Question")
    conversation.regenerate(ids(conversation)[1])
    wait(lambda: not conversation.generating)
    assert texts(conversation) == ["Question", "two"]
    conversation.showSibling(ids(conversation)[1], -1)
    opened = conversation.conversationId
    app.newChat()
    app.openConversation(opened)
    wait(lambda: texts(conversation) == ["Question", "one"])
    assert rows(conversation.messages, "siblingIndex", "siblingCount")[1] == (0, 2)


def test_an_answer_goes_on_behind_another_branch(
    engine: FakeEngine, conversation: ConversationViewModel, ask: Callable[[str], None], wait: Wait
) -> None:
    early, late = Stall(), Stall()
    engine.will_answer("one")
    engine.will_answer("two ", early, "more ", late, "end")
    ask("Question")
    conversation.regenerate(ids(conversation)[1])
    wait(lambda: texts(conversation)[1:] == ["two "])
    blocks_text(conversation, 1)
    conversation.showSibling(ids(conversation)[1], -1)
    assert rows(conversation.messages, "text", "status")[1] == ("one", "complete")
    early.go_on()
    wait(late.reached.is_set)
    assert conversation.generating
    conversation.showSibling(ids(conversation)[1], 1)
    wait(lambda: texts(conversation)[1:] == ["two more "])
    conversation.showSibling(ids(conversation)[1], -1)
    late.go_on()
    wait(lambda: not conversation.generating)
    assert texts(conversation) == ["Question", "one"]
    conversation.showSibling(ids(conversation)[1], 1)
    assert rows(conversation.messages, "text", "status")[1] == ("two more end", "complete")
    assert blocks_text(conversation, 1) == "two more end"


def test_an_edit_while_an_answer_is_written_waits(
    engine: FakeEngine, conversation: ConversationViewModel, wait: Wait
) -> None:
    stall = Stall()
    engine.will_answer("one ", stall)
    engine.will_answer("two")
    conversation.send("First")
    wait(lambda: texts(conversation)[1:] == ["one "])
    conversation.edit(ids(conversation)[0], "Better")
    assert rows(conversation.queue, "text") == ["Better"]
    stall.go_on()
    wait(lambda: not conversation.generating)
    assert rows(conversation.messages, "text", "siblingCount") == [("Better", 2), ("two", 1)]


def test_a_branch_shows_what_followed_it_last(
    engine: FakeEngine, conversation: ConversationViewModel, ask: Callable[[str], None], wait: Wait
) -> None:
    for answer in ("one", "two", "three"):
        engine.will_answer(answer)
    ask("First")
    ask("Second")
    conversation.edit(ids(conversation)[0], "Other first")
    wait(lambda: not conversation.generating)
    assert texts(conversation) == ["Other first", "three"]
    conversation.showSibling(ids(conversation)[0], -1)
    assert texts(conversation) == ["First", "one", "Second", "two"]


def test_a_search_hit_on_another_branch_is_revealed(
    engine: FakeEngine,
    app: AppViewModel,
    conversation: ConversationViewModel,
    ask: Callable[[str], None],
    wait: Wait,
    qtbot: QtBot,
) -> None:
    engine.will_answer("one")
    engine.will_answer("two")
    ask("Question")
    hidden = ids(conversation)[1]
    conversation.regenerate(hidden)
    wait(lambda: not conversation.generating)
    opened = conversation.conversationId
    app.newChat()
    with qtbot.waitSignal(conversation.messageRevealed, timeout=30_000) as revealed:
        app.openMessage(opened, hidden)
    assert revealed.args == [1]
    assert texts(conversation) == ["Question", "one"]
    with qtbot.waitSignal(conversation.messageRevealed, timeout=30_000):
        app.openMessage(opened, ids(conversation)[0])
