from __future__ import annotations

import sys
import sysconfig
import time
from pathlib import Path

import pytest

from assistant.core.window_command import WindowCommand
from assistant.gui import window_program

SUFFIX = ".exe" if sys.platform == "win32" else ""
# Writes to another name first: a file that exists is complete.
RECORD = "import os, sys; from pathlib import Path; own = Path(sys.argv[1]); new = own.with_suffix('.part'); " + (
    "new.write_text(f'{sys.argv[2]} {os.getsid(0) == os.getpid()}'); new.replace(own)"
)


def test_the_installed_script_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    assert window_program.window_program()[:3] == [sys.executable, "-P", "-c"]
    (tmp_path / f"famulus-gui{SUFFIX}").touch()
    assert window_program.window_program() == [str(tmp_path / f"famulus-gui{SUFFIX}")]


def test_the_frozen_app_starts_its_own_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / f"famulus{SUFFIX}"))
    assert window_program.window_program() == [str(tmp_path / f"famulus-gui{SUFFIX}")]


@pytest.mark.skipif(sys.platform == "win32", reason="about sessions of processes")
def test_the_window_outlives_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = tmp_path / "record"
    monkeypatch.setattr(window_program, "window_program", lambda: [sys.executable, "-c", RECORD, str(record)])
    window_program.start_detached(WindowCommand.QUICK)
    deadline = time.monotonic() + 20
    while not record.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert record.read_text() == "--quick True"
