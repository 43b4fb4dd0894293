from __future__ import annotations

import sys
from pathlib import Path

import pytest

from assistant.protocol.workers import WorkerName, worker_command


def test_from_source_a_worker_is_the_same_interpreter_without_the_current_directory() -> None:
    assert worker_command(WorkerName.ENGINE) == [sys.executable, "-P", "-m", "assistant", "--worker", "engine"]


@pytest.mark.parametrize(("started", "console"), [("famulus-gui", "famulus"), ("famulus-gui.exe", "famulus.exe")])
def test_the_frozen_app_starts_its_console_executable(
    started: str, console: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / started))
    assert worker_command(WorkerName.TEMPLATE) == [str(tmp_path / console), "--worker", "template"]
