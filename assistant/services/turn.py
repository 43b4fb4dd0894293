"""One turn: from storing the question to the end of its answer.

Process: app. Thread: `run` on the turn thread; `cancel` from any.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Sequence

from assistant.clients.engine_calls import EngineCall
from assistant.clients.engine_client import SHORT_OF_MEMORY
from assistant.core.adapter import AdapterUse
from assistant.core.conversation import FinishReason, Message, Timings, Usage
from assistant.core.errors import (
    AttachmentDamaged,
    ContextOverflow,
    EngineStopped,
    FamulusError,
    GenerationFailed,
    RequestCancelled,
)
from assistant.core.events import (
    AnswerBegun,
    AnswerGrew,
    MediaRead,
    MessageFinished,
    PromptRead,
    QuestionStored,
    TurnFailed,
)
from assistant.core.sampling import DEFAULT_TEMPERATURE, SamplingParameters
from assistant.core.settings import SamplingSettings, Settings
from assistant.protocol.engine_messages import (
    GenerationFinished,
    MediaProgressed,
    PromptProgressed,
    TokensGenerated,
)
from assistant.protocol.prompt_messages import PromptMessage
from assistant.services.adapters import check_adapters
from assistant.services.chosen_model import ChosenModel
from assistant.services.context_room import ContextRoom
from assistant.services.growing_answer import GrowingAnswer
from assistant.services.turn_context import TurnContext

log = logging.getLogger(__name__)

_CANCELLED = GenerationFinished(request_id="", finish_reason=FinishReason.CANCELLED, usage=Usage(), timings=Timings())
"""End of a turn that was stopped before the engine had it."""


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
        self._context = context
        self._conversations = context.conversations
        self._engine = context.engine
        self._library = context.library
        self._attachments = context.attachments
        self._bus = context.bus
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._call: EngineCall | None = None
        self._looks = False
        self._growing: GrowingAnswer | None = None

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
        try:
            answer = self._begin()
            self._growing = growing = GrowingAnswer(self._conversations.answers, answer)
            self._announce_end(self._generate(growing))
        except FamulusError as error:
            self._announce_failure(error)
        except Exception as error:
            log.exception("turn %s failed", self._request_id)
            unexpected = GenerationFailed("Something unexpected went wrong.", remedy="Try again.", cause=repr(error))
            self._announce_failure(unexpected)

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

    def _announce_failure(self, error: FamulusError) -> None:
        log.error("turn %s: %s (%s)", self._request_id, error, error.info.cause)
        stored = None
        if self._growing is not None:
            try:
                stored = self._growing.fail(error.info)
            except Exception:
                log.exception("turn %s: its end could not be stored", self._request_id)
        self._bus.publish(TurnFailed(**self._ids(), error=error.info, message=stored))

    def _generate(self, growing: GrowingAnswer) -> Message:
        room = ContextRoom(
            self._context,
            self._settings,
            growing.before,
            request_id=self._request_id,
            cancelled=self._cancelled,
            hold=self._hold,
        )
        try:
            model = room.load()
            try:
                with self._attachments.pixels_in_use():
                    finished = self._answered(growing, model, room)
            except FamulusError as error:
                self._learn(error, model, growing)
                if _may_be_shortage(error) and not self._cancelled.is_set():
                    raise self._library.offer_less(error, model) from error
                raise
        except RequestCancelled:  # before the engine began with it
            finished = _CANCELLED
        return growing.end(finished, room.load_s)

    def _learn(self, error: FamulusError, model: ChosenModel, growing: GrowingAnswer) -> None:
        """See to it that the next turn does not fail of the same."""
        if isinstance(error, AttachmentDamaged):
            self._attachments.recheck()
        elif (
            isinstance(error, EngineStopped) and self._looks and not growing.has_grown and not self._cancelled.is_set()
        ):
            self._library.distrust_projector(model)

    def _answered(self, growing: GrowingAnswer, model: ChosenModel, room: ContextRoom) -> GenerationFinished:
        check_adapters(growing.before.adapters, model)
        prompt = room.prompt()
        try:
            return self._follow(self._start(prompt, growing, model), growing)
        except ContextOverflow as error:  # the prompt was not counted, or memory is short of room for it
            if growing.has_grown:
                raise
            self._looks = False  # no more: what fails now is a summary or a load
            prompt = room.prompt(error)
        return self._follow(self._start(prompt, growing, model), growing)

    def _start(self, prompt: tuple[PromptMessage, ...], growing: GrowingAnswer, model: ChosenModel) -> EngineCall:
        loaded = self._engine.loaded
        growing.vocabulary, growing.model = loaded.vocabulary if loaded else "", model.name
        self._looks = any(message.media for message in prompt)
        sampling = sampling_parameters(self._settings.sampling, model.facts.recommended_temperature)
        adapters = growing.before.adapters
        call = self._engine.generate(prompt, sampling, conversation_id=self.conversation_id, adapters=adapters)
        self._hold(call)
        return call

    def _hold(self, call: EngineCall | None) -> None:
        """Let `cancel` stop this call."""
        with self._lock:
            self._call = call
        if call is not None and self._cancelled.is_set():
            self._engine.cancel(call.request_id)

    def _follow(self, call: EngineCall, growing: GrowingAnswer) -> GenerationFinished:
        try:
            return self._followed(call, growing)
        finally:
            self._hold(None)  # what is stopped from now on may be a load

    def _followed(self, call: EngineCall, growing: GrowingAnswer) -> GenerationFinished:
        while True:
            reply = call.next_reply(growing.patience_s())
            match reply:
                case TokensGenerated():
                    self._grow(reply, growing)
                case MediaProgressed(n_done=n_done, n_total=n_total):
                    self._bus.publish(MediaRead(**self._ids(), n_done=n_done, n_total=n_total))
                case PromptProgressed(n_done=n_done, n_total=n_total, n_cached=n_cached):
                    self._bus.publish(PromptRead(**self._ids(), n_done=n_done, n_total=n_total, n_cached=n_cached))
                case GenerationFinished():
                    return reply
            growing.flush_if_due()

    def _grow(self, reply: TokensGenerated, growing: GrowingAnswer) -> None:
        growing.grow(reply)
        n_tokens = len(reply.token_ids)
        self._bus.publish(AnswerGrew(**self._ids(), message_id=growing.before.id, text=reply.text, n_tokens=n_tokens))


class ContinuedTurn(Turn):
    """Goes on with an answer that ended before its time, in the same message.

    Args:
        request_id: Id of the turn.
        answer: The answer.
        settings: Settings of this turn.
        context: What it works with.
    """

    def __init__(self, request_id: str, answer: Message, settings: Settings, context: TurnContext) -> None:
        super().__init__(request_id, answer.conversation_id, lambda: answer, settings, context)
        self.answer_id = answer.id

    def _begin(self) -> Message:
        assert self.answer_id is not None
        answer = self._conversations.answers.resume(self.answer_id).result()
        self._bus.publish(AnswerBegun(**self._ids(), message=answer))
        return answer


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
