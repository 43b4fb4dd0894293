"""A process in the engine worker's place: it speaks its protocol, and the question itself says what is answered.

A question with ``1200 tokens at 300/s`` in it is answered with that many tokens of `answer_text` at that rate, one a
frame, however slow the reader is; any other question with 40 tokens at 300/s.
"""

from __future__ import annotations

import os
import re
import threading
import time

from assistant.core.conversation import FinishReason, Timings, Usage
from assistant.core.errors import RequestCancelled
from assistant.protocol.engine_messages import (
    PROTOCOL_VERSION,
    BackendsDescribed,
    Cancel,
    ConversationForgotten,
    CountTokens,
    DescribeBackends,
    EngineRequest,
    Failed,
    ForgetConversation,
    Generate,
    GenerationFinished,
    Hello,
    LoadModel,
    LoadProgressed,
    ModelLoaded,
    ModelUnloaded,
    PromptProgressed,
    SaveSnapshots,
    SnapshotsSaved,
    TokensCounted,
    TokensGenerated,
    UnloadModel,
)
from assistant.protocol.framing import FrameReader, FrameWriter
from assistant.protocol.worker_streams import claim_streams
from tests.bench.window.answer_text import tokens

ORDER = re.compile(r"(\d+) tokens at (\d+)/s")
_WORDS_OF_LONG_PROMPT = 6_000


class ScriptedWorker:
    """Answers one request after another; a cancelled answer ends with its next token."""

    def __init__(self) -> None:
        incoming, outgoing = claim_streams()
        self._reader: FrameReader[EngineRequest] = FrameReader(incoming, EngineRequest)
        self._writer = FrameWriter(outgoing)
        self._cancelled: set[str] = set()
        self._one_at_a_time = threading.Lock()

    def serve(self) -> None:
        self._writer.write(Hello(protocol_version=PROTOCOL_VERSION, llama_cpp_python="0", llama_cpp="scripted"))
        while (request := self._reader.read()) is not None:
            if isinstance(request, Cancel):
                self._cancelled.add(request.request_id)
            else:
                threading.Thread(target=self._answer, args=(request,), daemon=True).start()
        os._exit(0)

    def _answer(self, request: EngineRequest) -> None:
        with self._one_at_a_time:
            match request:
                case LoadModel():
                    self._load(request)
                case Generate():
                    self._generate(request)
                case UnloadModel():
                    self._writer.write(ModelUnloaded(request_id=request.request_id))
                case CountTokens():
                    self._writer.write(TokensCounted(request_id=request.request_id, n_tokens=12))
                case SaveSnapshots():
                    self._writer.write(SnapshotsSaved(request_id=request.request_id, n_saved=0))
                case ForgetConversation():
                    self._writer.write(ConversationForgotten(request_id=request.request_id))
                case DescribeBackends():
                    described = BackendsDescribed(
                        request_id=request.request_id, cpu_features=(), devices=(), gpu_offload=False
                    )
                    self._writer.write(described)

    def _load(self, request: LoadModel) -> None:
        request_id = request.request_id
        for step in range(5):
            self._writer.write(LoadProgressed(request_id=request_id, fraction=step / 4))
        self._writer.write(
            ModelLoaded(request_id=request_id, n_ctx=65_536, n_ctx_train=65_536, vocabulary="scripted", load_s=0.1)
        )

    def _generate(self, request: Generate) -> None:
        request_id = request.request_id
        order = ORDER.search(request.messages[-1].text)
        n_tokens, rate = (int(order[1]), int(order[2])) if order else (40, 300)
        n_prompt = min(_WORDS_OF_LONG_PROMPT, sum(len(message.text.split()) for message in request.messages))
        for n_done in (0, n_prompt):
            progress = PromptProgressed(request_id=request_id, n_done=n_done, n_total=n_prompt, n_cached=0)
            self._writer.write(progress)
        started = time.monotonic()
        token_ids = []
        for number, token in enumerate(tokens(n_tokens)):
            time.sleep(max(0.0, started + number / rate - time.monotonic()))
            if request_id in self._cancelled:
                break
            self._writer.write(TokensGenerated(request_id=request_id, text=token, token_ids=(number,)))
            token_ids.append(number)
        self._finish(request_id, n_prompt, tuple(token_ids), float(rate))

    def _finish(self, request_id: str, n_prompt: int, token_ids: tuple[int, ...], rate: float) -> None:
        is_cancelled = request_id in self._cancelled
        if is_cancelled and not token_ids:
            error = RequestCancelled("The request was stopped.").info
            self._writer.write(Failed(request_id=request_id, error=error))
            return
        finished = GenerationFinished(
            request_id=request_id,
            finish_reason=FinishReason.CANCELLED if is_cancelled else FinishReason.STOP,
            usage=Usage(prompt_tokens=n_prompt, completion_tokens=len(token_ids)),
            timings=Timings(prompt_s=0.1, first_token_s=0.1, decode_tokens_per_s=rate),
            token_ids=token_ids,
        )
        self._writer.write(finished)


if __name__ == "__main__":
    ScriptedWorker().serve()
