"""Renders the chat templates of model files, which are programs written by strangers.

Process: a child of the engine worker, of its own because only the operating system can bound what one Jinja
expression allocates or how long it runs. Thread: one.

Limits: processor seconds a request, address space (not on macOS), and no further open file; where the system has no
such limits (Windows), the parent's time limit and the size of the output remain.
"""

from __future__ import annotations

import datetime
import functools
import json
from collections.abc import Iterable, Mapping
from typing import Any

from jinja2 import Template, nodes
from jinja2.exceptions import TemplateError
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from assistant.protocol.framing import FrameReader, FrameWriter
from assistant.protocol.template_messages import (
    RenderingFailed,
    RenderTemplate,
    TemplateMessage,
    TemplateRendered,
    TemplateReply,
)
from assistant.protocol.worker_limits import confine, grant_cpu_time
from assistant.protocol.worker_streams import claim_streams

CPU_SECONDS = 3
"""Processor time of one request; up to one second more is granted."""
ADDRESS_SPACE_BYTES = 512 * 1024 * 1024
MAX_RENDERED_CHARACTERS = 16 * 1024 * 1024

_REHEARSAL = (
    "{{- bos_token }}{% for m in messages %}{{ m['content'] | trim | tojson | pprint }}{% endfor %}"
    "{{ strftime_now('%d %b %Y') }}",
    "{{ messages[0].content.missing.attribute }}",
    "{% broken",
)


class _MessagesRefused(TemplateError):
    """The template called ``raise_exception``: it does not take this list of messages."""


class _GenerationBlock(Extension):
    """``{% generation %}`` of Hugging Face templates: marks text for training, means nothing here."""

    tags = {"generation"}  # noqa: RUF012 - Jinja's own declaration

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _refuse(message: str) -> None:
    raise _MessagesRefused(message)


def _to_json(value: Any, indent: int | None = None, **_: Any) -> str:
    # Jinja's own filter escapes for HTML; chat templates expect plain JSON.
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_GenerationBlock, loopcontrols]
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = lambda form: datetime.datetime.now().strftime(form)
    return environment


@functools.lru_cache(maxsize=4)
def _compiled(source: str) -> Template:
    """The same source comes with every prompt, and to compile it takes longer than to render it."""
    return _environment().from_string(source)


def _join(parts: Iterable[str]) -> str:
    texts, size = [], 0
    for part in parts:
        size += len(part)
        if size > MAX_RENDERED_CHARACTERS:
            raise TemplateError(f"rendered more than {MAX_RENDERED_CHARACTERS} characters")
        texts.append(part)
    return "".join(texts)


def render(request: RenderTemplate) -> TemplateReply:
    """Render all conversations of a request; a template's failure is a reply, never an exception."""
    try:
        template = _compiled(request.template)
        variables: Mapping[str, Any] = {**request.variables, "add_generation_prompt": True, "tools": None}
        return TemplateRendered(
            texts=[_join(template.generate(messages=messages, **variables)) for messages in request.conversations]
        )
    except _MessagesRefused as error:
        return RenderingFailed(cause=str(error), refused_messages=True)
    except Exception as error:  # a template is a program: it can raise anything
        return RenderingFailed(cause=f"{type(error).__name__}: {error}"[:2000])


def _rehearse() -> None:
    """Let Jinja and Python open now what they open late: modules, codecs, the time zone."""
    for template in _REHEARSAL:
        conversation: list[TemplateMessage] = [{"role": "user", "content": "é"}]
        render(RenderTemplate(template=template, conversations=[conversation], variables={"bos_token": ""}))


def main() -> None:
    """Serve requests until the pipe closes."""
    incoming, outgoing = claim_streams()
    reader: FrameReader[RenderTemplate] = FrameReader(incoming, RenderTemplate)
    writer = FrameWriter(outgoing)
    _rehearse()
    confine(memory_bytes=ADDRESS_SPACE_BYTES, file_bytes=0, n_files=0)
    while (request := reader.read()) is not None:
        grant_cpu_time(CPU_SECONDS)
        writer.write(render(request))
