"""The window over a scripted engine, in a process of its own: what `screen_reader.py` reads and presses.

Argument: the data folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

from assistant.core.window_command import WindowCommand
from assistant.gui.application import prepare_qt
from assistant.gui.desktop import Desktop
from assistant.gui.quit_signals import quit_on_signals
from assistant.gui.running_window import WindowRequest
from tests.fakes.fake_engine import FakeEngine, Stall
from tests.fakes.fake_services import fake_services

qt = prepare_qt(["famulus-gui"])
engine = FakeEngine()
engine.will_answer("Paris", ", of course.")
engine.will_answer("Once upon", Stall(), " a time.")
with fake_services(Path(sys.argv[1]), engine) as services:
    desktop = Desktop(services)
    desktop.start(WindowRequest(WindowCommand.RAISE))
    quit_on_signals(qt)
    qt.exec()
    desktop.close()
