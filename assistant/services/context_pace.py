"""How long a context check still takes.

Process: app. Thread: the check's.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from assistant.core.context_check import CheckProgress, MethodRun, reading_work
from assistant.core.rope import RopeMethod

_ENOUGH_WORK = 512.0
"""Work after which the pace of this check counts, and that of earlier ones no more."""


class Pace:
    """Seconds a piece of `reading_work`, from what was measured so far.

    Args:
        known: Earlier runs on this computer.
        lengths: Context lengths of the runs to come, in their order.
    """

    def __init__(self, known: Iterable[MethodRun], lengths: Sequence[int]) -> None:
        earlier = [(run.seconds, reading_work(run.n_read)) for run in known]
        self._earlier_s = sum(seconds for seconds, _ in earlier)
        self._earlier_work = sum(work for _, work in earlier)
        self._lengths = lengths
        self._number = 0
        self._seconds = 0.0
        self._work = 0.0
        self._method = RopeMethod.NONE
        self._started = 0.0

    def begin(self, method: RopeMethod) -> None:
        """The next run begins."""
        self._number += 1
        self._method = method
        self._started = time.monotonic()

    def end(self, n_read: int) -> None:
        """The run ended."""
        self._seconds += time.monotonic() - self._started
        self._work += reading_work(n_read)

    def progress(self, n_done: int, n_total: int) -> CheckProgress:
        """How far the check is when so much of the run is read."""
        done = reading_work(n_done)
        seconds, work = self._seconds + time.monotonic() - self._started, self._work + done
        if work < _ENOUGH_WORK and self._earlier_work:
            seconds, work = self._earlier_s, self._earlier_work
        to_come = sum(reading_work(length) for length in self._lengths[self._number :])
        left = reading_work(n_total) - done + to_come
        return CheckProgress(
            method=self._method,
            n_ctx=self._lengths[self._number - 1],
            number=self._number,
            n_runs=len(self._lengths),
            n_done=n_done,
            n_total=n_total,
            seconds_left=left * seconds / work if work else None,
        )
