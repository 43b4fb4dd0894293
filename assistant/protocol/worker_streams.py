"""A worker's end of its pipes.

Process: every worker, first thing at its start. Thread rule: call once, before native libraries load.
"""

from __future__ import annotations

import os
import sys
from typing import BinaryIO

if sys.platform == "win32":
    import ctypes
    import msvcrt

_STD_OUTPUT_HANDLE = -11
"""``STD_OUTPUT_HANDLE`` of winbase.h."""


def claim_streams() -> tuple[BinaryIO, BinaryIO]:
    """Take standard input and output for frames; whatever prints from now on goes to standard error, the log.

    Returns:
        Stream to read frames from, and stream to write frames to. Child processes inherit neither.
    """
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    if sys.platform == "win32":
        # Native code there prints through the process's standard handle, not through descriptor 1.
        ctypes.windll.kernel32.SetStdHandle(_STD_OUTPUT_HANDLE, msvcrt.get_osfhandle(2))
    return incoming, outgoing
