"""Time from the quick chat shortcut to the panel's input having the keyboard, with the app in the background.

Measured from outside: from the X server's key event (XTEST, in this process) to the X server sending keys to the
panel, asked every half millisecond. Also how long ``famulus --quick`` takes for the same, from the start of its
process. Xvfb and software drawing: a machine with a screen is slower by its own frame.

Bar: the median from the shortcut under 100 ms; exit status 1 where it is missed, or where the keyboard has not come
within `DEADLINE_S` in one round.

    python tests/bench/quick_chat_latency.py [--bare]
"""

from __future__ import annotations

import contextlib
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.gui.app_session import PANEL, SHORTCUT, AppSession, wait_until
from tests.gui.xvfb import virtual_screen

ROUNDS = 30
QUICK_ROUNDS = 15
BAR_MS = 100.0
DEADLINE_S = 10.0
PAUSE_S = 0.3
POLL_S = 0.0005


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Interrupt by TimeoutError whatever still runs then, a wait for another process included."""

    def expire(*_: object) -> None:
        raise TimeoutError(f"the panel did not have the keyboard, or did not go, within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def measure(session: AppSession, summon: Callable[[], object], rounds: int) -> list[float]:
    """Milliseconds of each round until the panel has the keyboard; TimeoutError for a round that does not end."""
    times = []
    for _ in range(rounds):
        with deadline(DEADLINE_S):
            started = time.perf_counter()
            summon()
            while not session.has_keyboard(PANEL):
                time.sleep(POLL_S)
            times.append((time.perf_counter() - started) * 1000)
            session.press_at_once("Escape")
            wait_until(lambda: not session.is_shown(PANEL))
        time.sleep(PAUSE_S)
    return times


def report(name: str, times: list[float]) -> None:
    """Print the figures of one series."""
    p95 = statistics.quantiles(times, n=20)[-1]
    print(
        f"{name}: median {statistics.median(times):.1f} ms, p95 {p95:.1f} ms, max {max(times):.1f} ms, "
        f"{len(times)} rounds"
    )


def is_met(times: list[float]) -> bool:
    """Say whether the shortcut is fast enough."""
    median = statistics.median(times)
    verdict = "met" if median < BAR_MS else "MISSED"
    print(f"median {median:.1f} ms (bar {BAR_MS:g}): {verdict}; load average {os.getloadavg()[0]:.1f}")
    return median < BAR_MS


def main() -> int:
    with_manager = "--bare" not in sys.argv[1:]
    with virtual_screen(with_manager) as display, tempfile.TemporaryDirectory() as folder:
        session = AppSession(display, Path(folder) / "home")
        try:
            session.start_editor()
            session.start_ready_app("--hidden")
            time.sleep(3)  # the model is loaded
            by_shortcut = measure(session, lambda: session.press_at_once(*SHORTCUT), ROUNDS)
            report("shortcut", by_shortcut)
            report("famulus --quick", measure(session, lambda: session.terminal("--quick"), QUICK_ROUNDS))
        except TimeoutError as error:
            print(f"MISSED: {error}")
            return 1
        finally:
            session.close()
    return 0 if is_met(by_shortcut) else 1


if __name__ == "__main__":
    sys.exit(main())
