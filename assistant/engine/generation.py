"""One answer: read the prompt as far as it is not in memory, then sample until it ends.

Process: engine worker. Thread: the scheduler's only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from assistant.core.conversation import FinishReason, Timings, Usage
from assistant.core.errors import ContextOverflow, GenerationFailed, RequestCancelled
from assistant.core.sampling import SamplingParameters
from assistant.engine.model import CancelFlag, Model
from assistant.engine.sampler import Sampler
from assistant.engine.sequences import Sequence as CellSequence
from assistant.engine.sequences import common_prefix, n_positions
from assistant.engine.token_stream import Release, TokenStream
from assistant.protocol.engine_messages import EngineReply, GenerationFinished, PromptProgressed, TokensGenerated

Emit = Callable[[EngineReply], None]


class PromptReader:
    """Keeps one sequence of the KV memory equal to the prompt that is wanted.

    Args:
        model: The loaded model.
        sequence: The bookkeeping of its sequence.
    """

    def __init__(self, model: Model, sequence: CellSequence) -> None:
        self._model = model
        self.sequence = sequence

    def read(self, token_ids: Sequence[int], on_progress: Callable[[int], None]) -> int:
        """Make the sequence hold exactly these tokens, with the logits of the last one.

        Args:
            token_ids: The prompt, at least one token and fewer than `n_ctx`.
            on_progress: Called with the tokens held, at the start and after every batch.

        Returns:
            How many tokens did not have to be read.

        Raises:
            RequestCancelled: The request was stopped; what was read is kept.
            GenerationFailed: llama.cpp failed; what was read is kept.
        """
        # The last token is always read again: only a decode leaves logits.
        n_same = min(common_prefix(self.sequence.cells, token_ids), len(token_ids) - 1)
        kept = self._model.keep_positions(self.sequence.seq_id, n_positions(token_ids[:n_same]))
        self.sequence.truncate(kept)
        n_cached = len(self.sequence.cells)
        on_progress(n_cached)
        for start in range(n_cached, len(token_ids), self._model.n_batch):
            self.decode(token_ids[start : start + self._model.n_batch])
            on_progress(len(self.sequence.cells))
        return n_cached

    def decode(self, token_ids: Sequence[int]) -> None:
        """Read up to `n_batch` tokens more; raises as `read` does."""
        try:
            self._model.decode(token_ids, seq_id=self.sequence.seq_id, position=self.sequence.n_pos)
        except Exception:
            # Of an aborted batch a part may be there; what is unknown is read again.
            self._model.keep_positions(self.sequence.seq_id, self.sequence.n_pos)
            self.sequence.truncate(self._model.held_positions(self.sequence.seq_id))
            raise
        self.sequence.extend(token_ids)


class Generation:
    """One request from its prompt to its end.

    Args:
        request_id: Id that all replies carry.
        model: The loaded model.
        reader: Keeper of the sequence to use.
        cancel: Set when the person stops the request.
        emit: Where progress replies go.
        received_at: `time.perf_counter` when the request arrived.
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
        self._n_cached = 0
        self._token_times: list[float] = []

    def run(self, token_ids: Sequence[int], sampling: SamplingParameters) -> GenerationFinished:
        """Answer the prompt.

        Raises:
            ContextOverflow: The prompt leaves no room for a single token.
            GenerationFailed: llama.cpp failed, or the prompt is empty.
        """
        n_ctx = self._model.n_ctx
        if len(token_ids) >= n_ctx:
            raise ContextOverflow(
                "This conversation has {n_prompt} tokens, and the context holds {n_ctx}.",
                remedy="Start a new conversation, or use a larger context length.",
                n_prompt=len(token_ids),
                n_ctx=n_ctx,
            )
        if not token_ids:
            raise GenerationFailed(
                "The model's chat template leaves nothing of this conversation.", remedy="Try another model."
            )
        stream = TokenStream(sampling.stop)
        try:
            self._read_prompt(token_ids)
            reason = self._sample(token_ids, sampling, stream)
        except RequestCancelled:
            reason = FinishReason.CANCELLED
        finally:
            self._release(stream.flush())
        return self._finished(reason, len(token_ids), stream)

    def _read_prompt(self, token_ids: Sequence[int]) -> None:
        started = time.perf_counter()
        first = True

        def progressed(n_done: int) -> None:
            nonlocal first
            if first:
                self._n_cached, first = n_done, False
            self._emit(
                PromptProgressed(
                    request_id=self._request_id, n_done=n_done, n_total=len(token_ids), n_cached=self._n_cached
                )
            )

        try:
            self._reader.read(token_ids, progressed)
        finally:
            self._prompt_s = time.perf_counter() - started

    def _sample(self, token_ids: Sequence[int], sampling: SamplingParameters, stream: TokenStream) -> FinishReason:
        vocabulary = self._model.vocabulary
        room = self._model.n_ctx - len(token_ids)
        limit = min(sampling.max_tokens or room, room)
        sampler = Sampler(sampling, vocabulary.n_tokens)
        try:
            sampler.accept_prompt(token_ids)
            while True:
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
                self._reader.decode([token_id])
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
            usage=Usage(prompt_tokens=n_prompt, cached_tokens=self._n_cached, completion_tokens=len(times)),
            timings=Timings(
                prompt_s=self._prompt_s,
                first_token_s=times[0] - self._received_at if times else 0.0,
                decode_tokens_per_s=(len(times) - 1) / span if span > 0 else 0.0,
            ),
            token_ids=tuple(stream.token_ids) if exact else (),
        )
