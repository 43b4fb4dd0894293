"""SIGKILL of the engine at random moments of an answer that streams into the window.

Used with few rounds by the suite and with many by ``make faults``.
"""

from __future__ import annotations

import os
import random
import signal
import time
from typing import NamedTuple

from assistant.core.conversation import FinishReason, Message, MessageStatus
from tests.gui.driven_window import DrivenWindow

QUESTION = "Write a long story about a lighthouse keeper and the sea."
TITLE = "The model's process stopped unexpectedly."
RETRIED = 4
"""Length of the answer to Retry, tokens."""


class WindowKill(NamedTuple):
    """What one killed engine cost.

    Attributes:
        card_s: From the kill to the card on its message, seconds.
        retry_s: From the click on Retry to the first words of the new answer, the load of the model included, seconds.
        load_s: The load alone, seconds.
        kept_characters: Length of the text that was kept.
    """

    card_s: float
    retry_s: float
    load_s: float
    kept_characters: int


def kill_engine_under_the_window(window: DrivenWindow, rounds: int, seed: int) -> list[WindowKill]:
    """Ask, kill the engine in the middle of its answer, look for card and text, and retry; once a round."""
    random_moments = random.Random(seed)
    window.services.settings.set("sampling.temperature", "0")
    window.services.settings.set("model.n_ctx", "2048")
    return [_kill(window, random_moments) for _ in range(rounds)]


def _kill(window: DrivenWindow, random_moments: random.Random) -> WindowKill:
    window.services.settings.set("sampling.max_tokens", "400")
    window.app.newChat()
    window.ask(QUESTION)
    n_characters = random_moments.randrange(1, 160)
    window.wait_until(lambda: len(window.app.conversation.lastAnswer()) >= n_characters)
    process_id = window.services.engine.process_id
    assert process_id is not None
    killed_at = time.monotonic()
    os.kill(process_id, signal.SIGKILL)
    retry = window.named("Retry")
    card_s = time.monotonic() - killed_at
    broken = _branch(window)[-1]
    assert (broken.status, broken.finish_reason) == (MessageStatus.INTERRUPTED, FinishReason.ERROR)
    assert len(broken.text) >= n_characters
    assert TITLE in window.words(window.item("messageList"))
    assert _squeezed(broken.text) in _squeezed(window.words(window.item("messageList")))
    window.services.settings.set("sampling.max_tokens", str(RETRIED))
    asked_at = time.monotonic()
    window.click(retry)
    window.wait_until(lambda: _new_text(window, broken) != "")
    retry_s = time.monotonic() - asked_at
    window.wait_for_answer()
    answer = _branch(window)[-1]
    assert answer.status is MessageStatus.COMPLETE
    assert answer.timings is not None
    assert window.services.conversations.message(broken.id) == broken
    window.wait_for_words("2/2")
    assert not window.all_named("Retry")
    return WindowKill(card_s, retry_s, answer.timings.load_s, len(broken.text))


def _branch(window: DrivenWindow) -> list[Message]:
    return window.services.conversations.branch(window.app.conversation.conversationId)


def _new_text(window: DrivenWindow, broken: Message) -> str:
    """What is written of the next version; the text of the broken one is longer than that ever gets."""
    text = window.app.conversation.lastAnswer()
    return "" if text == broken.text else text


def _squeezed(text: str) -> str:
    """The letters of a text: Markdown's own signs, spaces and line breaks are not seen."""
    return "".join(character for character in text if character.isalnum())
