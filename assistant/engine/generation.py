"""One answer: read the prompt as far as it is not in memory, then sample until it ends.

Process: engine worker. Thread: the scheduler's only.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from assistant.core.conversation import FinishReason, Timings, Usage
from assistant.core.errors import GenerationFailed, RequestCancelled
from assistant.core.sampling import SamplingParameters
from assistant.engine.cancel import CancelFlag
from assistant.engine.cells import AdapterSet, n_kv_cells
from assistant.engine.model import Model
from assistant.engine.prompt_reader import PromptReader, Reading, context_overflow
from assistant.engine.prompt_tokens import Prompt
from assistant.engine.sampler import Sampler
from assistant.engine.token_stream import Release, TokenStream
from assistant.protocol.engine_messages import (
    EngineReply,
    GenerationFinished,
    MediaProgressed,
    PromptProgressed,
    TokensGenerated,
)

Emit = Callable[[EngineReply], None]


class Generation:
    """One request from its prompt to its end.

    Args:
        request_id: Id that all replies carry.
        model: The loaded model.
        reader: Finder of the sequence to use.
        cancel: Set when the person stops the request.
        emit: Where progress replies go.
        received_at: `time.perf_counter` when the request arrived.

    Attributes:
        reading: The prompt in its sequence; None before it has one.
    """

    def __init__(
        self,
        request_id: str,
        model: Model,
        reader: PromptReader,
        *,
        cancel: CancelFlag,
        emit: Emit,
        received_at: float,
    ) -> None:
        self._request_id = request_id
        self._model = model
        self._reader = reader
        self._cancel = cancel
        self._emit = emit
        self._received_at = received_at
        self._prompt_s = 0.0
        self._token_times: list[float] = []
        self._has_started_over = False
        self.reading: Reading | None = None

    def run(
        self, conversation_id: str, prompt: Prompt, sampling: SamplingParameters, adapters: AdapterSet = ()
    ) -> GenerationFinished:
        """Answer the prompt.

        Args:
            conversation_id: Whose prompt it is; empty for nobody's.
            prompt: The prompt.
            sampling: How tokens are chosen.
            adapters: What it is read and answered with; they are in memory.

        Raises:
            ContextOverflow: The prompt leaves no room for a single token.
            GenerationFailed: llama.cpp failed, what it computes is no number, or the prompt does not end with a token.
            FamulusError: A picture or sound could not be read.
        """
        n_prompt = n_kv_cells(prompt.cells)
        if n_prompt >= self._model.n_ctx:
            raise context_overflow(n_prompt, self._model.n_ctx)
        if not prompt.cells or not isinstance(prompt.cells[-1], int):
            raise GenerationFailed(
                "The model's chat template leaves nothing of this conversation.", remedy="Try another model."
            )
        stream = TokenStream(sampling.stop)
        try:
            self._model.adapters.apply(adapters)
            reading = self._read_prompt(conversation_id, prompt, adapters)
            reason = self._sample(reading, prompt, sampling, stream)
        except RequestCancelled:
            reason = FinishReason.CANCELLED
        finally:
            self._release(stream.flush())
        return self._finished(reason, n_prompt, stream)

    def _read_prompt(self, conversation_id: str, prompt: Prompt, adapters: AdapterSet) -> Reading:
        started = time.perf_counter()
        try:
            return self._with_numbers(self._read(conversation_id, prompt, adapters), every_one=bool(adapters))
        finally:
            self._prompt_s = time.perf_counter() - started

    def _with_numbers(self, reading: Reading, *, every_one: bool = False) -> Reading:
        """The reading; where its last step left no numbers, the same once more: another chat may have spoiled it."""
        if self._model.has_numbers(every_one=every_one):
            return reading
        conversation_id, adapters = reading.sequence.owner
        self._reader.start_over(conversation_id)
        if not self._has_started_over:
            self._has_started_over = True
            reading = self._read(conversation_id, reading.prompt, adapters)
            if self._model.has_numbers(every_one=every_one):
                return reading
            self._reader.start_over(conversation_id)
        raise no_numbers(adapters)

    def _read(self, conversation_id: str, prompt: Prompt, adapters: AdapterSet) -> Reading:
        self.reading = reading = self._reader.begin(conversation_id, prompt, adapters)

        def progressed(n_done: int, n_total: int) -> None:
            self._emit(
                PromptProgressed(request_id=self._request_id, n_done=n_done, n_total=n_total, n_cached=reading.n_cached)
            )

        def looked(n_done: int, n_total: int) -> None:
            self._emit(MediaProgressed(request_id=self._request_id, n_done=n_done, n_total=n_total))

        reading.read(progressed, looked)
        return reading

    def _sample(
        self, reading: Reading, prompt: Prompt, sampling: SamplingParameters, stream: TokenStream
    ) -> FinishReason:
        vocabulary = self._model.vocabulary
        room = self._model.n_ctx - n_kv_cells(prompt.cells)
        limit = min(sampling.max_tokens or room, room)
        sampler = Sampler(sampling, vocabulary.n_tokens)
        try:
            sampler.accept_prompt(prompt.cells)
            while True:
                reading = self._with_numbers(reading)
                token_id = sampler.sample(self._model.context)
                self._token_times.append(time.perf_counter())
                if vocabulary.is_end(token_id):
                    self._token_times.pop()
                    return FinishReason.STOP
                self._release(stream.push(token_id, vocabulary.piece(token_id)))
                if stream.stopped:
                    return FinishReason.STOP
                if len(self._token_times) >= limit:
                    return FinishReason.LENGTH
                if self._cancel.is_set:
                    return FinishReason.CANCELLED
                reading.append(token_id)
        finally:
            sampler.close()

    def _release(self, release: Release) -> None:
        if release.text or release.token_ids:
            self._emit(TokensGenerated(request_id=self._request_id, text=release.text, token_ids=release.token_ids))

    def _finished(self, reason: FinishReason, n_prompt: int, stream: TokenStream) -> GenerationFinished:
        times = self._token_times
        span = times[-1] - times[0] if len(times) > 1 else 0.0
        exact = self._model.vocabulary.spells(stream.token_ids, stream.text)
        return GenerationFinished(
            request_id=self._request_id,
            finish_reason=reason,
            usage=self._usage(n_prompt),
            timings=Timings(
                prompt_s=self._prompt_s,
                first_token_s=times[0] - self._received_at if times else 0.0,
                decode_tokens_per_s=(len(times) - 1) / span if span > 0 else 0.0,
            ),
            token_ids=tuple(stream.token_ids) if exact else (),
        )

    def _usage(self, n_prompt: int) -> Usage:
        usage = Usage(prompt_tokens=n_prompt, completion_tokens=len(self._token_times))
        if self.reading is None:
            return usage
        return msgspec.structs.replace(
            usage,
            cached_tokens=self.reading.n_cached,
            restored_tokens=self.reading.n_restored,
            encoded_media=len(self.reading.encoded),
        )


def no_numbers(adapters: AdapterSet) -> GenerationFailed:
    """The error of a model that overflows."""
    if adapters:
        return GenerationFailed(
            "With these adapters the model does not compute numbers any more.", remedy="Lower their strength."
        )
    return GenerationFailed(
        "The model does not compute numbers any more.",
        remedy="Try again; if it stays so, the model file is damaged: download it again.",
    )
