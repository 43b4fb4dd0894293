"""A process that owns the window of a data folder: prints ``first``, then every command it receives."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from assistant.core.window_command import WindowCommand
from assistant.gui.running_window import WindowRequest
from assistant.gui.single_instance import SingleInstance

data_folder = Path(sys.argv[1])
app = QCoreApplication([])
instance = SingleInstance(data_folder)
if not instance.claim_or_deliver(WindowRequest(WindowCommand.RAISE)):
    print("second", flush=True)
    sys.exit(0)
instance.received.connect(lambda request: print(request.command.value, request.activation_token, flush=True))
print("first", flush=True)
app.exec()
