"""The window over a scripted engine: an answer with adapters beside the same without."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtQuick import QQuickItem

from assistant.core.adapter import AdapterUse
from assistant.core.conversation import MessageStatus
from assistant.core.errors import ContextFull, EngineStopped, GenerationFailed
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine, Stall
from tests.fakes.fake_services import fake_services
from tests.gui.driven_window import DrivenWindow
from tests.gui.test_accessibility import check_names
from tests.tiny_adapter import write_random_adapter


@pytest.fixture
def formal(tmp_path: Path) -> tuple[AdapterUse, ...]:
    return (AdapterUse(path=str(tmp_path / "formal.gguf"), scale=0.5),)


@pytest.fixture
def window(
    open_window: Callable[[Services], DrivenWindow],
    tmp_path: Path,
    engine: FakeEngine,
    formal: tuple[AdapterUse, ...],
) -> DrivenWindow:
    """A conversation whose only answer, “Good day.”, was made with an adapter."""
    services = fake_services(tmp_path, engine)
    services.adapters.add(write_random_adapter(Path(formal[0].path), Path(services.settings.load().model.path), 1))
    window = open_window(services)
    window.wait_until(lambda: bool(window.items("adapterPill")))
    window.app.adapters.use(formal[0].path, True)
    window.app.adapters.setScale(formal[0].path, 0.5)
    engine.will_answer("Good day.")
    window.ask("Greet me")
    window.wait_for_words("Good day.")
    window.wait_for_answer()
    return window


def halves(window: DrivenWindow) -> list[str]:
    """What each half says, that with adapters first."""
    found = sorted(window.items("compareHalf"), key=lambda half: half.mapToScene(QPointF(0, 0)).x())
    return [window.words(half) for half in found]


def rightmost(items: list[QQuickItem]) -> QQuickItem:
    return max(items, key=lambda item: item.mapToScene(QPointF(0, 0)).x())


def compare(window: DrivenWindow) -> None:
    window.click(window.item("compareButton"))
    window.wait_until(lambda: len(window.items("compareHalf")) == 2)


def close(window: DrivenWindow) -> None:
    window.press(Qt.Key.Key_Escape)
    window.wait_until(lambda: not window.items("compareHalf"))


def shown(window: DrivenWindow) -> list[str]:
    """The branch that is shown, as it is on the disk."""
    branch = window.services.conversations.branch(window.app.conversation.conversationId)
    return [message.text for message in branch]


def test_the_other_half_is_made_and_streams_beside_the_one_that_is_there(
    window: DrivenWindow, engine: FakeEngine
) -> None:
    stall = Stall()
    engine.will_answer("Hi", stall, " there!")
    compare(window)
    window.wait_until(lambda: "Hi" in halves(window)[1])
    with_adapters, without = halves(window)
    assert "formal × 0.5" in with_adapters
    assert "Good day." in with_adapters
    assert "20.0 tokens/s" in with_adapters
    assert "Without adapters" in without
    assert "tokens/s" not in without
    stall.go_on()
    window.wait_until(lambda: "Hi there!" in halves(window)[1] and "20.0 tokens/s" in halves(window)[1])
    assert engine.adapters[1:] == [()]


def test_closing_it_leaves_the_branch_and_keeps_both_versions(window: DrivenWindow, engine: FakeEngine) -> None:
    stall = Stall()
    engine.will_answer("Hi", stall, " there!")
    compare(window)
    window.wait_until(lambda: "Hi" in halves(window)[1])
    close(window)
    stall.go_on()
    window.wait_for_answer()
    assert shown(window) == ["Greet me", "Good day."]
    window.wait_for_words("1/2")
    window.click(window.named("Next version"))
    window.wait_for_words("Hi there!")
    assert not window.items("adapterChip")


def test_the_answer_that_is_kept_is_shown(window: DrivenWindow, engine: FakeEngine) -> None:
    engine.will_answer("Hi there!")
    compare(window)
    window.wait_until(lambda: len(window.items("compareKeep")) == 2)
    window.click(rightmost(window.items("compareKeep")))
    window.wait_until(lambda: not window.items("compareHalf"))
    window.wait_until(lambda: shown(window) == ["Greet me", "Hi there!"])
    assert "Good day." not in window.words(window.item("messageList"))
    window.wait_for_words("2/2")


def test_versions_that_are_there_are_not_made_again(window: DrivenWindow, engine: FakeEngine) -> None:
    engine.will_answer("Hi there!")
    compare(window)
    window.wait_until(lambda: "tokens/s" in halves(window)[1])
    close(window)
    compare(window)
    window.wait_until(lambda: "Hi there!" in halves(window)[1] and "Good day." in halves(window)[0])
    assert len(engine.prompts) == 2


def test_a_half_that_fails_says_so_and_is_tried_again(window: DrivenWindow, engine: FakeEngine) -> None:
    engine.will_answer(GenerationFailed("It went wrong."))
    engine.will_answer("Hi there!")
    compare(window)
    window.wait_until(lambda: "It went wrong." in halves(window)[1])
    assert "Good day." in halves(window)[0]
    window.click(window.named("Retry"))
    window.wait_until(lambda: "Hi there!" in halves(window)[1])
    assert "It went wrong." not in halves(window)[1]
    close(window)
    assert shown(window) == ["Greet me", "Good day."]


def test_a_half_that_does_not_fit_offers_the_choices(window: DrivenWindow, engine: FakeEngine) -> None:
    values = {"can_leave_out": 1, "larger_n_ctx": 1024, "more_mib": 3}
    engine.will_answer(ContextFull("This conversation fills the context.", remedy="Use --overflow.", **values))
    engine.will_answer("Hi there!")
    compare(window)
    window.wait_until(lambda: "fills the context" in halves(window)[1])
    assert "Choose what happens now" in halves(window)[1]
    assert window.all_named("Retry") == [], "it would fail the same way"
    assert "Raise the context to" in halves(window)[1]
    window.click(window.named("Leave out the oldest turns"))
    window.wait_until(lambda: "Hi there!" in halves(window)[1])
    window.wait_until(lambda: window.app.conversation.overflow == "drop")
    close(window)
    assert shown(window) == ["Greet me", "Good day."]


def test_a_half_without_memory_offers_to_load_with_less(window: DrivenWindow, engine: FakeEngine) -> None:
    window.app.settings.setValue("model.n_ctx", "2048")
    window.wait_until(lambda: engine.loads[-1].n_ctx == 2048 and window.app.model.state == "ready")
    engine.will_answer(EngineStopped("The model's process stopped unexpectedly.", cause="exit status -9"))
    engine.will_answer("Hi there!")
    compare(window)
    window.click(window.named("Load it so"))
    window.wait_until(lambda: "Hi there!" in halves(window)[1])
    assert engine.loads[-1].n_ctx == 1024
    close(window)
    assert shown(window) == ["Greet me", "Good day."]


def test_a_half_is_stopped_alone(window: DrivenWindow, engine: FakeEngine) -> None:
    stall = Stall()
    engine.will_answer("Hi", stall, " there!")
    compare(window)
    window.wait_until(lambda: "Hi" in halves(window)[1])
    window.click(window.item("compareStop"))
    window.wait_until(lambda: "Stopped" in halves(window)[1])
    messages = window.services.conversations.messages(window.app.conversation.conversationId)
    assert (messages[-1].text, messages[-1].status) == ("Hi", MessageStatus.INTERRUPTED)


def test_a_question_asked_meanwhile_follows_the_branch_that_is_shown(window: DrivenWindow, engine: FakeEngine) -> None:
    stall = Stall()
    engine.will_answer("Hi", stall, " there!")
    engine.will_answer("Well.")
    compare(window)
    window.wait_until(lambda: "Hi" in halves(window)[1])
    close(window)
    window.ask("How are you?")
    stall.go_on()
    window.wait_for_words("Well.")
    window.wait_for_answer()
    assert shown(window) == ["Greet me", "Good day.", "How are you?", "Well."]


def test_it_is_reached_and_used_by_keys_alone(window: DrivenWindow, engine: FakeEngine) -> None:
    engine.will_answer("Hi there!")
    window.item("compareButton").forceActiveFocus(Qt.FocusReason.TabFocusReason)
    window.press(Qt.Key.Key_Return)
    window.wait_until(lambda: len(window.items("compareKeep")) == 2)
    check_names(window.window, least=5)
    window.named("Close").forceActiveFocus(Qt.FocusReason.TabFocusReason)
    keep = rightmost(window.items("compareKeep"))
    for _ in range(10):
        if keep.hasActiveFocus():
            break
        window.press(Qt.Key.Key_Tab)
    window.press(Qt.Key.Key_Space)
    window.wait_until(lambda: not window.items("compareHalf"))
    window.wait_until(lambda: shown(window) == ["Greet me", "Hi there!"])
    window.wait_until(window.item("composerInput").hasActiveFocus)


def test_a_long_half_is_scrolled_by_wheel_and_keys_without_the_other(window: DrivenWindow, engine: FakeEngine) -> None:
    engine.will_answer("\n\n".join(f"Paragraph {number}." for number in range(80)))
    compare(window)
    window.wait_until(lambda: len(window.items("compareKeep")) == 2)
    text = rightmost(window.items("compareText"))
    window.wait_until(lambda: text.property("contentHeight") > 1500)
    window.scroll(text, -3)
    window.wait_until(lambda: text.property("contentY") > 50)
    text.forceActiveFocus(Qt.FocusReason.TabFocusReason)
    window.press(Qt.Key.Key_End)
    window.wait_until(lambda: bool(text.property("atYEnd")))
    window.wait_until(lambda: "Paragraph 79." in window.words(text))
    window.press(Qt.Key.Key_Home)
    window.wait_until(lambda: text.property("contentY") == 0)
    assert min(each.property("contentY") for each in window.items("compareText")) == 0


@pytest.mark.parametrize("width", [720, 1120])
def test_both_halves_have_room(window: DrivenWindow, engine: FakeEngine, width: int) -> None:
    window.window.setWidth(width)
    engine.will_answer("Hi there!")
    compare(window)
    window.wait_until(lambda: "tokens/s" in halves(window)[1])
    window.live(100)
    boxes = [half.mapRectToScene(half.boundingRect()) for half in window.items("compareHalf")]
    assert not boxes[0].intersects(boxes[1])
    for box in boxes:
        assert box.left() >= 0
        assert box.right() <= width
        assert box.width() > 300
        assert box.height() > 200
