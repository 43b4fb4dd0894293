"""What a context check found out about a model: how well it reads at each position, and what it finds again.

Process: any. Thread rule: immutable; pure functions.

Perplexity is ``exp`` of the mean negative log likelihood of a token. A needle is a sentence with a number, somewhere in
the text, that the model is asked for at the end; its recall is the share of the number's tokens that the model would
have said (the most likely ones, each behind the right ones before it).
"""

from __future__ import annotations

import math
import time

import msgspec

from assistant.core.memory_estimate import KvType
from assistant.core.rope import RopeMethod

MAX_DISTANCE = 1.5
"""How many times longer or shorter a length may be to be decided by what was measured at another."""
MAX_PRICE = 0.05
"""What a method may cost within the trained length, as a share of the perplexity there, to be the automatic one."""


class NeedleScore(msgspec.Struct, frozen=True, kw_only=True):
    """One needle, asked for once.

    Attributes:
        length: Tokens that had been read when it was asked for.
        position: Tokens before the needle.
        recall: 0 to 1.
    """

    length: int
    position: int
    recall: float


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """Runs that can be compared: of the same length, text and type of the KV cache.

    Attributes:
        n_ctx: Context length, tokens.
        kv_type: Type of the KV cache.
        text_digest: `ReadText.digest`.
    """

    n_ctx: int
    kv_type: KvType = KvType.F16
    text_digest: str = ""


class ReadText(msgspec.Struct, frozen=True, kw_only=True):
    """A text that was read.

    Attributes:
        digest: SHA-256 of it, hexadecimal.
        name: Name of the file, empty for the text that comes with Famulus.
        n_tokens: Tokens that it has with the needles.
    """

    digest: str
    name: str = ""
    n_tokens: int = 0

    @property
    def title(self) -> str:
        """How it is called where it is shown."""
        return self.name or "Alice's Adventures in Wonderland"


class MethodRun(msgspec.Struct, frozen=True, kw_only=True):
    """One text read with one method.

    Attributes:
        method: How positions beyond the trained length were reached.
        series: What it can be compared with.
        n_read: Tokens that were read.
        losses: Mean negative log likelihood of a token, nats, for each part of `bucket` tokens.
        bucket: Tokens of a part.
        stride: Every so many tokens one was scored.
        needles: What was found again.
        seconds: How long reading the text took.
    """

    method: RopeMethod
    series: Series
    n_read: int
    losses: tuple[float, ...]
    bucket: int
    stride: int
    needles: tuple[NeedleScore, ...]
    seconds: float


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A series of which all was measured that was asked for.

    Attributes:
        series: Which.
        methods: What it compares.
        ended: When, seconds since 1970.
    """

    series: Series
    methods: tuple[RopeMethod, ...]
    ended: float


class ContextCheck(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of one model file.

    Attributes:
        model: Name of the file without its suffix.
        n_ctx_train: Context length it was trained with, tokens.
        texts: What was read, in the order of first use.
        runs: The latest of each method and series.
        comparisons: The latest of each series.
    """

    model: str
    n_ctx_train: int
    texts: tuple[ReadText, ...] = ()
    runs: tuple[MethodRun, ...] = ()
    comparisons: tuple[Comparison, ...] = ()

    def text(self, digest: str) -> ReadText | None:
        """The text of this digest; None if it was never read."""
        return next((text for text in self.texts if text.digest == digest), None)

    def title_of(self, series: Series) -> str:
        """How the text of a series is called."""
        return (self.text(series.text_digest) or ReadText(digest=series.text_digest)).title

    def run(self, method: RopeMethod, series: Series) -> MethodRun | None:
        """The run of a method; None if there is none."""
        return next((run for run in self.runs if (run.method, run.series) == (method, series)), None)

    def runs_of(self, series: Series) -> list[MethodRun]:
        """The runs of a series, in the order in which methods are always shown."""
        return [run for method in RopeMethod if (run := self.run(method, series)) is not None]

    def comparison(self, series: Series) -> Comparison | None:
        """Where all was measured that was asked for; None if something is missing."""
        return next((each for each in self.comparisons if each.series == series), None)

    def all_series(self) -> list[Series]:
        """All series with a run, the shortest first."""
        texts = {text.digest: number for number, text in enumerate(self.texts)}
        types = list(KvType)
        return sorted(
            {run.series for run in self.runs},
            key=lambda each: (each.n_ctx, types.index(each.kv_type), texts.get(each.text_digest, -1)),
        )

    def only(self, series: Series) -> ContextCheck:
        """What is known of one series."""
        return msgspec.structs.replace(
            self,
            texts=tuple(text for text in self.texts if text.digest == series.text_digest),
            runs=tuple(self.runs_of(series)),
            comparisons=tuple(each for each in self.comparisons if each.series == series),
        )

    def with_run(self, run: MethodRun, text: ReadText) -> ContextCheck:
        """With this run of a text in place of an earlier one of the same method and series."""
        others = tuple(each for each in self.runs if (each.method, each.series) != (run.method, run.series))
        texts = self.texts if self.text(text.digest) is not None else (*self.texts, text)
        return msgspec.structs.replace(self, texts=texts, runs=(*others, run))

    def with_comparison(self, series: Series) -> ContextCheck:
        """With all runs of a series as a whole that ended now."""
        methods = tuple(run.method for run in self.runs_of(series))
        others = tuple(each for each in self.comparisons if each.series != series)
        comparison = Comparison(series=series, methods=methods, ended=time.time())
        return msgspec.structs.replace(self, comparisons=(*others, comparison))


class CheckProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a check is.

    Attributes:
        method: What is measured now.
        n_ctx: At which length, tokens.
        number: Which run that is, from 1.
        n_runs: How many there are.
        n_done: Tokens that are read in this run.
        n_total: Tokens of this run.
        seconds_left: Of all runs together; None while that cannot be known.
    """

    method: RopeMethod
    n_ctx: int
    number: int
    n_runs: int
    n_done: int
    n_total: int
    seconds_left: float | None


def perplexity(run: MethodRun, start: int, end: int) -> float:
    """Perplexity of the parts that lie wholly within `start` to `end` tokens; NaN where there is none."""
    losses = [
        loss for index, loss in enumerate(run.losses) if start <= index * run.bucket and (index + 1) * run.bucket <= end
    ]
    return math.exp(sum(losses) / len(losses)) if losses else math.nan


def price(run: MethodRun, plain: MethodRun, n_ctx_train: int) -> float:
    """What a method costs within the trained length, as a share of the perplexity without it: 0.05 is 5 %."""
    return perplexity(run, 0, n_ctx_train) / perplexity(plain, 0, n_ctx_train) - 1


def beyond(run: MethodRun, n_ctx_train: int) -> float:
    """Perplexity of what lies beyond the trained length."""
    return perplexity(run, n_ctx_train, run.series.n_ctx)


def reading_work(n_tokens: int) -> float:
    """What it takes to read a text from its beginning, in units of one token: attention grows with what is behind."""
    return n_tokens * (1 + n_tokens / 12_000)


def reading_seconds(check: ContextCheck, n_tokens: int) -> float | None:
    """Time to read a text from its beginning by what was measured, seconds; None if nothing was."""
    work = sum(reading_work(run.n_read) for run in check.runs)
    return sum(run.seconds for run in check.runs) / work * reading_work(n_tokens) if work else None


def best_method(check: ContextCheck, n_ctx: int, kv_type: KvType = KvType.F16) -> RopeMethod | None:
    """The method that reads best beyond the trained length, by the `deciding` comparison.

    Methods that cost more than `MAX_PRICE` within the trained length do not count where another way to stretch it costs
    less.

    Args:
        check: What was measured.
        n_ctx: Context length, tokens.
        kv_type: Type of the KV cache.

    Returns:
        None where there is no such comparison.
    """
    comparison = deciding(check, n_ctx, kv_type)
    if comparison is None:
        return None
    runs = _compared(check, comparison)
    plain = check.run(RopeMethod.NONE, comparison.series)
    dear = [run for run in runs if plain is not None and price(run, plain, check.n_ctx_train) > MAX_PRICE]
    if all(run in dear for run in runs if run is not plain):
        dear = []  # to leave it as it is costs nothing, and is often the worst beyond the trained length
    return min((run for run in runs if run not in dear), key=lambda run: beyond(run, check.n_ctx_train)).method


def deciding(check: ContextCheck, n_ctx: int, kv_type: KvType = KvType.F16) -> Comparison | None:
    """The comparison that decides what is automatic at a length: of the nearest length, and there the newest.

    What is true of one length is not of another: on the starter model YaRN costs 1.3 % within the trained length at
    twice that, and 7.9 % at four times. So only lengths within `MAX_DISTANCE` count. A comparison in another type of
    the KV cache counts where there is none in the same.

    Args:
        check: What was measured.
        n_ctx: Context length, tokens.
        kv_type: Type of the KV cache.

    Returns:
        None where fewer than two methods were compared at such a length.
    """

    def distance(comparison: Comparison) -> float:
        length = comparison.series.n_ctx
        return max(length / n_ctx, n_ctx / length)

    near = [
        each
        for each in check.comparisons
        if each.series.n_ctx > check.n_ctx_train and distance(each) <= MAX_DISTANCE and len(_compared(check, each)) > 1
    ]
    return min(near, key=lambda each: (each.series.kv_type is not kv_type, distance(each), -each.ended), default=None)


def _compared(check: ContextCheck, comparison: Comparison) -> list[MethodRun]:
    """The runs of a comparison that have something to say about what lies beyond the trained length."""
    runs = [run for run in check.runs_of(comparison.series) if run.method in comparison.methods]
    return [run for run in runs if not math.isnan(beyond(run, check.n_ctx_train))]
