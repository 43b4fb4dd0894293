from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("PySide6.QtCore")

PROGRAM = """
import os, signal
from PySide6.QtCore import QCoreApplication, QTimer
from assistant.gui.quit_signals import quit_on_signals
qt = QCoreApplication([])
quit_on_signals(qt)
terminate = lambda: os.kill(os.getpid(), signal.{name})
{when}
QTimer.singleShot(20_000, lambda: qt.exit(3))
raise SystemExit(qt.exec())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
@pytest.mark.parametrize("when", ["terminate()", "QTimer.singleShot(50, terminate)"], ids=["early", "running"])
def test_a_signal_quits_the_app_in_order(name: str, when: str) -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM.format(name=name, when=when)], timeout=60)
    assert ended.returncode == 0
