"""The context length in the settings, moved by the keyboard and by the pointer."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt

from assistant.gui.context_view_model import ContextViewModel
from tests.fakes.fake_engine import FakeEngine, Stall
from tests.gui.driven_window import DrivenWindow


@pytest.fixture
def view(window: DrivenWindow) -> ContextViewModel:
    app = window.app
    app.page = "settings"
    window.wait_until(lambda: bool(window.items("settingsPage")))
    window.item("settingsPage").setProperty("section", "context")
    window.wait_until(lambda: app.contextLength.known and bool(window.items("contextSlider")))
    return app.contextLength


def stored(window: DrivenWindow) -> int:
    return window.app.settings.settings.model.n_ctx


def test_arrow_keys_move_the_length_and_a_rest_uses_it(window: DrivenWindow, view: ContextViewModel) -> None:
    slider = window.item("contextSlider")
    window.click(slider, QPointF(15, 12))  # gives it the keyboard
    window.wait_until(lambda: view.position == 0 and window.app.model.state == "ready")

    def is_at(place: int) -> bool:
        if view.position < place:
            window.press(Qt.Key.Key_Right)
        return view.position == place

    for place in (1, 2):
        window.wait_until(lambda place=place: is_at(place))
    window.wait_for_words(view.preview["title"])
    window.wait_until(lambda: stored(window) == 768)
    assert view.position == 2


def test_a_click_on_the_line_uses_the_length_there(window: DrivenWindow, view: ContextViewModel) -> None:
    slider = window.item("contextSlider")
    window.click(slider, QPointF(slider.width() - 16, 12))
    window.wait_until(lambda: stored(window) == 2048)
    window.wait_for_words("stretched to 4.0 times")
    assert "2048 tokens" in window.words().replace(",", "")


def test_a_check_is_begun_cancelled_and_shown(window: DrivenWindow, view: ContextViewModel, engine: FakeEngine) -> None:
    slider = window.item("contextSlider")
    window.click(slider, QPointF(slider.width() - 16, 12))
    window.wait_until(lambda: stored(window) == 2048 and window.app.model.state == "ready")
    stall = Stall()
    engine.will_measure(stall)
    button = window.item("checkButton")
    button.forceActiveFocus()
    window.press(Qt.Key.Key_Space)
    window.wait_until(stall.reached.is_set)
    assert not slider.isEnabled()
    assert (button.hasActiveFocus(), button.property("text")) == (True, "Cancel")
    window.press(Qt.Key.Key_Space)  # the same key on the same button
    window.wait_for_words("Stopped. The ways that were measured to their end are kept")
    window.wait_until(lambda: window.app.model.state == "ready" and bool(view.check.possible))
    assert (button.hasActiveFocus(), button.property("text")) == (True, "Check this length")
    window.click(button)
    window.wait_for_words("“auto” stretches it by yarn")
    assert slider.isEnabled()
