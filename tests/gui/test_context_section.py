"""The context length in the settings, moved by the keyboard and by the pointer."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPointF, Qt
from PySide6.QtGui import QAccessible, QAccessibleActionInterface, QKeyEvent
from PySide6.QtTest import QTest

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
    window.item("stepSlider").forceActiveFocus()
    window.wait_until(lambda: window.app.model.state == "ready")
    for place in (1, 2):
        window.press(Qt.Key.Key_Right)
        assert view.position == place
    window.wait_for_words(view.preview["title"])
    assert stored(window) == 0, "nothing is written between two keys"
    window.wait_until(lambda: stored(window) == 768)
    assert view.position == 2


def test_a_held_key_is_used_once_it_is_let_go(window: DrivenWindow, view: ContextViewModel) -> None:
    window.item("stepSlider").forceActiveFocus()
    key, none = Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier
    for repeated in (False, True, True):
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QCoreApplication.sendEvent(window.window, QKeyEvent(kind, key, none, "", repeated))
        window.live(50)
    QTest.keyPress(window.window, key)
    window.live(900)  # longer than the rest: the first repeat of a held key may take as long
    assert (view.position, stored(window)) == (4, 0)
    QTest.keyRelease(window.window, key)
    window.wait_until(lambda: stored(window) == 1536)


def test_what_is_moved_is_used_when_the_keyboard_goes_elsewhere(window: DrivenWindow, view: ContextViewModel) -> None:
    window.item("stepSlider").forceActiveFocus()
    window.press(Qt.Key.Key_Right)
    window.press(Qt.Key.Key_Tab)
    assert not window.item("stepSlider").hasActiveFocus()
    window.wait_until(lambda: stored(window) == 512, timeout_s=0.4)


def test_what_is_moved_is_used_when_the_page_is_left(window: DrivenWindow, view: ContextViewModel) -> None:
    window.item("stepSlider").forceActiveFocus()
    window.press(Qt.Key.Key_Right)
    window.press(Qt.Key.Key_Escape)
    window.wait_until(lambda: not window.items("contextSlider"))
    window.wait_until(lambda: stored(window) == 512, timeout_s=5)
    window.app.page = "settings"
    window.item("settingsPage").setProperty("section", "context")
    window.wait_until(lambda: bool(window.items("contextSlider")))
    assert view.position == 1


def test_a_drag_stays_where_it_is_while_settings_change(window: DrivenWindow, view: ContextViewModel) -> None:
    slider = window.item("stepSlider")
    end = QPointF(slider.width() - 16, 12)
    window.press_and_move(slider, QPointF(15, 12), end)
    assert (view.position, slider.property("value")) == (5, 5)
    window.app.settings.theme = "dark"
    window.wait_until(lambda: bool(window.app.settings.dark))
    window.live(20)
    assert (view.position, slider.property("value")) == (5, 5)
    window.let_go(slider, end)
    window.wait_until(lambda: stored(window) == 2048)


def test_a_screen_reader_moves_it(window: DrivenWindow, view: ContextViewModel) -> None:
    slider = window.item("stepSlider")
    interface = QAccessible.queryAccessibleInterface(slider)
    actions = interface.actionInterface()
    actions.doAction(QAccessibleActionInterface.increaseAction())
    assert (view.position, slider.property("value")) == (1, 1)
    assert "512 tokens" in interface.text(QAccessible.Text.Description)
    window.wait_until(lambda: stored(window) == 512)
    actions.doAction(QAccessibleActionInterface.decreaseAction())
    window.wait_until(lambda: stored(window) == 0 and view.position == 0)
    interface.valueInterface().setCurrentValue(2.3)
    assert (view.position, slider.property("value")) == (2, 2)
    window.wait_until(lambda: stored(window) == 768)


def test_fewer_places_are_no_move(window: DrivenWindow, view: ContextViewModel) -> None:
    slider = window.item("stepSlider")
    window.app.settings.setValue("model.n_ctx", "1800")
    window.wait_until(lambda: slider.property("to") == 6 and view.position == 5)
    window.app.settings.setValue("model.n_ctx", "2048")
    window.wait_until(lambda: stored(window) == 2048)
    assert (view.position, slider.property("value"), slider.property("to")) == (5, 5, 5)
    window.live(700)
    assert stored(window) == 2048


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
    fields = [window.named(name) for name in ("Stretching", "Precision of the memory")]
    assert [field.isEnabled() for field in fields] == [False, False], "another way to load the model would end it"
    window.press(Qt.Key.Key_Space)  # the same key on the same button
    window.wait_for_words("Stopped. The ways that were measured to their end are kept")
    window.wait_until(lambda: window.app.model.state == "ready" and bool(view.check.possible))
    assert (button.hasActiveFocus(), button.property("text")) == (True, "Check this length")
    window.click(button)
    window.wait_for_words("“auto” stretches it by yarn")
    assert slider.isEnabled()
    assert all(field.isEnabled() for field in fields)
