"""The start of ``famulus-gui``, as a process: wrong words, a data folder that cannot be used, no graphics driver."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from assistant.core.errors import ErrorInfo
from assistant.core.window_command import WindowCommand
from assistant.gui.failure_window import show_failure
from assistant.gui.running_window import WindowRequest, deliver
from tests.gui.xvfb import need_programs, virtual_screen

PROGRAM = [
    sys.executable,
    "-P",
    "-c",
    "import sys; from assistant.__main__ import main_windowed; sys.exit(main_windowed())",
]
PATIENCE_S = 60.0


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def windows_of(home: Path) -> list[psutil.Process]:
    """Processes of the window of a data folder, however they were started."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        try:
            if "--worker" not in (process.info["cmdline"] or ()) and process.environ().get("FAMULUS_HOME") == str(home):
                found.append(process)
        except psutil.Error:
            continue
    return [process for process in found if process.pid != os.getpid()]


def test_wrong_words_are_refused() -> None:
    result = subprocess.run([*PROGRAM, "--nonsense"], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "--new-chat" in result.stderr


def test_what_keeps_it_from_starting_is_shown(qapp: QApplication) -> None:
    seen: list[str] = []

    def look() -> None:
        (window,) = qapp.topLevelWindows()
        seen.append(window.title())
        window.close()

    QTimer.singleShot(100, look)
    error = ErrorInfo(
        kind="DataFolderUnusable", message="No room in {folder}.", remedy="Free some.", values={"folder": "x"}
    )
    assert show_failure(qapp, error) == 1
    assert seen == ["Famulus cannot start"]


@pytest.mark.skipif(sys.platform != "linux", reason="about drivers under X11")
@pytest.mark.parametrize("memory", ["", "card"], ids=["first start", "the card is gone"])
def test_without_a_graphics_driver_the_processor_draws(tmp_path: Path, memory: str) -> None:
    need_programs("Xvfb")
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    if memory:
        (home / "graphics").write_text(memory)
    with virtual_screen(window_manager=False) as display:
        environment = {**os.environ, "FAMULUS_HOME": str(home), "DISPLAY": display, "QT_XCB_GL_INTEGRATION": "none"}
        for name in ("QT_QPA_PLATFORM", "QT_QUICK_BACKEND"):
            environment.pop(name, None)
        first = subprocess.Popen(PROGRAM, env=environment)
        if memory:  # it notices too late, and starts anew
            assert first.wait(PATIENCE_S) == 0
        wait_until(lambda: deliver(home, WindowRequest(WindowCommand.HIDDEN)))
        wait_until(lambda: (home / "logs").exists())
        for window in windows_of(home):
            window.terminate()
        wait_until(lambda: not windows_of(home))
        assert first.wait(PATIENCE_S) == 0
