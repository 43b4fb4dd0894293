"""What happened, told to whoever shows it: terminal, window, server.

Process: app. Thread rule: immutable; published on the thread where it happened.
"""

from __future__ import annotations

import msgspec

from assistant.core.context_check import CheckProgress
from assistant.core.context_plan import ContextPlan
from assistant.core.conversation import Message
from assistant.core.errors import ErrorInfo
from assistant.core.media import MediaKind
from assistant.core.overflow import RoomMade


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all events."""


class ModelLoadProgressed(Event, frozen=True, kw_only=True):
    """A model is being loaded; `fraction` goes from 0 to 1."""

    model: str
    fraction: float


class ModelReady(Event, frozen=True, kw_only=True):
    """A model can answer.

    Attributes:
        model: Its name.
        n_ctx: Context length, tokens.
        load_s: Seconds the load took.
        note: Something the person should know, for example that the chat template was replaced; may be empty.
        plan: How it was loaded; its notes are in `note`.
        media: What it takes in besides text.
    """

    model: str
    n_ctx: int
    load_s: float
    note: str = ""
    plan: ContextPlan | None = None
    media: frozenset[MediaKind] = frozenset()


class ModelFailed(Event, frozen=True, kw_only=True):
    """A model could not be loaded ahead of its first question."""

    model: str
    error: ErrorInfo


class ContextCheckProgressed(Event, frozen=True, kw_only=True):
    """A context check goes on."""

    progress: CheckProgress


class ConversationsChanged(Event, frozen=True, kw_only=True):
    """Another process, for example a terminal, changed conversations."""


class TurnEvent(Event, frozen=True, kw_only=True):
    """Base of the events of one turn.

    Attributes:
        request_id: What `ChatService` returned for the turn.
        conversation_id: Where it happens.
    """

    request_id: str
    conversation_id: str


class QuestionStored(TurnEvent, frozen=True, kw_only=True):
    """The person's message is on disk."""

    message: Message


class AnswerBegun(TurnEvent, frozen=True, kw_only=True):
    """An empty answer, or one that is continued, is on disk; the model starts."""

    message: Message


class PromptRead(TurnEvent, frozen=True, kw_only=True):
    """The model has read `n_done` of `n_total` tokens of the prompt, `n_cached` of them from memory."""

    n_done: int
    n_total: int
    n_cached: int


class MediaRead(TurnEvent, frozen=True, kw_only=True):
    """The projector has looked at `n_done` of the `n_total` pictures and sounds that are new to it."""

    n_done: int
    n_total: int


class SummaryProgressed(TurnEvent, frozen=True, kw_only=True):
    """The model has summed up `n_done` of the `n_total` oldest messages, which no longer fit."""

    n_done: int
    n_total: int


class ContextMadeRoom(TurnEvent, frozen=True, kw_only=True):
    """From the answer `message_id` on the model reads less of the conversation, or more, or has a longer context."""

    message_id: str
    room: RoomMade


class AnswerGrew(TurnEvent, frozen=True, kw_only=True):
    """The answer `message_id` got more `text`, made of `n_tokens` tokens."""

    message_id: str
    text: str
    n_tokens: int


class MessageFinished(TurnEvent, frozen=True, kw_only=True):
    """The answer ended and is on disk: completely, or interrupted by the person."""

    message: Message


class TurnFailed(TurnEvent, frozen=True, kw_only=True):
    """The turn ended with an error.

    Attributes:
        error: What went wrong.
        message: The answer as far as it came, on disk; None if there is none.
    """

    error: ErrorInfo
    message: Message | None = None
