"""Limits that a worker which reads strangers' files sets on itself.

Process: such a worker. Thread: its main one.

What breaks a limit of time ends the process; what breaks one of memory or size is an exception. Windows has no such
limits, macOS none of memory: there the app's own time limit remains.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":

    def confine(*, memory_bytes: int, file_bytes: int, n_files: int) -> None:
        """Nothing: Windows has no such limits."""

    def grant_cpu_time(seconds: int) -> None:
        """Nothing: as above."""

else:
    import math
    import resource

    def confine(*, memory_bytes: int, file_bytes: int, n_files: int) -> None:
        """Bound this process for the rest of its life, and keep it from dumping core.

        Args:
            memory_bytes: Address space.
            file_bytes: Size of one file that it writes.
            n_files: Open files.
        """
        if sys.platform == "linux":  # macOS refuses a limit below what is mapped already, and ignores others
            resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
        resource.setrlimit(resource.RLIMIT_NOFILE, (n_files, n_files))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def grant_cpu_time(seconds: int) -> None:
        """End the process once it has computed for so many seconds more, or up to one second longer."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        limit = math.ceil(used.ru_utime + used.ru_stime) + seconds
        resource.setrlimit(resource.RLIMIT_CPU, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
