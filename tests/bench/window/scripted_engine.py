"""Puts the scripted worker in the place of the engine worker, in this process."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from assistant.clients import worker_process
from assistant.protocol.workers import WorkerName

ROOT = Path(__file__).parents[3]


def scripted_command(_name: WorkerName) -> list[str]:
    """Command line of the scripted worker."""
    return [sys.executable, "-P", "-m", "tests.bench.window.scripted_worker"]


def use_scripted_engine() -> None:
    """Every engine client that is made from now on in this process starts the scripted worker."""
    os.environ["PYTHONPATH"] = str(ROOT)
    worker_process.worker_command = scripted_command
