"""The window over a scripted engine: what a person sees and does."""

from __future__ import annotations

from tests.fakes.fake_engine import FakeEngine
from tests.gui.driven_window import DrivenWindow


def test_a_question_is_answered(window: DrivenWindow, engine: FakeEngine) -> None:
    engine.will_answer("Paris", ", of course.")
    window.ask("What is the capital of France?")
    window.wait_for_answer()
    messages = window.services.conversations.branch(window.app.conversation.conversationId)
    assert [message.text for message in messages] == ["What is the capital of France?", "Paris, of course."]
