from __future__ import annotations

from tests.gui.driven_window import DrivenWindow
from tests.gui.window_kills import kill_engine_under_the_window


def test_a_killed_engine_costs_one_answer_and_retry_brings_another(real_window: DrivenWindow) -> None:
    kills = kill_engine_under_the_window(real_window, rounds=2, seed=5)
    assert all(kill.kept_characters for kill in kills)
