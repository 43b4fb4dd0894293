"""What a fast answer in a long conversation costs the window, beside the naive way.

Run: ``python tests/bench/window_streaming.py [--seconds 60] [--rate 300] [--screen]``. Each side is a process of its
own; tokens come from a third one, the scripted worker, through the same client. A is Famulus's window with a
conversation of 2,000 messages, B one `QTextEdit` that gets the whole text with every batch of tokens.

Without ``--screen`` Qt draws offscreen with the processor (Qt Quick's software backend); with it, under Xvfb through
OpenGL in software (Mesa), where the drawing that a graphics card would do counts as the process's own.
Work of the GUI thread is counted from one wait for events to the next: on the wall clock, which a busy machine makes
longer, and in processor time of the thread, which it does not.

Bars, exit status 1 where one is missed: p99 of the GUI thread's work under 16 ms, also of the frames alone; at most
30 % of one core; cost of a token in the last fifth at most 1.5 times that in the first; opening under 300 ms.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
BARS = {"p99 wall": 16.0, "p99 frame": 16.0, "core_share": 0.30, "last_to_first": 1.5, "open_first_ms": 300.0}
OFFSCREEN = {"QT_QPA_PLATFORM": "offscreen", "QT_QUICK_BACKEND": "software"}


@contextlib.contextmanager
def screen_environment():
    """Variables for a window on a virtual screen, drawn by Mesa's OpenGL on the processor."""
    sys.path.insert(0, str(ROOT))
    from tests.gui.xvfb import virtual_screen

    with virtual_screen(window_manager=True) as display:
        yield {"QT_QPA_PLATFORM": "xcb", "DISPLAY": display, "LIBGL_ALWAYS_SOFTWARE": "1", "QT_QUICK_BACKEND": ""}


def measure(module: str, environment: dict[str, str], seconds: float, rate: int) -> dict[str, float]:
    """Run one side in a fresh data folder."""
    with tempfile.TemporaryDirectory() as home:
        process = subprocess.run(
            [sys.executable, "-m", f"tests.bench.window.{module}", str(seconds), str(rate)],
            cwd=ROOT,
            env={**os.environ, **environment, "FAMULUS_HOME": home},
            stdout=subprocess.PIPE,
            check=True,
        )
    return json.loads(process.stdout)


def report(title: str, figures: dict[str, float]) -> None:
    print(f"{title} (load average {figures['load_average']:.1f})")
    for clock in ("wall", "cpu"):
        values = ", ".join(f"{name} {figures[f'{name} {clock}']:.2f}" for name in ("p50", "p95", "p99", "max"))
        over = figures[f"over 16 ms {clock}"]
        print(f"  GUI thread's work, {clock} ms: {values}; {over} of {figures['handlings']} over 16 ms")
    if "p99 frame" in figures:
        print(f"  p99 of the {figures['frames']} stretches that drew a frame: {figures['p99 frame']:.2f} ms")
    print(
        f"  share of a core {figures['core_share']:.1%}, of it the GUI thread {figures['gui_thread_share']:.1%}, "
        f"over {figures['seconds']:.0f} s and {figures['tokens']} tokens shown"
    )
    print(
        f"  processor time a token: first fifth {figures['first_fifth_us']:.0f} us, "
        f"last fifth {figures['last_fifth_us']:.0f} us, ratio {figures['last_to_first']:.2f}"
    )
    again = f", median of six {figures['open_median_ms']:.0f} ms" if "open_median_ms" in figures else ""
    print(f"  opening 2,000 messages: {figures['open_first_ms']:.0f} ms{again}")


def main() -> int:
    parser = argparse.ArgumentParser(description="What a fast answer in a long conversation costs the window.")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=int, default=300, help="tokens per second")
    parser.add_argument("--screen", action="store_true", help="under Xvfb, OpenGL in software")
    options = parser.parse_args()
    with screen_environment() if options.screen else contextlib.nullcontext(OFFSCREEN) as environment:
        famulus = measure("famulus_window", environment, options.seconds, options.rate)
        naive = measure("naive_window", environment, options.seconds, options.rate)
    drawn = "Xvfb, OpenGL in software" if options.screen else "offscreen, software backend"
    report(f"A, Famulus, {drawn}", famulus)
    report(f"B, one QTextEdit with the whole text, {drawn}", naive)
    missed = [name for name, bar in BARS.items() if famulus[name] > bar]
    for name, bar in BARS.items():
        print(f"{name}: {famulus[name]:.2f} (bar {bar:g}): {'MISSED' if name in missed else 'met'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
