"""A window used for a long time: it holds no more at the end than after its warm-up, and Qt has nothing to warn of.

Run: ``make soak`` for ten minutes, ``make soak SOAK_MINUTES=60`` for an hour. The window, the services, the client and
the database are real; a scripted worker stands in the engine's place. Exit status 1 says that a check failed, 2 that
the run was too short to judge.

After the warm-up (a quarter of the time, but at least `MIN_WARM_UP_MINUTES`) resident and anonymous memory may grow by
`MAX_GROWTH_MIB_PER_HOUR`, measured on the line through all samples; threads, descriptors, view-model objects, scene
items, open popups and windows may be at most `MAX_MORE` more, median of the last third against that of the first third
after the warm-up. Any warning and any exception that nothing catches, in a slot, a thread or a destructor, is a
failure.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_QUICK_BACKEND", "software")

from assistant.bootstrap import build_services
from assistant.core.paths import DataPaths
from assistant.gui.application import prepare_qt
from assistant.storage.data_folder import HOME_VARIABLE
from tests.bench.window.long_conversation import store_long_conversation
from tests.bench.window.scripted_engine import use_scripted_engine
from tests.gui.driven_window import DrivenWindow
from tests.soak.growth import COUNTED, Sample, growing_kinds, python_threads, slope, take_sample
from tests.soak.session import Session

MINUTES = float(os.environ.get("SOAK_MINUTES", "10"))
MIN_TOKENS = 10_000
MIN_WARM_UP_MINUTES = 2.5
"""Caches of pictures, glyphs and Python's own fill for about two minutes."""
MIN_SAMPLES = 18
"""The session repeats itself every five rounds: each third of the samples is to hold more than one such cycle."""
MAX_GROWTH_MIB_PER_HOUR = 20.0
"""Between two runs of six minutes: +8 with nothing known to leak, which is the allocator's steps and caches that still
fill, and +34 with 3 KiB lost at every opening of a conversation. An hour is about 500 rounds: weeks of a person's use.
"""
MAX_MORE = 3
N_STORED_MESSAGES = 200
IGNORED_WARNINGS = ("systemTrayWindowChanged",)  # of Qt's offscreen platform, which has no tray


class Complaints(logging.Handler):
    """Keeps what is logged as a warning or worse, Qt's messages among it, and exceptions that nothing catches."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def watch_exceptions(self) -> None:
        """Those of slots, threads and destructors each come by a hook of their own."""
        sys.excepthook = lambda _kind, error, _traceback: self._keep(error)
        threading.excepthook = lambda arguments: self._keep(arguments.exc_value)
        sys.unraisablehook = lambda arguments: self._keep(arguments.exc_value)

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if not any(words in message for words in IGNORED_WARNINGS):
            self.messages.append(message)

    def _keep(self, error: BaseException | None) -> None:
        self.messages.append(repr(error))
        traceback.print_exception(error)


def soak(home: Path) -> tuple[list[Sample], int]:
    """Use the window for `MINUTES`; returns a sample of every round and the number of token events."""
    services = build_services()
    store_long_conversation(services, N_STORED_MESSAGES)
    window = DrivenWindow(services)
    session = Session(window, home)
    started = time.monotonic()
    samples: list[Sample] = []
    while time.monotonic() < started + 60 * MINUTES:
        session.run_round()
        samples.append(take_sample(time.monotonic() - started, window.window, window.desktop.panel.window))
        tell(samples[-1], session.n_tokens)
    window.close()
    return samples, session.n_tokens


def tell(sample: Sample, n_tokens: int) -> None:
    counts = ", ".join(f"{name} {getattr(sample, name)}" for name in COUNTED)
    print(
        f"{sample.seconds:6.0f} s  RSS {sample.rss:.1f} MiB, anonymous {sample.anonymous:.1f}, USS {sample.uss:.1f}, "
        f"{counts}, {n_tokens} tokens",
        flush=True,
    )


def after_warm_up(samples: list[Sample]) -> list[Sample]:
    warm_up_s = 60 * max(MIN_WARM_UP_MINUTES, MINUTES / 4)
    return [sample for sample in samples if sample.seconds > warm_up_s]


def growths(steady: list[Sample], n_tokens: int) -> list[str]:
    """What has grown more than it may, from the samples after the warm-up, and whether enough was done."""
    found = []
    if n_tokens < MIN_TOKENS:
        found.append(f"only {n_tokens} token events")
    measured_minutes = (steady[-1].seconds - steady[0].seconds) / 60
    for name in ("rss", "anonymous"):
        growth = slope(steady, name)
        print(
            f"{name}: {growth:+.1f} MiB an hour, over {measured_minutes:.1f} minutes and {len(steady)} samples "
            f"(at most +{MAX_GROWTH_MIB_PER_HOUR:g})"
        )
        if growth > MAX_GROWTH_MIB_PER_HOUR:
            found.append(f"{name} memory grew by {growth:.1f} MiB an hour")
    third = len(steady) // 3
    for name in COUNTED:
        before, after = (
            statistics.median(getattr(each, name) for each in part) for part in (steady[:third], steady[-third:])
        )
        print(f"{name}: {before:g} then, {after:g} at the end")
        if after > before + MAX_MORE:
            found.append(f"{name} grew from {before:g} to {after:g}")
    if found:
        found.append(f"more of: {growing_kinds(steady[0], steady[-1])}; threads: {python_threads()}")
    return found


def damage(home: Path) -> list[str]:
    """What SQLite finds wrong with the database, and answers that have not ended."""
    with sqlite3.connect(DataPaths(home).database) as connection:
        (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
        orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
        (n_open,) = connection.execute("SELECT count(*) FROM message WHERE status = 'generating'").fetchone()
    print(f"database: integrity {verdict}, {len(orphans)} orphans, {n_open} answers without an end")
    found = [f"database: {verdict}"] if verdict != "ok" else []
    return [*found, *(["orphans in the database"] if orphans else []), *(["answers without an end"] if n_open else [])]


def main() -> int:
    complaints = Complaints()
    logging.getLogger("assistant").addHandler(complaints)
    use_scripted_engine()
    prepare_qt(["famulus-gui"])
    with tempfile.TemporaryDirectory() as folder:
        os.environ[HOME_VARIABLE] = folder
        complaints.watch_exceptions()
        samples, n_tokens = soak(Path(folder))
        found = damage(Path(folder))
    found += [f"Qt or Famulus complained: {message}" for message in sorted(set(complaints.messages))]
    steady = after_warm_up(samples)
    if len(steady) < MIN_SAMPLES:
        few = f"{len(steady)} samples after the warm-up, of at least {MIN_SAMPLES}"
        print(*found, f"too short to judge: {few}; take SOAK_MINUTES=6 or more", sep="\n")
        return 2
    found += growths(steady, n_tokens)
    print("\n".join(found) if found else f"no growth, no complaint, {n_tokens} token events, {len(samples)} rounds")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
