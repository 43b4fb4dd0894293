"""A model that can answer: with its chat template, and with what it has read of conversations.

Process: engine worker. Thread: the scheduler's only.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import msgspec

from assistant.core.conversation import FinishReason, Role
from assistant.core.errors import GenerationFailed, MediaNotSupported, RequestCancelled
from assistant.engine.cancel import CancelFlag
from assistant.engine.cells import Cell, NoRoom, n_kv_cells
from assistant.engine.chat_template import ChatTemplate, RenderedPrompt
from assistant.engine.context_probe import ContextProbe
from assistant.engine.generation import Emit, Generation
from assistant.engine.kv_memory import MemoryKind
from assistant.engine.model import Model
from assistant.engine.prompt_reader import PromptReader, read_tokens
from assistant.engine.prompt_tokens import Prompt, prompt_cells
from assistant.engine.segments import Segment
from assistant.engine.sequence_store import SequenceStore
from assistant.engine.sequences import Sequence as CellSequence
from assistant.engine.sequences import SequenceTable
from assistant.engine.snapshot_key import snapshot_key
from assistant.engine.snapshots import Snapshots
from assistant.protocol.engine_messages import ContextMeasured, Generate, GenerationFinished, LoadModel, MeasureContext
from assistant.protocol.prompt_messages import PromptMedia, PromptMessage

log = logging.getLogger(__name__)

SAVE_AFTER_S = 30.0
"""Rest after which the conversation in hand is put on disk too."""
MAX_READ_AHEAD = 32
"""Tokens; what stands between two turns is shorter, or is something else."""
_MAX_READ_AHEAD_CHARACTERS = 512


class LoadedModel:
    """A model with its sequences and their snapshots.

    Args:
        request: What was loaded.
        model: The model; this object closes it.
        template: Its chat template.
        cancel: Set while the running request is to stop.
        emit: Where progress replies go.
    """

    def __init__(
        self, request: LoadModel, model: Model, template: ChatTemplate, *, cancel: CancelFlag, emit: Emit
    ) -> None:
        self.model = model
        self.template = template
        self._cancel = cancel
        self._emit = emit
        self._store = SequenceStore(model.memory, model.n_ctx, _open_snapshots(request, model))
        self._table = SequenceTable(model.memory, model.n_seq_max, model.n_ctx, self._store.save)
        self._reader = PromptReader(model, self._table, self._store)
        self._unread_end: tuple[CellSequence, str, int] | None = None

    def generate(self, request: Generate, received_at: float) -> GenerationFinished:
        """Answer; raises as `Generation.run`."""
        if request.conversation_id:
            self._unread_end = None
        rendered, prompt = self._prompt(request.messages)
        sampling = msgspec.structs.replace(request.sampling, stop=(*request.sampling.stop, *rendered.stops))
        generation = Generation(
            request.request_id,
            self.model,
            self._reader,
            cancel=self._cancel,
            emit=self._emit,
            received_at=received_at,
        )
        adapters = self.model.adapters.load(request.adapters)
        finished = generation.run(request.conversation_id, prompt, sampling, adapters)
        reading = generation.reading
        held: list[Cell] = [*prompt.cells, *finished.token_ids]
        is_whole = finished.finish_reason is FinishReason.STOP and reading and reading.sequence.cells == held
        if is_whole and reading and request.conversation_id:
            self._unread_end = (reading.sequence, request.conversation_id, len(held))
        return finished

    def count_tokens(self, messages: Sequence[PromptMessage]) -> int:
        """Tokens of a prompt, those of pictures and sounds included."""
        return n_kv_cells(self._prompt(messages)[1].cells)

    def measure(self, request: MeasureContext) -> ContextMeasured:
        """Measure the context with a text; what was read of conversations is forgotten in memory, not on disk."""
        self.save()
        self._unread_end = None
        self._table.clear()
        return ContextProbe(self.model, self._emit).measure(request)

    def _prompt(self, messages: Sequence[PromptMessage]) -> tuple[RenderedPrompt, Prompt]:
        rendered = self._rendered(messages)
        layout = self.model.projector.layout if self.model.projector is not None else _refuse_media
        return rendered, prompt_cells(rendered.segments, self.model.vocabulary, layout)

    def _rendered(self, messages: Sequence[PromptMessage]) -> RenderedPrompt:
        """The prompt; an answer at its end stands unfinished behind the template's words that begin one."""
        if not messages or messages[-1].role != Role.ASSISTANT:
            return self.template.render(messages)
        *before, answer = messages
        rendered = self.template.render(before)
        return rendered._replace(segments=[*rendered.segments, Segment(answer.text, answer)])

    def use_rest(self, idle_s: float) -> bool:
        """Do one short piece of work that nobody waits for.

        Args:
            idle_s: Seconds since the last request.

        Returns:
            Whether there was one; then there may be another.
        """
        if self._unread_end is not None:
            (sequence, owner, n_cells), self._unread_end = self._unread_end, None
            if (sequence.conversation_id, len(sequence.cells)) == (owner, n_cells):
                self._read_ahead(sequence)
            return True
        for index, sequence in enumerate(self._table.latest()):
            if self._store.is_due(sequence) and (index > 0 or idle_s >= SAVE_AFTER_S):
                self._store.save(sequence)
                return True
        return False

    def _read_ahead(self, sequence: CellSequence) -> None:
        """Read what the template will write behind the answer, whatever is asked next.

        A recurrent sequence could not go back, if the next question is tokenised together with it.
        """
        if self.model.memory.kind is MemoryKind.RECURRENT or not self.model.adapters.has(sequence.adapters):
            return
        text = self.template.between_turns()
        token_ids = self.model.vocabulary.tokenize(text) if len(text) <= _MAX_READ_AHEAD_CHARACTERS else []
        if not 0 < len(token_ids) <= min(MAX_READ_AHEAD, self.model.n_batch):
            return
        try:
            self.model.adapters.apply(sequence.adapters)
            read_tokens(self.model, sequence, token_ids)
        except (NoRoom, RequestCancelled, GenerationFailed):
            self._table.recover(sequence)

    def save(self) -> int:
        """Put all conversations on disk that are worth it; returns how many that were."""
        self._store.flush()
        for sequence in self._table.latest():
            self._store.save(sequence)
        return self._store.flush()

    def forget(self, conversation_id: str) -> None:
        """Drop what is held of a deleted conversation, in memory and on disk."""
        self._unread_end = None
        self._table.forget(conversation_id)
        self._store.forget(conversation_id)

    def close(self) -> None:
        """Save what is worth it and free everything; the object must not be used afterwards."""
        try:
            self.save()
            self._store.close()
        except Exception:
            log.exception("what was read could not be kept")  # it costs time, not the memory of a whole model
        finally:
            self.model.close()


def _open_snapshots(request: LoadModel, model: Model) -> Snapshots | None:
    if request.snapshots is None:
        return None
    try:
        key = snapshot_key(
            request,
            model.context_parameters,
            model.memory.kind,
            is_beyond_original=model.n_ctx > model.n_ctx_original,
            has_projector=model.projector is not None,
        )
    except OSError:
        log.warning("no snapshots: the model file cannot be read", exc_info=True)
        return None
    return Snapshots(request.snapshots, key)


def _refuse_media(media: PromptMedia) -> list[Cell]:
    raise MediaNotSupported(
        "This model cannot see or hear.", remedy="Choose a model with a projector, or remove the attachment."
    )
