"""How a worker is tied to the app that started it.

Process: app. Thread rule: any.

A worker ends when its pipe closes. On Windows a job object also ends it when the app dies while the worker cannot
read its pipe. (Written after Microsoft's documentation of job objects; not tried on Windows yet.)
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _KILL_ON_JOB_CLOSE = 0x2000
    """``JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE`` of winnt.h."""
    _EXTENDED_LIMIT_INFORMATION = 9
    """``JobObjectExtendedLimitInformation`` of winnt.h."""

    class _BasicLimits(ctypes.Structure):
        _fields_ = [
            ("PerProcessUserTimeLimit", wintypes.LARGE_INTEGER),
            ("PerJobUserTimeLimit", wintypes.LARGE_INTEGER),
            ("LimitFlags", wintypes.DWORD),
            ("MinimumWorkingSetSize", ctypes.c_size_t),
            ("MaximumWorkingSetSize", ctypes.c_size_t),
            ("ActiveProcessLimit", wintypes.DWORD),
            ("Affinity", ctypes.c_size_t),
            ("PriorityClass", wintypes.DWORD),
            ("SchedulingClass", wintypes.DWORD),
        ]

    class _ExtendedLimits(ctypes.Structure):
        _fields_ = [
            ("BasicLimitInformation", _BasicLimits),
            ("IoInfo", ctypes.c_uint64 * 6),
            ("ProcessMemoryLimit", ctypes.c_size_t),
            ("JobMemoryLimit", ctypes.c_size_t),
            ("PeakProcessMemoryUsed", ctypes.c_size_t),
            ("PeakJobMemoryUsed", ctypes.c_size_t),
        ]

    def _create_job() -> int:
        kernel = ctypes.windll.kernel32
        kernel.CreateJobObjectW.restype = wintypes.HANDLE
        job = kernel.CreateJobObjectW(None, None)
        limits = _ExtendedLimits()
        limits.BasicLimitInformation.LimitFlags = _KILL_ON_JOB_CLOSE
        kernel.SetInformationJobObject(
            wintypes.HANDLE(job), _EXTENDED_LIMIT_INFORMATION, ctypes.byref(limits), ctypes.sizeof(limits)
        )
        return int(job)

    _JOB = _create_job()
    """Closed by the system when the app ends, however it ends; every worker in it ends then."""

    def spawn_options() -> dict[str, Any]:
        """Options of `subprocess.Popen` for a worker."""
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}

    def tie_to_app(process: subprocess.Popen[bytes]) -> None:
        """Make the system end the worker with the app."""
        handle = wintypes.HANDLE(int(process._handle))  # type: ignore[attr-defined]
        ctypes.windll.kernel32.AssignProcessToJobObject(wintypes.HANDLE(_JOB), handle)

else:

    def spawn_options() -> dict[str, Any]:
        """Options of `subprocess.Popen` for a worker: Ctrl+C in a terminal must not reach it."""
        return {"start_new_session": True}

    def tie_to_app(process: subprocess.Popen[bytes]) -> None:
        """Nothing to do here: the worker's pipe closes with the app."""
