from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.core.conversation import Conversation
from assistant.core.draft import Draft
from assistant.core.errors import ConversationNotFound, EngineStopped
from assistant.core.events import ConversationsChanged, MessageFinished
from assistant.core.media import Attachment
from assistant.core.settings import Settings
from assistant.services.attachments import AttachmentService
from assistant.services.services import Services
from assistant.storage.attachment_files import AttachmentFiles
from tests.fakes.fake_engine import FakeEngine
from tests.fakes.fake_images import FakeImages, png
from tests.fakes.fake_services import PATIENCE_S, EventLog
from tests.unit.hub.projector_files import write_projector


@pytest.fixture
def conversation(services: Services) -> Conversation:
    return services.conversations.create("").result()


def snapshots_of(services: Services, conversation_id: str, *keys: str) -> list[Path]:
    """Snapshots as the engine would write them, under one key a model."""
    files = [services.paths.snapshots / key / f"{conversation_id}.kv" for key in keys]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"cells")
    return files


def send(services: Services, conversation_id: str, *attachments: Attachment) -> None:
    services.conversations.add_question(conversation_id, None, "Look.", attachments).result()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_everything_of_a_conversation_goes(
    services: Services, engine: FakeEngine, settings: Settings, conversation: Conversation, tmp_path: Path
) -> None:
    services.library.ensure_loaded(settings.model, threading.Event())
    other = services.conversations.create("").result()
    own, shared, drafted = (
        services.attachments.add(png(tmp_path / f"{number}.png", kind=number)) for number in range(3)
    )
    send(services, conversation.id, own, shared, drafted)
    send(services, other.id, shared)
    services.attachments.release([own, shared, drafted])
    services.drafts.save({"": Draft(attachments=(drafted,))})
    snapshots_of(services, conversation.id, "model", "other model")
    (services.paths.snapshots / "model" / f".{conversation.id}.4711.ab.tmp").write_bytes(b"half of the cells")
    (kept,) = snapshots_of(services, other.id, "model")
    services.deletion.delete(conversation.id)
    services.deletion.close()
    assert engine.forgotten == [conversation.id]
    assert list(services.paths.snapshots.glob("*/*")) == [kept]
    assert not services.attachments.original(own).exists()
    assert services.attachments.original(shared).exists()
    assert services.attachments.original(drafted).exists()


def test_a_picture_that_waits_for_the_next_question_stays(
    services: Services, settings: Settings, events: EventLog, tmp_path: Path
) -> None:
    write_projector(tmp_path / "mmproj-tiny.gguf")
    file = png(tmp_path / "cat.png")
    cat = services.attachments.add(file)
    conversation_id = events.end_of(services.chat.send(None, "What is it?", settings, [cat])).conversation_id
    services.attachments.add(file)
    services.deletion.delete(conversation_id)
    services.deletion.close()
    assert services.attachments.original(cat).is_file()
    assert isinstance(events.end_of(services.chat.send(None, "And now?", settings, [cat])), MessageFinished)


def test_pictures_of_its_draft_go_too(services: Services, conversation: Conversation, tmp_path: Path) -> None:
    typed, shared = (services.attachments.add(png(tmp_path / f"{number}.png", kind=number)) for number in range(2))
    services.drafts.save({conversation.id: Draft(attachments=(typed, shared)), "": Draft(attachments=(shared,))})
    services.deletion.delete(conversation.id)
    services.deletion.close()
    assert not services.attachments.original(typed).exists()
    assert services.attachments.original(shared).exists()


def test_a_picture_of_its_draft_that_another_process_has_picked_since_stays(
    services: Services, images: FakeImages, conversation: Conversation, tmp_path: Path
) -> None:
    files = AttachmentFiles(services.paths)
    other = AttachmentService(files, images, services.conversations, services.drafts)  # type: ignore[arg-type]
    here, elsewhere, earlier = (png(tmp_path / f"{number}.png", kind=number) for number in range(3))
    pictures = services.attachments.add(here), other.add(elsewhere), other.add(earlier)
    time.sleep(0.05)  # the next change of the file has another time
    other.add(here)
    before_the_start = time.time() - 3600.0
    os.utime(other.original(pictures[2]), (before_the_start, before_the_start))
    services.drafts.save({conversation.id: Draft(attachments=pictures)})
    services.deletion.delete(conversation.id)
    services.deletion.close()
    assert [other.original(each).exists() for each in pictures] == [True, True, False]


def test_a_deletion_does_not_wait_for_the_engine(
    services: Services, engine: FakeEngine, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()
    monkeypatch.setattr(engine, "forget", lambda _: answered.wait(PATIENCE_S))
    (snapshot,) = snapshots_of(services, conversation.id, "model")
    services.deletion.delete(conversation.id)
    wait_until(lambda: not snapshot.exists())
    with pytest.raises(ConversationNotFound):
        services.conversations.get(conversation.id)
    snapshots_of(services, conversation.id, "model")  # the engine saves it before it hears of the deletion
    answered.set()
    wait_until(lambda: not snapshot.exists())


def test_an_engine_that_dies_keeps_nothing_from_going(
    services: Services, engine: FakeEngine, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_: str) -> None:
        snapshots_of(services, conversation.id, "model")
        raise EngineStopped("The model's process stopped unexpectedly.")

    monkeypatch.setattr(engine, "forget", die)
    services.deletion.delete(conversation.id)
    services.deletion.close()
    assert list(services.paths.snapshots.glob("*/*")) == []


def test_one_failure_does_not_stop_the_next_deletion(
    services: Services, engine: FakeEngine, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_one = services.conversations.create("").result()
    (snapshot,) = snapshots_of(services, next_one.id, "model")
    monkeypatch.setattr(engine, "forget", lambda _: 1 / 0)
    services.deletion.delete(conversation.id)
    services.deletion.delete(next_one.id)
    wait_until(lambda: not snapshot.exists())


def test_an_unknown_conversation_is_an_error(services: Services, engine: FakeEngine) -> None:
    with pytest.raises(ConversationNotFound):
        services.deletion.delete("0" * 16)
    services.close()
    assert engine.forgotten == []


def test_what_another_process_deleted_goes_at_the_end(services: Services, conversation: Conversation) -> None:
    (kept,) = snapshots_of(services, conversation.id, "model")
    snapshots_of(services, "0" * 16, "model")
    services.close()
    assert list(services.paths.snapshots.glob("*/*")) == [kept]


def test_what_another_process_deletes_goes_when_it_is_heard_of(
    services: Services, engine: FakeEngine, settings: Settings, events: EventLog
) -> None:
    kept_id, gone_id = (
        events.end_of(services.chat.send(None, text, settings)).conversation_id for text in ("One?", "Two?")
    )
    (kept,) = snapshots_of(services, kept_id, "model")
    snapshots_of(services, gone_id, "model")
    services.conversations.delete(gone_id).result()  # as another process would
    services.bus.publish(ConversationsChanged())
    wait_until(lambda: engine.forgotten == [gone_id])
    wait_until(lambda: list(services.paths.snapshots.glob("*/*")) == [kept])
    services.bus.publish(ConversationsChanged())
    services.deletion.close()
    assert engine.forgotten == [gone_id]


def test_nothing_stays_once_snapshots_are_not_wanted(services: Services, conversation: Conversation) -> None:
    snapshots_of(services, conversation.id, "model")
    services.settings.set("snapshots.enabled", "false")
    services.close()
    assert list(services.paths.snapshots.glob("*/*")) == []
