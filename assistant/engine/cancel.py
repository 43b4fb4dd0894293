"""The wish that the running request stops.

Process: engine worker. Thread: set from any, looked at by llama.cpp's callbacks on the scheduler's and its own.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_STRLEN = ctypes.CDLL("msvcrt" if os.name == "nt" else None).strlen


class CancelFlag:
    """Set from any thread, looked at by llama.cpp's callbacks.

    llama.cpp asks before every node of a graph, some 600 times a token of a small model. A function in Python took 0.1
    to 0.3 ms of that token, and waits whenever another thread holds Python's lock; so the C library's ``strlen`` is
    asked: the flag is a string of no characters, or of one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_set = False
        self._is_held_back = False
        self._characters = ctypes.create_string_buffer(2)

    @property
    def is_set(self) -> bool:
        """Whether the running request is to stop."""
        return self._is_set

    @is_set.setter
    def is_set(self, wish: bool) -> None:
        with self._lock:
            self._is_set = wish
            self._show()

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Let llama.cpp see no wish inside of the block, whatever is set meanwhile."""
        with self._lock:
            self._is_held_back = True
            self._show()
        try:
            yield
        finally:
            with self._lock:
                self._is_held_back = False
                self._show()

    def _show(self) -> None:
        self._characters[0] = b"\1" if self._is_set and not self._is_held_back else b"\0"

    @property
    def look(self) -> int:
        """Address of a C function that takes `address` and returns 0 or 1."""
        return ctypes.cast(_STRLEN, ctypes.c_void_p).value or 0

    @property
    def address(self) -> ctypes.c_void_p:
        """What `look` takes; good as long as the flag lives."""
        return ctypes.c_void_p(ctypes.addressof(self._characters))
