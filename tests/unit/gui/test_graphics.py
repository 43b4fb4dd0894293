from __future__ import annotations

import sys
from pathlib import Path

import pytest

from assistant.gui import graphics
from assistant.gui.graphics import check_graphics, choose_graphics

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a driver")


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What Qt Quick was told; the variable that would decide is not set."""
    monkeypatch.delenv("QT_QUICK_BACKEND", raising=False)
    told: list[str] = []
    monkeypatch.setattr(graphics.QQuickWindow, "setSceneGraphBackend", told.append)
    return told


def say(monkeypatch: pytest.MonkeyPatch, is_software: bool) -> None:
    monkeypatch.setattr(graphics, "draws_by_processor", lambda: is_software)


def test_a_first_start_asks_opengl_and_remembers(
    chosen: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = tmp_path / "graphics"
    say(monkeypatch, True)
    choose_graphics(memory)
    monkeypatch.setattr(graphics, "draws_by_processor", None)
    choose_graphics(memory)
    assert chosen == ["software", "software"]


def test_a_card_draws_the_window(chosen: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, False)
    choose_graphics(tmp_path / "graphics")
    assert chosen == []


def test_a_card_that_came_is_used_at_the_next_start(
    chosen: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = tmp_path / "graphics"
    memory.write_text("software")
    say(monkeypatch, False)
    check_graphics(memory)
    choose_graphics(memory)
    assert chosen == []


def test_the_choice_of_the_person_stands(chosen: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QUICK_BACKEND", "rhi")
    say(monkeypatch, True)
    choose_graphics(tmp_path / "graphics")
    assert chosen == []
    assert not (tmp_path / "graphics").exists()


def test_a_memory_that_cannot_be_written_costs_nothing_else(
    chosen: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(monkeypatch, True)
    choose_graphics(tmp_path / "missing" / "graphics")
    assert chosen == ["software"]
