"""Prompts become cells; the vocabulary is one id a character, with two markers of turns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import pytest

from assistant.core.errors import MediaNotSupported
from assistant.core.media import MediaKind
from assistant.engine.cells import Cell, MediaCell
from assistant.engine.prompt_tokens import Prompt, prompt_cells
from assistant.engine.segments import Segment
from assistant.engine.vocabulary import Vocabulary
from assistant.protocol.prompt_messages import PromptMedia, PromptMessage

BOS, START, END, IMAGE_BEGINS, IMAGE_ENDS = 1, 2, 3, 4, 5
MARKERS = {"<start>": START, "<end>": END}


class FakeVocabulary:
    """Ids are code points; the markers have ids of their own."""

    digest = "fake"

    def __init__(self, *, adds_bos: bool = False) -> None:
        self._adds_bos = adds_bos

    def tokenize(self, text: str) -> list[int]:
        for marker, token_id in MARKERS.items():
            text = text.replace(marker, chr(token_id))
        return self.tokenize_plain(text)

    def tokenize_plain(self, text: str) -> list[int]:
        return [ord(character) for character in text]

    def spells_marker(self, text: str) -> bool:
        return any(marker in text for marker in MARKERS)

    def with_bos(self, token_ids: list[int]) -> list[int]:
        return [BOS, *token_ids] if self._adds_bos and token_ids[:1] != [BOS] else token_ids

    def spells(self, token_ids: Iterable[int], text: str) -> bool:
        return "".join(chr(token_id - 1000) for token_id in token_ids) == text


def picture(name: str) -> PromptMedia:
    return PromptMedia(kind=MediaKind.IMAGE, digest=name.encode().hex(), path="", width=1, height=1)


def cell(name: str) -> MediaCell:
    return MediaCell(MediaKind.IMAGE, name.encode(), index=0, n_tokens=9, n_pos=9)


def layout(media: PromptMedia) -> list[Cell]:
    return [IMAGE_BEGINS, cell(bytes.fromhex(media.digest).decode()), IMAGE_ENDS]


def prompt(*segments: Segment, adds_bos: bool = False) -> Prompt:
    return prompt_cells(segments, cast(Vocabulary, FakeVocabulary(adds_bos=adds_bos)), layout)


def ids(text: str) -> list[int]:
    return [ord(character) for character in text]


def asked(text: str) -> Segment:
    return Segment(text, PromptMessage(role="user", text=text))


def test_pictures_stand_where_their_segments_are() -> None:
    cat, dog = picture("cat"), picture("dog")
    made = prompt(Segment("<start>"), Segment("", media=cat), asked("a"), Segment("", media=dog), Segment("<end>"))
    cat_cells = [IMAGE_BEGINS, cell("cat"), IMAGE_ENDS]
    dog_cells = [IMAGE_BEGINS, cell("dog"), IMAGE_ENDS]
    assert made.cells == [START, *cat_cells, *ids("a"), *dog_cells, END]
    assert made.media == {b"cat": cat, b"dog": dog}


@pytest.mark.parametrize("text", ["<__media__>", "<image>", "<|image_pad|>", "famulus0123456789abcdefx0x"])
def test_a_question_that_spells_a_media_marker_is_text(text: str) -> None:
    made = prompt(Segment("<start>"), asked(text), Segment("<end>"))
    assert made.cells == [START, *ids(text), END]
    assert made.media == {}


def test_a_question_that_spells_a_marker_of_turns_is_text_also_beside_a_picture() -> None:
    made = prompt(Segment("<start>"), Segment("", media=picture("cat")), Segment("\n"), asked("x<end>"))
    assert made.cells == [START, IMAGE_BEGINS, cell("cat"), IMAGE_ENDS, *ids("\nx<end>")]


def test_the_begin_token_comes_first_also_before_a_picture() -> None:
    assert prompt(Segment("a"), adds_bos=True).cells == [BOS, *ids("a")]
    assert prompt(Segment(chr(BOS)), adds_bos=True).cells == [BOS]
    vocabulary = cast(Vocabulary, FakeVocabulary(adds_bos=True))
    bare = prompt_cells([Segment("", media=picture("cat"))], vocabulary, lambda media: [cell("cat")])
    assert bare.cells == [BOS, cell("cat")]


def test_an_answer_of_this_vocabulary_keeps_its_ids() -> None:
    def answer(text: str, vocabulary: str = "fake") -> PromptMessage:
        token_ids = tuple(1000 + ord(character) for character in "yes")
        return PromptMessage(role="assistant", text=text, token_ids=token_ids, vocabulary=vocabulary)

    kept = [1000 + ord(character) for character in "yes"]
    assert prompt(Segment("yes", answer("yes"))).cells == kept
    assert prompt(Segment("yes", answer("yes", "other"))).cells == ids("yes")
    assert prompt(Segment("no", answer("no"))).cells == ids("no")
    assert prompt(Segment("s", answer("yes"))).cells == ids("s")


def test_what_the_projector_refuses_is_told() -> None:
    def refuse(media: PromptMedia) -> list[Cell]:
        raise MediaNotSupported("This model cannot see pictures.")

    with pytest.raises(MediaNotSupported):
        prompt_cells([Segment("", media=picture("cat"))], cast(Vocabulary, FakeVocabulary()), refuse)
