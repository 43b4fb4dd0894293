"""The window over a scripted engine: the keyboard map, links, settings, and which model answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent, QGuiApplication

from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine, Stall
from tests.fakes.fake_services import fake_services
from tests.gui.driven_window import DrivenWindow, spoken_name
from tests.tiny_gguf import write_tiny_model

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ADDRESS = "https://example.org/a/long/path?with=a&query=1#part"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that were handed to the browser; none is opened."""
    addresses: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: addresses.append(url.toString()))
    return addresses


@pytest.fixture
def with_link(window: DrivenWindow, engine: FakeEngine, opened: list[str]) -> DrivenWindow:
    """The window with an answer that is one link."""
    engine.will_answer(f"[Read about it]({ADDRESS})")
    window.ask("Where can I read about it?")
    window.wait_for_answer()
    window.wait_for_words("Read about it")
    return window


def drop(window: DrivenWindow, *files: Path) -> None:
    """Drop files onto the middle of the window, whose model cannot see."""
    window.wait_until(lambda: window.app.model.blind)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    place, left = QPointF(500, 300), Qt.MouseButton.LeftButton
    none, copy = Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    QCoreApplication.sendEvent(window.window, QDragEnterEvent(place.toPoint(), copy, data, left, none))
    assert "Drop a model file (.gguf) to use it" in window.words()
    QCoreApplication.sendEvent(window.window, QDropEvent(place, copy, data, left, none, QEvent.Type.Drop))


def focused(window: DrivenWindow) -> str:
    return spoken_name(window.window.activeFocusItem())


def test_the_composer_has_the_keyboard_from_the_start(window: DrivenWindow) -> None:
    assert focused(window) == "Message"


def test_control_n_begins_a_new_chat(window: DrivenWindow) -> None:
    window.ask("Hello")
    window.wait_for_answer()
    window.press(Qt.Key.Key_N, CONTROL)
    window.wait_for_words("What is on your mind?")
    assert focused(window) == "Message"
    assert window.app.conversation.conversationId == ""


def test_control_k_searches_and_control_l_writes(window: DrivenWindow) -> None:
    window.press(Qt.Key.Key_K, CONTROL)
    assert focused(window) == "Search"
    window.press(Qt.Key.Key_L, CONTROL)
    assert focused(window) == "Message"


def test_control_k_opens_a_hidden_sidebar(window: DrivenWindow) -> None:
    window.press(Qt.Key.Key_B, CONTROL)
    window.wait_until(lambda: not window.items("searchField"))
    window.press(Qt.Key.Key_K, CONTROL)
    window.wait_until(lambda: focused(window) == "Search")


def test_control_comma_opens_the_settings_and_esc_closes_them(window: DrivenWindow) -> None:
    window.press(Qt.Key.Key_Comma, CONTROL)
    window.wait_until(lambda: bool(window.items("settingsPage")))
    assert not window.items("composerInput")
    window.press(Qt.Key.Key_Escape)
    window.wait_until(lambda: bool(window.items("composerInput")))
    assert focused(window) == "Message"


def test_control_shift_c_copies_the_last_answer_as_far_as_it_has_come(window: DrivenWindow, engine: FakeEngine) -> None:
    stall = Stall()
    engine.will_answer("Some **bold**", stall, " words.")
    window.ask("Write")
    window.wait_for_words("Some bold")
    window.press(Qt.Key.Key_C, CONTROL | SHIFT)
    assert QGuiApplication.clipboard().text() == "Some **bold**"
    stall.go_on()
    window.wait_for_answer()
    window.press(Qt.Key.Key_C, CONTROL | SHIFT)
    assert QGuiApplication.clipboard().text() == "Some **bold** words."


def test_f1_shows_the_keyboard_map_and_esc_closes_it(window: DrivenWindow) -> None:
    window.press(Qt.Key.Key_F1)
    window.wait_for_words("Keyboard shortcuts")
    assert "Edit your last message" in window.words()
    window.press(Qt.Key.Key_Escape)
    window.wait_until(lambda: "Keyboard shortcuts" not in window.words())
    window.type("x")
    assert window.item("composerInput").property("text") == "x"


