"""Ends the app on the system's signals as if the person had quit it.

Process: app with a window. Thread: GUI.
"""

from __future__ import annotations

import signal
import socket
from types import FrameType

from PySide6.QtCore import QCoreApplication, QMetaObject, QSocketNotifier, Qt


def quit_on_signals(qt: QCoreApplication) -> None:
    """Quit on SIGINT and SIGTERM; one that comes before the event loop runs quits as soon as it does.

    Python runs signal handlers between its own instructions only, and Qt's event loop is none of them: a byte in a
    socket wakes it.
    """
    here, there = socket.socketpair()
    for end in (here, there):
        end.setblocking(False)
    signal.set_wakeup_fd(there.fileno(), warn_on_full_buffer=False)
    notifier = QSocketNotifier(here.fileno(), QSocketNotifier.Type.Read, qt)
    notifier.activated.connect(lambda: here.recv(64))
    qt.aboutToQuit.connect(lambda: there.fileno())  # keeps both ends open as long as Qt may need them

    def quit_app(_number: int, _frame: FrameType | None) -> None:
        # Queued: Qt forgets a `quit` that comes before its event loop.
        QMetaObject.invokeMethod(qt, "quit", Qt.ConnectionType.QueuedConnection)

    signal.signal(signal.SIGINT, quit_app)
    signal.signal(signal.SIGTERM, quit_app)
