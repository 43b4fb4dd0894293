"""Conversations and their messages, as data.

Process: any. Thread rule: immutable, share freely.

Messages form a tree through `parent_id`: an edit or a regeneration is a sibling, never a deletion. What is
shown is the branch from the root to the conversation's active leaf.

Thousands of messages live at once and never refer back to each other: ``gc=False`` keeps collections from walking them.
"""

from __future__ import annotations

import enum

import msgspec

from assistant.core.adapter import AdapterUse
from assistant.core.errors import ErrorInfo
from assistant.core.media import Attachment
from assistant.core.overflow import OverflowPolicy, RoomMade


class Role(enum.StrEnum):
    """Who speaks. The system prompt belongs to the conversation and is no message."""

    USER = "user"
    ASSISTANT = "assistant"


class MessageStatus(enum.StrEnum):
    """How far a message has come. Only `GENERATING` can change; an answer that is continued goes back to it."""

    GENERATING = "generating"
    COMPLETE = "complete"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


class FinishReason(enum.StrEnum):
    """Why an answer ended: OpenAI's words, and two of our own for an end before the model's own."""

    STOP = "stop"
    LENGTH = "length"
    CANCELLED = "cancelled"
    ERROR = "error"


class Usage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Tokens of one answer.

    Attributes:
        prompt_tokens: Tokens of the whole prompt, cached ones included.
        cached_tokens: How many of them were in the KV memory, kept or brought back, and not read again.
        completion_tokens: Tokens generated.
        restored_tokens: How many of the cached ones came back from a snapshot for this answer.
        encoded_media: Pictures and sounds that the projector looked at for this answer.
    """

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    restored_tokens: int = 0
    encoded_media: int = 0


class Timings(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where the time of one answer went.

    Attributes:
        load_s: Seconds spent on loading the model for this request; 0 if it was loaded.
        prompt_s: Seconds spent on reading the prompt.
        first_token_s: Seconds from the engine's receipt of the request to its first token.
        decode_tokens_per_s: Tokens per second after the first; 0 if there was only one.
        reasoning_s: Seconds from the first word to the end of the reasoning that some models put before their answer.
    """

    load_s: float = 0.0
    prompt_s: float = 0.0
    first_token_s: float = 0.0
    decode_tokens_per_s: float = 0.0
    reasoning_s: float = 0.0


class Message(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One turn of one speaker.

    Attributes:
        id: 16 hexadecimal digits.
        conversation_id: The conversation it belongs to.
        parent_id: The message before it on its branch; None for a first message.
        role: Who speaks.
        text: The text; of an answer that ended early, what there was of it.
        status: How far it has come.
        created_at: Seconds since the epoch.
        finish_reason: Why an answer ended; None for a question or an answer under way.
        error: What went wrong; None if nothing did.
        model: Name of the model that wrote it; several, with an arrow between, where another one went on with it; empty
            for a question.
        usage: Tokens of an answer; None before its end, and where nobody has counted the text as it is.
        timings: Times of an answer; None before its end.
        token_ids: The ids that the model generated for `text`; empty for a question. An answer tokenised
            again is often other tokens, so prefix reuse matches these.
        vocabulary: Digest of the vocabulary that `token_ids` belong to.
        attachments: What goes with a question, in order.
        adapters: What an answer was made with.
        pinned: Whether its turn stays in the prompt when older ones must go.
        room: What the model reads less, or again, from this answer on; None for no change.
    """

    id: str
    conversation_id: str
    parent_id: str | None
    role: Role
    text: str
    status: MessageStatus
    created_at: float
    finish_reason: FinishReason | None = None
    error: ErrorInfo | None = None
    model: str = ""
    usage: Usage | None = None
    timings: Timings | None = None
    token_ids: tuple[int, ...] = ()
    vocabulary: str = ""
    attachments: tuple[Attachment, ...] = ()
    adapters: tuple[AdapterUse, ...] = ()
    pinned: bool = False
    room: RoomMade | None = None

    @property
    def can_go_on(self) -> bool:
        """Whether it is an answer that ended before its time, and may be continued."""
        return (
            self.role is Role.ASSISTANT
            and bool(self.text)
            and self.status in (MessageStatus.COMPLETE, MessageStatus.INTERRUPTED)
            and self.finish_reason is not FinishReason.STOP
        )


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation without its messages.

    Attributes:
        id: 16 hexadecimal digits.
        title: Made once from the first question; a manual one is never overwritten.
        created_at: Seconds since the epoch.
        updated_at: Seconds since the epoch, of the last change.
        active_leaf_id: Last message of the branch that is shown; None while there is none.
        system_prompt: Instruction for the model; empty for none.
        adapters: What its next answers are made with.
        overflow: What happens when it no longer fits into the context; None for what the settings say.
        n_ctx: Context length that it was given for that; 0 for that of the settings.
    """

    id: str
    title: str
    created_at: float
    updated_at: float
    active_leaf_id: str | None = None
    system_prompt: str = ""
    adapters: tuple[AdapterUse, ...] = ()
    overflow: OverflowPolicy | None = None
    n_ctx: int = 0


class SearchHit(msgspec.Struct, frozen=True, kw_only=True):
    """A message (or a title) in which a search found its words.

    Attributes:
        conversation_id: Where it is.
        conversation_title: Title of that conversation.
        message_id: The message; None when the title matched.
        role: Who speaks in it; None when the title matched.
        snippet: About 120 characters around the first match, one line.
        created_at: Seconds since the epoch.
    """

    conversation_id: str
    conversation_title: str
    message_id: str | None
    role: Role | None
    snippet: str
    created_at: float
