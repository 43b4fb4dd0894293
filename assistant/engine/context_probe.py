"""Reads a long text and measures how well the model predicts it, and what it finds again in it.

Process: engine worker. Thread: the scheduler's only.
"""

from __future__ import annotations

import ctypes
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import llama_cpp.llama_cpp as llama

from assistant.core.context_check import NeedleScore
from assistant.engine.generation import Emit, no_numbers
from assistant.engine.model import Model
from assistant.protocol.engine_messages import ContextMeasured, MeasureContext, PromptProgressed

_TEXT, _QUESTION = 0, 1
"""Sequences: a question is read on a copy of the text, which works for every kind of memory."""
_NEGLIGIBLE = 25.0
"""Nats below the largest logit; a million such tokens change a loss by less than 2e-5."""
_WORST = 100.0
"""Loss of a token that the model forbids, nats."""
_TOWNS = (
    *("Bergen", "Porto", "Lima", "Kyoto", "Quebec", "Dakar", "Riga", "Turin", "Perth", "Hanoi", "Tunis", "Malmo"),
    *("Ghent", "Cusco", "Split", "Basel", "Osaka", "Leeds", "Izmir", "Davao", "Natal", "Accra", "Busan", "Varna"),
)
_SEED = 20_231_117


@dataclass(frozen=True, slots=True)
class _Needle:
    """A sentence with a number, the question for it, and the number's tokens."""

    sentence: list[int]
    question: list[int]
    answer: list[int]


class ContextProbe:
    """Measures one loaded model, whose memory it forgets before and after.

    Args:
        model: The model, loaded with enough `LoadModel.n_outputs`.
        emit: Where progress goes.
    """

    def __init__(self, model: Model, emit: Emit) -> None:
        self._model = model
        self._emit = emit

    def measure(self, request: MeasureContext) -> ContextMeasured:
        """Read and measure; raises what `Model.decode` raises."""
        started = time.perf_counter()
        needles = [self._needle(number) for number in range(request.n_needles)]
        n_tokens = min(request.n_tokens, self._model.n_ctx - _room_for_questions(needles))
        whole, places = self._layout(request.text, needles, n_tokens)
        text = whole[:n_tokens]
        bucket = max(1, request.n_tokens // request.n_buckets)
        sums: list[list[float]] = []
        scores: list[NeedleScore] = []
        self._model.memory.clear()
        for start, end in _steps(len(text), self._model.n_batch, request.lengths):
            for position, loss in self._read(text, start, end, request.stride):
                while len(sums) <= position // bucket:
                    sums.append([])
                sums[position // bucket].append(loss)
            if end in request.lengths or end == len(text):
                scores += self._ask(needles, places, end)
            progress = PromptProgressed(request_id=request.request_id, n_done=end, n_total=len(text), n_cached=0)
            self._emit(progress)
        self._model.memory.clear()
        return ContextMeasured(
            request_id=request.request_id,
            n_text=len(whole),
            n_read=len(text),
            losses=tuple(sum(each) / len(each) if each else math.nan for each in sums),
            needles=tuple(scores),
            seconds=time.perf_counter() - started,
        )

    def _needle(self, number: int) -> _Needle:
        town = _TOWNS[number % len(_TOWNS)] + (f" {number // len(_TOWNS) + 1}" if number >= len(_TOWNS) else "")
        code = str(random.Random(_SEED + number).randrange(10_000, 100_000))
        tokenize = self._model.vocabulary.tokenize_plain
        question = f" The pass number of the office in {town} is"
        whole = tokenize(f"{question} {code}")
        asked = tokenize(question)
        return _Needle(tokenize(f"{question} {code}. "), asked, whole[len(asked) :])

    def _layout(self, text: str, needles: Sequence[_Needle], n_tokens: int) -> tuple[list[int], list[int]]:
        """All tokens with the needles, and the place of each that is to be read, each behind the end of a sentence."""
        vocabulary = self._model.vocabulary
        plain = iter(vocabulary.tokenize_plain(text))
        tokens = vocabulary.with_bos([])
        places: list[int] = []
        for number, needle in enumerate(needles):
            due = (number + 1) * n_tokens // (len(needles) + 1)
            for token in plain:
                tokens.append(token)
                if len(tokens) >= due and vocabulary.piece(token).rstrip().endswith((b".", b"!", b"?")):
                    break
            else:
                break
            places.append(len(tokens))
            tokens += needle.sentence
        tokens += plain
        return tokens, [place for place in places if place + len(needles[0].sentence) <= n_tokens]

    def _read(self, text: Sequence[int], start: int, end: int, stride: int) -> Iterator[tuple[int, float]]:
        """Read a step; gives position and loss of the tokens that are scored behind it."""
        scored = [index for index in range(start, end) if (index + 1) % stride == 0 and index + 1 < len(text)]
        wanted = frozenset(index - start for index in scored)
        self._model.decode(text[start:end], seq_id=_TEXT, position=start, outputs=wanted)
        for index in scored:
            yield index + 1, self._loss(index - start, text[index + 1])

    def _loss(self, row: int, token: int) -> float:
        """Negative log likelihood of a token by a row of the last step, nats."""
        logits = self._logits(row)
        top = max(logits)
        total = sum(math.exp(x - top) for x in logits if x > top - _NEGLIGIBLE)
        if not 0 < total < math.inf:  # a row of what is no number
            raise no_numbers(())
        loss = math.log(total) + top - logits[token]
        return loss if loss < _WORST else _WORST

    def _logits(self, row: int) -> list[float]:
        pointer = llama.llama_get_logits_ith(self._model.context, row)
        size = self._model.vocabulary.n_tokens
        address = ctypes.addressof(pointer.contents)
        return list((ctypes.c_float * size).from_address(address))

    def _ask(self, needles: Sequence[_Needle], places: Sequence[int], n_read: int) -> list[NeedleScore]:
        """Ask for every needle that was read so far."""
        return [
            NeedleScore(length=n_read, position=place, recall=self._recall(needle, n_read))
            for needle, place in zip(needles, places, strict=False)
            if place + len(needle.sentence) <= n_read
        ]

    def _recall(self, needle: _Needle, n_read: int) -> float:
        tokens = [*needle.question, *needle.answer[:-1]]
        first = len(needle.question) - 1
        rows = range(first, len(tokens))
        self._model.memory.copy(_TEXT, _QUESTION)
        try:
            self._model.decode(tokens, seq_id=_QUESTION, position=n_read, outputs=frozenset(rows))
            said = [(logits := self._logits(row)).index(max(logits)) for row in rows]
        finally:
            self._model.memory.drop(_QUESTION)
        return sum(a == b for a, b in zip(said, needle.answer, strict=True)) / len(needle.answer)


def _room_for_questions(needles: Sequence[_Needle]) -> int:
    return max((len(needle.question) + len(needle.answer) for needle in needles), default=0)


def _steps(n_tokens: int, n_batch: int, lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Steps of at most a batch that end at each of the lengths."""
    start = 0
    while start < n_tokens:
        end = min(start + n_batch, n_tokens, *(length for length in lengths if length > start))
        yield start, end
        start = end
