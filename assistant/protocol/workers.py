"""How worker processes are named and started.

Process: any that starts a worker. Thread rule: pure.
"""

from __future__ import annotations

import enum
import sys


class WorkerName(enum.StrEnum):
    """The word behind ``--worker``."""

    ENGINE = "engine"
    TEMPLATE = "template"


def worker_command(name: WorkerName) -> list[str]:
    """Command line of a worker.

    ``-P`` keeps the current directory off the module path: a folder named ``assistant`` there would run instead.
    """
    return [sys.executable, "-P", "-m", "assistant", "--worker", name.value]
