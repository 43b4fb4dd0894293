"""Fifty SIGKILLs of the engine under answers that stream into the window."""

from __future__ import annotations

import statistics

import pytest

pytest.importorskip("PySide6", reason="the extra `desktop` is not installed")

from tests.gui.conftest import open_window, real_window
from tests.gui.driven_window import DrivenWindow
from tests.gui.window_kills import kill_engine_under_the_window

__all__ = ["open_window", "real_window"]  # fixtures

ROUNDS = 50
CARD_LIMIT_S = 1.0

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]


def test_the_window_survives_fifty_killed_engines(real_window: DrivenWindow) -> None:
    kills = kill_engine_under_the_window(real_window, ROUNDS, seed=6)
    assert real_window.services.database.check() == "ok"
    cards, retries = sorted(kill.card_s for kill in kills), sorted(kill.retry_s - kill.load_s for kill in kills)
    print(
        f"{len(kills)} engines killed under the window; card after {statistics.median(cards):.3f} s, at most"
        f" {cards[-1]:.3f} s; first words of Retry after {statistics.median(retries):.2f} s, at most"
        f" {retries[-1]:.2f} s, load not counted (at most {max(kill.retry_s for kill in kills):.2f} s with it)"
    )
    assert cards[-1] <= CARD_LIMIT_S
