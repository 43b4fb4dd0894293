"""What the window says of a conversation that no longer fits into the context.

Process: app with a window. Thread: the GUI's.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLocale

from assistant.core.overflow import OverflowPolicy, RoomMade


def room_words(room: RoomMade | None) -> str:
    """The line above the answer from which on the model reads something else; empty for None."""
    if room is None:
        return ""
    template = _template(room)
    numbers = {"n": room.n_left_out, "n_ctx": room.n_ctx, "n_mib": room.n_mib}
    return template.format(**{name: QLocale().toString(number) for name, number in numbers.items()})


def _template(room: RoomMade) -> str:
    if room.n_bytes is not None:
        return QCoreApplication.translate(
            "room_text", "The context was raised to {n_ctx} tokens, which takes about {n_mib} MiB more memory."
        )
    if room.n_left_out == 0:
        return QCoreApplication.translate("room_text", "The model reads the whole conversation again.")
    if room.summary:
        return QCoreApplication.translate(
            "room_text", "The context is full: of the {n} oldest messages the model reads a summary from here on."
        )
    return QCoreApplication.translate(
        "room_text", "The context is full: the model reads the {n} oldest messages no more from here on."
    )


def policy_words(policy: str) -> str:
    """A policy as a choice."""
    match OverflowPolicy(policy):
        case OverflowPolicy.STOP:
            return QCoreApplication.translate("room_text", "Ask what to do")
        case OverflowPolicy.DROP:
            return QCoreApplication.translate("room_text", "Leave out the oldest turns")
        case OverflowPolicy.SUMMARISE:
            return QCoreApplication.translate("room_text", "Sum up the oldest turns")
        case OverflowPolicy.EXTEND:
            return QCoreApplication.translate("room_text", "Raise the context length")
