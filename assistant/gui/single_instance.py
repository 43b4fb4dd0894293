"""One window a data folder: the first start owns it, every further start talks to the first.

Process: app. Thread: GUI.

The lock decides who is first; a socket that a killed process left behind says nothing. Whoever may connect is this
user, but not therefore Famulus: what comes is limited in size and time, and only known words count.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path

from filelock import FileLock, Timeout
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from assistant.core.errors import DataFolderUnusable, WindowUnreachable
from assistant.gui.running_window import ACCEPTED, MAX_REQUEST_BYTES, WindowRequest, addresses, deliver

log = logging.getLogger(__name__)

_MAX_VISITORS = 16
_PAUSE_S = 0.05
_VISIT_LIMIT_MS = 2000


class SingleInstance(QObject):
    """Claims the window of a data folder and receives what later starts ask of it.

    Args:
        data_folder: The data folder; made with mode 0700 if missing.
        parent: Owner in Qt's sense.
    """

    received = Signal(object)
    """A later start asks for something; carries the `WindowRequest`."""

    def __init__(self, data_folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._data_folder = data_folder
        self._lock = FileLock(data_folder / "window.lock", mode=0o600, thread_local=False)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._welcome)
        self._visitors: set[_Visitor] = set()

    def claim(self) -> bool:
        """Try to become the one window, and listen.

        Returns:
            False where another process is it; `deliver` reaches it.

        Raises:
            DataFolderUnusable: The data folder cannot be made, written or locked.
        """
        try:
            self._data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        except (OSError, NotImplementedError) as error:
            raise DataFolderUnusable(
                "Files in the folder {folder} cannot be locked.",
                remedy="Check the permissions of the folder, and that its disk supports file locks.",
                cause=repr(error),
                folder=str(self._data_folder),
            ) from error
        self._listen()
        return True

    def claim_or_deliver(self, request: WindowRequest, patience_s: float = 10.0) -> bool:
        """Become the one window, or hand the request to the one that is.

        A window that is closing takes no requests any more, but keeps the data folder until its answers are stored;
        one that is opening will listen soon.

        Args:
            request: What this start asks for.
            patience_s: How long to try, seconds.

        Returns:
            Whether this is the one window.

        Raises:
            WindowUnreachable: There is another one, and it does not listen.
            DataFolderUnusable: As for `claim`.
        """
        deadline = time.monotonic() + patience_s
        while not self.claim():
            if deliver(self._data_folder, request):
                return False
            if time.monotonic() > deadline:
                raise WindowUnreachable(
                    "Famulus is running already, but cannot be reached.",
                    remedy="Wait a moment, or end it, and try again.",
                )
            time.sleep(_PAUSE_S)
        return True

    def stop_listening(self) -> None:
        """Take no requests any more; the window is still claimed."""
        for visitor in list(self._visitors):
            visitor.leave()
        self._server.close()

    def close(self) -> None:
        """Stop listening and give the window up."""
        self.stop_listening()
        self._lock.release()

    def _listen(self) -> None:
        for address in addresses(self._data_folder):
            QLocalServer.removeServer(address)  # of a process that was killed: we hold the lock
            if self._server.listen(address):
                return
        log.warning(
            "later starts cannot reach this window: %s", self._server.errorString() or "no address is short enough"
        )

    def _welcome(self) -> None:
        while self._server.hasPendingConnections():
            visitor = _Visitor(self._server.nextPendingConnection(), self)
            if len(self._visitors) >= _MAX_VISITORS:
                visitor.leave()
                continue
            self._visitors.add(visitor)
            visitor.left.connect(self._visitors.discard)
            visitor.asked.connect(self.received)
            visitor.listen()


class _Visitor(QObject):
    """One connection, which may bring one request."""

    asked = Signal(object)
    left = Signal(object)

    def __init__(self, connection: QLocalSocket, parent: QObject) -> None:
        super().__init__(parent)
        self._connection = connection
        connection.setParent(self)
        connection.setReadBufferSize(MAX_REQUEST_BYTES)
        connection.disconnected.connect(self._on_disconnected)

    def listen(self) -> None:
        """Wait for the request, not for ever."""
        self._connection.readyRead.connect(self._read)
        QTimer.singleShot(_VISIT_LIMIT_MS, self, self.leave)
        self._read()

    def leave(self) -> None:
        """End the connection at once."""
        self._connection.abort()

    def _read(self) -> None:
        if not self._connection.canReadLine():
            if self._connection.bytesAvailable() >= MAX_REQUEST_BYTES:
                self.leave()
            return
        line = bytes(self._connection.readLine(MAX_REQUEST_BYTES).data())
        try:
            request = WindowRequest.from_line(line)
        except ValueError as error:
            log.info("what came over the window's socket was not understood: %s", error)
            self.leave()
            return
        self._connection.readyRead.disconnect(self._read)
        self._connection.write(ACCEPTED)
        self._connection.disconnectFromServer()
        self.asked.emit(request)

    def _on_disconnected(self) -> None:
        self.left.emit(self)
        self.deleteLater()
