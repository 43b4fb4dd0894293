"""The engine's own parts in this process, answering prompts as the worker would."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Sequence as Seq
from dataclasses import dataclass, field
from pathlib import Path

import llama_cpp.llama_cpp as llama
import numpy as np
import numpy.typing as npt

from assistant.core.adapter import AdapterUse
from assistant.core.conversation import FinishReason, Usage
from assistant.core.sampling import SamplingParameters
from assistant.engine.cancel import CancelFlag
from assistant.engine.cells import Cell
from assistant.engine.chat_template import ChatTemplate
from assistant.engine.generation import Generation
from assistant.engine.model import Model
from assistant.engine.prompt_reader import PromptReader
from assistant.engine.prompt_tokens import Prompt, prompt_cells
from assistant.engine.sequence_store import SequenceStore
from assistant.engine.sequences import Sequence, SequenceTable
from assistant.engine.snapshots import Snapshots
from assistant.engine.template_renderer import TemplateRenderer
from assistant.protocol.engine_messages import (
    EngineReply,
    GenerationFinished,
    LoadModel,
    PromptProgressed,
    TokensGenerated,
)
from assistant.protocol.prompt_messages import PromptMedia, PromptMessage

N_CTX = 1024
N_THREADS = 1
"""One: threads that wait for each other crawl on a machine that has other work."""
MAX_TOKENS = 8
GREEDY = SamplingParameters(temperature=0.0, max_tokens=MAX_TOKENS)
MINE = "mine"
"""Conversation of a test that has one only."""
QUESTIONS = (
    "What is the capital of France?",
    "And of Spain?",
    "Write one line about rain.",
    "Say it in other words, please.",
    "Translate that: schönes Wetter, 天気 😀",
    "Count to five.",
    "Why?",
)


@dataclass
class Answer:
    """What one generation gave.

    Attributes:
        prompt: Cells of the prompt.
        adapters: What it was made with.
        ids: Ids of the answer, as they were streamed.
        text: Text of the answer, as it was streamed.
        finished: The closing reply.
        held: Cells of its sequence afterwards.
        seq_id: llama.cpp's id of its sequence.
        logits: What the model gave after the last of these cells, `(n_vocab,)`; empty if the prompt was not read.
    """

    prompt: list[Cell]
    adapters: tuple[AdapterUse, ...] = ()
    ids: list[int] = field(default_factory=list)
    text: str = ""
    finished: GenerationFinished | None = None
    held: list[Cell] = field(default_factory=list)
    seq_id: int = -1
    logits: npt.NDArray[np.float32] = field(default_factory=lambda: np.empty(0, dtype=np.float32))

    @property
    def reason(self) -> FinishReason:
        assert self.finished is not None
        return self.finished.finish_reason

    @property
    def usage(self) -> Usage:
        assert self.finished is not None
        return self.finished.usage

    @property
    def cached_tokens(self) -> int:
        return self.usage.cached_tokens


class Talker:
    """The engine's model, template and KV memory, without a process between.

    Args:
        path: The model file.
        n_batch: Most tokens of one prompt step.
        n_ctx: Context length, tokens.
        mmproj: The projector file; None for text alone.
        open_snapshots: Makes the snapshots of the loaded model; None keeps none.
    """

    def __init__(
        self,
        path: Path,
        n_batch: int,
        n_ctx: int = N_CTX,
        *,
        mmproj: Path | None = None,
        open_snapshots: Callable[[Model], Snapshots] | None = None,
    ) -> None:
        self._cancel = CancelFlag()
        request = LoadModel(
            request_id="e1",
            path=str(path),
            n_ctx=n_ctx,
            n_batch=n_batch,
            n_threads=N_THREADS,
            mmproj=str(mmproj) if mmproj else "",
        )
        self.n_ctx = n_ctx
        self.model = Model(request, self._cancel, lambda fraction: None)
        self._snapshots = open_snapshots(self.model) if open_snapshots else None
        self.store = SequenceStore(self.model.memory, self.model.n_ctx, self._snapshots)
        self._renderer = TemplateRenderer()
        self._template = ChatTemplate(self.model.chat_template, {}, self._renderer)
        self.forget()

    def forget(self) -> None:
        """Start from an empty KV memory."""
        for seq_id in range(self.model.n_seq_max):
            self.model.memory.drop(seq_id)
        self.table = SequenceTable(self.model.memory, self.model.n_seq_max, self.model.n_ctx, self._leave)
        self._reader = PromptReader(self.model, self.table, self.store)
        self.n_evicted = 0

    def _leave(self, sequence: Sequence) -> bool:
        self.n_evicted += 1
        return self.store.save(sequence)

    def messages(self, messages: Seq[PromptMessage]) -> Prompt:
        def layout(media: PromptMedia) -> list[Cell]:
            assert self.model.projector is not None
            return self.model.projector.layout(media)

        return prompt_cells(self._template.render(messages).segments, self.model.vocabulary, layout)

    def prompt(self, messages: Seq[PromptMessage]) -> list[Cell]:
        return self.messages(messages).cells

    def answer(
        self,
        prompt: Seq[Cell] | Prompt,
        sampling: SamplingParameters = GREEDY,
        *,
        conversation_id: str = MINE,
        adapters: tuple[AdapterUse, ...] = (),
        cancel_after_tokens: int | None = None,
        cancel_in_prompt: bool = False,
    ) -> Answer:
        """Generate; the cancel flag is set from `emit`, as another thread would while a step computes."""
        whole = prompt if isinstance(prompt, Prompt) else Prompt(list(prompt), {})
        answer = Answer(list(whole.cells), adapters)

        def emit(reply: EngineReply) -> None:
            if isinstance(reply, PromptProgressed):
                self._cancel.is_set = cancel_in_prompt and reply.n_done > reply.n_cached
            elif isinstance(reply, TokensGenerated):
                answer.text += reply.text
                answer.ids += reply.token_ids
                self._cancel.is_set = cancel_after_tokens is not None and len(answer.ids) >= cancel_after_tokens

        generation = Generation(
            "e1", self.model, self._reader, cancel=self._cancel, emit=emit, received_at=time.perf_counter()
        )
        loaded = self.model.adapters.load(adapters)
        answer.finished = generation.run(conversation_id, whole, sampling, loaded)
        self._cancel.is_set = False
        assert generation.reading is not None
        sequence = generation.reading.sequence
        answer.held, answer.seq_id = list(sequence.cells), sequence.seq_id
        if len(sequence.cells) >= len(answer.prompt):
            row = llama.llama_get_logits_ith(self.model.context, -1)
            answer.logits = np.ctypeslib.as_array(row, (self.model.vocabulary.n_tokens,)).copy()
        assert self.model.memory.holds(sequence.seq_id, sequence.cells)
        known = answer.prompt + answer.ids  # an answer that ends inside a character keeps its last ids to itself
        assert answer.held[: len(known)] == known[: len(answer.held)]
        return answer

    def message(self, answer: Answer) -> PromptMessage:
        """The answer as the app stores it and sends it again."""
        assert answer.finished is not None
        return PromptMessage(
            role="assistant",
            text=answer.text,
            token_ids=answer.finished.token_ids,
            vocabulary=self.model.vocabulary.digest,
        )

    def close(self) -> None:
        self.store.close()
        self.model.close()
        self._renderer.close()


def common_length(one: Seq[Cell], other: Seq[Cell]) -> int:
    """How many cells from the start are the same in both."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))
