"""Chat templates: a list of messages becomes the text that the model was trained on.

Process: engine worker. Thread: the scheduler's only.

The result keeps apart what the template wrote and what people wrote, because only the template's own words may
become control tokens. To tell them apart the template is rendered twice: over the messages, and over marks in
place of their contents. Where a template alters a content (trims it, drops the reasoning of earlier answers), the
altered content is taken from the first rendering.

Templates never hear of pictures and sounds: these are put before the contents afterwards. So a template that only
takes strings serves as well as one that knows pictures, and the tokens around a picture are written once, by mtmd.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from assistant.core.errors import TemplateFailed
from assistant.core.reasoning import opening_tag
from assistant.engine.segments import Segment, content_segments, contents_between, without_empty
from assistant.engine.template_renderer import MessagesRefused, TemplateRenderer
from assistant.protocol.prompt_messages import PromptMessage
from assistant.protocol.template_messages import TemplateMessage

log = logging.getLogger(__name__)

MAX_TEMPLATE_CHARACTERS = 256 * 1024
MAX_PROMPT_CHARACTERS = 16 * 1024 * 1024
"""A template may repeat its messages: far beyond any context it is broken."""
CHATML_STOPS = ("<|im_end|>", "<|im_start|>")
"""What ends an answer under ChatML even where the vocabulary has no such tokens."""
_MARK_WORD = "famulus"
_PROBE = (PromptMessage(role="user", text="Hello"),)
_TWO_TURNS = (*_PROBE, PromptMessage(role="assistant", text="Hi"), PromptMessage(role="user", text="Bye"))


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
        reasoning_tag: Tag of the reasoning that the template opens in front of every answer; empty if it does not.
    """

    def __init__(self, source: str | None, variables: dict[str, str], renderer: TemplateRenderer) -> None:
        self._source = source or ""
        self._variables = variables
        self._renderer = renderer
        self._takes_parts = False
        self._between_turns: str | None = None
        self.reasoning_tag = ""
        self.note = self._probe()
        if self.note:
            log.warning("chat template replaced by ChatML: %s", self.note)

    def _probe(self) -> str:
        if not self._source:
            return "The model brings no chat template; ChatML is used."
        if len(self._source) > MAX_TEMPLATE_CHARACTERS:
            return "The model's chat template is too large; ChatML is used."
        try:
            if self._shows_messages():
                return ""
            self._takes_parts = True
            if self._shows_messages():
                return ""
        except TemplateFailed as error:
            log.warning("chat template failed: %s", error.info.cause)
            return "The model's chat template does not work; ChatML is used."
        return "The model's chat template leaves the messages out; ChatML is used."

    def _shows_messages(self) -> bool:
        segments = self._render(_PROBE).segments
        if not any(segment.message for segment in segments):
            return False
        self.reasoning_tag = opening_tag(segments[-1].text) if segments[-1].message is None else ""
        return True

    def between_turns(self) -> str:
        """What stands between the end of an answer and the content of the next question; empty if that is unknown.

        It can be read while the person still thinks about the question.
        """
        if self._between_turns is None:
            self._between_turns = self._ask_between_turns()
        return self._between_turns

    def _ask_between_turns(self) -> str:
        try:
            segments = chatml(_TWO_TURNS).segments if self.note else self._render(_TWO_TURNS).segments
        except TemplateFailed:
            return ""
        messages = [segment.message for segment in segments]
        _, answer, question = _TWO_TURNS
        if answer not in messages or question not in messages:
            return ""
        between = segments[messages.index(answer) + 1 : messages.index(question)]
        return "".join(segment.text for segment in between)

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
        plain = [self._message(message.role, message.text) for message in messages]
        marked = [self._message(message.role, _mark(nonce, i)) for i, message in enumerate(messages)]
        plain_text, marked_text = self._renderer.render(self._source, [plain, marked], self._variables)
        pieces = re.split(_mark(nonce, r"(\d+)"), marked_text)
        numbers = {str(number): number for number in range(len(messages))}
        literals, indexes = pieces[0::2], pieces[1::2]
        shown = [numbers[index] for index in indexes if index in numbers]
        texts = [messages[number] for number in shown]
        contents = contents_between(plain_text, literals, texts) if len(shown) == len(indexes) else None
        if contents is None:
            if len(shown) < len(indexes) or _MARK_WORD in "".join(literals).lower():
                raise TemplateFailed("The model's chat template does not work.", cause="it rewrites the messages")
            contents = [message.text for message in texts]
        if sum(map(len, contents)) > MAX_PROMPT_CHARACTERS:
            raise TemplateFailed("The model's chat template does not work.", cause="it repeats the messages too often")
        segments = [Segment(literals[0])]
        with_media = set(shown)
        for number, content, literal in zip(shown, contents, literals[1:], strict=True):
            segments += content_segments(messages[number], content, with_media=number in with_media)
            segments.append(Segment(literal))
            with_media.discard(number)  # once, even where a template writes a content twice
        return RenderedPrompt(without_empty(segments))

    def _message(self, role: str, text: str) -> TemplateMessage:
        return {"role": role, "content": [{"type": "text", "text": text}] if self._takes_parts else text}


def chatml(messages: Sequence[PromptMessage]) -> RenderedPrompt:
    """The ChatML format of OpenAI's chat markup: ``<|im_start|>role`` newline, content, ``<|im_end|>``."""
    segments = []
    for message in messages:
        begin, end = Segment(f"<|im_start|>{message.role}\n"), Segment("<|im_end|>\n")
        segments += [begin, *content_segments(message, message.text), end]
    segments.append(Segment("<|im_start|>assistant\n"))
    return RenderedPrompt(without_empty(segments), CHATML_STOPS)


def _mark(nonce: str, index: int | str) -> str:
    return f"{_MARK_WORD}{nonce}x{index}x"


def _merge_system(messages: Sequence[PromptMessage]) -> list[PromptMessage]:
    system = "\n\n".join(message.text for message in messages if message.role == "system")
    rest = [message for message in messages if message.role != "system"]
    if system and rest:
        rest[0] = msgspec.structs.replace(rest[0], text=f"{system}\n\n{rest[0].text}", token_ids=())
    return rest
