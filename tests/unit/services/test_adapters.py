from __future__ import annotations

from pathlib import Path

import pytest

from assistant.core.adapter import AdapterUse
from assistant.core.conversation import MessageStatus
from assistant.core.errors import AdapterDamaged, AdapterForeign, AdapterNotFound
from assistant.core.events import MessageFinished, TurnFailed
from assistant.core.settings import Settings
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine
from tests.fakes.fake_services import EventLog
from tests.tiny_adapter import BUTLER, write_random_adapter


@pytest.fixture
def adapter(services: Services, settings: Settings, tmp_path: Path) -> Path:
    return write_random_adapter(tmp_path / "mine.gguf", Path(settings.model.path), 1)


def use(path: Path, scale: float = 1.0) -> AdapterUse:
    return AdapterUse(path=str(path), scale=scale)


def test_adapters_that_were_added_are_listed_with_what_speaks_against_them(
    services: Services, settings: Settings, adapter: Path, tmp_path: Path
) -> None:
    services.adapters.add(BUTLER)
    services.adapters.add(adapter)
    gone = write_random_adapter(tmp_path / "gone.gguf", Path(settings.model.path), 2)
    services.adapters.add(gone)
    gone.unlink()
    missing, mine, butler = services.adapters.choices(settings.model)
    assert (mine.name, mine.error) == ("mine", None)
    assert mine.facts is not None
    assert mine.facts.rank == 4
    assert butler.error is not None
    assert (butler.error.kind, butler.facts is not None) == ("AdapterForeign", True)
    assert missing.error is not None
    assert (missing.error.kind, missing.facts) == ("AdapterNotFound", None)


def test_what_only_a_conversation_uses_is_looked_at_too(
    services: Services, settings: Settings, adapter: Path, tmp_path: Path
) -> None:
    services.adapters.add(adapter)
    own, foreign = services.adapters.choices(settings.model, [adapter, BUTLER])
    assert (own.path, own.is_listed, own.error) == (adapter, True, None)
    assert (foreign.path, foreign.is_listed) == (BUTLER, False)
    assert foreign.error is not None


def test_an_older_question_is_answered_with_other_adapters(
    services: Services, settings: Settings, adapter: Path, engine: FakeEngine, events: EventLog
) -> None:
    uses = (use(adapter),)
    end = events.end_of(services.chat.send(None, "One?", settings, adapters=uses))
    assert isinstance(end, MessageFinished)
    events.end_of(services.chat.answer(end.message.parent_id or "", settings, ()))
    events.end_of(services.chat.answer(end.message.parent_id or "", settings))
    assert engine.adapters == [uses, (), uses]


def test_what_is_no_adapter_is_not_added(services: Services, settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(AdapterDamaged):
        services.adapters.add(Path(settings.model.path))
    with pytest.raises(AdapterNotFound):
        services.adapters.add(tmp_path / "nothing.gguf")
    assert services.adapters.choices(settings.model) == []


def test_an_adapter_is_found_by_its_name_or_its_file(services: Services, adapter: Path) -> None:
    services.adapters.add(adapter)
    assert services.adapters.find("mine") == services.adapters.find(str(adapter)) == adapter
    assert services.adapters.find("other") is None
    assert services.adapters.remove("mine") == adapter
    assert adapter.exists()
    with pytest.raises(AdapterNotFound, match="mine"):
        services.adapters.remove("mine")


def test_a_file_that_changed_is_looked_at_again(services: Services, settings: Settings, adapter: Path) -> None:
    services.adapters.use([use(adapter)], settings.model)
    adapter.write_bytes(BUTLER.read_bytes())
    with pytest.raises(AdapterForeign, match="Butler"):
        services.adapters.use([use(adapter)], settings.model)


def test_a_conversation_is_answered_with_its_adapters_until_others_are_set(
    services: Services, settings: Settings, adapter: Path, engine: FakeEngine, events: EventLog
) -> None:
    uses = (use(adapter, 0.5),)
    end = events.end_of(services.chat.send(None, "One?", settings, adapters=uses))
    assert isinstance(end, MessageFinished)
    assert services.conversations.get(end.conversation_id).adapters == uses
    events.end_of(services.chat.send(end.conversation_id, "Two?", settings))
    events.end_of(services.chat.send(end.conversation_id, "Three?", settings, adapters=()))
    services.conversations.set_adapters(end.conversation_id, ()).result()
    events.end_of(services.chat.retry(end.conversation_id, settings))
    events.end_of(services.chat.retry(end.conversation_id, settings, uses))
    assert engine.adapters == [uses, uses, (), (), uses]
    answers = [each for each in services.conversations.messages(end.conversation_id) if each.model]
    assert [answer.adapters for answer in answers] == engine.adapters


def test_an_adapter_that_is_gone_fails_the_turn_and_keeps_the_question(
    services: Services, settings: Settings, adapter: Path, engine: FakeEngine, events: EventLog
) -> None:
    adapter.unlink()
    end = events.end_of(services.chat.send(None, "One?", settings, adapters=(use(adapter),)))
    assert isinstance(end, TurnFailed)
    assert (end.error.kind, "mine.gguf" in end.error.text) == ("AdapterNotFound", True)
    question, answer = services.conversations.branch(end.conversation_id)
    assert (question.text, answer.status) == ("One?", MessageStatus.FAILED)
    assert engine.prompts == []
    events.end_of(services.chat.retry(end.conversation_id, settings, ()))
    assert len(engine.prompts) == 1
