"""How worker processes are named and started.

Process: any that starts a worker. Thread rule: pure.
"""

from __future__ import annotations

import enum
import os
import sys
from pathlib import Path


class WorkerName(enum.StrEnum):
    """The word behind ``--worker``."""

    CONVERTER = "converter"
    ENGINE = "engine"
    IMAGE = "image"
    TEMPLATE = "template"


_DEFAULTS = {
    # libgomp's threads wait for each other in a busy loop of 300,000 rounds. Where other programs keep the processor
    # busy, a token can then take seconds. A smaller count helped in some runs and not in others; which one is best is
    # not settled. tests/bench/busy_machine.py and engine_overhead.py show what it does and costs on a machine.
    "GOMP_SPINCOUNT": "60000",
    # On an assertion ggml would start a debugger for a backtrace.
    "GGML_NO_BACKTRACE": "1",
}


def worker_environment() -> dict[str, str]:
    """Environment of a worker: the app's own, which may override our choices for native libraries."""
    return {**_DEFAULTS, **os.environ}


def worker_command(name: WorkerName) -> list[str]:
    """Command line of a worker.

    ``-P`` keeps the current directory off the module path: a folder named ``assistant`` there would run instead.
    The frozen app has no interpreter; its console executable, beside the one with the window, starts workers.
    """
    if getattr(sys, "frozen", False):
        console = Path(sys.executable).with_name("famulus")
        return [str(console.with_suffix(Path(sys.executable).suffix)), "--worker", name.value]
    return [sys.executable, "-P", "-m", "assistant", "--worker", name.value]


EXIT_OUT_OF_MEMORY = 12
"""Exit status of a worker that found no memory: ``ENOMEM``."""
