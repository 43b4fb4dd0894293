"""The window over a scripted engine: the pages of a very long answer leave the scene, and keep their heights."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fakes.fake_engine import FakeEngine
from tests.gui.driven_window import DrivenWindow, descendants

N_PARAGRAPHS = 200
WORDS = "It fills a line of a wide window, but in a narrow one it goes on in a second."
ANSWER = "\n\n".join(f"Paragraph {number}. {WORDS}" for number in range(N_PARAGRAPHS))


class LongAnswer:
    def __init__(self, window: DrivenWindow) -> None:
        self.window = window
        self.messages = window.item("messageList")

    @property
    def height(self) -> float:
        """What the blocks of the answer take up, in pixels; the list itself only estimates what it does not show."""
        items = descendants(self.messages)
        return next(item for item in items if item.metaObject().className().startswith("AnswerBlocks")).height()

    @property
    def n_paragraphs_in_scene(self) -> int:
        texts = (item.property("text") for item in descendants(self.messages) if item.inherits("QQuickTextEdit"))
        return sum("Paragraph " in str(text) for text in texts)

    def wait_until_left(self) -> None:
        """Wait until the pages out of sight have left the scene."""
        self.window.wait_until(lambda: self.n_paragraphs_in_scene < N_PARAGRAPHS)

    def read_from_end_to_start(self) -> None:
        """Bring every page back by turning the wheel."""
        for _ in range(200):
            if self.messages.property("atYBeginning"):
                return
            self.window.scroll(self.messages, 6)
            self.window.live(30)
        raise AssertionError("the start of the answer was not reached")


@pytest.fixture
def answer(window: DrivenWindow, engine: FakeEngine) -> LongAnswer:
    engine.will_answer(ANSWER)
    window.ask("Write a lot")
    window.wait_for_answer()
    answer = LongAnswer(window)
    answer.wait_until_left()
    return answer


def test_pages_out_of_sight_leave_the_scene_and_come_back(answer: LongAnswer) -> None:
    assert f"Paragraph {N_PARAGRAPHS - 1}." in answer.window.words()
    assert "Paragraph 0." not in answer.window.words()
    answer.read_from_end_to_start()
    answer.window.wait_for_words("Paragraph 0.")
    assert 0 < answer.n_paragraphs_in_scene < N_PARAGRAPHS


@pytest.mark.parametrize(
    "change",
    [
        lambda window: window.window.setWidth(480),
        lambda window: setattr(window.app.settings, "textScale", 1.3),
    ],
    ids=["narrower", "larger text"],
)
def test_pages_out_of_sight_get_their_new_heights(answer: LongAnswer, change: Callable[[DrivenWindow], None]) -> None:
    before = answer.height
    change(answer.window)
    answer.window.wait_until(lambda: answer.height > before * 1.1)
    answer.window.live(500)
    changed = answer.height
    answer.wait_until_left()
    answer.read_from_end_to_start()
    assert answer.height == pytest.approx(changed, abs=1)
