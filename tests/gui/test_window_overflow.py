"""The window where a conversation no longer fits into the context: a choice, a line, pins, and cut-off answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from assistant.bootstrap import build_services
from assistant.core.overflow import OverflowPolicy
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine
from tests.fakes.fake_services import fake_services
from tests.gui.driven_window import DrivenWindow

WORDS = "word " * 100
SENTENCE = "The harbour of the old town was built of grey stone, and ships came every spring. "


@pytest.fixture
def window(open_window: Callable[[Services], DrivenWindow], engine: FakeEngine, tmp_path: Path) -> DrivenWindow:
    services = fake_services(tmp_path, engine)
    services.settings.set("model.n_ctx", "512")
    services.settings.set("sampling.max_tokens", "16")
    return open_window(services)


def send(window: DrivenWindow, text: str) -> None:
    window.app.conversation.send(text)
    window.wait_for_answer()


def fill(window: DrivenWindow, n_questions: int = 5) -> None:
    for n in range(n_questions):
        send(window, f"Q{n} {WORDS}")


def stored(window: DrivenWindow) -> list[str]:
    branch = window.services.conversations.branch(window.app.conversation.conversationId)
    return [message.text.split()[0] if message.text else "" for message in branch]


def test_a_full_context_is_a_choice_with_buttons(window: DrivenWindow, engine: FakeEngine) -> None:
    fill(window)
    window.wait_for_words("This conversation fills the context")
    assert "--overflow" not in window.words()
    (larger,) = [each for each in window.words().splitlines() if each.startswith("Raise the context to")]
    assert "1024" in larger.replace(",", "")
    window.click(window.named("Leave out the oldest turns"))
    window.wait_for_words("oldest messages no more from here on")
    window.wait_for_answer()
    assert stored(window) == ["Q0", "Fine.", "Q1", "Fine.", "Q2", "Fine.", "Q3", "Fine.", "Q4", "Fine."]
    assert engine.prompts[-1][0].text.split()[0] != "Q0"
    fill(window, 3)
    assert window.all_named("Leave out the oldest turns") == [], "the choice is remembered"


def test_each_choice_is_called_what_is_written_on_it(window: DrivenWindow) -> None:
    fill(window)
    window.wait_for_words("This conversation fills the context")
    written = window.words().splitlines()
    for name in ("Leave out the oldest turns", "Sum up the oldest turns"):
        assert window.named(name)
        assert name in written


def test_a_summary_can_be_unfolded(window: DrivenWindow, engine: FakeEngine) -> None:
    fill(window)
    engine.will_answer("Tea was asked for.")
    window.click(window.named("Sum up the oldest turns"))
    window.wait_for_words("oldest messages the model reads a summary")
    window.wait_for_answer()
    assert "Tea was asked for." not in window.words()
    (line,) = [each for each in window.words().splitlines() if "reads a summary" in each]
    window.click(window.named(line))
    window.wait_for_words("Tea was asked for.")
    assert window.services.conversations.list()[0].overflow is OverflowPolicy.SUMMARISE


def test_the_context_is_raised_by_a_button(window: DrivenWindow, engine: FakeEngine) -> None:
    fill(window)
    (button,) = [each for each in window.words().splitlines() if each.startswith("Raise the context to")]
    window.click(window.named(button))
    window.wait_for_words("The context was raised to")
    window.wait_for_answer()
    assert engine.loads[-1].n_ctx == 1024
    assert window.app.conversation.contextSize == 1024
    assert len(engine.prompts[-1]) == 9


def test_a_pinned_question_is_marked_and_stays(window: DrivenWindow, engine: FakeEngine) -> None:
    send(window, f"Q0 {WORDS}")
    window.hover(window.named("You"))
    window.click(window.named("Pin: keep in the context with its answer"))
    window.wait_for_words("Pinned: stays in the context")
    conversation_id = window.app.conversation.conversationId
    window.services.conversations.set_overflow(conversation_id, OverflowPolicy.DROP).result()
    fill(window, 6)
    assert engine.prompts[-1][0].text.split()[0] == "Q0"
    assert len(engine.prompts[-1]) < 9


def test_a_cut_off_answer_is_continued_by_a_button(window: DrivenWindow, engine: FakeEngine) -> None:
    window.services.settings.set("sampling.max_tokens", "2")
    engine.will_answer("Once ", "upon ", "never")
    send(window, "Tell me.")
    window.wait_for_words("The answer was cut off")
    engine.will_answer("a ", "time.")
    window.click(window.named("Continue"))
    window.wait_for_words("Once upon a time.")
    window.wait_for_answer()
    assert stored(window) == ["Tell", "Once"]


def test_the_policy_is_in_the_menu_of_the_conversation(window: DrivenWindow) -> None:
    send(window, "Hello")
    window.click(window.named("More"))
    entry = window.named("Sum up the oldest turns")
    assert not entry.property("checked")
    assert window.named("Ask what to do").property("checked")
    window.click(entry)
    store, conversation_id = window.services.conversations, window.app.conversation.conversationId
    window.wait_until(lambda: store.get(conversation_id).overflow is OverflowPolicy.SUMMARISE)
    window.wait_until(lambda: not window.all_named("Ask what to do"))
    window.click(window.named("More"))
    assert window.named("Sum up the oldest turns").property("checked")
    assert not window.named("Ask what to do").property("checked")


def test_the_menu_speaks_another_language_at_once(window: DrivenWindow) -> None:
    send(window, "Hello")
    window.click(window.item("moreButton"))
    window.wait_for_words("Leave out the oldest turns")
    window.press(Qt.Key.Key_Escape)
    window.app.settings.language = "zh_CN"
    window.wait_for_words("新对话")
    window.click(window.item("moreButton"))
    window.wait_for_words("略去最早的几轮")
    window.press(Qt.Key.Key_Escape)
    window.app.settings.language = "en"
    window.wait_for_words("New chat")


def test_the_real_engine_fills_up_and_goes_on(open_window: Callable[[Services], DrivenWindow]) -> None:
    services = build_services()
    services.settings.set("model.n_ctx", "512")
    services.settings.set("sampling.max_tokens", "4")
    window = open_window(services)
    for n in range(12):
        send(window, f"Number {n}. {SENTENCE * 3}")
        if "This conversation fills the context" in window.words():
            break
    n_messages = len(stored(window))
    assert n_messages > 6
    window.click(window.named("Leave out the oldest turns"))
    window.wait_for_words("oldest messages no more from here on")
    window.wait_for_answer()
    assert len(stored(window)) == n_messages
    assert all(stored(window))
