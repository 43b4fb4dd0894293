"""Forty turns that do not fit into a context of 2,048 tokens, in the window, with the real model, under each policy."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtQuick import QQuickItem

from assistant.bootstrap import build_services
from assistant.core.conversation import Message, MessageStatus, Role
from assistant.services.services import Services
from tests.gui.driven_window import DrivenWindow, spoken_name

pytestmark = [pytest.mark.faults, pytest.mark.timeout(900)]

N_TURNS = 40
SENTENCE = "The harbour of the old town was built of grey stone, and ships from the north came every spring. "
BUTTONS = {
    "drop": "Leave out the oldest turns",
    "summarise": "Sum up the oldest turns",
    "extend": "Raise the context to",
}
LINES = {
    "drop": "oldest messages no more from here on",
    "summarise": "oldest messages the model reads a summary",
    "extend": "The context was raised to",
}
FULL = "This conversation fills the context"


def question(n: int) -> str:
    """About 70 tokens."""
    return f"Number {n}. {SENTENCE * 2} What was built of stone?"


def choice(window: DrivenWindow, policy: str) -> QQuickItem:
    """The visible button on the card of a full context."""
    visible = [item for item in window.everything() if item.isVisible()]
    return next(item for item in visible if spoken_name(item).startswith(BUTTONS[policy]))


def branch(window: DrivenWindow) -> list[Message]:
    return window.services.conversations.branch(window.app.conversation.conversationId)


@pytest.mark.parametrize("policy", BUTTONS)
def test_the_window_asks_once_says_what_it_does_and_keeps_everything(
    open_window: Callable[[Services], DrivenWindow], policy: str
) -> None:
    services = build_services()
    services.settings.set("model.n_ctx", "2048")
    services.settings.set("sampling.max_tokens", "4")
    services.settings.set("sampling.temperature", "0")
    window = open_window(services)
    n_asked = 0
    for n in range(N_TURNS):
        window.app.conversation.send(question(n))
        window.wait_for_answer()
        if FULL in window.words():
            n_asked += 1
            window.click(choice(window, policy))
            window.wait_for_answer()
            window.wait_for_words(LINES[policy])
    messages = branch(window)
    assert n_asked == 1, "the choice is remembered"
    assert [each.text for each in messages if each.role is Role.USER] == [question(n) for n in range(N_TURNS)]
    assert len(messages) == 2 * N_TURNS
    assert all(each.status is MessageStatus.COMPLETE and each.text for each in messages)
    rooms = [each.room for each in messages if each.room is not None]
    assert rooms
    assert all(room.policy == policy for room in rooms)