def test_tab_leads_through_the_whole_window_and_back(window: DrivenWindow) -> None:
    window.ask("Hello")
    window.wait_for_answer()
    reached = []
    for _ in range(40):
        window.press(Qt.Key.Key_Tab)
        reached.append(focused(window))
        if reached[-1] == "Message":
            break
    assert {"Model: tiny", "Context", "New chat", "Search", "Settings"} <= set(reached)
    assert {"Messages", "Answer again", "Copy", "More actions"} <= set(reached)
    assert reached[-1] == "Message"
    assert "" not in reached


def test_a_link_is_opened_only_after_its_whole_address_was_shown(with_link: DrivenWindow, opened: list[str]) -> None:
    block = next(item for item in with_link.items("") if with_link.words(item).strip() == "Read about it")
    with_link.click(block, at=QPointF(12, block.height() / 2))
    with_link.wait_for_words(ADDRESS)
    assert opened == []
    with_link.click(with_link.named("Open link"))
    with_link.wait_until(lambda: opened == [ADDRESS])


def test_a_link_is_reached_and_refused_by_the_keyboard(with_link: DrivenWindow, opened: list[str]) -> None:
    for _ in range(20):
        with_link.press(Qt.Key.Key_Tab)
        if focused(with_link).startswith("Link "):
            break
    assert focused(with_link) == f"Link {ADDRESS}"
    with_link.press(Qt.Key.Key_Return)
    with_link.wait_for_words("Open this link in your browser?")
    with_link.press(Qt.Key.Key_Escape)
    with_link.wait_until(lambda: "Open this link" not in with_link.words())
    assert opened == []


def test_the_theme_changes_at_once(window: DrivenWindow) -> None:
    window.ask("Hello")
    window.wait_for_answer()
    window.press(Qt.Key.Key_Comma, CONTROL)
    window.click(window.named("Dark"))
    window.wait_until(lambda: window.window.color().name() == "#1b1a18")
    window.click(window.named("Light"))
    window.wait_until(lambda: window.window.color().name() == "#faf9f6")


def test_the_language_changes_at_once(window: DrivenWindow) -> None:
    window.press(Qt.Key.Key_Comma, CONTROL)
    window.click(window.named("Language"))
    window.wait_until(lambda: bool(window.all_named("简体中文")))
    window.click(window.named("简体中文"))
    window.wait_for_words("设置")
    assert "Settings" not in window.words()
    window.app.settings.language = "en"
    window.wait_for_words("Settings")
    assert "设置" not in window.words()


def test_described_settings_follow_the_language_while_they_are_seen(window: DrivenWindow) -> None:
    window.press(Qt.Key.Key_Comma, CONTROL)
    window.click(window.named("Sampling"))
    window.click(window.named("Temperature"))
    window.press(Qt.Key.Key_A, CONTROL)
    window.type("9")
    window.press(Qt.Key.Key_Return)
    window.wait_for_words("Enter a number from")
    window.app.settings.language = "zh_CN"
    window.wait_for_words("温度")
    assert "Temperature" not in window.words()
    assert "Enter a number from" not in window.words()
    window.app.settings.language = "en"
    window.wait_for_words("Temperature")


def test_every_section_of_the_settings_opens_with_a_click(window: DrivenWindow) -> None:
    window.press(Qt.Key.Key_Comma, CONTROL)
    for section, words in {
        "Model": "Model file",
        "Sampling": "Temperature",
        "Context": "Context length",
        "Quick chat": "Ctrl",
        "Data": str(window.services.paths.home),
        "Appearance": "Text size",
    }.items():
        window.click(window.named(section))
        window.wait_for_words(words)


def test_a_setting_that_is_out_of_range_says_so_and_changes_nothing(window: DrivenWindow) -> None:
    window.press(Qt.Key.Key_Comma, CONTROL)
    window.click(window.named("Sampling"))
    window.click(window.named("Temperature"))
    window.press(Qt.Key.Key_A, CONTROL)
    window.type("9")
    window.press(Qt.Key.Key_Return)
    window.wait_for_words("Enter a number from -1.0 to 5.0.")
    assert window.services.settings.load().sampling.temperature == -1.0


