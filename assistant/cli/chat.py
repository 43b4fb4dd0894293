"""``famulus chat``: one question, or a conversation.

Process: app. Thread: the main one.
"""

from __future__ import annotations

import os
import stat
import sys
import threading
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.adapters import adapter_uses
from assistant.cli.chat_loop import ChatLoop
from assistant.cli.context_options import KvTypeOption, NCtx, NGpuLayers, Rope, context_options
from assistant.cli.listing import print_messages
from assistant.cli.options import model_options, overridden
from assistant.cli.overflow import parse_overflow
from assistant.cli.picked_images import PickedImages
from assistant.cli.terminal import is_terminal, notes
from assistant.cli.turn_view import JsonView, PlainView, TerminalView, TurnRunner, TurnView
from assistant.core.adapter import AdapterUse
from assistant.core.errors import FamulusError, InputInvalid
from assistant.core.events import MessageFinished
from assistant.core.overflow import OverflowPolicy
from assistant.core.settings import Settings
from assistant.services.services import Services

MAX_INPUT_BYTES = 16 * 1024 * 1024
"""More than any context holds; a larger input is a mistake, such as a binary file."""
_HINT_AFTER_S = 1.0
STARTER_NOTE = (
    "This is the starter model: small enough for any machine, good at finding and summing up what you give it, "
    "but it knows little of the world.\nFor more, download a GGUF file such as Qwen3-4B-Instruct (about 2.5 GB) "
    "and start with --model FILE."
)

BuildServices = Callable[[], Services]


def chat(
    context: typer.Context,
    text: Annotated[str | None, typer.Argument(help="The question; without it a conversation begins.")] = None,
    model: Annotated[Path | None, typer.Option(help="GGUF file to use.")] = None,
    mmproj: Annotated[
        Path | None, typer.Option(help="GGUF file of its projector; without it the one beside the model.")
    ] = None,
    adapter: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE[:SCALE]",
            help="LoRA adapter for this conversation and its strength, 1 if not said; may be given more than once.",
        ),
    ] = None,
    image: Annotated[
        list[Path] | None, typer.Option(help="Picture that goes with the question; may be given more than once.")
    ] = None,
    system: Annotated[str | None, typer.Option(help="System prompt; empty for none.")] = None,
    temperature: Annotated[
        float | None, typer.Option(help="0 always takes the likeliest token; -1 is what suits the model.")
    ] = None,
    top_p: Annotated[float | None, typer.Option(help="Keep the likeliest tokens up to this probability.")] = None,
    top_k: Annotated[int | None, typer.Option(help="Keep the k likeliest tokens; 0 keeps all.")] = None,
    min_p: Annotated[float | None, typer.Option(help="Drop tokens below this share of the likeliest.")] = None,
    repeat_penalty: Annotated[float | None, typer.Option(help="Above 1 avoids repetition.")] = None,
    seed: Annotated[
        int | None,
        typer.Option(help="The same seed gives the same text if as much of the chat is in memory; -1 draws one."),
    ] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Longest answer, tokens; 0 for no limit.")] = None,
    n_ctx: NCtx = None,
    rope: Rope = None,
    kv_type: KvTypeOption = None,
    n_gpu_layers: NGpuLayers = None,
    overflow: Annotated[
        OverflowPolicy | None,
        typer.Option(
            parser=parse_overflow,
            metavar="|".join(OverflowPolicy),
            help="What this conversation does when it no longer fits into the context.",
        ),
    ] = None,
    conversation: Annotated[str | None, typer.Option(help="Id of a conversation to go on with.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    interactive: Annotated[
        bool, typer.Option("--interactive", help="Read messages and commands line by line, also from a pipe.")
    ] = False,
) -> None:
    """Talk to the model, here on this computer."""
    build: BuildServices = context.obj
    piped = None if interactive else _piped_input(has_text=text is not None)
    question = _question(text, piped, has_images=bool(image))
    options = {
        **model_options(model, mmproj),
        **context_options(n_ctx, rope, kv_type, n_gpu_layers),
        "chat.system_prompt": system,
        "sampling.temperature": temperature,
        "sampling.top_p": top_p,
        "sampling.top_k": top_k,
        "sampling.min_p": min_p,
        "sampling.repeat_penalty": repeat_penalty,
        "sampling.seed": seed,
        "sampling.max_tokens": max_tokens,
    }
    with build() as services:
        settings = overridden(services.settings.load(), options)
        if mmproj is not None:
            _require_projector(services, settings)
        adapters = _adapters(services, settings, adapter)
        conversation_id = _open(services, conversation, system, adapters, overflow)
        picked = _picked(services, settings, image or ())
        view = _view(as_json=as_json, takes_commands=question is None or interactive)
        if question is None or interactive:
            loop = ChatLoop(
                services,
                settings,
                conversation_id,
                view,
                as_json=as_json,
                picked=picked,
                adapters=adapters,
                overflow=overflow,
            )
            code = _converse(services, settings, conversation_id, loop, first=question, as_json=as_json)
        else:
            attached = picked.attachments
            send = services.chat.send
            start = partial(send, conversation_id, question, settings, attached, adapters, overflow=overflow)
            code = _answer_once(services, view, start)
    raise typer.Exit(code)


