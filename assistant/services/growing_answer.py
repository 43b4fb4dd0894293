"""An answer on its way from the engine to the disk.

Process: app. Thread: the turn thread.
"""

from __future__ import annotations

import array
import time
from collections.abc import Sequence
from concurrent.futures import Future

import msgspec

from assistant.core.conversation import FinishReason, Message, MessageStatus, Usage
from assistant.core.errors import ErrorInfo
from assistant.core.reasoning import split_reasoning
from assistant.protocol.engine_messages import GenerationFinished, TokensGenerated
from assistant.storage.answers import AnswerStore

FLUSH_INTERVAL_S = 0.15
"""Streamed text reaches the disk this often: a crash of the app costs at most 250 ms of it."""
_IDLE_S = 1.0
_SLOW_DISK_PAUSE_S = 0.05
_THEN = " → "
"""Between the names of models that wrote one answer."""


class GrowingAnswer:
    """The text of an answer and its tokens, stored while they come.

    Attributes:
        before: The answer as it was taken up; with text where it is continued.
        vocabulary: Digest of the vocabulary that the engine writes with; empty before the model is loaded.
        model: Name of the model that writes; empty before it is loaded.

    Args:
        store: Where answers are stored.
        before: The answer as it is on disk.
    """

    def __init__(self, store: AnswerStore, before: Message) -> None:
        self.before = before
        self.vocabulary = ""
        self.model = ""
        self._store = store
        self._text = before.text
        self._token_ids = array.array("i", before.token_ids)
        self._vocabulary = before.vocabulary
        self._has_ids = bool(before.token_ids) or not before.text
        self._flush: Future[None] | None = None
        self._flushed_length = len(before.text)
        self._flushed_at = 0.0
        self._first_word_at = 0.0
        self._reasoning_s = before.timings.reasoning_s if before.timings else 0.0

    @property
    def has_grown(self) -> bool:
        """Whether the engine has written anything of it."""
        return len(self._text) > len(self.before.text)

    def grow(self, reply: TokensGenerated) -> None:
        """Add what the engine wrote."""
        self._first_word_at = self._first_word_at or time.monotonic()
        self._keep_ids(reply.token_ids)
        self._text += reply.text
        if not self._reasoning_s and ">" in reply.text:  # to look for every token would cost more the longer it is
            split = split_reasoning(self._text)
            if split.reasoning and split.closed:
                self._reasoning_s = time.monotonic() - self._first_word_at

    def _keep_ids(self, new: Sequence[int]) -> None:
        """Ids spell the whole text in one vocabulary, or there are none."""
        if self.before.text and self._vocabulary != self.vocabulary:
            self._has_ids = False
            self._token_ids = array.array("i")
        if self._has_ids:
            self._token_ids.extend(new)
        self._vocabulary = self.vocabulary

    def patience_s(self) -> float:
        """How long to wait for the next reply, at most until the next flush is due."""
        if len(self._text) == self._flushed_length:
            return _IDLE_S
        return max(_SLOW_DISK_PAUSE_S, self._flushed_at + FLUSH_INTERVAL_S - time.monotonic())

    def flush_if_due(self) -> None:
        """Put on disk what came since the last time, if that is long enough ago."""
        now = time.monotonic()
        if len(self._text) == self._flushed_length or now < self._flushed_at + FLUSH_INTERVAL_S:
            return
        if self._flush is not None and not self._flush.done():
            return  # the disk is slower than the model: the next flush takes all of it
        self._flush = self._store.grow(self.before.id, self._text, self._token_ids[:], self._vocabulary, self._models())
        self._flushed_length = len(self._text)
        self._flushed_at = now

    def end(self, finished: GenerationFinished, load_s: float) -> Message:
        """Store its end."""
        cancelled = finished.finish_reason is FinishReason.CANCELLED
        timings = msgspec.structs.replace(finished.timings, load_s=load_s, reasoning_s=self._reasoning_s)
        return self._store.finish(
            self.before.id,
            text=self._text,
            status=MessageStatus.INTERRUPTED if cancelled else MessageStatus.COMPLETE,
            finish_reason=finished.finish_reason,
            token_ids=self._all_ids(finished.token_ids),
            vocabulary=self._vocabulary or self.vocabulary,
            usage=self._all_usage(finished.usage),
            timings=timings if self.has_grown or self.before.timings is None else self.before.timings,
            model=self._models(),
        ).result()

    def fail(self, error: ErrorInfo) -> Message:
        """Store that it failed, with what there is of it."""
        return self._store.finish(
            self.before.id,
            text=self._text,
            status=MessageStatus.INTERRUPTED if self._text else MessageStatus.FAILED,
            finish_reason=FinishReason.ERROR,
            token_ids=self._token_ids,
            vocabulary=self._vocabulary or self.vocabulary,
            error=error,
            usage=None if self.has_grown else self.before.usage,
            timings=self.before.timings,
            model=self._models(),
        ).result()

    def _models(self) -> str:
        """The models that wrote it, in order."""
        before = self.before.model
        if not self.before.text or not self.has_grown or self.model == before.rpartition(_THEN)[2]:
            return before
        return f"{before}{_THEN}{self.model}"

    def _all_ids(self, generated: Sequence[int]) -> Sequence[int]:
        if not self.has_grown:
            return self._token_ids
        if not generated or not self._has_ids:
            return ()
        return (*self.before.token_ids, *generated)

    def _all_usage(self, usage: Usage) -> Usage | None:
        """As if all of it were one answer; None where the engine did not come to count the prompt."""
        before = self.before.usage
        if not self.has_grown and before is not None:
            return before
        if not usage.prompt_tokens:
            return None
        if before is None:
            return usage
        return msgspec.structs.replace(
            usage,
            prompt_tokens=max(0, usage.prompt_tokens - before.completion_tokens),
            completion_tokens=before.completion_tokens + usage.completion_tokens,
        )
