"""The window over the real engine and the starter model: conversations from their question to the next start."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt

from assistant.bootstrap import build_services
from assistant.core.conversation import Message, MessageStatus
from assistant.services.services import Services
from tests.gui.driven_window import DrivenWindow
from tests.tiny_adapter import BUTLER

CONTROL = Qt.KeyboardModifier.ControlModifier
SHORT, LONG = 12, 400
"""Longest answers, tokens: one to read to its end, one to stop in its middle."""


def prepared_services(max_tokens: int) -> Services:
    """The services of the test's data folder, whose answers are repeatable and no longer than this."""
    services = build_services()
    services.settings.set("sampling.temperature", "0")
    services.settings.set("sampling.max_tokens", str(max_tokens))
    services.settings.set("model.n_ctx", "2048")
    return services


def branch(window: DrivenWindow) -> list[Message]:
    return window.services.conversations.branch(window.app.conversation.conversationId)


def stop_in_the_middle(window: DrivenWindow, question: str) -> Message:
    """Ask, let some of the answer come, press Esc; returns the answer on the disk."""
    window.services.settings.set("sampling.max_tokens", str(LONG))
    window.ask(question)
    window.wait_until(lambda: len(window.app.conversation.lastAnswer()) > 40)
    window.press(Qt.Key.Key_Escape)
    window.wait_for_words("Stopped")
    window.wait_for_answer()
    window.services.settings.set("sampling.max_tokens", str(SHORT))
    return branch(window)[-1]


def test_ask_stop_edit_switch_and_find_all_of_it_after_a_restart(
    open_window: Callable[[Services], DrivenWindow],
) -> None:
    window = open_window(prepared_services(SHORT))
    window.ask("What is the capital of France?")
    window.wait_for_answer()
    first = branch(window)[-1]
    assert first.status is MessageStatus.COMPLETE
    assert first.text.strip()
    assert " ".join(first.text.split()[:4]) in window.words(window.item("messageList"))

    stopped = stop_in_the_middle(window, "Write a long story about a lighthouse keeper and the sea.")
    assert stopped.status is MessageStatus.INTERRUPTED
    assert stopped.usage is not None
    assert 0 < stopped.usage.completion_tokens < LONG

    window.press(Qt.Key.Key_Up)
    window.named("Edit the question")
    window.press(Qt.Key.Key_A, CONTROL)
    window.type("Name one bird that lives by the sea.")
    window.press(Qt.Key.Key_Return, CONTROL)
    window.wait_until(lambda: branch(window)[-2].text == "Name one bird that lives by the sea.")
    window.wait_for_answer()
    bird = branch(window)[-1]
    assert "lighthouse" not in window.words(window.item("messageList"))

    window.hover(window.all_named("You")[-1])
    window.click(window.all_named("Version before")[-1])
    window.wait_for_words("lighthouse keeper")
    window.wait_until(lambda: branch(window)[-1].id == stopped.id)
    shown = window.words(window.item("messageList"))
    window.close()

    window = open_window(prepared_services(SHORT))
    window.wait_until(lambda: window.app.sidebar.conversations.rowCount() == 1)
    window.click(window.named("What is the capital of France?"))
    window.wait_for_words("Stopped")
    assert _without_times(window.words(window.item("messageList"))) == _without_times(shown)
    window.hover(window.all_named("You")[-1])
    window.click(window.named("Next version"))
    window.wait_for_words("Name one bird")
    window.wait_until(lambda: branch(window)[-1] == bird)

    window.press(Qt.Key.Key_K, CONTROL)
    window.type("lighthouse")
    window.wait_until(lambda: window.app.sidebar.hits.rowCount() > 0)
    window.press(Qt.Key.Key_Return)
    window.wait_for_words("lighthouse keeper")
    window.wait_until(lambda: branch(window)[-1].id == stopped.id)

    window.ask("Thank you.")
    window.wait_for_answer()
    assert [message.text for message in branch(window)][-2] == "Thank you."


def test_an_adapter_changes_the_next_answer_is_compared_and_is_there_after_a_restart(
    open_window: Callable[[Services], DrivenWindow],
) -> None:
    services = prepared_services(SHORT)
    services.adapters.add(BUTLER)
    window = open_window(services)
    window.ask("Who am I speaking with?")
    window.wait_for_answer()
    window.click(window.item("adapterPill"))
    window.click(window.named(f"Use {BUTLER.stem}"))
    window.press(Qt.Key.Key_Escape)
    window.click(window.named("Answer again"))
    window.wait_until(lambda: len(window.items("adapterChip")) == 1)
    window.wait_for_answer()
    served = branch(window)[-1]
    assert served.text.startswith("Certainly,")
    assert served.timings is not None
    assert served.timings.load_s == 0
    plain = window.services.conversations.siblings(served.id)[0]
    assert not plain.text.startswith("Certainly,")

    window.click(window.item("compareButton"))
    window.wait_until(lambda: len(window.items("compareKeep")) == 2)
    words = "".join(window.words(half) for half in window.items("compareHalf"))
    assert " ".join(served.text.split()[:3]) in words
    assert " ".join(plain.text.split()[:3]) in words
    assert len(window.services.conversations.siblings(served.id)) == 2
    window.close()

    window = open_window(prepared_services(SHORT))
    window.wait_until(lambda: window.app.sidebar.conversations.rowCount() == 1)
    window.click(window.named("Who am I speaking with?"))
    window.wait_until(lambda: bool(window.items("adapterPill")) and window.app.adapters.words == BUTLER.stem)
    window.ask("And what do you do?")
    window.wait_until(lambda: len(window.items("adapterChip")) == 2)
    window.wait_for_answer()
    assert [use.path for use in branch(window)[-1].adapters] == [str(BUTLER)]


def _without_times(words: str) -> list[str]:
    """The lines that are words of the conversation, not of its footers."""
    return [line for line in words.splitlines() if "tokens/s" not in line and "/2" not in line]
