"""Reads a long text and measures how well the model predicts it, and what it finds again in it.

Process: engine worker. Thread: the scheduler's only.

NumPy is loaded when it is first measured: nothing else in the engine needs it, and loading takes 0.2 s. In plain Python
a token of a vocabulary of 49,152 would take 10 ms to score, more than to read.
"""

from __future__ import annotations

import ctypes
import importlib
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import llama_cpp.llama_cpp as llama

from assistant.core.context_check import NeedleScore
from assistant.engine.generation import Emit, no_numbers
from assistant.engine.model import Model
from assistant.protocol.engine_messages import ContextMeasured, MeasureContext, PromptProgressed

_TEXT, _QUESTION = 0, 1
"""Sequences: a question is read on a copy of the text, which works for every kind of memory."""
_SENTENCE_ENDS = tuple(mark.encode() for mark in ".!?…。！？")
_LATEST = 200
"""Tokens after which a needle comes also where no sentence ends."""
_TAIL = 4
"""Tokens that hold the last character and white space behind it."""
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
        self._np: Any = importlib.import_module("numpy")
        self._reading_s = 0.0

    def measure(self, request: MeasureContext) -> ContextMeasured:
        """Read and measure; raises what `Model.decode` raises."""
        self._reading_s = 0.0
        needles = [self._needle(number) for number in range(request.n_needles)]
        n_tokens = min(request.n_tokens, self._model.n_ctx - _room_for_questions(needles))
        whole, places = self._layout(request.text, needles, n_tokens)
        text = whole[:n_tokens]
        bucket = max(1, request.bucket)
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
            seconds=self._reading_s,
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
        """All tokens with the needles, and the place of each that is to be read."""
        plain = self._model.vocabulary.tokenize_plain(text)
        tokens = self._model.vocabulary.with_bos([])
        places: list[int] = []
        n_taken = 0
        for number, needle in enumerate(needles):
            due = (number + 1) * n_tokens // (len(needles) + 1)
            end = self._gap(plain, n_taken + max(0, due - len(tokens) - 1))
            if end is None:
                break
            tokens += plain[n_taken:end]
            n_taken = end
            places.append(len(tokens))
            tokens += needle.sentence
        tokens += plain[n_taken:]
        return tokens, [place for place in places if place + len(needles[0].sentence) <= n_tokens]

    def _gap(self, plain: Sequence[int], first: int) -> int | None:
        """Where a needle goes: behind the first sentence that ends with a token from `first` on.

        Where none ends soon, behind a line or a character; None behind the end of the text.
        """
        near = range(first, min(first + _LATEST, len(plain)))
        for is_end in (self._ends_sentence, self._ends_line, self._ends_character):
            for index in near:
                if is_end(plain, index):
                    return index + 1
        return None

    def _ends_sentence(self, plain: Sequence[int], index: int) -> bool:
        # A mark of more than one byte may be as many tokens.
        tail = b"".join(map(self._model.vocabulary.piece, plain[max(0, index + 1 - _TAIL) : index + 1]))
        return tail.rstrip().endswith(_SENTENCE_ENDS)

    def _ends_line(self, plain: Sequence[int], index: int) -> bool:
        return self._model.vocabulary.piece(plain[index]).endswith(b"\n")

    def _ends_character(self, plain: Sequence[int], index: int) -> bool:
        following = b"".join(map(self._model.vocabulary.piece, plain[index + 1 : index + 2]))
        return not b"\x80" <= following[:1] < b"\xc0"

    def _read(self, text: Sequence[int], start: int, end: int, stride: int) -> Iterator[tuple[int, float]]:
        """Read a step; gives position and loss of the tokens that are scored behind it."""
        scored = [index for index in range(start, end) if (index + 1) % stride == 0 and index + 1 < len(text)]
        wanted = frozenset(index - start for index in scored)
        started = time.perf_counter()
        self._model.decode(text[start:end], seq_id=_TEXT, position=start, outputs=wanted)
        llama.llama_synchronize(self._model.context)  # a graphics card may still compute
        self._reading_s += time.perf_counter() - started
        for index in scored:
            yield index + 1, self._loss(index - start, text[index + 1])

    def _loss(self, row: int, token: int) -> float:
        """Negative log likelihood of a token by a row of the last step, nats."""
        logits = self._logits(row).astype(self._np.float64)
        top = float(logits.max())
        if not math.isfinite(top):  # a row of what is no number
            raise no_numbers(())
        loss = math.log(float(self._np.exp(logits - top).sum())) + top - float(logits[token])
        return min(loss, _WORST)

    def _logits(self, row: int) -> Any:
        """A row of the last step, until the next one."""
        pointer = llama.llama_get_logits_ith(self._model.context, row)
        size = self._model.vocabulary.n_tokens
        address = ctypes.addressof(pointer.contents)
        return self._np.frombuffer((ctypes.c_float * size).from_address(address), dtype=self._np.float32)

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
            said = [int(self._logits(row).argmax()) for row in rows]
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
