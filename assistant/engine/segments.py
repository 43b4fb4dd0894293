"""A rendered prompt in pieces: what its template wrote, what people wrote, and what they attached.

Process: engine worker. Thread rule: immutable values and pure functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from assistant.protocol.prompt_messages import PromptMedia, PromptMessage


class Segment(NamedTuple):
    """A piece of the rendered prompt.

    Attributes:
        text: Its text; empty for media.
        message: The message whose content this is; None for the template's own words.
        media: The picture or sound that stands here; None for text.
    """

    text: str
    message: PromptMessage | None = None
    media: PromptMedia | None = None


def content_segments(message: PromptMessage, content: str, *, with_media: bool = True) -> list[Segment]:
    """A message's content, as far as it is shown, right behind what goes with it.

    Nothing stands between: a projector's own frame comes from mtmd, and llama.cpp's server and the templates that take
    lists of parts write nothing either. A line break here turned answers of models that saw none in their training.
    """
    pictures = [Segment("", media=media) for media in message.media] if with_media else []
    return [*pictures, Segment(content, message)]


def without_empty(segments: Sequence[Segment]) -> list[Segment]:
    """The segments that hold anything."""
    return [segment for segment in segments if segment.text or segment.media]


def contents_between(plain: str, literals: Sequence[str], messages: Sequence[PromptMessage]) -> list[str] | None:
    """The contents as they stand between the literals in `plain`; None if it cannot be told.

    Contents are untrusted and may hold the literals, so the whole content is tried first, then the trimmed one;
    only a content that the template cut shorter is searched for.
    """
    if not plain.startswith(literals[0]):
        return None
    at = len(literals[0])
    contents = []
    for message, literal in zip(messages, literals[1:], strict=True):
        content = _content_at(plain, at, message.text, literal)
        if content is None:
            return None
        contents.append(content)
        at += len(content) + len(literal)
    return contents if at == len(plain) else None


def _content_at(plain: str, at: int, text: str, literal: str) -> str | None:
    for candidate in (text, text.strip()):
        if plain.startswith(candidate + literal, at):
            return candidate
    end = plain.find(literal, at) if literal else len(plain)
    if end < 0 or plain[at:end] not in text:
        return None
    return plain[at:end]
