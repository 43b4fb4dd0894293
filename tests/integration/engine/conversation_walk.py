"""A random walk over trees of conversations, and what a fresh context says of its answers."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from assistant.core.adapter import AdapterUse
from assistant.core.sampling import SamplingParameters
from assistant.engine.prompt_tokens import Prompt
from assistant.protocol.prompt_messages import PromptMedia, PromptMessage
from tests.integration.engine.talker import MAX_TOKENS, QUESTIONS, Answer, Talker
from tests.integration.engine.teacher import Teacher

ONE_TOKEN = SamplingParameters(temperature=0.0, max_tokens=1)


@dataclass
class Chat:
    """A conversation with all its branches; the last one is the newest."""

    id: str
    branches: list[list[PromptMessage]]


Question = Callable[[random.Random], PromptMessage]
"""Makes the next question of a walk: text, or text with pictures."""


def written_question(choose: random.Random) -> PromptMessage:
    return PromptMessage(role="user", text=choose.choice(QUESTIONS))


class Walk:
    """Random questions, edits, retries, switches and stops in several conversations; equal seeds, equal walks.

    Args:
        talker: Who answers.
        seed: Seed of the walk.
        n_chats: Conversations.
        question: Makes the questions.
        between: Called before every step; whatever it does to the memory must not change an answer.
        adapters: Says with which adapters a conversation is answered next.
    """

    def __init__(
        self,
        talker: Talker,
        seed: int,
        n_chats: int = 1,
        *,
        question: Question = written_question,
        between: Callable[[random.Random], None] = lambda choose: None,
        adapters: Callable[[random.Random, str], tuple[AdapterUse, ...]] = lambda choose, conversation_id: (),
    ) -> None:
        self._talker = talker
        self._random = random.Random(seed)
        self._question = question
        self._between = between
        self._adapters = adapters
        system = PromptMessage(role="system", text="You are brief.")
        self._chats = [Chat(f"chat{number}", [[system]]) for number in range(n_chats)]

    def step(self) -> Answer:
        """Do one thing that a person could do, and answer."""
        choose = self._random
        self._between(choose)
        chat = choose.choice(self._chats)
        branch = self._branch(chat)
        stop = choose.choice((None, None, None, "answer", "prompt"))
        prompt = self._talker.messages(branch)
        if len(prompt.cells) >= self._talker.n_ctx - MAX_TOKENS:
            chat.branches = [chat.branches[0]]  # a person would begin anew
            return self.step()
        answer = self._talker.answer(
            prompt,
            conversation_id=chat.id,
            adapters=self._adapters(choose, chat.id),
            cancel_after_tokens=choose.randint(1, 5) if stop == "answer" else None,
            cancel_in_prompt=stop == "prompt",
        )
        if answer.text:
            chat.branches.append([*branch, self._talker.message(answer)])
        return answer

    def _branch(self, chat: Chat) -> list[PromptMessage]:
        choose = self._random
        branch = list(choose.choice(chat.branches[-3:]))
        action = choose.choice(("ask", "ask", "edit", "retry", "switch"))
        if action == "edit" and len(branch) > 1:
            branch = branch[: choose.randrange(1, len(branch), 2)]
        elif action == "retry" and len(branch) > 1:
            branch = branch[:-1]
        elif action == "switch":
            branch = list(choose.choice(chat.branches))
        if branch[-1].role != "user":
            branch.append(self._question(choose))
        return branch


class Verdict(NamedTuple):
    """How an answer differs from what a fresh context says of the same cells.

    Attributes:
        gap: How far below the maximum the worst choice lies, logits; 0 if every choice was the maximum.
        drift: Largest difference of the last logits.
    """

    gap: float
    drift: float


def judge(teacher: Teacher, answer: Answer, n_ctx: int) -> Verdict:
    """Let the teacher read what the answer's sequence holds; a prompt that was not read cannot be judged."""
    if not answer.logits.size:
        return Verdict(0.0, 0.0)
    ids = [cell for cell in answer.held if isinstance(cell, int)]
    assert len(ids) == len(answer.held), "this teacher reads no pictures"
    rows = teacher.logits(ids, n_ctx)
    chosen = answer.ids[: len(ids) - len(answer.prompt) + 1]
    before = rows[len(answer.prompt) - 1 :][: len(chosen)]
    gaps = before.max(axis=1) - before[np.arange(len(chosen)), chosen]
    return Verdict(float(gaps.max(initial=0.0)), float(np.abs(rows[-1] - answer.logits).max()))


def judge_pictures(cold: Talker, answer: Answer, media: dict[bytes, PromptMedia]) -> Verdict:
    """As `judge`, for cells and adapters that a teacher does not know: another talker is asked before every choice."""
    if not answer.logits.size:
        return Verdict(0.0, 0.0)
    cold.forget()
    row = answer.logits
    gap = 0.0
    for length in range(len(answer.prompt), len(answer.held) + 1):
        row = cold.answer(Prompt(answer.held[:length], media), ONE_TOKEN, adapters=answer.adapters).logits
        chosen = answer.ids[length - len(answer.prompt) :][:1]
        gap = max(gap, *(float(row.max() - row[token_id]) for token_id in chosen), 0.0)
    return Verdict(gap, float(np.abs(row - answer.logits).max()))


def judge_walk(
    walk: Walk, talker: Talker, teacher: Teacher, n_steps: int, *, max_gap: float, max_drift: float = np.inf
) -> list[Answer]:
    """Let the teacher judge every choice of every answer of a walk.

    Args:
        walk: The walk.
        talker: Who answers.
        teacher: Who judges.
        n_steps: Steps of the walk.
        max_gap: Bound of `Verdict.gap`.
        max_drift: Bound of `Verdict.drift`.
    """
    answers = []
    for _ in range(n_steps):
        answer = walk.step()
        verdict = judge(teacher, answer, talker.n_ctx)
        assert verdict.gap <= max_gap
        assert verdict.drift <= max_drift
        answers.append(answer)
    return answers
