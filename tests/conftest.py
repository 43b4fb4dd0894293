"""What holds for every test: nobody's own data or screen is touched, and two runs try the same examples."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_QUICK_BACKEND", "software")

settings.register_profile("suite", derandomize=True, deadline=None, database=None)
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def data_folder_of_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that forgets to name a data folder gets an empty one."""
    monkeypatch.setenv("FAMULUS_HOME", str(tmp_path / "famulus-home"))


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    """Qt's application as the window sets it up, for pytest-qt and all tests of this process."""
    from assistant.gui.application import prepare_qt

    return prepare_qt(["famulus-gui"])
