"""What the worker does for each request.

Process: engine worker. Thread: the scheduler's only.
"""

from __future__ import annotations

import logging
import time

import msgspec

from assistant.core.errors import ModelNotLoaded
from assistant.engine.backends import describe_backends, start_backends
from assistant.engine.chat_template import ChatTemplate
from assistant.engine.generation import Emit, Generation, PromptReader
from assistant.engine.model import CancelFlag, Model
from assistant.engine.prompt_tokens import prompt_token_ids
from assistant.engine.sequences import Sequence as CellSequence
from assistant.engine.template_renderer import TemplateRenderer
from assistant.protocol.engine_messages import (
    CountTokens,
    DescribeBackends,
    EngineReply,
    Generate,
    LoadModel,
    LoadProgressed,
    ModelLoaded,
    ModelUnloaded,
    TokensCounted,
    UnloadModel,
)

log = logging.getLogger(__name__)

Executable = LoadModel | UnloadModel | Generate | CountTokens | DescribeBackends
"""Requests that run on the scheduler's thread, one after another."""

_PROGRESS_INTERVAL_S = 0.1


class _Loaded:
    """A model and what belongs to it."""

    def __init__(self, model: Model, template: ChatTemplate) -> None:
        self.model = model
        self.template = template
        self.reader = PromptReader(model, CellSequence(seq_id=0))


class Engine:
    """Executes requests one after another.

    Args:
        cancel: Set by the scheduler while the running request is to stop.
        emit: Where progress replies go.
    """

    def __init__(self, cancel: CancelFlag, emit: Emit) -> None:
        self._cancel = cancel
        self._emit = emit
        self._renderer = TemplateRenderer()
        self._loaded: _Loaded | None = None
        start_backends()

    def execute(self, request: Executable, received_at: float) -> EngineReply:
        """Do what the request asks; returns its closing reply.

        Args:
            request: The request.
            received_at: `time.perf_counter` when it arrived.

        Raises:
            FamulusError: The request failed; the engine can go on.
        """
        match request:
            case LoadModel():
                return self._load(request)
            case UnloadModel():
                self.close_model()
                return ModelUnloaded(request_id=request.request_id)
            case Generate():
                return self._generate(request, received_at)
            case CountTokens():
                return self._count_tokens(request)
            case DescribeBackends():
                return describe_backends(request.request_id)

    def _load(self, request: LoadModel) -> ModelLoaded:
        self.close_model()
        started = time.perf_counter()
        told_at = 0.0

        def progressed(fraction: float) -> None:
            nonlocal told_at
            now = time.perf_counter()
            if now - told_at >= _PROGRESS_INTERVAL_S or fraction >= 1.0:
                told_at = now
                self._emit(LoadProgressed(request_id=request.request_id, fraction=fraction))

        model = Model(request, self._cancel, progressed)
        vocabulary = model.vocabulary
        variables = {"bos_token": vocabulary.bos_text, "eos_token": vocabulary.eos_text}
        try:
            template = ChatTemplate(model.chat_template, variables, self._renderer)
        except BaseException:
            model.close()
            raise
        self._loaded = _Loaded(model, template)
        return ModelLoaded(
            request_id=request.request_id,
            n_ctx=model.n_ctx,
            n_ctx_train=model.n_ctx_train,
            vocabulary=vocabulary.digest,
            load_s=time.perf_counter() - started,
            template_note=template.note,
        )

    def _generate(self, request: Generate, received_at: float) -> EngineReply:
        loaded = self._model_in_use()
        prompt = loaded.template.render(request.messages)
        token_ids = prompt_token_ids(prompt.segments, loaded.model.vocabulary)
        sampling = msgspec.structs.replace(request.sampling, stop=(*request.sampling.stop, *prompt.stops))
        generation = Generation(
            request.request_id,
            loaded.model,
            loaded.reader,
            cancel=self._cancel,
            emit=self._emit,
            received_at=received_at,
        )
        return generation.run(token_ids, sampling)

    def _count_tokens(self, request: CountTokens) -> TokensCounted:
        loaded = self._model_in_use()
        prompt = loaded.template.render(request.messages)
        n_tokens = len(prompt_token_ids(prompt.segments, loaded.model.vocabulary))
        return TokensCounted(request_id=request.request_id, n_tokens=n_tokens)

    def _model_in_use(self) -> _Loaded:
        if self._loaded is None:
            raise ModelNotLoaded("No model is loaded.", remedy="Choose a model first.")
        return self._loaded

    def close_model(self) -> None:
        """Free the loaded model and its template renderer, if there is one."""
        if self._loaded is not None:
            self._loaded.model.close()
            self._loaded = None
        self._renderer.close()
