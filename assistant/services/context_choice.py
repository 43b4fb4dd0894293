"""What a person is told when a conversation fills the context, with what can be done.

Process: app. Thread rule: pure.
"""

from __future__ import annotations

from typing import NamedTuple

from assistant.core.errors import ContextFull, ContextOverflow, FamulusError, SummaryFailed
from assistant.core.memory_estimate import MIB
from assistant.services.context_lengths import LargerContext

_DROP = "leave out the oldest turns with --overflow drop"
_SUMMARISE = "sum them up with --overflow summarise"
_EXTEND = "raise the context to {larger_n_ctx} tokens ({more_mib} MiB more memory) with --overflow extend"
_HOW = "; in a conversation type /overflow with that word, then /retry, or /continue for a cut-off answer"


class Choices(NamedTuple):
    """What can be done.

    Attributes:
        can_leave_out: Whether it fits without its oldest turns.
        can_sum_up: Whether it fits with a summary in their place.
        larger: The longer context that memory allows; None for none.
    """

    can_leave_out: bool
    can_sum_up: bool
    larger: LargerContext | None


def full_error(n_prompt: int, n_ctx: int, choices: Choices) -> ContextOverflow:
    """The error of a conversation that fills the context.

    Args:
        n_prompt: Tokens of the prompt; of what must stay, if that alone is too long.
        n_ctx: Context length, tokens.
        choices: What can be done.
    """
    if not choices.can_leave_out and choices.larger is None:
        return ContextOverflow(
            "What must stay of this conversation fills the context: {n_prompt} of {n_ctx} tokens.",
            remedy="Ask a shorter question, unpin messages, or begin a new conversation.",
            n_prompt=n_prompt,
            n_ctx=n_ctx,
        )
    return ContextFull(
        "This conversation fills the context: {n_prompt} of {n_ctx} tokens.",
        remedy=_remedy(choices),
        n_prompt=n_prompt,
        n_ctx=n_ctx,
        can_leave_out=int(choices.can_leave_out),
        can_sum_up=int(choices.can_sum_up),
        larger_n_ctx=_larger_n_ctx(choices),
        more_mib=_more_mib(choices),
    )


def summary_error(error: FamulusError, choices: Choices) -> SummaryFailed:
    """The error of a summary that did not come, with what else can be done."""
    return SummaryFailed(
        "The oldest turns could not be summed up, and nothing was left out.",
        remedy="Try again, or leave them out with --overflow drop.",
        cause=f"{error} ({error.info.cause})",
        can_leave_out=int(choices.can_leave_out),
        can_sum_up=int(choices.can_sum_up),
        larger_n_ctx=_larger_n_ctx(choices),
        more_mib=_more_mib(choices),
    )


def _remedy(choices: Choices) -> str:
    ways = [
        *[_DROP] * choices.can_leave_out,
        *[_SUMMARISE] * choices.can_sum_up,
        *[_EXTEND] * (choices.larger is not None),
    ]
    words = ", ".join(ways[:-1]) + (", or " if len(ways) > 2 else " or " if len(ways) == 2 else "") + ways[-1]
    return words[0].upper() + words[1:] + _HOW + "."


def _larger_n_ctx(choices: Choices) -> int:
    return choices.larger.n_ctx if choices.larger is not None else 0


def _more_mib(choices: Choices) -> int:
    return -(-choices.larger.n_bytes // MIB) if choices.larger is not None else 0
