"""Chats about pictures with the real starter model and a projector that knows drawings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.clients.engine_client import EngineClient
from assistant.core.errors import ContextOverflow
from assistant.core.media import MediaKind
from assistant.protocol.engine_messages import ModelLoaded
from tests.bench.engine.timed_chat import TimedChat, load
from tests.drawings import Kind, as_media, drawings, one_shape

PROJECTOR = Path(__file__).parents[2] / "data" / "68b8955e4573ba0b70c1dc5f4a88ac0f3468ea748383deaa561f6375f8e21080.gguf"


@pytest.fixture(scope="module")
def loaded(engine: EngineClient, starter_model: Path) -> Iterator[ModelLoaded]:
    return load(engine, starter_model, n_ctx=4096, mmproj=str(PROJECTOR))


def chat(engine: EngineClient, loaded: ModelLoaded, name: str) -> TimedChat:
    return TimedChat(engine, name, loaded.vocabulary, system="")


def test_the_model_sees_with_its_projector(loaded: ModelLoaded) -> None:
    assert (loaded.media, loaded.media_note) == (frozenset({MediaKind.IMAGE}), "")


@pytest.mark.parametrize("kind", [Kind.SHAPE, Kind.BACKGROUND])
def test_each_answer_is_about_its_own_picture(
    engine: EngineClient, loaded: ModelLoaded, tmp_path: Path, kind: Kind
) -> None:
    """Shapes and backgrounds only: asked ten times for a colour or a place in one chat, this model repeats itself.

    It may do so once with a shape, depending on the last bits of a processor's sums.
    """
    talk = chat(engine, loaded, f"ten pictures, {kind}")
    n_right = 0
    for seed in range(500, 510):
        drawing = one_shape(seed)
        question = next(each for each in drawing.questions if each.kind is kind)
        n_right += talk.ask(question.text, (as_media(drawing.image, tmp_path),)).text.strip() == question.answer
    assert n_right >= 8


def test_a_question_about_a_picture_reads_the_question_only(
    engine: EngineClient, loaded: ModelLoaded, tmp_path: Path
) -> None:
    (drawing,) = drawings(1, seed=5)
    media = (as_media(drawing.image, tmp_path),)
    first, other = chat(engine, loaded, "first"), chat(engine, loaded, "other")
    colour, shape, background = drawing.questions
    assert first.ask(colour.text, media).finished.usage.encoded_media == 1
    other.ask("Say hello.")
    for question in (shape, background):
        usage = first.ask(question.text).finished.usage
        assert usage.encoded_media == 0
        assert usage.prompt_tokens - usage.cached_tokens < 25
        other.ask("Say hello.")


def test_the_same_picture_in_a_new_chat_is_not_looked_at_again(
    engine: EngineClient, loaded: ModelLoaded, tmp_path: Path
) -> None:
    (drawing,) = drawings(1, seed=6)
    media = (as_media(drawing.image, tmp_path),)
    question = drawing.questions[0]
    once = chat(engine, loaded, "once").ask(question.text, media)
    again = chat(engine, loaded, "again").ask("Tell me: " + question.text, media)
    assert (once.finished.usage.encoded_media, again.finished.usage.encoded_media) == (1, 0)


def test_pictures_up_to_the_limit_end_in_the_overflow_message(
    engine: EngineClient, starter_model: Path, tmp_path: Path
) -> None:
    loaded = load(engine, starter_model, n_ctx=1024, mmproj=str(PROJECTOR))
    talk = chat(engine, loaded, "many pictures")

    def show_all() -> None:
        for drawing in drawings(20, seed=7):
            talk.ask("What color is the background?", (as_media(drawing.image, tmp_path),), max_tokens=3)

    with pytest.raises(ContextOverflow) as refusal:
        show_all()
    assert refusal.value.info.values["n_ctx"] == 1024
    usage = chat(engine, loaded, "afterwards").ask("Say hello.").finished.usage
    assert usage.completion_tokens > 0
