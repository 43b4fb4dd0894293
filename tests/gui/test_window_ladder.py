"""The window where memory runs out: the error offers with what less the model can be loaded, as a button."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.core.errors import ModelLoadFailed
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine
from tests.fakes.fake_services import fake_services
from tests.gui.driven_window import DrivenWindow

FULL = ModelLoadFailed("There is not enough memory for a context of {n_ctx} tokens.", n_ctx=2048)


@pytest.fixture
def window(open_window: Callable[[Services], DrivenWindow], engine: FakeEngine, tmp_path: Path) -> DrivenWindow:
    services = fake_services(tmp_path, engine)
    services.settings.set("model.n_ctx", "2048")
    engine.will_load(FULL)
    return open_window(services)


def test_the_button_loads_the_model_with_less_and_answers(window: DrivenWindow, engine: FakeEngine) -> None:
    window.wait_until(lambda: window.app.model.state == "failed")
    engine.will_load(FULL)
    window.app.conversation.send("Is there room?")
    window.wait_for_words("it can be loaded with 1024 tokens of context")
    window.click(window.named("Load it so"))
    window.wait_for_answer()
    assert engine.loads[-1].n_ctx == 1024
    window.wait_for_words("Fine.")
    branch = window.services.conversations.branch(window.app.conversation.conversationId)
    assert [message.text for message in branch] == ["Is there room?", "Fine."]
    assert window.all_named("Load it so") == []


def test_a_load_ahead_that_fails_offers_the_button_in_the_picker(window: DrivenWindow, engine: FakeEngine) -> None:
    window.wait_until(lambda: window.app.model.state == "failed")
    window.click(window.item("modelPill"))
    window.wait_for_words("it can be loaded with 1024 tokens of context")
    window.click(window.named("Load it so"))
    window.wait_until(lambda: window.app.model.state == "ready")
    assert engine.loads[-1].n_ctx == 1024
    window.wait_until(lambda: window.all_named("Load it so") == [])


def test_and_in_the_settings(window: DrivenWindow, engine: FakeEngine) -> None:
    window.wait_until(lambda: window.app.model.state == "failed")
    window.app.page = "settings"
    window.wait_until(lambda: bool(window.items("settingsPage")))
    window.item("settingsPage").setProperty("section", "model")
    window.click(window.named("Load it so"))
    window.wait_until(lambda: window.app.model.state == "ready")
    assert engine.loads[-1].n_ctx == 1024
    window.wait_until(lambda: window.all_named("Load it so") == [])


def test_what_was_given_up_is_said_with_the_context_and_taken_back_there(
    window: DrivenWindow, engine: FakeEngine
) -> None:
    window.wait_until(lambda: window.app.model.state == "failed")
    window.click(window.item("modelPill"))
    window.click(window.named("Load it so"))
    window.wait_until(lambda: window.app.model.state == "ready")
    window.app.page = "settings"
    window.wait_until(lambda: bool(window.items("settingsPage")))
    window.item("settingsPage").setProperty("section", "context")
    window.wait_for_words("Memory ran out before, so it is loaded with 1024 tokens")
    window.click(window.named("Try in full again"))
    window.wait_until(lambda: engine.loads[-1].n_ctx == 2048 and window.app.model.state == "ready")
    window.wait_until(lambda: window.all_named("Try in full again") == [])
