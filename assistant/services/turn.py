"""One turn: from storing the question to the end of its answer.

Process: app. Thread: `run` on the turn thread; `cancel` from any.
"""

from __future__ import annotations

import array
import logging
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import msgspec

from assistant.clients.engine_calls import EngineCall
from assistant.clients.engine_client import SHORT_OF_MEMORY, EngineClient
from assistant.core.adapter import AdapterUse
from assistant.core.conversation import FinishReason, Message, MessageStatus, Timings, Usage
from assistant.core.errors import AttachmentDamaged, EngineStopped, FamulusError, GenerationFailed, RequestCancelled
from assistant.core.events import (
    AnswerBegun,
    AnswerGrew,
    MediaRead,
    MessageFinished,
    PromptRead,
    QuestionStored,
    TurnFailed,
)
from assistant.core.reasoning import split_reasoning
from assistant.core.sampling import DEFAULT_TEMPERATURE, SamplingParameters
from assistant.core.settings import SamplingSettings, Settings
from assistant.protocol.engine_messages import (
    GenerationFinished,
    MediaProgressed,
    ModelLoaded,
    PromptProgressed,
    TokensGenerated,
)
from assistant.protocol.prompt_messages import PromptMessage
from assistant.services.adapters import check_adapters
from assistant.services.attachments import AttachmentService
from assistant.services.chosen_model import ChosenModel
from assistant.services.event_bus import EventBus
from assistant.services.library import LibraryService
from assistant.services.media_support import prompt_media
from assistant.services.prompt import path_to, prompt_messages
from assistant.storage.conversations import ConversationStore

log = logging.getLogger(__name__)

FLUSH_INTERVAL_S = 0.15
"""Streamed text reaches the disk this often: a crash of the app costs at most 250 ms of it."""
_IDLE_S = 1.0
_SLOW_DISK_PAUSE_S = 0.05
_CANCELLED = GenerationFinished(request_id="", finish_reason=FinishReason.CANCELLED, usage=Usage(), timings=Timings())
"""End of a turn that was stopped before the engine had it."""


@dataclass(frozen=True, slots=True)
class TurnContext:
    """What every turn works with."""

    conversations: ConversationStore
    engine: EngineClient
    library: LibraryService
    attachments: AttachmentService
    bus: EventBus


