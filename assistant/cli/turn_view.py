"""How one turn is shown: as JSON lines, as plain text, or as Markdown on a terminal.

Process: app. Thread: the main one; events come through a queue.
"""

from __future__ import annotations

import queue
from abc import ABC, abstractmethod
from collections.abc import Callable

from rich.status import Status
from rich.text import Text

from assistant.cli.markdown_stream import MarkdownStream
from assistant.cli.terminal import harmless, notes, on_interrupt, output, print_error, print_json
from assistant.core.conversation import FinishReason, Message, Timings, Usage
from assistant.core.errors import ErrorInfo
from assistant.core.events import (
    AnswerBegun,
    AnswerGrew,
    ContextMadeRoom,
    Event,
    MediaRead,
    MessageFinished,
    ModelLoadProgressed,
    ModelReady,
    PromptRead,
    QuestionStored,
    SummaryProgressed,
    TurnEvent,
    TurnFailed,
)
from assistant.services.load_ladder import rung_offered
from assistant.services.services import Services

TurnEnd = MessageFinished | TurnFailed
_PATIENCE_S = 0.1
"""Longest wait for an event: on Windows Ctrl+C is only seen between two waits."""


class TurnView(ABC):
    """Shows the events of turns."""

    @abstractmethod
    def show(self, event: Event) -> None:
        """Show one event; called in order."""

    def catch_up(self) -> None:
        """Show what was held back; called when nothing has happened for a moment."""
        return


class JsonView(TurnView):
    """One JSON object a line."""

    def show(self, event: Event) -> None:
        """Print the event if it says something a program may want."""
        progress = _progress(event)
        if progress is not None:
            print_json(progress)
        match event:
            case ModelReady():
                print_json(_ready(event))
            case AnswerBegun(conversation_id=conversation_id, message=message):
                print_json({"type": "started", "conversation_id": conversation_id, "message_id": message.id})
            case ContextMadeRoom(room=room):
                print_json({"type": "room", "text": room.text, "room": room})
            case AnswerGrew(text=text) if text:
                print_json({"type": "text", "text": text})
            case MessageFinished(message=message):
                print_json(_finished(message))
            case TurnFailed():
                print_json(error_line(event.error))
                print_json(_finished_with_error(event))
                print_error(event.error)


class PlainView(TurnView):
    """The bare text of the answer, for a pipe or a file."""

    def __init__(self) -> None:
        self._line_is_open = False

    def show(self, event: Event) -> None:
        """Print new text at once."""
        match event:
            case ModelReady(note=note) if note:
                notes.print(harmless(note))
            case ContextMadeRoom(room=room):
                notes.print(room.text)
            case AnswerGrew(text=text) if text:
                print(harmless(text), end="", flush=True)
                self._line_is_open = True
            case MessageFinished():
                self._end_line()
            case TurnFailed():
                self._end_line()
                _print_failure(event.error)

    def _end_line(self) -> None:
        if self._line_is_open:
            print(flush=True)
        self._line_is_open = False


