"""Runs the real program as a person or a script would."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-m", "assistant"]
PATIENCE_S = 120.0
PASSAGE = (
    'Use only this passage to answer. Passage: "Invoices must be paid within 30 days of receipt; late payments incur '
    '2% monthly interest." Question: What interest do late payments incur?'
)
PROJECTOR = Path(__file__).parents[2] / "data" / "68b8955e4573ba0b70c1dc5f4a88ac0f3468ea748383deaa561f6375f8e21080.gguf"
"""Of the starter model; it knows drawings of plain shapes."""
LONG_TASK = "Write a long story about the keeper of a lighthouse, with many chapters."


@dataclass(frozen=True)
class Ended:
    """A program that has ended."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Every line of the output as JSON."""
        return [json.loads(line) for line in self.text.splitlines()]

    def only(self, kind: str) -> list[dict[str, Any]]:
        return [each for each in self.objects if each["type"] == kind]


@dataclass(frozen=True)
class Famulus:
    """The program on one data folder."""

    home: Path
    started: list[Running] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "FAMULUS_HOME": str(self.home), "TERM": "xterm-256color"}

    def __call__(self, *words: str, stdin: bytes = b"") -> Ended:
        """Run it with `stdin` piped in; nothing it prints may be a traceback."""
        ended = subprocess.run(
            [*COMMAND, *words], input=stdin, capture_output=True, env=self.environment, timeout=PATIENCE_S
        )
        return _checked(ended.returncode, ended.stdout, ended.stderr)

    def shell(self, line: str) -> Ended:
        """Run a shell line in which ``famulus`` is the program."""
        script = f"famulus() {{ '{sys.executable}' -m assistant \"$@\"; }}\nset -o pipefail\n{line}"
        ended = subprocess.run(
            ["bash", "-c", script],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=self.environment,
            timeout=PATIENCE_S,
        )
        return _checked(ended.returncode, ended.stdout, ended.stderr)

    def start(self, *words: str) -> Running:
        """Start it without waiting; its standard input stays open."""
        process = subprocess.Popen(
            [*COMMAND, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
        )
        self.started.append(Running(process))
        return self.started[-1]


class Running:
    """A program under way that prints JSON lines."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def close_input(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.stdin = None

    def wait_for(self, kind: str) -> dict[str, Any]:
        """The next object of this kind."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            told: dict[str, Any] = json.loads(line)
            if told["type"] == kind:
                return told
            assert told["type"] not in ("finished", "error"), f"{told} came before {kind}"
        raise AssertionError(f"it ended without {kind}")

    def signal(self, number: signal.Signals) -> Ended:
        """Send a signal and wait for the end."""
        self.process.send_signal(number)
        return self.end()

    def end(self) -> Ended:
        """Close its standard input and wait for the end."""
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return _checked(self.process.returncode, out, err)


def _checked(code: int, out: bytes, err: bytes) -> Ended:
    text = err.decode("utf-8", "replace")
    assert "Traceback" not in text, text
    assert "Exception ignored" not in text, text
    return Ended(code, out, text)
