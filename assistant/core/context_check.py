"""What a context check found out about a model: how well it reads at each position, and what it finds again.

Process: any. Thread rule: immutable; pure functions.

Perplexity is ``exp`` of the mean negative log likelihood of a token. A needle is a sentence with a number, somewhere in
the text, that the model is asked for at the end; its recall is the share of the number's tokens that the model would
have said (the most likely ones, each behind the right ones before it).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

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


class MethodRun(msgspec.Struct, frozen=True, kw_only=True):
    """One text read with one method.

    Attributes:
        method: How positions beyond the trained length were reached.
        n_ctx: Context length, tokens.
        n_read: Tokens that were read.
        losses: Mean negative log likelihood of a token, nats, for each part of `bucket` tokens.
        bucket: Tokens of a part.
        stride: Every so many tokens one was scored.
        needles: What was found again.
        seconds: How long it took.
        kv_type: Type of the KV cache.
    """

    method: RopeMethod
    n_ctx: int
    n_read: int
    losses: tuple[float, ...]
    bucket: int
    stride: int
    needles: tuple[NeedleScore, ...]
    seconds: float
    kv_type: KvType = KvType.F16


class ContextCheck(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of one model file.

    Attributes:
        model: Name of the file without its suffix.
        n_ctx_train: Context length it was trained with, tokens.
        text: What was read: name of the file, empty for the text that comes with Famulus.
        text_digest: SHA-256 of it, hexadecimal.
        n_text: Tokens that it has with the needles.
        runs: One for each method and length; the latest of each.
    """

    model: str
    n_ctx_train: int
    text: str = ""
    text_digest: str = ""
    n_text: int = 0
    runs: tuple[MethodRun, ...] = ()

    def run(self, method: RopeMethod, n_ctx: int) -> MethodRun | None:
        """The run of a method at a length; None if there is none."""
        return next((run for run in self.runs if (run.method, run.n_ctx) == (method, n_ctx)), None)

    def with_run(self, run: MethodRun) -> ContextCheck:
        """With this run in place of an earlier one of the same method and length."""
        others = tuple(each for each in self.runs if (each.method, each.n_ctx) != (run.method, run.n_ctx))
        return msgspec.structs.replace(self, runs=(*others, run))


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
    return perplexity(run, n_ctx_train, run.n_ctx)


N_DEPTHS = 4
"""Rows of a needle grid."""


class NeedleGrid(msgspec.Struct, frozen=True, kw_only=True):
    """What was found again of the needles at each depth of each length.

    Attributes:
        lengths: Tokens that had been read, ascending.
        shares: `N_DEPTHS` rows, the beginning of the text first, a mean recall for each length; None without a needle.
    """

    lengths: tuple[int, ...]
    shares: tuple[tuple[float | None, ...], ...]


def needle_grid(run: MethodRun) -> NeedleGrid:
    """The needles of a run by depth, which is the share of the text that stands before one, and length."""
    lengths = tuple(sorted({needle.length for needle in run.needles}))
    found: dict[tuple[int, int], list[float]] = {}
    for needle in run.needles:
        depth = min(N_DEPTHS - 1, needle.position * N_DEPTHS // needle.length)
        found.setdefault((depth, needle.length), []).append(needle.recall)

    def share(depth: int, length: int) -> float | None:
        recalls = found.get((depth, length))
        return sum(recalls) / len(recalls) if recalls else None

    return NeedleGrid(
        lengths=lengths,
        shares=tuple(tuple(share(depth, length) for length in lengths) for depth in range(N_DEPTHS)),
    )


def reading_work(n_tokens: int) -> float:
    """What it takes to read a text from its beginning, in units of one token: attention grows with what is behind."""
    return n_tokens * (1 + n_tokens / 12_000)


def reading_seconds(check: ContextCheck, n_tokens: int) -> float | None:
    """Time to read a text from its beginning by what was measured, seconds; None if nothing was."""
    work = sum(reading_work(run.n_read) for run in check.runs)
    return sum(run.seconds for run in check.runs) / work * reading_work(n_tokens) if work else None


def best_method(check: ContextCheck, n_ctx: int) -> RopeMethod | None:
    """The method that reads best beyond the trained length, at the measured length that is nearest to `n_ctx`.

    What is true of one length is not of another: on the starter model YaRN is the best at twice the trained length, and
    costs too much at four times. So only lengths within `MAX_DISTANCE` count. Methods that cost more than `MAX_PRICE`
    within the trained length do not count where another way to stretch it costs less.

    Args:
        check: What was measured.
        n_ctx: Context length, tokens.

    Returns:
        None where fewer than two methods were measured at one such length.
    """

    def distance(length: int) -> float:
        return max(length / n_ctx, n_ctx / length)

    lengths = {run.n_ctx for run in check.runs if run.n_ctx > check.n_ctx_train}
    compared = [length for length in lengths if distance(length) <= MAX_DISTANCE and len(_at(check, length)) > 1]
    if not compared:
        return None
    length = min(compared, key=distance)
    runs = _at(check, length)
    plain = check.run(RopeMethod.NONE, length)
    dear = [run for run in runs if plain is not None and price(run, plain, check.n_ctx_train) > MAX_PRICE]
    if all(run in dear for run in runs if run is not plain):
        dear = []  # to leave it as it is costs nothing, and is often the worst beyond the trained length
    return min((run for run in runs if run not in dear), key=lambda run: beyond(run, check.n_ctx_train)).method


def _at(check: ContextCheck, n_ctx: int) -> Sequence[MethodRun]:
    """The runs at a length that have something to say about what lies beyond the trained one."""
    runs = [run for run in check.runs if run.n_ctx == n_ctx]
    return [run for run in runs if not math.isnan(beyond(run, check.n_ctx_train))]
