"""The conversations in the sidebar, newest first, by day.

Process: app with a window. Thread: the GUI's.
"""

from __future__ import annotations

import datetime
from typing import NamedTuple

from PySide6.QtCore import QObject

from assistant.gui.row_list_model import RowListModel

_WEEK_DAYS = 7


class ConversationRow(NamedTuple):
    """One conversation.

    Attributes:
        conversation_id: Its id.
        title: Its title; may be empty.
        group: ``today``, ``yesterday``, ``week`` (the 7 days before today) or ``older``.
        generating: Whether a turn of it runs or waits.
        active: Whether it is the open one.
        unread: Whether an answer ended that the person has not seen.
    """

    conversation_id: str
    title: str
    group: str
    generating: bool
    active: bool
    unread: bool


class ConversationListModel(RowListModel[ConversationRow]):
    """The fields of `ConversationRow` as roles."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(ConversationRow, "conversation_id", parent)


def group_of(seconds: float, today: datetime.date) -> str:
    """The group of a conversation that changed last at this time, in the local time zone.

    Args:
        seconds: Since the epoch.
        today: The local date.
    """
    days = (today - datetime.datetime.fromtimestamp(seconds).date()).days
    if days <= 0:
        return "today"
    if days == 1:
        return "yesterday"
    return "week" if days <= _WEEK_DAYS else "older"


def milliseconds_to_midnight(now: datetime.datetime) -> int:
    """Until the next local day begins, at least 1."""
    tomorrow = datetime.datetime.combine(now.date() + datetime.timedelta(days=1), datetime.time.min)
    # Timestamps, not clock times: a day in which the clock changes has 23 or 25 hours.
    return max(1, int((tomorrow.timestamp() - now.timestamp()) * 1000) + 1)
