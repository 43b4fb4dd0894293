from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.clients import worker_process

PREAMBLE = """
import ctypes, os, sys, time
from assistant.protocol.engine_messages import *
from assistant.protocol.framing import FrameReader, FrameWriter
from assistant.protocol.worker_streams import claim_streams

incoming, outgoing = claim_streams()
reader, writer = FrameReader(incoming, EngineRequest), FrameWriter(outgoing)

def hello(version=PROTOCOL_VERSION):
    writer.write(Hello(protocol_version=version, llama_cpp_python="0", llama_cpp="0"))
"""
"""Beginning of every fake worker."""


@pytest.fixture
def fake_worker(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Function that puts a script in place of the worker."""

    def replace(script: str) -> None:
        command = [sys.executable, "-P", "-c", PREAMBLE + textwrap.dedent(script)]
        monkeypatch.setattr(worker_process, "worker_command", lambda name: command)

    return replace


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    logs = tmp_path / "logs"
    logs.mkdir()
    return logs
