"""From rendered segments to the cells of a prompt.

Process: engine worker. Thread: the scheduler's only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from assistant.engine.cells import Cell
from assistant.engine.segments import Segment
from assistant.engine.vocabulary import Vocabulary
from assistant.protocol.prompt_messages import PromptMedia


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt ready to be read.

    Attributes:
        cells: What it is made of.
        media: The pictures and sounds in it, by `MediaCell.digest`.
    """

    cells: list[Cell]
    media: dict[bytes, PromptMedia]


def prompt_cells(
    segments: Iterable[Segment], vocabulary: Vocabulary, layout: Callable[[PromptMedia], list[Cell]]
) -> Prompt:
    """The cells of a whole prompt.

    The template's words and harmless contents are tokenised together, as in training. A content that spells a
    marker of turns is tokenised apart and as plain text, so that nobody forges a turn. An answer that the model gave
    itself keeps the ids it generated: they are what the KV memory holds.

    Args:
        segments: The rendered prompt.
        vocabulary: The model's vocabulary.
        layout: Gives the cells of a picture or sound (`Projector.layout`).

    Raises:
        FamulusError: What `layout` raises.
    """
    cells: list[Cell] = []
    media: dict[bytes, PromptMedia] = {}
    run: list[str] = []

    def end_run() -> None:
        cells.extend(vocabulary.tokenize("".join(run)))
        run.clear()

    for segment in segments:
        generated = _generated_ids(segment, vocabulary)
        if segment.media is not None:
            end_run()
            cells.extend(layout(segment.media))
            media[bytes.fromhex(segment.media.digest)] = segment.media
        elif generated:
            end_run()
            cells.extend(generated)
        elif segment.message is not None and vocabulary.spells_marker(segment.text):
            end_run()
            cells.extend(vocabulary.tokenize_plain(segment.text))
        else:
            run.append(segment.text)
    end_run()
    return Prompt(_with_bos(cells, vocabulary), media)


def _with_bos(cells: list[Cell], vocabulary: Vocabulary) -> list[Cell]:
    first = [cell for cell in cells[:1] if isinstance(cell, int)]
    return [*vocabulary.with_bos(first), *cells[len(first) :]]


def _generated_ids(segment: Segment, vocabulary: Vocabulary) -> tuple[int, ...]:
    message = segment.message
    if message is None or not message.token_ids or message.vocabulary != vocabulary.digest:
        return ()
    if segment.text != message.text and segment.text != message.text.strip():
        return ()  # the template cut it: the ids would bring back what it left out
    return message.token_ids if vocabulary.spells(message.token_ids, message.text) else ()
