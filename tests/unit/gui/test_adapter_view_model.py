from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl

from assistant.core.adapter import AdapterUse
from assistant.gui.adapter_view_model import AdapterViewModel
from assistant.gui.app_view_model import AppViewModel
from assistant.gui.conversation_view_model import ConversationViewModel
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine, Stall
from tests.fakes.fake_images import FakeImages
from tests.tiny_adapter import BUTLER, write_random_adapter
from tests.unit.gui.rows import ids, rows

Wait = Callable[[Callable[[], object]], None]


@pytest.fixture
def formal(services: Services, tmp_path: Path) -> str:
    """An adapter of the model that was added."""
    path = write_random_adapter(tmp_path / "formal.gguf", model_of(services), 1)
    services.adapters.add(path)
    return str(path)


@pytest.fixture
def adapters(formal: str, app: AppViewModel, wait: Wait) -> AdapterViewModel:
    wait(lambda: not app.adapters.loading)
    return app.adapters


def model_of(services: Services) -> Path:
    return Path(services.settings.load().model.path)


def stored(services: Services, conversation: ConversationViewModel) -> tuple[AdapterUse, ...]:
    return services.conversations.get(conversation.conversationId).adapters


def test_without_adapters_there_is_nothing_to_offer(app: AppViewModel, wait: Wait) -> None:
    wait(lambda: not app.adapters.loading)
    assert not app.adapters.offered
    assert app.adapters.rows.rowCount() == 0


def test_what_is_only_for_another_model_is_listed_but_not_offered(
    app: AppViewModel, services: Services, wait: Wait
) -> None:
    app.adapters.addFile(QUrl.fromLocalFile(str(BUTLER)))
    wait(lambda: app.adapters.rows.rowCount() == 1)
    assert not app.adapters.offered
    name, suits, title, reason = rows(app.adapters.rows, "name", "suits", "title", "reason")[0]
    assert (name, suits, title) == (BUTLER.stem, False, "Butler Peft")
    assert "another model" in reason


def test_another_model_is_another_judgement(adapters: AdapterViewModel, app: AppViewModel, wait: Wait) -> None:
    app.adapters.addFile(QUrl.fromLocalFile(str(BUTLER)))
    wait(lambda: rows(adapters.rows, "name", "suits") == [(BUTLER.stem, False), ("formal", True)])
    app.settings.resetValue("model.path")  # the starter model, which the butler was made for
    wait(lambda: rows(adapters.rows, "name", "suits") == [(BUTLER.stem, True), ("formal", False)])
    assert adapters.offered


def test_strengths_stay_in_range_and_are_remembered_while_switched_off(
    adapters: AdapterViewModel, conversation: ConversationViewModel, formal: str
) -> None:
    adapters.use(formal, True)
    for wanted, kept in ((0.30000000000000004, 0.3), (99.0, 4.0), (float("nan"), 4.0), (0.0, 0.0), (1.25, 1.25)):
        adapters.setScale(formal, wanted)
        assert conversation.adapters == (AdapterUse(path=formal, scale=kept),)
    assert adapters.words == "formal × 1.25"
    adapters.use(formal, False)
    assert (conversation.adapters, adapters.nUsed) == ((), 0)
    assert rows(adapters.rows, "used", "strength") == [(False, 1.25)]
    adapters.use(formal, True)
    assert conversation.adapters == (AdapterUse(path=formal, scale=1.25),)


def test_a_conversation_has_its_own_adapters_and_they_survive_a_restart(
    adapters: AdapterViewModel,
    app: AppViewModel,
    services: Services,
    conversation: ConversationViewModel,
    ask: Callable[[str], None],
    formal: str,
    wait: Wait,
) -> None:
    ask("First")
    first = conversation.conversationId
    adapters.use(formal, True)
    adapters.setScale(formal, 0.5)
    app.newChat()
    assert adapters.nUsed == 0
    ask("Second")
    app.openConversation(first)
    wait(lambda: adapters.words == "formal × 0.5")
    assert rows(adapters.rows, "used", "strength") == [(True, 0.5)]
    again = AppViewModel(services)
    again.openConversation(first)
    wait(lambda: again.adapters.words == "formal × 0.5")
    again.close()


def test_what_was_chosen_for_a_chat_not_begun_waits_for_it(
    adapters: AdapterViewModel,
    app: AppViewModel,
    conversation: ConversationViewModel,
    services: Services,
    ask: Callable[[str], None],
    formal: str,
    wait: Wait,
) -> None:
    ask("First")
    first = conversation.conversationId
    app.newChat()
    adapters.use(formal, True)
    app.openConversation(first)
    wait(lambda: not conversation.loading)
    assert adapters.nUsed == 0
    app.newChat()
    assert adapters.words == "formal"
    ask("Second")
    assert stored(services, conversation) == (AdapterUse(path=formal),)
    app.newChat()
    assert adapters.nUsed == 0


