"""Turns with pictures."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from assistant.core.conversation import FinishReason, Message
from assistant.core.errors import (
    AttachmentDamaged,
    AttachmentTimedOut,
    DataFolderUnusable,
    EngineUnavailable,
    FamulusError,
    MediaNotSupported,
    ModelLoadFailed,
    RequestCancelled,
)
from assistant.core.events import MediaRead, MessageFinished, ModelReady, QuestionStored, TurnFailed
from assistant.core.media import Attachment, MediaKind
from assistant.core.settings import Settings
from assistant.services.chosen_model import MAX_CRASHES
from assistant.services.services import Services
from tests.fakes.fake_engine import Death, FakeEngine, Stall
from tests.fakes.fake_images import FakeImages, png
from tests.fakes.fake_services import PATIENCE_S, EventLog, with_model
from tests.unit.hub.projector_files import N_EMBD, WIDTH, sound_metadata, write_header, write_projector


class Chat:
    """The services of one test with shorter words; the model sees."""

    def __init__(self, services: Services, engine: FakeEngine, folder: Path) -> None:
        self.services = services
        self.engine = engine
        self.projector = write_projector(folder / "mmproj-tiny.gguf")
        self.settings: Settings = services.settings.load()
        self.events = EventLog(services.bus)
        self._folder = folder

    def picture(self, name: str, kind: int = 0) -> Attachment:
        return self.services.attachments.add(png(self._folder / name, kind=kind))

    def end(
        self, text: str, attachments: Sequence[Attachment] = (), conversation_id: str | None = None
    ) -> MessageFinished | TurnFailed:
        return self.events.end_of(self.services.chat.send(conversation_id, text, self.settings, attachments))

    def ask(self, text: str, attachments: Sequence[Attachment] = (), conversation_id: str | None = None) -> Message:
        end = self.end(text, attachments, conversation_id)
        assert isinstance(end, MessageFinished), end
        return end.message

    def told(self) -> list[tuple[str, int]]:
        """Texts of the last prompt, each with the number of its pictures."""
        return [(each.text, len(each.media)) for each in self.engine.prompts[-1]]

    def note(self) -> str:
        return next(event.note for event in self.events.events if isinstance(event, ModelReady))


@pytest.fixture
def chat(services: Services, engine: FakeEngine, tmp_path: Path) -> Chat:
    return Chat(services, engine, tmp_path)


def test_a_picture_reaches_the_model_and_is_looked_at_once(chat: Chat, images: FakeImages) -> None:
    first = chat.ask("What is it?", [chat.picture("cat.png")])
    (stored,) = [event.message for event in chat.events.events if isinstance(event, QuestionStored)]
    assert [each.name for each in stored.attachments] == ["cat.png"]
    assert [(event.n_done, event.n_total) for event in chat.events.events if isinstance(event, MediaRead)] == [
        (0, 1),
        (1, 1),
    ]
    assert chat.told() == [("What is it?", 1)]
    assert chat.engine.loads[0].mmproj == str(chat.projector)
    assert next(event.media for event in chat.events.events if isinstance(event, ModelReady)) == {MediaKind.IMAGE}
    second = chat.ask("And its colour?", (), first.conversation_id)
    assert [chat.told()[0], chat.told()[-1]] == [("What is it?", 1), ("And its colour?", 0)]
    assert first.usage is not None
    assert second.usage is not None
    assert (first.usage.encoded_media, second.usage.encoded_media) == (1, 0)
    assert len(images.rendered) == 1


def test_the_engine_knows_whose_prompt_it_is(chat: Chat) -> None:
    answer = chat.ask("One?")
    assert chat.engine.conversation_ids == [answer.conversation_id]


def test_pictures_stay_with_an_edited_question_or_are_replaced(chat: Chat) -> None:
    cat, dog = chat.picture("cat.png"), chat.picture("dog.png", kind=1)
    answer = chat.ask("What is it?", [cat])
    assert answer.parent_id is not None
    edit = chat.services.chat.edit
    chat.events.end_of(edit(answer.parent_id, "Which colour?", chat.settings))
    kept = chat.engine.prompts[-1][0].media
    chat.events.end_of(edit(answer.parent_id, "And now?", chat.settings, [dog]))
    replaced = chat.engine.prompts[-1][0].media
    chat.events.end_of(edit(answer.parent_id, "Without?", chat.settings, []))
    assert len(kept) == len(replaced) == 1
    assert kept[0].digest != replaced[0].digest
    assert chat.told() == [("Without?", 0)]


def test_a_model_without_eyes_says_what_is_missing_and_reads_on(chat: Chat) -> None:
    chat.projector.unlink()
    failed = chat.end("What is it?", [chat.picture("cat.png")])
    assert isinstance(failed, TurnFailed)
    assert (failed.error.kind, failed.error.text) == ("MediaNotSupported", "The model tiny cannot look at pictures.")
    assert "mmproj" in failed.error.remedy_text
    assert chat.engine.prompts == []
    chat.ask("Never mind.", (), failed.conversation_id)
    assert chat.told() == [("[image: cat.png]\nWhat is it?\n\nNever mind.", 0)]


def test_a_projector_that_comes_later_is_used(chat: Chat) -> None:
    chat.projector.unlink()
    failed = chat.end("What is it?", [chat.picture("cat.png")])
    write_projector(chat.projector)
    request_id = chat.services.chat.retry(failed.conversation_id, chat.settings)
    assert isinstance(chat.events.end_of(request_id), MessageFinished)
    assert [bool(load.mmproj) for load in chat.engine.loads] == [False, True]


@pytest.mark.parametrize("kind", ["ProjectorDamaged", "ProjectorForeign", "ProjectorNotFound"])
def test_a_bad_projector_costs_only_the_pictures(chat: Chat, tmp_path: Path, kind: str) -> None:
    named = tmp_path / "named.gguf"
    if kind == "ProjectorDamaged":
        named.write_text("no projector")
    elif kind == "ProjectorForeign":
        write_projector(named, tensors={"mm.2.weight": (2 * N_EMBD, WIDTH), "mm.2.bias": (2 * N_EMBD,)})
    chat.settings = with_model(chat.settings, mmproj=str(named))
    answer = chat.ask("Hello?")
    assert chat.engine.loads[0].mmproj == ""
    failed = chat.end("What is it?", [chat.picture("cat.png")], answer.conversation_id)
    assert isinstance(failed, TurnFailed)
    assert (failed.error.kind, failed.error.text) == (kind, chat.note())


def test_a_projector_that_crashes_the_load_is_left_out_until_it_changes(chat: Chat) -> None:
    chat.engine.will_load(0.0, Death())
    chat.engine.will_load(0.0, Death())
    answer = chat.ask("Hello?")
    assert "crashed while it was using the projector mmproj-tiny.gguf" in chat.note()
    failed = chat.end("What is it?", [chat.picture("cat.png")], answer.conversation_id)
    assert isinstance(failed, TurnFailed)
    assert failed.error.kind == "ProjectorDamaged"
    assert "Memory may have been short" in failed.error.remedy_text
    write_projector(chat.projector, "gemma3")
    request_id = chat.services.chat.retry(answer.conversation_id, chat.settings)
    assert isinstance(chat.events.end_of(request_id), MessageFinished)
    assert [bool(load.mmproj) for load in chat.engine.loads] == [True, True, False, True]


def test_a_projector_is_not_blamed_for_one_crash_of_the_load(chat: Chat) -> None:
    chat.engine.will_load(0.0, Death())  # as where the system ended the process for want of memory
    answer = chat.ask("What is it?", [chat.picture("cat.png")])
    assert chat.told() == [("What is it?", 1)]
    assert answer.error is None
    assert chat.note() == ""
    assert [bool(load.mmproj) for load in chat.engine.loads] == [True, True]


def test_a_model_that_crashes_with_and_without_its_projector_is_blamed(chat: Chat) -> None:
    for _ in range(3):
        chat.engine.will_load(0.0, Death())
    failed = chat.end("Hello?")
    assert isinstance(failed, TurnFailed)
    assert failed.error.kind == "ModelLoadFailed"
    chat.ask("What is it?", [chat.picture("cat.png")], failed.conversation_id)
    assert [bool(load.mmproj) for load in chat.engine.loads] == [True, True, False, True]


def test_a_projector_that_stalls_the_load_is_left_out(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    finish = chat.engine.finish_load

    def stall_with_it(*words: Any) -> Any:
        if not chat.engine.loads[-1].mmproj:
            return finish(*words)
        chat.engine.kill()
        raise ModelLoadFailed("The model stopped answering while it was being loaded.")

    monkeypatch.setattr(chat.engine, "finish_load", stall_with_it)
    chat.ask("Hello?")
    assert [bool(load.mmproj) for load in chat.engine.loads] == [True, True, False]


def test_a_projector_is_not_blamed_for_a_load_that_was_stopped(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    stall = Stall()
    chat.engine.will_load(0.0, stall)
    monkeypatch.setattr(chat.engine, "cancel", lambda _: chat.engine.kill())  # as after `CANCEL_TIMEOUT_S`
    request_id = chat.services.chat.send(None, "Hello?", chat.settings)
    assert stall.reached.wait(PATIENCE_S)
    chat.services.chat.stop(request_id)
    end = chat.events.end_of(request_id)
    assert isinstance(end, MessageFinished)
    assert end.message.finish_reason is FinishReason.CANCELLED
    chat.ask("What is it?", [chat.picture("cat.png")], end.conversation_id)
    assert [bool(load.mmproj) for load in chat.engine.loads] == [True, True]


def test_a_projector_that_crashes_twice_on_pictures_is_left_out_of_the_next_turn(chat: Chat) -> None:
    failed = crash_on_a_picture(chat)
    crash_on_a_picture(chat, failed.conversation_id)
    chat.ask("Never mind.", (), failed.conversation_id)
    assert [bool(load.mmproj) for load in chat.engine.loads] == [True, True, False]
    again = chat.end("And this?", [chat.picture("dog.png", kind=1)], failed.conversation_id)
    assert isinstance(again, TurnFailed)
    assert again.error.kind == "ProjectorDamaged"


def test_a_projector_is_not_blamed_for_one_crash_on_a_picture(chat: Chat) -> None:
    failed = crash_on_a_picture(chat)
    chat.ask("And now?", (), failed.conversation_id)
    assert chat.told() == [("What is it?\n\nAnd now?", 1)]
    assert chat.note() == ""


def crash_on_a_picture(chat: Chat, conversation_id: str | None = None) -> TurnFailed:
    chat.engine.will_answer(Death())
    failed = chat.end("What is it?", [chat.picture("cat.png")], conversation_id)
    assert isinstance(failed, TurnFailed)
    assert failed.error.kind == "EngineStopped"
    return failed


@pytest.mark.parametrize("steps", [("A cat", Death()), (Death(),)])
def test_a_projector_is_not_blamed_for_a_crash_in_the_answer_or_without_pictures(
    chat: Chat, steps: tuple[Any, ...]
) -> None:
    conversation_id = None
    for _ in range(MAX_CRASHES):
        chat.engine.will_answer(*steps)
        failed = chat.end("What is it?", [chat.picture("cat.png")] if len(steps) == 2 else (), conversation_id)
        assert isinstance(failed, TurnFailed)
        conversation_id = failed.conversation_id
    chat.ask("Again?", (), conversation_id)
    assert all(load.mmproj for load in chat.engine.loads)
    assert len(chat.engine.loads) == MAX_CRASHES + 1


def test_pixels_that_the_engine_finds_damaged_are_checked_again(chat: Chat, images: FakeImages) -> None:
    answer = chat.ask("What is it?", [chat.picture("cat.png")])
    (pixels,) = chat.services.paths.pixels.glob("*.rgb")
    stamp = pixels.stat().st_mtime_ns
    pixels.write_bytes(b"\x01" * pixels.stat().st_size)
    os.utime(pixels, ns=(stamp, stamp))
    chat.engine.will_answer(AttachmentDamaged("The picture is damaged."))
    assert isinstance(chat.end("And now?", (), answer.conversation_id), TurnFailed)
    chat.ask("And now?", (), answer.conversation_id)
    assert len(images.rendered) == 2


def test_stop_waits_for_one_picture_at_most(chat: Chat, images: FakeImages, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [chat.picture(f"{number}.png", number) for number in range(3)]
    render, begun, go_on = images.render, threading.Event(), threading.Event()

    def wait(*words: Any) -> Any:
        begun.set()
        assert go_on.wait(PATIENCE_S)
        return render(*words)

    monkeypatch.setattr(images, "render", wait)
    request_id = chat.services.chat.send(None, "Which?", chat.settings, pictures)
    assert begun.wait(PATIENCE_S)
    chat.services.chat.stop(request_id)
    go_on.set()
    end = chat.events.end_of(request_id)
    assert isinstance(end, MessageFinished)
    assert end.message.finish_reason is FinishReason.CANCELLED
    assert (len(images.rendered), chat.engine.prompts) == (1, [])


def test_stop_ends_a_picture_that_is_being_decoded(
    chat: Chat, images: FakeImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    def decode(path: Path, pixels_path: Path, max_side: int, max_pixels: int, cancelled: threading.Event) -> Any:
        begun.set()
        assert cancelled.wait(PATIENCE_S)
        raise RequestCancelled("The request was stopped.")

    monkeypatch.setattr(images, "render", decode)
    request_id = chat.services.chat.send(None, "Which?", chat.settings, [chat.picture("cat.png")])
    assert begun.wait(PATIENCE_S)
    chat.services.chat.stop(request_id)
    end = chat.events.end_of(request_id)
    assert isinstance(end, MessageFinished)
    assert end.message.finish_reason is FinishReason.CANCELLED
    assert chat.engine.prompts == []


def test_closing_ends_the_image_worker_before_it_waits_for_turns(
    chat: Chat, images: FakeImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, closed = threading.Event(), threading.Event()

    def wait(*_: Any) -> Any:
        begun.set()
        assert closed.wait(PATIENCE_S)
        raise RequestCancelled("Famulus is closing.")

    monkeypatch.setattr(images, "render", wait)
    monkeypatch.setattr(images, "close", closed.set)
    chat.services.chat.send(None, "Which?", chat.settings, [chat.picture("cat.png")])
    assert begun.wait(PATIENCE_S)
    chat.services.close()
    assert chat.events.wait_for(MessageFinished).message.finish_reason is FinishReason.CANCELLED


def test_what_the_engine_says_of_the_projector_is_passed_on(chat: Chat) -> None:
    chat.engine.media_note = "A picture does not fit into {this} context."
    answer = chat.ask("Hello?")
    assert chat.note() == chat.engine.media_note
    failed = chat.end("What is it?", [chat.picture("cat.png")], answer.conversation_id)
    assert isinstance(failed, TurnFailed)
    assert (failed.error.kind, failed.error.remedy_text) == ("MediaNotSupported", chat.engine.media_note)


def test_a_projector_that_hears_does_not_see(chat: Chat) -> None:
    write_header(chat.projector, sound_metadata(), {"mm.a.mlp.2.weight": (N_EMBD, WIDTH)})
    with pytest.raises(MediaNotSupported) as refused:
        chat.services.library.require_media(chat.settings.model, [MediaKind.IMAGE])
    assert "mmproj-tiny.gguf" in refused.value.info.remedy_text
    chat.services.library.require_media(chat.settings.model, [MediaKind.SOUND])
    chat.services.library.require_media(chat.settings.model, [])


def lose(chat: Chat, attachment: Attachment) -> None:
    chat.services.attachments.original(attachment).unlink()
    for pixels in chat.services.paths.pixels.glob("*"):
        pixels.unlink()


def test_an_older_picture_that_is_gone_is_named_and_a_new_one_is_an_error(chat: Chat) -> None:
    cat = chat.picture("cat.png")
    answer = chat.ask("What is it?", [cat])
    lose(chat, cat)
    chat.ask("And now?", (), answer.conversation_id)
    assert chat.told()[0] == ("[image: cat.png]\nWhat is it?", 0)
    failed = chat.end("Again?", [cat], answer.conversation_id)
    assert isinstance(failed, TurnFailed)
    assert (failed.error.kind, failed.message) == ("AttachmentDamaged", None)
    assert answer.parent_id is not None
    edited = chat.events.end_of(chat.services.chat.edit(answer.parent_id, "Again?", chat.settings, [cat]))
    assert isinstance(edited, TurnFailed)
    stored = [event.message.text for event in chat.events.events if isinstance(event, QuestionStored)]
    assert stored == ["What is it?", "And now?"], "the question goes back to where it was typed"


@pytest.mark.parametrize("error", [DataFolderUnusable, EngineUnavailable, AttachmentTimedOut])
def test_an_older_picture_that_could_not_be_read_now_is_an_error(
    chat: Chat, images: FakeImages, monkeypatch: pytest.MonkeyPatch, error: type[FamulusError]
) -> None:
    cat = chat.picture("cat.png")
    answer = chat.ask("What is it?", [cat])
    for pixels in chat.services.paths.pixels.glob("*"):
        pixels.unlink()

    def fail(*_: Any) -> Any:
        raise error("Not now.")

    with monkeypatch.context() as patched:
        patched.setattr(images, "render", fail)
        failed = chat.end("And now?", (), answer.conversation_id)
    assert isinstance(failed, TurnFailed)
    assert (failed.error.kind, len(chat.engine.prompts)) == (error.__name__, 1)
    retried = chat.events.end_of(chat.services.chat.retry(answer.conversation_id, chat.settings))
    assert isinstance(retried, MessageFinished)
    assert chat.told()[0] == ("What is it?", 1)


def test_a_picture_alone_is_a_question(chat: Chat) -> None:
    answer = chat.ask("", [chat.picture("cat.png")])
    assert chat.told() == [("", 1)]
    chat.projector.unlink()
    chat.ask("So?", (), answer.conversation_id)
    assert chat.told()[0] == ("[image: cat.png]", 0)
