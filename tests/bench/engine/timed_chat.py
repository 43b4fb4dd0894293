"""A conversation with the engine worker, timed from outside: frames, processes and the template are part of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

from assistant.clients.engine_client import EngineClient
from assistant.core.adapter import AdapterUse
from assistant.core.sampling import SamplingParameters
from assistant.protocol.engine_messages import (
    GenerationFinished,
    LoadModel,
    ModelLoaded,
    SnapshotOptions,
    TokensGenerated,
)
from assistant.protocol.prompt_messages import PromptMedia, PromptMessage
from assistant.services.load_plan import usable_cores

SYSTEM = "You are a helpful AI assistant named Famulus."
PATIENCE_S = 600.0


class Turn(NamedTuple):
    """One answer.

    Attributes:
        first_token_s: From the request to the first token, at the client.
        text: Its text.
        finished: The engine's closing reply.
    """

    first_token_s: float
    text: str
    finished: GenerationFinished


def load(
    client: EngineClient, model: Path, *, n_ctx: int, mmproj: str = "", snapshots: Path | None = None
) -> ModelLoaded:
    """Load a model as the app does; `snapshots` is the data folder to keep snapshots in."""
    options = None
    if snapshots is not None:
        folder, key = snapshots / "snapshots", snapshots / "snapshot_key"
        options = SnapshotOptions(folder=str(folder), key_path=str(key), max_bytes=4 * 2**30)
    request = LoadModel(
        request_id="", path=str(model), n_ctx=n_ctx, n_threads=usable_cores(), mmproj=mmproj, snapshots=options
    )
    return client.finish_load(client.begin_load(request), lambda fraction: None)


class TimedChat:
    """Asks one question after another, greedily.

    Args:
        client: A client whose model is loaded.
        conversation_id: Names the conversation to the engine.
        vocabulary: Digest of the model's vocabulary.
        system: System prompt.
    """

    def __init__(self, client: EngineClient, conversation_id: str, vocabulary: str, system: str = SYSTEM) -> None:
        self._client = client
        self._conversation_id = conversation_id
        self._vocabulary = vocabulary
        self.messages = [PromptMessage(role="system", text=system)]

    def ask(
        self,
        text: str,
        media: tuple[PromptMedia, ...] = (),
        max_tokens: int = 24,
        adapters: tuple[AdapterUse, ...] = (),
    ) -> Turn:
        """Ask, and keep question and answer for the next turn."""
        self.messages.append(PromptMessage(role="user", text=text, media=media))
        sampling = SamplingParameters(temperature=0.0, max_tokens=max_tokens)
        started, first, pieces = time.perf_counter(), 0.0, []
        call = self._client.generate(
            tuple(self.messages), sampling, conversation_id=self._conversation_id, adapters=adapters
        )
        while not isinstance(reply := call.next_reply(PATIENCE_S), GenerationFinished):
            if isinstance(reply, TokensGenerated):
                first = first or time.perf_counter() - started
                pieces.append(reply.text)
        answer = "".join(pieces)
        self.messages.append(
            PromptMessage(role="assistant", text=answer, token_ids=reply.token_ids, vocabulary=self._vocabulary)
        )
        return Turn(first, answer, reply)
