"""What happens when a conversation no longer fits into the context.

Process: any. Thread rule: immutable values and pure functions.

Nothing here changes the history: a policy decides what of it the model still reads.
"""

from __future__ import annotations

import enum
from bisect import bisect_left
from collections.abc import Callable
from typing import NamedTuple

import msgspec

ANSWER_SHARE = 4
"""A quarter of the context is kept for the answer, unless its longest length needs less."""
LEAST_SHARE = 16
"""Under `STOP` nobody is asked as long as this part of the context is free."""
TARGET = 0.6
"""Once something goes, the prompt shrinks to this part of the context: were it less, every turn would read it anew."""


class OverflowPolicy(enum.StrEnum):
    """What to do when a prompt and its answer no longer fit."""

    STOP = "stop"
    DROP = "drop"
    SUMMARISE = "summarise"
    EXTEND = "extend"


class RoomMade(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """From which answer on the model reads something else of a conversation than before.

    Attributes:
        policy: What was done.
        n_left_out: Messages before the question that it does not read in full any more; 0 for none.
        upto: Id of the last of them; empty for none.
        n_ctx: Context length for which this was done, tokens.
        summary: What it reads in their place; empty for nothing.
        n_bytes: Memory that a longer context takes beyond the one before; None if it was not changed.
    """

    policy: OverflowPolicy
    n_left_out: int = 0
    upto: str = ""
    n_ctx: int = 0
    summary: str = ""
    n_bytes: int | None = None

    @property
    def n_mib(self) -> int:
        """The same in MiB, rounded up."""
        return -(-(self.n_bytes or 0) // 2**20)

    @property
    def text(self) -> str:
        """One sentence for the person."""
        return room_sentence(self).format(n_left_out=self.n_left_out, n_ctx=self.n_ctx, n_mib=self.n_mib)


def room_sentence(room: RoomMade) -> str:
    """The template of that sentence, with ``{n_left_out}``, ``{n_ctx}`` and ``{n_mib}``."""
    if room.n_bytes is not None:
        return "The context was raised to {n_ctx} tokens, which takes about {n_mib} MiB more memory."
    if room.n_left_out == 0:
        return "The model reads the whole conversation again."
    if room.summary:
        return "The context is full: of the {n_left_out} oldest messages the model reads a summary from here on."
    return "The context is full: the model reads the {n_left_out} oldest messages no more from here on."


class Budget(NamedTuple):
    """Tokens of a prompt.

    Attributes:
        most: A longer one is shortened, because it leaves too little for the answer.
        target: What it is shortened to.
        utmost: Where it cannot be shortened, it may be as long as this.
    """

    most: int
    target: int
    utmost: int


def budget(policy: OverflowPolicy, n_ctx: int, max_tokens: int) -> Budget:
    """How long a prompt may be.

    Args:
        policy: What is done with a longer one.
        n_ctx: Context length, tokens.
        max_tokens: Longest answer, tokens; 0 for no limit.
    """
    utmost = n_ctx - _reserve(n_ctx // LEAST_SHARE, max_tokens)
    most = utmost if policy is OverflowPolicy.STOP else n_ctx - _reserve(n_ctx // ANSWER_SHARE, max_tokens)
    return Budget(most, min(most, int(n_ctx * TARGET)), utmost)


def _reserve(share: int, max_tokens: int) -> int:
    return max(1, min(max_tokens or share, share))


def fewest_left_out(n_turns: int, count: Callable[[int], int], limits: Budget) -> int | None:
    """How many of the oldest turns must go.

    Args:
        n_turns: Turns that may go.
        count: Tokens of the prompt without the n oldest of them; it falls as n grows. Called about log2(n_turns) times.
        limits: How long the prompt may be.

    Returns:
        The fewest whose leaving reaches the target; all of them where only that leaves room; None if nothing does.
    """
    fewest = bisect_left(range(n_turns), True, key=lambda n: count(n) <= limits.target)
    if fewest < n_turns or count(n_turns) <= limits.utmost:
        return fewest
    return None
