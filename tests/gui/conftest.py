"""The window in tests, over a scripted engine or the real one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("PySide6", reason="the extra `desktop` is not installed")

from PySide6.QtWidgets import QApplication

from assistant.bootstrap import build_services
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine
from tests.fakes.fake_services import fake_services
from tests.gui.driven_window import DrivenWindow


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def open_window(qapp: QApplication) -> Iterator[Callable[[Services], DrivenWindow]]:
    """Opens windows that are closed at the end of the test, with their services."""
    windows: list[DrivenWindow] = []

    def open_one(services: Services) -> DrivenWindow:
        windows.append(DrivenWindow(services))
        return windows[-1]

    yield open_one
    for window in windows:
        window.close()


@pytest.fixture
def window(open_window: Callable[[Services], DrivenWindow], engine: FakeEngine, tmp_path: Path) -> DrivenWindow:
    """The window over a scripted engine."""
    return open_window(fake_services(tmp_path, engine))


@pytest.fixture
def real_window(open_window: Callable[[Services], DrivenWindow]) -> DrivenWindow:
    """The window over the real engine with the starter model, in the data folder of the test."""
    return open_window(build_services())