class Turn:
    """Asks one question and records its answer.

    Attributes:
        conversation_id: Its conversation; empty until the first question creates it.
        answer_id: The answer, once it is on disk; None before, and for good where the turn came to nothing.
        shown: Whether its answer becomes the end of the branch that is shown.

    Args:
        request_id: Id of the turn.
        conversation_id: Its conversation; empty for one that `ask` creates.
        ask: Stores the question, or finds it, and returns it.
        settings: Settings of this turn.
        context: What it works with.
        adapters: What it is answered with; None for those of its conversation.
        shown: Whether its answer is shown; else it stands beside the one that is.
    """

    def __init__(
        self,
        request_id: str,
        conversation_id: str,
        ask: Callable[[], Message],
        settings: Settings,
        context: TurnContext,
        adapters: Sequence[AdapterUse] | None = None,
        *,
        shown: bool = True,
    ) -> None:
        self.conversation_id = conversation_id
        self.answer_id: str | None = None
        self.shown = shown
        self._request_id = request_id
        self._ask = ask
        self._settings = settings
        self._adapters = adapters
        self._conversations = context.conversations
        self._engine = context.engine
        self._library = context.library
        self._attachments = context.attachments
        self._bus = context.bus
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._call: EngineCall | None = None
        self._looks = False
        self._text = ""
        self._token_ids = array.array("i")
        self._vocabulary = ""
        self._flush: Future[None] | None = None
        self._flushed_length = 0
        self._flushed_at = 0.0
        self._first_word_at = 0.0
        self._reasoning_s = 0.0

    def cancel(self) -> None:
        """Stop the turn, whatever it is doing."""
        with self._lock:
            self._cancelled.set()
            call = self._call
        if call is None:
            self._library.cancel_load()
        else:
            self._engine.cancel(call.request_id)

    def run(self) -> None:
        """Do the turn and announce its end, whatever it is."""
        answer: Message | None = None
        try:
            answer = self._begin()
            self._announce_end(self._store_end(answer, self._generate(answer)))
        except FamulusError as error:
            self._announce_failure(answer, error)
        except Exception as error:
            log.exception("turn %s failed", self._request_id)
            unexpected = GenerationFailed("Something unexpected went wrong.", remedy="Try again.", cause=repr(error))
            self._announce_failure(answer, unexpected)

    def _begin(self) -> Message:
        question = self._ask()
        self.conversation_id = question.conversation_id
        self._bus.publish(QuestionStored(**self._ids(), message=question))
        model = self._library.name_of(self._settings.model)
        adapters = self._adapters
        if adapters is None:
            adapters = self._conversations.get(self.conversation_id).adapters
        begun = self._conversations.answers.begin(self.conversation_id, question.id, model, adapters, shown=self.shown)
        answer = begun.result()
        self.answer_id = answer.id
        self._bus.publish(AnswerBegun(**self._ids(), message=answer))
        return answer

    def _ids(self) -> dict[str, str]:
        return {"request_id": self._request_id, "conversation_id": self.conversation_id}

    def _announce_end(self, message: Message) -> None:
        self._bus.publish(MessageFinished(**self._ids(), message=message))

    def _announce_failure(self, answer: Message | None, error: FamulusError) -> None:
        log.error("turn %s: %s (%s)", self._request_id, error, error.info.cause)
        stored = None
        if answer is not None:
            try:
                stored = self._store_failure(answer, error)
            except Exception:
                log.exception("turn %s: its end could not be stored", self._request_id)
        self._bus.publish(TurnFailed(**self._ids(), error=error.info, message=stored))

    def _generate(self, answer: Message) -> GenerationFinished:
        try:
            model, load_s = self._library.ensure_loaded(self._settings.model, self._cancelled)
            try:
                with self._attachments.pixels_in_use():
                    finished = self._follow(self._start(answer, model), answer)
            except FamulusError as error:
                self._learn(error, model)
                if _may_be_shortage(error) and not self._cancelled.is_set():
                    raise self._library.offer_less(error, model) from error
                raise
        except RequestCancelled:  # before the engine began with it
            return _CANCELLED
        timings = msgspec.structs.replace(finished.timings, load_s=load_s, reasoning_s=self._reasoning_s)
        return msgspec.structs.replace(finished, timings=timings)

    def _learn(self, error: FamulusError, model: ChosenModel) -> None:
        """See to it that the next turn does not fail of the same."""
        if isinstance(error, AttachmentDamaged):
            self._attachments.recheck()
        elif isinstance(error, EngineStopped) and self._looks and not self._token_ids and not self._cancelled.is_set():
            self._library.distrust_projector(model)

    def _start(self, answer: Message, model: ChosenModel) -> EngineCall:
        check_adapters(answer.adapters, model)
        loaded = self._engine.loaded
        self._vocabulary = loaded.vocabulary if loaded else ""
        prompt = self._prompt(answer, model, loaded)
        self._looks = any(message.media for message in prompt)
        sampling = sampling_parameters(self._settings.sampling, model.facts.recommended_temperature)
        call = self._engine.generate(prompt, sampling, conversation_id=self.conversation_id, adapters=answer.adapters)
        with self._lock:
            self._call = call
        if self._cancelled.is_set():
            self._engine.cancel(call.request_id)
        return call

    def _prompt(self, answer: Message, model: ChosenModel, loaded: ModelLoaded | None) -> tuple[PromptMessage, ...]:
        conversation = self._conversations.get(self.conversation_id)
        branch = path_to(answer.parent_id, self._conversations.messages(self.conversation_id))
        media = prompt_media(branch, model, loaded, self._attachments, self._cancelled)
        return prompt_messages(conversation.system_prompt, branch, media)

    def _follow(self, call: EngineCall, answer: Message) -> GenerationFinished:
        while True:
            reply = call.next_reply(self._patience_s())
            match reply:
                case TokensGenerated():
                    self._grow(reply, answer)
                case MediaProgressed(n_done=n_done, n_total=n_total):
                    self._bus.publish(MediaRead(**self._ids(), n_done=n_done, n_total=n_total))
                case PromptProgressed():
                    self._tell_prompt(reply)
                case GenerationFinished():
                    return reply
            self._flush_if_due(answer)

    def _grow(self, reply: TokensGenerated, answer: Message) -> None:
        self._first_word_at = self._first_word_at or time.monotonic()
        self._text += reply.text
        self._token_ids.extend(reply.token_ids)
        self._time_reasoning(reply.text)
        self._bus.publish(
            AnswerGrew(**self._ids(), message_id=answer.id, text=reply.text, n_tokens=len(reply.token_ids))
        )

    def _time_reasoning(self, new_text: str) -> None:
        if self._reasoning_s or ">" not in new_text:
            return  # looking through the whole text for every token would cost more the longer it is
        split = split_reasoning(self._text)
        if split.reasoning and split.closed:
            self._reasoning_s = time.monotonic() - self._first_word_at

    def _tell_prompt(self, reply: PromptProgressed) -> None:
        self._bus.publish(
            PromptRead(
                request_id=self._request_id,
                conversation_id=self.conversation_id,
                n_done=reply.n_done,
                n_total=reply.n_total,
                n_cached=reply.n_cached,
            )
        )

    def _patience_s(self) -> float:
        """How long to wait for the next reply, at most until the next flush is due."""
        if len(self._text) == self._flushed_length:
            return _IDLE_S
        return max(_SLOW_DISK_PAUSE_S, self._flushed_at + FLUSH_INTERVAL_S - time.monotonic())

    def _flush_if_due(self, answer: Message) -> None:
        now = time.monotonic()
        if len(self._text) == self._flushed_length or now < self._flushed_at + FLUSH_INTERVAL_S:
            return
        if self._flush is not None and not self._flush.done():
            return  # the disk is slower than the model: the next flush takes all of it
        self._flush = self._conversations.answers.grow(answer.id, self._text, self._token_ids[:], self._vocabulary)
        self._flushed_length = len(self._text)
        self._flushed_at = now

    def _store_end(self, answer: Message, finished: GenerationFinished) -> Message:
        cancelled = finished.finish_reason is FinishReason.CANCELLED
        return self._conversations.answers.finish(
            answer.id,
            text=self._text,
            status=MessageStatus.INTERRUPTED if cancelled else MessageStatus.COMPLETE,
            finish_reason=finished.finish_reason,
            token_ids=finished.token_ids,
            vocabulary=self._vocabulary,
            usage=finished.usage,
            timings=finished.timings,
        ).result()

    def _store_failure(self, answer: Message, error: FamulusError) -> Message:
        return self._conversations.answers.finish(
            answer.id,
            text=self._text,
            status=MessageStatus.INTERRUPTED if self._text else MessageStatus.FAILED,
            finish_reason=FinishReason.ERROR,
            token_ids=self._token_ids,
            vocabulary=self._vocabulary,
            error=error.info,
        ).result()


def _may_be_shortage(error: FamulusError) -> bool:
    """Whether the engine ended because memory ran out, or was ended by the system, most often for that."""
    return isinstance(error, EngineStopped) and error.info.cause in SHORT_OF_MEMORY


def sampling_parameters(settings: SamplingSettings, recommended_temperature: float | None) -> SamplingParameters:
    """Sampling of one request; a seed of -1 is drawn here, a negative temperature is the recommended one."""
    recommended = DEFAULT_TEMPERATURE if recommended_temperature is None else recommended_temperature
    return SamplingParameters(
        temperature=settings.temperature if settings.temperature >= 0 else recommended,
        top_k=settings.top_k,
        top_p=settings.top_p,
        min_p=settings.min_p,
        repeat_penalty=settings.repeat_penalty,
        seed=settings.seed if settings.seed >= 0 else secrets.randbits(32),
        max_tokens=settings.max_tokens,
    )
