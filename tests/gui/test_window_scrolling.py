"""The window over a scripted engine: the list follows an answer only while the reader is at its end."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from tests.fakes.fake_engine import FakeEngine, Stall
from tests.gui.driven_window import DrivenWindow

PARAGRAPHS = "".join(f"Paragraph {number} of a long answer.\n\n" for number in range(40))


class LongAnswer:
    """A window whose answer is longer than it is high, stands still, and goes on by `go_on`."""

    def __init__(self, window: DrivenWindow, stalls: list[Stall]) -> None:
        self.window = window
        self.stalls = stalls

    @property
    def at_end(self) -> bool:
        return bool(self.window.item("messageList").property("atYEnd"))

    @property
    def top(self) -> float:
        return float(self.window.item("messageList").property("contentY"))

    def go_on(self) -> None:
        """Let it grow by one more page."""
        height = float(self.window.item("messageList").property("contentHeight"))
        self.stalls.pop(0).go_on()
        self.wait_for_height(height + 500)

    def scroll(self, notches: int) -> None:
        """Turn the wheel, and wait until the list has come to rest."""
        self.window.scroll(self.window.item("messageList"), notches)
        tops: list[float] = []

        def is_at_rest() -> bool:
            tops.append(self.top)
            return len(tops) > 8 and len(set(tops[-8:])) == 1

        self.window.wait_until(is_at_rest)

    def wait_for_height(self, height: float) -> None:
        messages = self.window.item("messageList")
        self.window.wait_until(lambda: float(messages.property("contentHeight")) > height)


@pytest.fixture
def answer(window: DrivenWindow, engine: FakeEngine) -> LongAnswer:
    stalls = [Stall(), Stall()]
    engine.will_answer(PARAGRAPHS, stalls[0], PARAGRAPHS, stalls[1], "The end.")
    window.ask("Write a lot")
    answer = LongAnswer(window, stalls)
    window.wait_for_words("Paragraph 39 ")
    answer.wait_for_height(1000)
    window.wait_until(lambda: answer.at_end)
    return answer


def test_the_end_is_followed(answer: LongAnswer) -> None:
    answer.go_on()
    answer.window.wait_until(lambda: answer.at_end)
    assert not answer.window.items("jumpToLatest")


def test_a_reader_who_scrolled_up_is_left_alone(answer: LongAnswer) -> None:
    answer.scroll(5)
    top = answer.top
    assert not answer.at_end
    answer.go_on()
    assert abs(answer.top - top) < 1
    assert answer.window.items("jumpToLatest")


def test_a_reader_who_scrolled_up_is_left_alone_by_a_new_title(answer: LongAnswer) -> None:
    """The model's own title comes seconds after the answer began, when the reader may long be elsewhere."""
    answer.scroll(5)
    top, conversation = answer.top, answer.window.app.conversation
    answer.window.app.sidebar.rename(conversation.conversationId, "A new title")
    answer.window.wait_until(lambda: conversation.title == "A new title")
    assert answer.top == top
    assert answer.window.items("jumpToLatest")


def test_jump_to_latest_follows_again(answer: LongAnswer) -> None:
    answer.scroll(5)
    answer.window.click(answer.window.item("jumpToLatest"))
    answer.window.wait_until(lambda: answer.at_end)
    answer.go_on()
    answer.window.wait_until(lambda: answer.at_end)
    assert not answer.window.items("jumpToLatest")


def test_scrolling_back_to_the_end_follows_again(answer: LongAnswer) -> None:
    answer.scroll(3)
    answer.scroll(-6)
    assert answer.at_end
    answer.go_on()
    answer.window.wait_until(lambda: answer.at_end)


def test_page_up_in_the_composer_reads_back(answer: LongAnswer) -> None:
    top = answer.top
    answer.window.press(Qt.Key.Key_PageUp)
    answer.window.wait_until(lambda: answer.top < top - 200)
    answer.go_on()
    assert not answer.at_end


def test_a_question_brings_the_end_into_view(answer: LongAnswer) -> None:
    answer.scroll(5)
    answer.go_on()
    answer.stalls.pop(0).go_on()
    answer.window.wait_for_answer()
    assert not answer.at_end
    answer.window.ask("And then?")
    answer.window.wait_for_words("Fine.")
    answer.window.wait_until(lambda: answer.at_end)
