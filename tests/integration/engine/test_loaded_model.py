"""The parts of the engine together, without a process between: rest, snapshots, what is forgotten."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from assistant.core.errors import MediaNotSupported
from assistant.core.media import MediaKind
from assistant.core.sampling import SamplingParameters
from assistant.engine.cancel import CancelFlag
from assistant.engine.chat_template import ChatTemplate
from assistant.engine.loaded_model import SAVE_AFTER_S, LoadedModel
from assistant.engine.model import Model
from assistant.engine.prompt_reader import N_OTHERS_FREE
from assistant.engine.template_renderer import TemplateRenderer
from assistant.protocol.engine_messages import Generate, GenerationFinished, LoadModel, SnapshotOptions
from assistant.protocol.prompt_messages import PromptMedia, PromptMessage
from tests.integration.engine.other_models import WRITERS
from tests.tiny_gguf import write_tiny_model
from tests.tiny_projector import ProjectorType, write_tiny_projector

N_CTX = 1024
QUESTION = "Hi"
LONG = "The rain falls on the sea and on the land. " * 12


class Desk:
    """A loaded model, and what was said so far in its chats."""

    def __init__(self, path: Path, folder: Path, n_ctx: int = N_CTX, **options: Any) -> None:
        snapshots = SnapshotOptions(folder=str(folder / "snapshots"), key_path=str(folder / "key"), max_bytes=2**30)
        request = LoadModel(request_id="e1", path=str(path), n_ctx=n_ctx, n_batch=64, snapshots=snapshots, **options)
        self.cancel = CancelFlag()
        self._renderer = TemplateRenderer()
        model = Model(request, self.cancel, lambda fraction: None)
        template = ChatTemplate(model.chat_template, {}, self._renderer)
        self.loaded = LoadedModel(request, model, template, cancel=self.cancel, emit=lambda reply: None)
        self.said: dict[str, list[PromptMessage]] = {}

    def ask(self, text: str, chat: str = "chat", max_tokens: int = 4) -> GenerationFinished:
        messages = self.said.setdefault(chat, [])
        messages.append(PromptMessage(role="user", text=text))
        sampling = SamplingParameters(temperature=0.0, max_tokens=max_tokens)
        request = Generate(request_id="e2", messages=tuple(messages), sampling=sampling, conversation_id=chat)
        finished = self.loaded.generate(request, time.perf_counter())
        vocabulary = self.loaded.model.vocabulary
        spoken = b"".join(map(vocabulary.piece, finished.token_ids)).decode("utf-8", "replace")
        messages.append(
            PromptMessage(role="assistant", text=spoken, token_ids=finished.token_ids, vocabulary=vocabulary.digest)
        )
        return finished

    def close(self) -> None:
        self.loaded.close()
        self._renderer.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(WRITERS["plain"](tmp_path / "model.gguf"), tmp_path)
    yield desk
    desk.close()


@pytest.fixture
def speaker(starter_model: Path, tmp_path: Path) -> Iterator[Desk]:
    """One that ends its answers."""
    desk = Desk(starter_model, tmp_path)
    yield desk
    desk.close()


def n_snapshots(folder: Path) -> int:
    return len(list((folder / "snapshots").glob("*/*.kv")))


def test_what_follows_an_answer_is_read_before_it_is_asked_for(speaker: Desk) -> None:
    first = speaker.ask(QUESTION, max_tokens=60)
    assert first.finish_reason == "stop"
    closing = speaker.loaded.model.vocabulary.tokenize(speaker.loaded.template.between_turns())
    assert len(closing) > 3
    assert speaker.loaded.use_rest(0.0)
    assert not speaker.loaded.use_rest(0.0)
    second = speaker.ask("Why?")
    assert second.usage.cached_tokens == first.usage.prompt_tokens + first.usage.completion_tokens + len(closing)


def test_a_request_that_comes_meanwhile_loses_nothing(speaker: Desk) -> None:
    first = speaker.ask(QUESTION, max_tokens=60)
    speaker.cancel.is_set = True
    assert speaker.loaded.use_rest(0.0)
    speaker.cancel.is_set = False
    second = speaker.ask("Why?")
    assert second.usage.cached_tokens == first.usage.prompt_tokens + first.usage.completion_tokens


def test_an_answer_that_was_cut_has_nothing_to_read_ahead(desk: Desk) -> None:
    assert desk.ask("Tell a story.").finish_reason == "length"
    assert not desk.loaded.use_rest(0.0)


def test_a_chat_that_was_left_is_saved_in_the_rest(desk: Desk, tmp_path: Path) -> None:
    desk.ask(LONG[:150], "long")
    assert not desk.loaded.use_rest(0.0)
    desk.ask("Hi", "short")
    assert desk.loaded.use_rest(0.0)
    assert not desk.loaded.use_rest(0.0)
    assert desk.loaded.save() == 0
    assert n_snapshots(tmp_path) == 1


def test_the_chat_in_hand_is_saved_after_a_long_rest(desk: Desk, tmp_path: Path) -> None:
    desk.ask(LONG)
    assert desk.loaded.use_rest(SAVE_AFTER_S)
    assert not desk.loaded.use_rest(SAVE_AFTER_S)
    desk.loaded.save()
    assert n_snapshots(tmp_path) == 1


@pytest.mark.parametrize(
    ("kind", "flash_attention", "gives_way"),
    [("plain", False, True), ("plain", True, False), ("recurrent", False, False)],
)
def test_a_long_chat_gives_way_where_it_would_cost_a_short_one(
    kind: str, flash_attention: bool, gives_way: bool, tmp_path: Path
) -> None:
    desk = Desk(WRITERS[kind](tmp_path / "model.gguf"), tmp_path, flash_attention=flash_attention)
    try:
        assert desk.ask(LONG, "long").usage.prompt_tokens > N_OTHERS_FREE + 64
        desk.ask("Hi", "short")
        again = desk.ask("Why?", "long").usage
    finally:
        desk.close()
    assert again.cached_tokens > 400
    assert again.restored_tokens == (again.cached_tokens if gives_way else 0)


def test_a_chat_that_gives_way_leaves_the_start_that_another_shares(desk: Desk) -> None:
    start = PromptMessage(role="system", text=LONG[:100])
    desk.said = {"long": [start], "short": [start]}
    n_long = desk.ask(LONG, "long").usage.prompt_tokens
    usage = desk.ask("Hi", "short").usage
    assert n_long > usage.prompt_tokens + N_OTHERS_FREE
    assert usage.cached_tokens >= 80
    assert desk.ask("Why?", "long").usage.restored_tokens > n_long


@pytest.mark.parametrize("kind", WRITERS)
def test_a_chat_goes_on_after_the_model_was_loaded_again(kind: str, tmp_path: Path) -> None:
    path = WRITERS[kind](tmp_path / "model.gguf")
    desk = Desk(path, tmp_path)
    desk.ask(LONG)
    held = desk.loaded.save()
    desk.close()
    assert held == 1
    (tmp_path / "other folder").mkdir()
    again, cold = Desk(path, tmp_path), Desk(path, tmp_path / "other folder")
    again.said, cold.said = {"chat": list(desk.said["chat"])}, {"chat": list(desk.said["chat"])}
    restored, unrestored = again.ask("Why?"), cold.ask("Why?")
    again.close()
    cold.close()
    assert restored.usage.restored_tokens == restored.usage.cached_tokens > 400
    assert unrestored.usage.cached_tokens == unrestored.usage.restored_tokens == 0
    assert restored.token_ids == unrestored.token_ids


def test_a_forgotten_chat_is_gone_in_memory_and_on_disk(desk: Desk, tmp_path: Path) -> None:
    desk.ask(LONG)
    assert desk.loaded.save() == 1
    desk.loaded.forget("chat")
    assert n_snapshots(tmp_path) == 0
    assert desk.loaded.save() == 0
    assert desk.ask("Why?").usage.cached_tokens == 0


def test_a_model_without_a_projector_says_that_it_cannot_see(desk: Desk) -> None:
    picture = PromptMedia(kind=MediaKind.IMAGE, digest="00" * 32, path="picture.rgb", width=2, height=2)
    with pytest.raises(MediaNotSupported):
        desk.loaded.count_tokens([PromptMessage(role="user", text="What is this?", media=(picture,))])


def test_a_model_answers_without_a_projector_that_is_none(tmp_path: Path) -> None:
    path = WRITERS["plain"](tmp_path / "model.gguf")
    request = LoadModel(request_id="e1", path=str(path), n_ctx=N_CTX, mmproj=str(path))
    with closing(Model(request, CancelFlag(), lambda fraction: None)) as model:
        assert model.projector_note
        assert not model.media


def test_a_projector_whose_pictures_do_not_fit_is_left_out(tmp_path: Path) -> None:
    path = WRITERS["plain"](tmp_path / "model.gguf")
    mmproj = write_tiny_projector(tmp_path / "mmproj.gguf", ProjectorType.QWEN2A)
    request = LoadModel(request_id="e1", path=str(path), n_ctx=512, mmproj=str(mmproj))
    with closing(Model(request, CancelFlag(), lambda fraction: None)) as model:
        assert "512 tokens" in model.projector_note
        assert not model.media


def test_a_batch_holds_a_picture_whose_tokens_look_at_each_other(tmp_path: Path) -> None:
    path = WRITERS["plain"](tmp_path / "model.gguf")
    mmproj = write_tiny_projector(tmp_path / "mmproj.gguf", ProjectorType.GEMMA3)
    request = LoadModel(request_id="e1", path=str(path), n_ctx=N_CTX, n_batch=2, mmproj=str(mmproj))
    with closing(Model(request, CancelFlag(), lambda fraction: None)) as model:
        assert model.projector is not None
        assert model.n_batch >= model.projector.max_tokens > 2


def test_a_state_of_before_the_stretch_is_not_used_beyond_it(tmp_path: Path) -> None:
    """LongRoPE rotates keys by other factors where the context is longer than the original one."""
    header = {"llama.rope.scaling.original_context_length": N_CTX}
    path = write_tiny_model(tmp_path / "model.gguf", metadata=header | {"llama.context_length": 4 * N_CTX})
    restored = {}
    said: list[PromptMessage] = []
    for n_ctx in (N_CTX, N_CTX - 256, 2 * N_CTX):
        desk = Desk(path, tmp_path, n_ctx)
        desk.said["chat"] = list(said)
        finished = desk.ask(LONG[:400] if not said else QUESTION)
        restored[n_ctx] = finished.usage.restored_tokens
        said = said or desk.said["chat"]
        desk.close()
    assert restored[N_CTX] == 0
    assert restored[N_CTX - 256] > 256
    assert restored[2 * N_CTX] == 0


def test_a_model_is_freed_even_if_nothing_can_be_saved(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> int:
        raise OSError("no disk")

    freed: list[bool] = []
    close = desk.loaded.model.close
    monkeypatch.setattr(desk.loaded, "save", fail)
    monkeypatch.setattr(desk.loaded.model, "close", lambda: (close(), freed.append(True)))
    desk.loaded.close()
    assert freed == [True]
    monkeypatch.setattr(desk.loaded, "close", lambda: None)


def test_an_answer_at_the_end_of_a_prompt_is_continued_where_it_stopped(speaker: Desk) -> None:
    whole = speaker.ask("Name three rivers.", chat="whole", max_tokens=24)
    half = speaker.ask("Name three rivers.", chat="half", max_tokens=10)
    assert half.token_ids == whole.token_ids[:10]
    sampling = SamplingParameters(temperature=0.0, max_tokens=14)
    prompt = tuple(speaker.said["half"])
    request = Generate(request_id="e3", messages=prompt, sampling=sampling, conversation_id="half")
    rest = speaker.loaded.generate(request, time.perf_counter())
    assert rest.token_ids[:3] == whole.token_ids[10:13], "as if it had never stopped"
    n_held = half.usage.prompt_tokens + len(half.token_ids)
    assert rest.usage.prompt_tokens == speaker.loaded.count_tokens(prompt) == n_held
    assert rest.usage.cached_tokens >= n_held - 1, "nothing of it is read again"


def test_an_answer_of_another_vocabulary_is_continued_from_its_text(speaker: Desk) -> None:
    half = speaker.ask("Name three rivers.", max_tokens=10)
    *before, answer = speaker.said["chat"]
    foreign = PromptMessage(role="assistant", text=answer.text, token_ids=(1, 2), vocabulary="another")
    sampling = SamplingParameters(temperature=0.0, max_tokens=4)
    request = Generate(request_id="e3", messages=(*before, foreign), sampling=sampling, conversation_id="chat")
    rest = speaker.loaded.generate(request, time.perf_counter())
    assert rest.usage.completion_tokens > 0
    assert abs(rest.usage.prompt_tokens - half.usage.prompt_tokens - 10) <= 2
