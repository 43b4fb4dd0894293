"""Calls of a real worker, as the tests of it make them."""

from __future__ import annotations

from pathlib import Path

from assistant.clients.engine_calls import EngineCall
from assistant.clients.engine_client import EngineClient
from assistant.core.sampling import SamplingParameters
from assistant.protocol.engine_messages import EngineReply, GenerationFinished, LoadModel, TokensGenerated
from assistant.protocol.prompt_messages import PromptMessage

TIMEOUT_S = 60.0
GREEDY = SamplingParameters(temperature=0.0, max_tokens=8)
ENDLESS = SamplingParameters(temperature=2.0, min_p=0.0, seed=1)


def question(text: str) -> tuple[PromptMessage, ...]:
    return (PromptMessage(role="user", text=text),)


def load(engine: EngineClient, path: Path, n_ctx: int = 1024, n_batch: int = 256) -> list[float]:
    fractions: list[float] = []
    request = LoadModel(request_id="", path=str(path), n_ctx=n_ctx, n_batch=n_batch)
    engine.finish_load(engine.begin_load(request), fractions.append)
    return fractions


def replies(call: EngineCall) -> list[EngineReply]:
    told: list[EngineReply] = []
    while not told or not isinstance(told[-1], GenerationFinished):
        reply = call.next_reply(TIMEOUT_S)
        assert reply is not None
        told.append(reply)
    return told


def answer(
    engine: EngineClient, messages: tuple[PromptMessage, ...], sampling: SamplingParameters = GREEDY
) -> tuple[str, GenerationFinished]:
    told = replies(engine.generate(messages, sampling))
    finished = told[-1]
    assert isinstance(finished, GenerationFinished)
    return "".join(reply.text for reply in told if isinstance(reply, TokensGenerated)), finished


def wait_for(call: EngineCall, kind: type[EngineReply]) -> EngineReply:
    while not isinstance(reply := call.next_reply(TIMEOUT_S), kind):
        assert reply is not None
    return reply
