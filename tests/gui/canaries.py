"""A server and a folder that notice whoever comes: for proofs that nothing is loaded."""

from __future__ import annotations

import ctypes
import os
import socket
import threading
from pathlib import Path

IN_ACCESS = 0x001
IN_OPEN = 0x020


class WebCanary:
    """A server on this machine that counts who comes.

    Attributes:
        visits: Connections so far.
        address: Where it listens, for example ``http://127.0.0.1:40001``.
    """

    def __init__(self) -> None:
        self.visits = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.visits += 1
            connection.close()


class FolderCanary:
    """Notices every file of a folder that is opened or read, by whichever process. Linux only.

    Source of the numbers: ``inotify(7)`` and ``sys/inotify.h``.
    """

    def __init__(self, folder: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        assert self._descriptor >= 0, os.strerror(ctypes.get_errno())
        watch = libc.inotify_add_watch(self._descriptor, os.fsencode(folder), IN_OPEN | IN_ACCESS)
        assert watch >= 0, os.strerror(ctypes.get_errno())

    def noticed(self) -> bool:
        """Whether something was opened or read since the last question."""
        try:
            return bool(os.read(self._descriptor, 65536))
        except BlockingIOError:
            return False

    def close(self) -> None:
        """Stop watching."""
        os.close(self._descriptor)
