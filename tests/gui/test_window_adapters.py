"""Adapters in the window over a scripted engine: chosen in the picker, named on answers, left out where they fail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QPointF, Qt, QUrl

from assistant.core.adapter import AdapterUse
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine
from tests.fakes.fake_services import fake_services
from tests.gui.driven_window import DrivenWindow
from tests.gui.test_accessibility import check_names
from tests.tiny_adapter import BUTLER, write_random_adapter


@pytest.fixture
def prepared(tmp_path: Path, engine: FakeEngine) -> Services:
    """Services with a suited adapter, ``<b>formal``, and one of another model."""
    services = fake_services(tmp_path, engine)
    services.adapters.add(BUTLER)
    services.adapters.add(write_random_adapter(tmp_path / "<b>formal.gguf", model_of(services), 1))
    return services


@pytest.fixture
def window(open_window: Callable[[Services], DrivenWindow], prepared: Services) -> DrivenWindow:
    window = open_window(prepared)
    window.wait_until(lambda: bool(window.items("adapterPill")))
    return window


@pytest.fixture
def formal(tmp_path: Path) -> str:
    return str(tmp_path / "<b>formal.gguf")


def model_of(services: Services) -> Path:
    return Path(services.settings.load().model.path)


def stored(window: DrivenWindow) -> tuple[AdapterUse, ...]:
    """What the open conversation uses on the disk."""
    return window.services.conversations.get(window.app.conversation.conversationId).adapters


def chips(window: DrivenWindow) -> list[str]:
    return [str(chip.property("words")) for chip in window.items("adapterChip")]


def pill_words(window: DrivenWindow) -> str:
    return str(window.item("adapterPill").property("text"))


def open_picker(window: DrivenWindow) -> None:
    window.click(window.item("adapterPill"))
    window.wait_until(lambda: len(window.items("adapterRow")) > 1 and not window.app.adapters.loading)


def test_an_adapter_is_switched_on_and_makes_the_next_answers(
    window: DrivenWindow, engine: FakeEngine, formal: str
) -> None:
    window.ask("First")
    window.wait_for_answer()
    open_picker(window)
    window.click(window.named("Use <b>formal"))
    window.wait_until(lambda: stored(window) == (AdapterUse(path=formal),))
    assert pill_words(window) == "<b>formal"
    window.press(Qt.Key.Key_Escape)
    window.wait_until(lambda: not window.items("adapterRow"))
    window.ask("Second")
    window.wait_until(lambda: len(chips(window)) == 1)
    window.wait_for_answer()
    assert chips(window) == ["<b>formal"]
    assert engine.adapters == [(), (AdapterUse(path=formal),)]
    assert len(engine.loads) == 1


def test_an_adapter_of_another_model_is_named_with_the_reason_and_cannot_be_switched_on(window: DrivenWindow) -> None:
    open_picker(window)
    switch = window.named(f"Use {BUTLER.stem}")
    assert not switch.isEnabled()
    assert "was made for another model than Tiny" in window.words()
    window.click(switch)
    assert window.app.adapters.nUsed == 0


def test_the_strength_is_dragged_typed_and_brought_back_by_a_double_click(window: DrivenWindow, formal: str) -> None:
    window.ask("First")
    window.wait_for_answer()
    open_picker(window)
    window.click(window.named("Use <b>formal"))
    slider = window.named("Strength of <b>formal")
    window.hover(slider)  # waits until it has its place
    middle, left = QPointF(slider.width() / 2, slider.height() / 2), QPointF(slider.width() / 4, slider.height() / 2)
    window.press_and_move(slider, middle, left)
    window.wait_until(lambda: float(window.words(window.item("adapterScale"))) < 0.7)
    assert window.app.conversation.adapters[0].scale == 1  # not before the button is let go
    window.let_go(slider, left)
    window.wait_until(lambda: 0.4 <= stored(window)[0].scale <= 0.6)
    dragged = stored(window)[0].scale
    slider.forceActiveFocus(Qt.FocusReason.TabFocusReason)
    window.press(Qt.Key.Key_Right)
    window.wait_until(lambda: stored(window)[0].scale == pytest.approx(dragged + 0.05))
    assert window.words(window.item("adapterScale")) == f"{dragged + 0.05:.2f}"
    window.double_click(slider, QPointF(0.75 * slider.width(), slider.height() / 2))
    window.wait_until(lambda: stored(window)[0].scale == 1 and slider.property("value") == 1)
    assert window.words(window.item("adapterScale")) == "1.00"


def test_what_is_chosen_for_a_new_chat_goes_with_its_first_question(
    window: DrivenWindow, engine: FakeEngine, formal: str
) -> None:
    open_picker(window)
    window.click(window.named("Use <b>formal"))
    window.press(Qt.Key.Key_Escape)
    window.ask("First")
    window.wait_for_answer()
    assert engine.adapters == [(AdapterUse(path=formal),)]
    assert stored(window) == (AdapterUse(path=formal),)
    window.app.newChat()
    window.wait_until(lambda: pill_words(window) == "Adapters")


def test_the_picker_is_used_by_keys_alone(window: DrivenWindow, formal: str) -> None:
    window.ask("First")
    window.wait_for_answer()
    window.item("adapterPill").forceActiveFocus(Qt.FocusReason.TabFocusReason)
    window.press(Qt.Key.Key_Space)
    window.wait_until(lambda: len(window.items("adapterRow")) > 1)
    switch = window.named("Use <b>formal")
    for _ in range(10):
        if switch.hasActiveFocus():
            break
        window.press(Qt.Key.Key_Tab)
    window.press(Qt.Key.Key_Space)
    window.wait_until(lambda: stored(window) == (AdapterUse(path=formal),))
    window.press(Qt.Key.Key_Escape)
    window.wait_until(lambda: not window.items("adapterRow"))
    assert window.item("adapterPill").hasActiveFocus()


def test_all_of_the_picker_has_names(window: DrivenWindow) -> None:
    open_picker(window)
    window.click(window.named("Use <b>formal"))
    window.named("Strength of <b>formal")
    check_names(window.window, least=16)


def test_a_removed_adapter_is_offered_and_used_no_more_and_stays_on_the_disk(window: DrivenWindow, formal: str) -> None:
    window.ask("First")
    window.wait_for_answer()
    open_picker(window)
    window.click(window.named("Use <b>formal"))
    window.wait_until(lambda: stored(window) != ())
    window.hover(window.items("adapterRow")[0])
    window.click(window.items("adapterRemove")[0])
    window.wait_until(lambda: stored(window) == () and len(window.items("adapterRow")) == 1)
    assert window.services.adapters.find(formal) is None
    assert Path(formal).exists()


def test_the_first_adapter_is_added_from_the_model_picker(
    open_window: Callable[[Services], DrivenWindow], tmp_path: Path, engine: FakeEngine
) -> None:
    window = open_window(fake_services(tmp_path, engine))
    window.wait_until(lambda: window.app.model.state == "ready")
    assert not window.items("adapterPill")
    window.click(window.item("modelPill"))
    window.click(window.named("Add an adapter…"))
    window.wait_for_words("Add one that was made for your model.")
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(b"no adapter")
    pick(window, bad)
    window.wait_for_words("The adapter bad.gguf cannot be used")
    pick(window, write_random_adapter(tmp_path / "mine.gguf", model_of(window.services), 1))
    window.named("Use mine")
    window.wait_until(lambda: bool(window.items("adapterPill")))
    assert "cannot be used" not in window.words()


def pick(window: DrivenWindow, file: Path) -> None:
    """Click the button, and choose a file instead of its dialog, which is the system's."""
    window.click(window.item("adapterFileButton"))
    window.wait_until(lambda: window.window.findChild(QObject, "adapterFileDialog") is not None)
    dialog = window.window.findChild(QObject, "adapterFileDialog")
    assert dialog is not None
    dialog.reject()  # type: ignore[attr-defined]
    window.wait_until(lambda: window.window.findChild(QObject, "adapterFileDialog") is None)
    window.app.adapters.addFile(QUrl.fromLocalFile(str(file)))


def test_an_answer_that_an_adapter_keeps_from_being_made_is_made_without(
    window: DrivenWindow, engine: FakeEngine
) -> None:
    window.ask("First")
    window.wait_for_answer()
    conversation_id = window.app.conversation.conversationId
    butler = (AdapterUse(path=str(BUTLER)),)
    window.services.conversations.set_adapters(conversation_id, butler).result()  # with the model of that time
    window.app.newChat()
    window.app.openConversation(conversation_id)
    window.wait_until(lambda: window.app.adapters.unsuited)
    window.ask("Second")
    window.wait_for_words("was made for another model than Tiny")
    window.wait_for_answer()
    assert len(engine.prompts) == 1
    engine.will_answer("Plain.")
    window.click(window.named("Answer without adapters"))
    window.wait_for_words("Plain.")
    window.wait_for_answer()
    assert engine.adapters[-1] == ()
    assert stored(window) == butler
    window.wait_for_words("2/2")
    assert chips(window) == []
    window.click(window.item("adapterPill"))
    window.click(window.named(f"Use {BUTLER.stem}"))
    window.wait_until(lambda: stored(window) == ())