def _adapters(services: Services, settings: Settings, words: list[str] | None) -> tuple[AdapterUse, ...] | None:
    """What ``--adapter`` asks for, checked; None if it was not given."""
    if words is None:
        return None
    uses = adapter_uses(words, services.adapters)
    services.adapters.use(uses, settings.model)
    return uses


def _open(
    services: Services,
    conversation: str | None,
    system: str | None,
    adapters: tuple[AdapterUse, ...] | None,
    overflow: OverflowPolicy | None,
) -> str | None:
    if conversation is None:
        return None
    conversation_id = services.conversations.get(conversation).id
    if system is not None:
        services.conversations.set_system_prompt(conversation_id, system).result()
    if adapters is not None:
        services.conversations.set_adapters(conversation_id, adapters).result()
    if overflow is not None:
        services.conversations.set_overflow(conversation_id, overflow).result()
    return conversation_id


def _require_projector(services: Services, settings: Settings) -> None:
    """Say what is wrong with the projector that was asked for, also to a question without pictures."""
    error = services.library.choose(settings.model).projector_error
    if error is not None:
        raise FamulusError.from_info(error)


def _picked(services: Services, settings: Settings, files: Iterable[Path]) -> PickedImages:
    picked = PickedImages(services, settings)
    for file in files:
        picked.add(file)
    return picked


def _view(*, as_json: bool, takes_commands: bool) -> TurnView:
    if as_json:
        return JsonView()
    return TerminalView(takes_commands=takes_commands) if is_terminal(sys.stdout) else PlainView()


def _converse(
    services: Services,
    settings: Settings,
    conversation_id: str | None,
    loop: ChatLoop,
    *,
    first: str | None,
    as_json: bool,
) -> int:
    chosen = services.library.choose(settings.model)  # what is wrong with it is said before the first question
    if is_terminal(sys.stdin) and not as_json:
        services.chat.load_ahead(conversation_id, settings)
        if chosen.is_starter:
            notes.print(STARTER_NOTE, style="dim", soft_wrap=False)
        if conversation_id is not None:
            branch = services.conversations.branch(conversation_id)
            print_messages(services.conversations.get(conversation_id), branch, as_json=False)
    return loop.run(first)


def _answer_once(services: Services, view: TurnView, start: Callable[[], str]) -> int:
    runner = TurnRunner(services, view)
    end = runner.run(start)
    if runner.interrupted:
        return 130
    return 0 if isinstance(end, MessageFinished) else 1


def _question(text: str | None, piped: str | None, *, has_images: bool) -> str | None:
    if text is None and piped is None:
        return None
    question = "\n\n".join(part for part in (text, piped) if part and part.strip())
    if not question and not has_images:
        raise InputInvalid(
            "There is no question: the text and the standard input are empty.",
            remedy='Ask one, for example: famulus chat "What is a GGUF file?"',
        )
    return question


def _piped_input(*, has_text: bool) -> str | None:
    """What was piped or redirected into the program; None on a terminal or without any input."""
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        return None
    if stat.S_IFMT(os.fstat(sys.stdin.fileno()).st_mode) not in (stat.S_IFIFO, stat.S_IFREG, stat.S_IFSOCK):
        return None if has_text else ""
    hint = threading.Timer(_HINT_AFTER_S, lambda: notes.print("Reading standard input …", style="dim"))
    hint.daemon = True
    hint.start()
    try:
        data = sys.stdin.buffer.read(MAX_INPUT_BYTES + 1)
    finally:
        hint.cancel()
    return _decoded(data)


def _decoded(data: bytes) -> str:
    if len(data) > MAX_INPUT_BYTES:
        raise InputInvalid(
            "The standard input is larger than {limit} MB.",
            remedy="Pass the part that the question is about.",
            limit=MAX_INPUT_BYTES // 1024**2,
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputInvalid(
            "The standard input is not text in UTF-8.",
            remedy="Convert it first, for example with iconv.",
            cause=str(error),
        ) from error