class TerminalView(TurnView):
    """Markdown while it grows, with the progress of what takes time before it.

    Args:
        takes_commands: Whether the person may type commands afterwards.
    """

    def __init__(self, *, takes_commands: bool = False) -> None:
        self._takes_commands = takes_commands
        self._status: Status | None = None
        self._stream: MarkdownStream | None = None

    def show(self, event: Event) -> None:
        """Paint the event."""
        match event:
            case ModelLoadProgressed(model=model, fraction=fraction):
                self._tell(f"Loading {harmless(model)} … {fraction:.0%}")
            case ModelReady(note=note) if note:
                self._end_status()
                notes.print(harmless(note), style="yellow")
            case SummaryProgressed(n_done=n_done, n_total=n_total):
                self._tell(f"Summing up the oldest messages, {n_done} of {n_total} done")
            case ContextMadeRoom(room=room):
                self._end_status()
                notes.print(room.text, style="dim", soft_wrap=False)
            case MediaRead(n_done=n_done, n_total=n_total) if n_done < n_total:
                self._tell(f"Looking at picture {n_done + 1} of {n_total}")
            case PromptRead(n_done=n_done, n_total=n_total):
                self._tell(f"Reading {n_done} / {n_total} tokens")
            case AnswerGrew(text=text) if text:
                self._end_status()
                self._stream = self._stream or MarkdownStream(output)
                self._stream.add(text)
            case MessageFinished(message=message):
                self._end()
                self._tell_end(message)
            case TurnFailed():
                self._end()
                _print_failure(event.error)

    def catch_up(self) -> None:
        """Paint the last words, which came too soon after the ones before them."""
        if self._stream is not None:
            self._stream.paint()

    def _tell(self, text: str) -> None:
        line = Text(text, overflow="ellipsis", no_wrap=True)  # as a plain string its brackets would be markup
        if self._status is None:
            self._status = notes.status(line)
            self._status.start()
        else:
            self._status.update(line)

    def _tell_end(self, message: Message) -> None:
        if message.finish_reason is FinishReason.CANCELLED:
            notes.print("[stopped]", style="dim")
        elif message.finish_reason is FinishReason.LENGTH:
            how = "; /continue goes on with it" if self._takes_commands else ""
            notes.print(f"[cut off: the longest answer or the end of the context is reached{how}]", style="dim")

    def _end_status(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _end(self) -> None:
        self._end_status()
        if self._stream is not None:
            self._stream.close()
            self._stream = None


class TurnRunner:
    """Starts turns and shows them until they end; Ctrl+C stops the turn and nothing else.

    Args:
        services: The services.
        view: How turns are shown.

    Attributes:
        interrupted: Whether Ctrl+C stopped the last turn.
        stored: Whether the question of the last turn is on disk.
    """

    def __init__(self, services: Services, view: TurnView) -> None:
        self._services = services
        self._view = view
        self.interrupted = False
        self.stored = False

    def run(self, start: Callable[[], str]) -> TurnEnd | None:
        """Start a turn and wait for its end.

        Args:
            start: Starts the turn and returns its request id.

        Returns:
            How it ended; None if it was stopped before it began.
        """
        events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        unsubscribe = self._services.bus.subscribe(events.put)
        self.interrupted = self.stored = False
        try:
            # SimpleQueue.put is the one that a signal handler may call.
            with on_interrupt(lambda: events.put(None)):
                return self._follow(events, start())
        finally:
            unsubscribe()

    def _follow(self, events: queue.SimpleQueue[Event | None], request_id: str) -> TurnEnd | None:
        while True:
            try:
                event = events.get(timeout=_PATIENCE_S)
            except queue.Empty:
                self._view.catch_up()
                continue
            if event is None:
                self.interrupted = True
                if self._services.chat.stop(request_id):
                    return None
            elif not isinstance(event, TurnEvent) or event.request_id == request_id:
                self.stored = self.stored or isinstance(event, QuestionStored)
                self._view.show(event)
                if isinstance(event, TurnEnd):
                    return event


def _progress(event: Event) -> dict[str, object] | None:
    """How far something has come; None for other events."""
    match event:
        case ModelLoadProgressed(model=model, fraction=fraction):
            return {"type": "loading", "model": model, "fraction": round(fraction, 3)}
        case SummaryProgressed(n_done=n_done, n_total=n_total):
            return {"type": "summary", "n_done": n_done, "n_total": n_total}
        case MediaRead(n_done=n_done, n_total=n_total):
            return {"type": "media", "n_done": n_done, "n_total": n_total}
        case PromptRead(n_done=n_done, n_total=n_total, n_cached=n_cached):
            return {"type": "prompt", "n_done": n_done, "n_total": n_total, "n_cached": n_cached}
    return None


def _print_failure(error: ErrorInfo) -> None:
    print_error(error)
    rung = rung_offered(error.values)
    if rung is not None:
        layers = f" --n-gpu-layers {rung.n_gpu_layers}" if rung.n_gpu_layers >= 0 else ""
        notes.print(
            f"Try --n-ctx {rung.n_ctx} --kv-type {rung.kv_type.value}{layers}; in a conversation type /less.",
            soft_wrap=False,
        )


def _ready(event: ModelReady) -> dict[str, object]:
    return {
        "type": "model",
        "model": event.model,
        "n_ctx": event.n_ctx,
        "load_s": event.load_s,
        "note": event.note,
        "media": sorted(event.media),
    }


def _finished(message: Message) -> dict[str, object]:
    return {
        "type": "finished",
        "conversation_id": message.conversation_id,
        "message_id": message.id,
        "text": message.text,
        "finish_reason": message.finish_reason,
        "adapters": message.adapters,
        "usage": message.usage or Usage(),
        "timings": message.timings,
    }


def _finished_with_error(event: TurnFailed) -> dict[str, object]:
    return {
        "type": "finished",
        "conversation_id": event.conversation_id,
        "message_id": event.message.id if event.message else None,
        "text": event.message.text if event.message else "",
        "finish_reason": FinishReason.ERROR,
        "usage": Usage(),
        "timings": Timings(),
    }


def error_line(error: ErrorInfo) -> dict[str, object]:
    """An error as a line of ``--json``."""
    return {"type": "error", "kind": error.kind, "message": error.text, "remedy": error.remedy_text}
