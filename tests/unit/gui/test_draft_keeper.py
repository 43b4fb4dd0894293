from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.core.draft import Draft
from assistant.gui.app_view_model import AppViewModel
from assistant.gui.conversation_view_model import ConversationViewModel
from assistant.gui.draft_keeper import SAVE_AFTER_MS
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine, Stall
from tests.unit.gui.rows import texts

Wait = Callable[[Callable[[], object]], None]


@pytest.fixture
def restart(app: AppViewModel, services: Services, wait: Wait) -> Iterator[Callable[[], AppViewModel]]:
    """Closes the window and opens another over the same data."""
    opened: list[AppViewModel] = []

    def close_and_open() -> AppViewModel:
        app.close()
        opened.append(AppViewModel(services))
        wait(lambda: opened[0]._drafts._loaded)
        return opened[0]

    yield close_and_open
    for each in opened:
        each.close()


def test_drafts_of_all_conversations_outlive_the_window(
    app: AppViewModel,
    conversation: ConversationViewModel,
    ask: Callable[[str], None],
    restart: Callable[[], AppViewModel],
    wait: Wait,
) -> None:
    ask("Hi")
    first = conversation.conversationId
    wait(lambda: app.sidebar.reachable(first))
    conversation.draft = "half a thought"
    app.newChat()
    conversation.draft = "another"
    again = restart()
    assert again.conversation.draft == "another"
    again.openConversation(first)
    assert again.conversation.draft == "half a thought"


def test_questions_that_wait_become_drafts(
    engine: FakeEngine,
    app: AppViewModel,
    conversation: ConversationViewModel,
    services: Services,
    restart: Callable[[], AppViewModel],
    wait: Wait,
) -> None:
    engine.will_answer("Begun", Stall())
    for text in ("A", "B", "C"):
        conversation.send(text)
    wait(lambda: conversation.stage == "writing")
    first = conversation.conversationId
    wait(lambda: app.sidebar.reachable(first))
    conversation.draft = "typing"
    app.newChat()
    conversation.send("D")
    wait(lambda: all(turn.request_id for turn in app._context.turns.turns))
    again = restart()
    assert again.conversation.draft == "D"
    again.openConversation(first)
    assert again.conversation.draft == "typing\n\nB\n\nC"
    wait(lambda: not again.conversation.loading)
    assert texts(again.conversation) == ["A", "Begun"]
    assert [each.id for each in services.conversations.list()] == [first]


def test_a_window_that_closes_before_it_has_read_the_drafts_loses_none(services: Services, qapp: object) -> None:
    services.drafts.save({"": Draft(text="old")})
    early = AppViewModel(services)
    early.conversation.draft = "new"
    early.close()
    assert services.drafts.load() == {"": Draft(text="old\n\nnew")}


def test_what_is_typed_while_the_drafts_are_read_stays(services: Services, qapp: object, wait: Wait) -> None:
    services.drafts.save({"": Draft(text="old")})
    window = AppViewModel(services)
    window.conversation.draft = "new"
    wait(lambda: window._drafts._loaded)
    assert window.conversation.draft == "old\n\nnew"
    window.close()


def test_typing_on_does_not_put_the_save_off(
    app: AppViewModel, conversation: ConversationViewModel, services: Services, wait: Wait
) -> None:
    wait(lambda: app._drafts._loaded)
    timer = app._drafts._timer
    timer.stop()
    assert timer.interval() == SAVE_AFTER_MS == 2_000
    conversation.draft = "a"
    timer.setInterval(60_000)
    begun_at = timer.remainingTime()
    conversation.draft = "ab"
    assert timer.remainingTime() <= begun_at  # the first change still decides
    timer.timeout.emit()
    wait(lambda: services.drafts.load() == {"": Draft(text="ab")})


def test_a_question_that_is_sent_is_no_draft_any_more(
    app: AppViewModel, conversation: ConversationViewModel, services: Services, ask: Callable[[str], None], wait: Wait
) -> None:
    wait(lambda: app._drafts._loaded)
    conversation.draft = "Hi"
    app._drafts._timer.timeout.emit()
    wait(lambda: services.drafts.load() == {"": Draft(text="Hi")})
    ask("Hi")
    assert app._drafts._timer.isActive()
    app._drafts._timer.timeout.emit()
    wait(lambda: not services.paths.drafts.exists())


def test_the_draft_of_a_deleted_conversation_goes_with_it(
    app: AppViewModel, conversation: ConversationViewModel, services: Services, ask: Callable[[str], None], wait: Wait
) -> None:
    ask("Hi")
    first = conversation.conversationId
    wait(lambda: app.sidebar.reachable(first))
    conversation.draft = "half a thought"
    app.sidebar.remove(first)
    assert conversation.drafts() == {first: Draft(text="half a thought")}
    app.sidebar.undoRemove()
    app.openConversation(first)
    assert conversation.draft == "half a thought"
    app.sidebar.remove(first)
    app.close()
    assert services.drafts.load() == {}


def test_a_save_that_fails_disturbs_nothing(
    app: AppViewModel, conversation: ConversationViewModel, services: Services, wait: Wait
) -> None:
    wait(lambda: app._drafts._loaded)
    services.paths.drafts.mkdir()
    conversation.draft = "x"
    app._drafts._timer.timeout.emit()
    app.close()
    assert (conversation.draft, app.notice.text) == ("x", "")
    assert not list(Path(services.paths.home).glob("drafts.json.*"))
