"""From the start of the process to a window that takes keys, beside a bare QML window; and the window's memory.

Run: ``python tests/bench/window_start.py [--rounds 10] [--screen]``. A is a bare `ApplicationWindow` with a `TextArea`,
B Famulus with a data folder in use; each start is a process of its own, A B A B ..., after one warm-up each.
Famulus counts as started when a key that was pressed behind all that waits at its first frame has arrived in the
composer; the bare window at its first frame itself, behind which nothing waits. What Famulus makes after its first
frame (tray, panel, shortcut, renderers) is not in that figure, so the longest stall of the GUI thread in the second
after the first frame stands beside it: how late an event would have been that came at the worst moment. Memory is
that of the window's process; the engine is another one.

Bar: the median of B at most 250 ms above that of A; exit status 1 where it is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
STARTED_WINDOW = ROOT / "tests" / "bench" / "window" / "started_window.py"
BAR_MS = 250.0
N_CONVERSATIONS = 30
FIGURES = {
    "key_ms": "takes keys after",
    "frame_ms": "first frame",
    "cpu_ms": "processor",
    "stall_ms": "longest stall in the second after it",
}
sys.path.insert(0, str(ROOT))

from tests.bench.window_streaming import OFFSCREEN, screen_environment  # noqa: E402


def start(kind: str, environment: dict[str, str], *words: str) -> dict[str, float]:
    """One start of one window."""
    process = subprocess.run(
        [sys.executable, str(STARTED_WINDOW), kind, str(time.monotonic()), *words],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(process.stdout)


def fill_data_folder(environment: dict[str, str]) -> None:
    """Conversations as a person has some."""
    program = (
        "from assistant.bootstrap import build_services\n"
        "with build_services() as services:\n"
        f"    for number in range({N_CONVERSATIONS}):\n"
        "        conversation = services.conversations.create('').result()\n"
        "        services.conversations.add_question(conversation.id, None, f'Question {number}').result()\n"
    )
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)


def middle(starts: list[dict[str, float]], figure: str) -> float:
    return statistics.median(start[figure] for start in starts)


def spread(starts: list[dict[str, float]], figure: str) -> str:
    values = sorted(start[figure] for start in starts)
    return f"{values[0]:.0f}-{values[-1]:.0f}"


def report(starts: dict[str, list[dict[str, float]]]) -> bool:
    """Print the figures; returns whether the bar is met."""
    for kind, title in (("bare", "A, bare window"), ("famulus", "B, Famulus")):
        figures = ", ".join(
            f"{words} {middle(starts[kind], name):.0f} ms (spread {spread(starts[kind], name)})"
            for name, words in FIGURES.items()
        )
        print(f"{title}: {figures}")
    difference = middle(starts["famulus"], "key_ms") - middle(starts["bare"], "frame_ms")
    is_met = difference <= BAR_MS
    verdict = "met" if is_met else "MISSED"
    print(f"Famulus later by {difference:.0f} ms (bar {BAR_MS:.0f}): {verdict}; load average {os.getloadavg()[0]:.1f}")
    return is_met


def main() -> int:
    parser = argparse.ArgumentParser(description="From the start of the process to a window that takes keys.")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--screen", action="store_true", help="under Xvfb, OpenGL in software")
    options = parser.parse_args()
    starts: dict[str, list[dict[str, float]]] = {"bare": [], "famulus": []}
    with (
        tempfile.TemporaryDirectory() as home,
        screen_environment() if options.screen else contextlib.nullcontext(OFFSCREEN) as drawing,
    ):
        environment = {**os.environ, **drawing, "FAMULUS_HOME": home}
        fill_data_folder(environment)
        for round_number in range(options.rounds + 1):
            for kind, results in starts.items():
                figures = start(kind, environment)
                if round_number:  # the first round fills the caches
                    results.append(figures)
        memory = {kind: start(kind, environment, "memory") for kind in starts}
    is_met = report(starts)
    for kind, figures in memory.items():
        values = ", ".join(f"{name} {value:.0f} MiB" for name, value in figures.items() if "SS" in name)
        print(f"memory of the {kind} window: {values}")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
