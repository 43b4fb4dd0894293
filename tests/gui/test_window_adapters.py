"""Adapters in the window: an answer says what it was made with."""

from __future__ import annotations

from pathlib import Path

from assistant.core.adapter import AdapterUse
from tests.fakes.fake_engine import FakeEngine
from tests.gui.driven_window import DrivenWindow
from tests.tiny_adapter import write_random_adapter


def test_an_answer_says_which_adapters_made_it(window: DrivenWindow, engine: FakeEngine, tmp_path: Path) -> None:
    base = Path(window.services.settings.load().model.path)
    path = write_random_adapter(tmp_path / "<b>formal.gguf", base, 1)
    window.ask("First")
    window.wait_for_answer()
    store = window.services.conversations
    uses = (AdapterUse(path=str(path), scale=0.5),)
    store.set_adapters(window.app.conversation.conversationId, uses).result()
    window.ask("Second")
    window.wait_until(lambda: engine.adapters == [(), uses])
    window.wait_for_answer()
    details = [str(item.property("text")).split(" · ")[0] for item in window.items("runDetails")]
    assert details[-1] == "tiny + <b>formal × 0.5"
