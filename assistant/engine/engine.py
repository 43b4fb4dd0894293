"""What the worker does for each request.

Process: engine worker. Thread: the scheduler's only.
"""

from __future__ import annotations

import errno
import logging
import time

from assistant.core.errors import ModelLoadFailed, ModelNotLoaded
from assistant.engine.backends import describe_backends, start_backends
from assistant.engine.cancel import CancelFlag
from assistant.engine.chat_template import ChatTemplate
from assistant.engine.generation import Emit
from assistant.engine.loaded_model import LoadedModel
from assistant.engine.model import Model
from assistant.engine.template_renderer import TemplateRenderer
from assistant.protocol.engine_messages import (
    ConversationForgotten,
    CountTokens,
    DescribeBackends,
    EngineReply,
    ForgetConversation,
    Generate,
    LoadModel,
    LoadProgressed,
    MeasureContext,
    ModelLoaded,
    ModelUnloaded,
    SaveSnapshots,
    SnapshotsSaved,
    TokensCounted,
    UnloadModel,
)

log = logging.getLogger(__name__)

Executable = (
    LoadModel
    | UnloadModel
    | Generate
    | CountTokens
    | MeasureContext
    | SaveSnapshots
    | ForgetConversation
    | DescribeBackends
)
"""Requests that run on the scheduler's thread, one after another."""

_PROGRESS_INTERVAL_S = 0.1


def _is_shortage(error: BaseException) -> bool:
    """Whether Python itself found no memory: also a thread that has no room for its stack, or a process for itself."""
    return (
        isinstance(error, MemoryError)
        or (isinstance(error, RuntimeError) and "can't start new thread" in str(error))
        or (isinstance(error, OSError) and error.errno in (errno.ENOMEM, errno.EAGAIN))
    )


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
        self._loaded: LoadedModel | None = None
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
                return self._model_in_use().generate(request, received_at)
            case CountTokens():
                n_tokens = self._model_in_use().count_tokens(request.messages)
                return TokensCounted(request_id=request.request_id, n_tokens=n_tokens)
            case MeasureContext():
                return self._model_in_use().measure(request)
            case SaveSnapshots():
                n_saved = self._loaded.save() if self._loaded is not None else 0
                return SnapshotsSaved(request_id=request.request_id, n_saved=n_saved)
            case ForgetConversation():
                if self._loaded is not None:
                    self._loaded.forget(request.conversation_id)
                return ConversationForgotten(request_id=request.request_id)
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

        self._renderer.start()  # that takes as long as to load a small model, so both go on at once
        try:
            model = Model(request, self._cancel, progressed)
            template = self._take(request, model)
        except BaseException as error:
            self._renderer.close()
            if _is_shortage(error):
                raise ModelLoadFailed(
                    "There is not enough memory to load the model.",
                    remedy="Close other programs, or choose a smaller model.",
                    cause=repr(error),
                ) from error
            raise
        return ModelLoaded(
            request_id=request.request_id,
            n_ctx=model.n_ctx,
            n_ctx_train=model.n_ctx_train,
            vocabulary=model.vocabulary.digest,
            load_s=time.perf_counter() - started,
            template_note=template.note,
            reasoning_tag=template.reasoning_tag,
            media=model.media,
            media_note=model.projector_note,
        )

    def _take(self, request: LoadModel, model: Model) -> ChatTemplate:
        """Make a model ready to answer, or close it; returns its template."""
        vocabulary = model.vocabulary
        variables = {"bos_token": vocabulary.bos_text, "eos_token": vocabulary.eos_text}
        try:
            template = ChatTemplate(model.chat_template, variables, self._renderer)
            self._loaded = LoadedModel(request, model, template, cancel=self._cancel, emit=self._emit)
        except BaseException:
            model.close()
            raise
        if template.note:
            self._renderer.close()  # ChatML needs no process
        return template

    def use_rest(self, idle_s: float) -> bool:
        """Do one short piece of work that nobody waits for; returns whether there was one.

        Args:
            idle_s: Seconds since the last request.
        """
        return self._loaded is not None and self._loaded.use_rest(idle_s)

    def _model_in_use(self) -> LoadedModel:
        if self._loaded is None:
            raise ModelNotLoaded("No model is loaded.", remedy="Choose a model first.")
        return self._loaded

    def close_model(self) -> None:
        """Save what is worth it, and free the loaded model and its template renderer, if there is one."""
        loaded, self._loaded = self._loaded, None
        try:
            if loaded is not None:
                loaded.close()
        finally:
            self._renderer.close()
