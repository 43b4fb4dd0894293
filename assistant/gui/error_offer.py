"""What an error offers to do, for the buttons of its card.

Process: app with a window. Thread: the GUI's; pure.
"""

from __future__ import annotations

from typing import NamedTuple

from assistant.core.errors import ErrorInfo


class ErrorOffer(NamedTuple):
    """The choices that an error leaves.

    Attributes:
        can_leave_out: Whether the conversation fits without its oldest turns.
        can_sum_up: Whether it fits with a summary of them.
        larger_n_ctx: Longer context that memory allows, tokens; 0 for none.
        more_mib: What that takes, MiB.
        lighter_n_ctx: Context with which the model can be loaded instead, tokens; 0 for none.
    """

    can_leave_out: bool = False
    can_sum_up: bool = False
    larger_n_ctx: int = 0
    more_mib: int = 0
    lighter_n_ctx: int = 0


def error_offer(error: ErrorInfo | None) -> ErrorOffer:
    """What an error offers; nothing for None."""
    values = error.values if error is not None else {}
    can_leave_out = bool(values.get("can_leave_out", 0))
    return ErrorOffer(
        can_leave_out=can_leave_out,
        can_sum_up=bool(values.get("can_sum_up", can_leave_out)),  # errors that were stored before it was said apart
        larger_n_ctx=int(values.get("larger_n_ctx", 0)),
        more_mib=int(values.get("more_mib", 0)),
        lighter_n_ctx=int(values.get("rung_n_ctx", 0)),
    )