def test_the_load_is_shown_and_what_lies_below_stays_in_its_place(
    open_window: Callable[[Services], DrivenWindow], engine: FakeEngine, tmp_path: Path
) -> None:
    stall = Stall()
    engine.will_load(0.0, 0.4, stall, 1.0)
    window = open_window(fake_services(tmp_path, engine))
    window.wait_for_words("Loading, 40 %")
    example = window.named("Write a short poem about rain.")
    before = example.mapToScene(QPointF(0, 0))
    stall.go_on()
    window.wait_for_words("Ready")
    assert example.mapToScene(QPointF(0, 0)) == before


def test_a_question_asked_during_the_load_is_answered(
    open_window: Callable[[Services], DrivenWindow], engine: FakeEngine, tmp_path: Path
) -> None:
    stall = Stall()
    engine.will_load(0.0, 0.4, stall, 1.0)
    window = open_window(fake_services(tmp_path, engine))
    window.wait_until(stall.reached.is_set)
    window.ask("Hello")
    window.wait_for_words("Loading tiny… 40 %")
    stall.go_on()
    window.wait_for_words("Fine.")


def test_another_model_is_chosen_in_the_picker(window: DrivenWindow, tmp_path: Path) -> None:
    other = write_tiny_model(tmp_path / "other.gguf")
    window.services.model_choices.remember(other)
    window.click(window.item("modelPill"))
    window.wait_until(lambda: bool(window.all_named("other")))
    window.click(window.named("other"))
    window.wait_until(lambda: bool(window.all_named("Model: other")))
    assert window.services.settings.load().model.path == str(other)


def test_a_broken_model_of_the_picker_says_what_is_wrong_and_is_not_chosen(
    window: DrivenWindow, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.gguf"
    write_tiny_model(broken)
    window.services.model_choices.remember(broken)
    broken.write_bytes(b"not a model")
    window.click(window.item("modelPill"))
    window.wait_until(lambda: bool(window.all_named("broken")))
    assert "is not a GGUF" in window.words(window.named("broken"))
    window.click(window.named("broken"))
    window.press(Qt.Key.Key_Escape)
    assert window.services.settings.load().model.path.endswith("tiny.gguf")


def test_a_model_dropped_on_the_window_answers_from_now_on(window: DrivenWindow, tmp_path: Path) -> None:
    drop(window, write_tiny_model(tmp_path / "other.gguf"))
    window.wait_until(lambda: bool(window.all_named("Model: other")))


def test_a_broken_model_dropped_on_the_window_is_refused_with_a_reason(window: DrivenWindow, tmp_path: Path) -> None:
    window.ask("Hello")
    window.wait_for_answer()
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"not a model")
    drop(window, broken)
    window.wait_for_words("is not a GGUF")
    assert window.all_named("Model: tiny")


def test_another_file_dropped_on_the_window_is_refused(window: DrivenWindow, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear reader")
    drop(window, letter)
    window.wait_for_words("Only model files (GGUF) can be dropped here.")


def test_the_keyboard_stays_in_the_settings_when_the_sidebar_goes(window: DrivenWindow) -> None:
    window.press(Qt.Key.Key_Comma, CONTROL)
    window.wait_until(lambda: window.app.page == "settings")
    window.press(Qt.Key.Key_B, CONTROL)
    window.type("x")
    assert window.app.conversation.draft == ""
    window.press(Qt.Key.Key_Escape)
    window.wait_until(lambda: window.app.page == "chat")


def test_esc_in_the_title_leaves_the_answer_alone(window: DrivenWindow, engine: FakeEngine) -> None:
    stall = Stall()
    engine.will_answer("Half", stall, " and half.")
    window.ask("How much?")
    stall.reached.wait()
    window.wait_for_words("Half")
    window.click(window.all_named("How much?")[0])  # the title, above everything else
    window.wait_until(lambda: focused(window) == "Title")
    window.press(Qt.Key.Key_Escape)
    window.wait_until(lambda: focused(window) == "Message")
    assert window.app.conversation.generating
    stall.go_on()
    window.wait_for_answer()
    window.wait_for_words("Half and half.")


def test_enter_presses_a_button_and_stop_leaves_the_keyboard_at_the_composer(
    window: DrivenWindow, engine: FakeEngine
) -> None:
    stall = Stall()
    engine.will_answer("Half", stall)
    window.ask("How much?")
    stall.reached.wait()
    window.item("stopButton").forceActiveFocus()
    window.press(Qt.Key.Key_Return)
    window.wait_for_answer()
    assert focused(window) == "Message"