def test_a_change_while_the_first_question_is_on_its_way_is_stored(
    adapters: AdapterViewModel,
    conversation: ConversationViewModel,
    services: Services,
    engine: FakeEngine,
    formal: str,
    wait: Wait,
) -> None:
    stall = Stall()
    engine.will_answer("x", stall)
    conversation.send("First")
    adapters.use(formal, True)  # the conversation is not on the disk yet
    wait(stall.reached.is_set)
    wait(lambda: stored(services, conversation) == (AdapterUse(path=formal),))
    stall.go_on()
    wait(lambda: not conversation.generating)


def test_a_question_that_waits_for_its_picture_keeps_its_adapters(
    projector: Path,
    adapters: AdapterViewModel,
    app: AppViewModel,
    conversation: ConversationViewModel,
    engine: FakeEngine,
    images: FakeImages,
    formal: str,
    tmp_path: Path,
    wait: Wait,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[tuple[AdapterUse, ...]] = []
    send = app._context.starter.send
    monkeypatch.setattr(
        type(app._context.starter),
        "send",
        lambda _, place, draft, uses=(): (sent.append(uses), send(place, draft, uses)),
    )
    picture = tmp_path / "cat.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 64)
    adapters.use(formal, True)
    conversation.addFiles([QUrl.fromLocalFile(str(picture))])
    conversation.send("What is it?")
    assert conversation.sendsWhenDescribed
    app.newChat()
    assert adapters.nUsed == 0
    wait(lambda: sent)
    assert sent == [(AdapterUse(path=formal),)]
    wait(lambda: not app._context.turns.turns)


def test_a_file_that_vanished_says_so_when_it_is_switched_on(
    adapters: AdapterViewModel, formal: str, wait: Wait
) -> None:
    Path(formal).unlink()
    adapters.use(formal, True)
    wait(lambda: adapters.problem)
    assert "formal.gguf" in adapters.problem
    wait(lambda: adapters.unsuited)
    adapters.dismissProblem()
    assert adapters.problem == ""


def test_a_removed_one_that_another_conversation_uses_is_shown_there(
    adapters: AdapterViewModel,
    app: AppViewModel,
    conversation: ConversationViewModel,
    ask: Callable[[str], None],
    formal: str,
    wait: Wait,
) -> None:
    ask("First")
    first = conversation.conversationId
    adapters.use(formal, True)
    app.newChat()
    adapters.remove(formal)
    wait(lambda: adapters.rows.rowCount() == 0)
    app.openConversation(first)
    wait(lambda: rows(adapters.rows, "name", "used", "suits") == [("formal", True, True)])
    adapters.remove(formal)
    assert adapters.rows.rowCount() == 0
    assert adapters.problem == ""


def test_without_a_model_to_judge_by_what_is_used_can_still_be_switched_off(
    adapters: AdapterViewModel, app: AppViewModel, conversation: ConversationViewModel, formal: str, wait: Wait
) -> None:
    adapters.use(formal, True)
    app.settings.setValue("model.path", "/nowhere/gone.gguf")
    wait(lambda: app.model.problem and not adapters.loading)
    assert adapters.offered
    adapters.use(formal, False)
    assert conversation.adapters == ()


def test_a_change_that_cannot_be_stored_is_told(
    adapters: AdapterViewModel,
    conversation: ConversationViewModel,
    services: Services,
    ask: Callable[[str], None],
    formal: str,
    wait: Wait,
) -> None:
    ask("First")
    services.conversations.delete(conversation.conversationId).result()
    adapters.use(formal, True)
    wait(lambda: conversation.problemKind == "ConversationNotFound")


def test_a_change_while_the_conversation_is_read_again_is_not_lost(
    adapters: AdapterViewModel, conversation: ConversationViewModel, ask: Callable[[str], None], formal: str, wait: Wait
) -> None:
    ask("First")
    conversation.reload()
    adapters.use(formal, True)
    wait(lambda: not conversation._reader.reading)
    assert adapters.words == "formal"


def test_answering_without_adapters_leaves_the_choice(
    adapters: AdapterViewModel,
    conversation: ConversationViewModel,
    engine: FakeEngine,
    ask: Callable[[str], None],
    formal: str,
    wait: Wait,
) -> None:
    adapters.use(formal, True)
    ask("First")
    conversation.answerWithout(ids(conversation)[1])
    wait(lambda: len(engine.adapters) == 2 and not conversation.generating)
    assert engine.adapters == [(AdapterUse(path=formal),), ()]
    assert rows(conversation.messages, "adapters", "siblingCount")[1] == ("", 2)
    assert adapters.words == "formal"
