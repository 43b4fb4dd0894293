"""Chat templates: a list of messages becomes the text that the model was trained on.

Process: engine worker. Thread: the scheduler's only.

The result keeps apart what the template wrote and what people wrote, because only the template's own words may
become control tokens. To tell them apart the template is rendered twice: over the messages, and over marks in
place of their contents. Where a template alters a content (trims it, drops the reasoning of earlier answers), the
altered content is taken from the first rendering.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Sequence
from typing import NamedTuple

from assistant.core.errors import TemplateFailed
from assistant.engine.template_renderer import MessagesRefused, TemplateRenderer
from assistant.protocol.prompt_messages import PromptMessage

log = logging.getLogger(__name__)

MAX_TEMPLATE_CHARACTERS = 256 * 1024
MAX_PROMPT_CHARACTERS = 16 * 1024 * 1024
"""A template may repeat its messages: far beyond any context it is broken."""
CHATML_STOPS = ("<|im_end|>", "<|im_start|>")
"""What ends an answer under ChatML even where the vocabulary has no such tokens."""
_MARK_WORD = "famulus"
_PROBE = (PromptMessage(role="user", text="Hello"),)


class Segment(NamedTuple):
    """A piece of the rendered prompt.

    Attributes:
        text: Its text.
        message: The message whose content this is; None for the template's own words.
    """

    text: str
    message: PromptMessage | None = None


class RenderedPrompt(NamedTuple):
    """A prompt up to where the answer begins.

    Attributes:
        segments: Its pieces, none of them empty.
        stops: Strings that end the answer besides the vocabulary's own end tokens.
    """

    segments: list[Segment]
    stops: tuple[str, ...] = ()


class ChatTemplate:
    """The template of a loaded model, or ChatML where that one is missing or does not work.

    Args:
        source: Jinja source from the header; None or empty if there is none.
        variables: Variables a template may use: ``bos_token``, ``eos_token``.
        renderer: The process that renders.

    Attributes:
        note: Why ChatML is used instead of the model's own template; empty if it is not.
    """

    def __init__(self, source: str | None, variables: dict[str, str], renderer: TemplateRenderer) -> None:
        self._source = source or ""
        self._variables = variables
        self._renderer = renderer
        self.note = self._probe()
        if self.note:
            log.warning("chat template replaced by ChatML: %s", self.note)

    def _probe(self) -> str:
        if not self._source:
            return "The model brings no chat template; ChatML is used."
        if len(self._source) > MAX_TEMPLATE_CHARACTERS:
            return "The model's chat template is too large; ChatML is used."
        try:
            segments = self._render(_PROBE).segments
        except TemplateFailed as error:
            log.warning("chat template failed: %s", error.info.cause)
            return "The model's chat template does not work; ChatML is used."
        if not any(segment.message for segment in segments):
            return "The model's chat template leaves the messages out; ChatML is used."
        return ""

    def render(self, messages: Sequence[PromptMessage]) -> RenderedPrompt:
        """Render the messages, up to where the answer begins; under ChatML where the template refuses them."""
        if self.note:
            return chatml(messages)
        try:
            return self._render(messages)
        except MessagesRefused:
            return self._render_without_system(messages)
        except TemplateFailed as error:
            log.warning("ChatML for this prompt, its template failed: %s", error.info.cause)
            return chatml(messages)

    def _render_without_system(self, messages: Sequence[PromptMessage]) -> RenderedPrompt:
        """Some templates refuse a system message: put its text before the first question instead."""
        try:
            return self._render(_merge_system(messages))
        except TemplateFailed as error:
            log.warning("ChatML for this prompt, its template refused it: %s", error.info.cause)
            return chatml(messages)

    def _render(self, messages: Sequence[PromptMessage]) -> RenderedPrompt:
        nonce = secrets.token_hex(8)
        plain = [{"role": message.role, "content": message.text} for message in messages]
        marked = [{"role": message.role, "content": _mark(nonce, i)} for i, message in enumerate(messages)]
        plain_text, marked_text = self._renderer.render(self._source, [plain, marked], self._variables)
        pieces = re.split(_mark(nonce, r"(\d+)"), marked_text)
        numbers = {str(number): message for number, message in enumerate(messages)}
        literals, indexes = pieces[0::2], pieces[1::2]
        occurrences = [numbers[index] for index in indexes if index in numbers]
        contents = _align(plain_text, literals, occurrences) if len(occurrences) == len(indexes) else None
        if contents is None:
            if len(occurrences) < len(indexes) or _MARK_WORD in "".join(literals).lower():
                raise TemplateFailed("The model's chat template does not work.", cause="it rewrites the messages")
            contents = [message.text for message in occurrences]
        if sum(map(len, contents)) > MAX_PROMPT_CHARACTERS:
            raise TemplateFailed("The model's chat template does not work.", cause="it repeats the messages too often")
        segments = [Segment(literals[0])]
        for literal, content, message in zip(literals[1:], contents, occurrences, strict=True):
            segments += [Segment(content, message), Segment(literal)]
        return RenderedPrompt([segment for segment in segments if segment.text])


def chatml(messages: Sequence[PromptMessage]) -> RenderedPrompt:
    """The ChatML format of OpenAI's chat markup: ``<|im_start|>role`` newline, content, ``<|im_end|>``."""
    segments = []
    for message in messages:
        segments += [Segment(f"<|im_start|>{message.role}\n"), Segment(message.text, message), Segment("<|im_end|>\n")]
    segments.append(Segment("<|im_start|>assistant\n"))
    return RenderedPrompt([segment for segment in segments if segment.text], CHATML_STOPS)


def _mark(nonce: str, index: int | str) -> str:
    return f"{_MARK_WORD}{nonce}x{index}x"


def _merge_system(messages: Sequence[PromptMessage]) -> list[PromptMessage]:
    system = "\n\n".join(message.text for message in messages if message.role == "system")
    rest = [message for message in messages if message.role != "system"]
    if system and rest:
        rest[0] = PromptMessage(role=rest[0].role, text=f"{system}\n\n{rest[0].text}")
    return rest


def _align(plain: str, literals: Sequence[str], messages: Sequence[PromptMessage]) -> list[str] | None:
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
