"""A random walk over a tree of conversations, answered in this process by the engine's own parts."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant.core.conversation import FinishReason
from assistant.core.sampling import SamplingParameters
from assistant.engine.chat_template import ChatTemplate
from assistant.engine.generation import Generation, PromptReader
from assistant.engine.model import CancelFlag, Model
from assistant.engine.prompt_tokens import prompt_token_ids
from assistant.engine.sequences import Sequence as CellSequence
from assistant.engine.template_renderer import TemplateRenderer
from assistant.protocol.engine_messages import (
    EngineReply,
    GenerationFinished,
    LoadModel,
    PromptProgressed,
    TokensGenerated,
)
from assistant.protocol.prompt_messages import PromptMessage
from tests.integration.engine.teacher import Teacher

N_CTX = 1024
N_THREADS = 1
"""One: threads that wait for each other crawl on a machine that has other work."""
GREEDY = SamplingParameters(temperature=0.0, max_tokens=8)
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
        prompt: Ids of the prompt.
        ids: Ids of the answer, as they were streamed.
        text: Text of the answer, as it was streamed.
        finished: The closing reply.
    """

    prompt: list[int]
    ids: list[int] = field(default_factory=list)
    text: str = ""
    finished: GenerationFinished | None = None
    held: list[int] = field(default_factory=list)

    @property
    def reason(self) -> FinishReason:
        assert self.finished is not None
        return self.finished.finish_reason

    @property
    def cached_tokens(self) -> int:
        assert self.finished is not None
        return self.finished.usage.cached_tokens


class Talker:
    """The engine's model, template and KV memory, without a process between.

    Args:
        path: The model file.
        n_batch: Most tokens of one prompt step.
        n_ctx: Context length, tokens.
    """

    def __init__(self, path: Path, n_batch: int, n_ctx: int = N_CTX) -> None:
        self._cancel = CancelFlag()
        request = LoadModel(request_id="e1", path=str(path), n_ctx=n_ctx, n_batch=n_batch, n_threads=N_THREADS)
        self.n_ctx = n_ctx
        self.model = Model(request, self._cancel, lambda fraction: None)
        self._renderer = TemplateRenderer()
        self._template = ChatTemplate(self.model.chat_template, {}, self._renderer)
        self.forget()

    def forget(self) -> None:
        """Start from an empty KV memory."""
        self.model.keep_positions(0, 0)
        self._reader = PromptReader(self.model, CellSequence(seq_id=0))

    def prompt(self, messages: Sequence[PromptMessage]) -> list[int]:
        return prompt_token_ids(self._template.render(messages).segments, self.model.vocabulary)

    def answer(
        self,
        prompt: Sequence[int],
        sampling: SamplingParameters = GREEDY,
        *,
        cancel_after_tokens: int | None = None,
        cancel_in_prompt: bool = False,
    ) -> Answer:
        """Generate; the cancel flag is set from `emit`, as another thread would while a step computes."""
        answer = Answer(list(prompt))

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
        answer.finished = generation.run(prompt, sampling)
        self._cancel.is_set = False
        answer.held = [cell for cell in self._reader.sequence.cells if isinstance(cell, int)]
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
        self.model.close()
        self._renderer.close()


class Walk:
    """Random edits, retries, branch switches and stops; equal seeds, equal walks.

    Args:
        talker: Who answers.
        seed: Seed of the walk.
    """

    def __init__(self, talker: Talker, seed: int) -> None:
        self._talker = talker
        self._random = random.Random(seed)
        system = PromptMessage(role="system", text="You are brief.")
        self._branches: list[list[PromptMessage]] = [[system]]

    def step(self) -> Answer:
        """Do one thing that a person could do, and answer."""
        choose = self._random
        branch = list(choose.choice(self._branches[-3:]))
        action = choose.choice(("ask", "ask", "edit", "retry", "switch"))
        if action == "edit" and len(branch) > 1:
            branch = branch[: choose.randrange(1, len(branch), 2)]
        elif action == "retry" and len(branch) > 1:
            branch = branch[:-1]
        elif action == "switch":
            branch = list(choose.choice(self._branches))
        if branch[-1].role != "user":
            branch.append(PromptMessage(role="user", text=choose.choice(QUESTIONS)))
        prompt = self._talker.prompt(branch)
        stop = choose.choice((None, None, None, "answer", "prompt"))
        answer = self._talker.answer(
            prompt,
            cancel_after_tokens=choose.randint(1, 5) if stop == "answer" else None,
            cancel_in_prompt=stop == "prompt",
        )
        if answer.text:
            self._branches.append([*branch, self._talker.message(answer)])
        return answer


def judge_walk(
    talker: Talker, teacher: Teacher, seed: int, n_steps: int, *, max_gap: float, may_forget: bool = False
) -> list[Answer]:
    """Walk, and let the teacher judge every choice of every answer.

    Args:
        talker: Who answers.
        teacher: Who judges.
        seed: Seed of the walk.
        n_steps: Steps of the walk.
        max_gap: How far below the maximum of a fresh context a chosen logit may lie.
        may_forget: Whether the memory may refuse to drop a part, so that all is read again.
    """
    talker.forget()
    walk = Walk(talker, seed)
    answers = []
    held: list[int] = []
    for _ in range(n_steps):
        answer = walk.step()
        same = min(common_length(held, answer.prompt), len(answer.prompt) - 1)
        assert answer.cached_tokens == same or (may_forget and answer.cached_tokens == 0)
        if answer.ids:
            assert teacher.gaps(answer.prompt, answer.ids, talker.n_ctx).max() <= max_gap
        held = answer.held
        answers.append(answer)
    return answers


def common_length(one: Sequence[int], other: Sequence[int]) -> int:
    """How many ids from the start are the same in both."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))
