"""A window used for a long time: it holds no more at the end than after its warm-up, and Qt has nothing to warn of.

Run: ``make soak`` for ten minutes, ``make soak SOAK_MINUTES=60`` for an hour. The window, the services, the client and
the database are real; a scripted worker stands in the engine's place. Exit status 1 says that a check failed.

After the warm-up (a quarter of the time) resident and anonymous memory may grow by `MAX_GROWTH_MIB` over what is left,
measured on the line through all samples; threads, descriptors, view-model objects and scene items may be at most
`MAX_MORE` more, median of the last third against that of the first third after the warm-up.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import statistics
import sys
import tempfile
import time
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
MAX_GROWTH_MIB = 6.0
MAX_MORE = 3
N_STORED_MESSAGES = 200
IGNORED_WARNINGS = ("systemTrayWindowChanged",)  # of Qt's offscreen platform, which has no tray


class Warnings(logging.Handler):
    """Keeps what is logged as a warning or worse, Qt's messages among it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if not any(words in message for words in IGNORED_WARNINGS):
            self.messages.append(message)


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
        samples.append(take_sample(time.monotonic() - started, window.window))
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


def mistakes(samples: list[Sample], n_tokens: int, warnings: list[str]) -> list[str]:
    """What is not as it should be."""
    steady = [sample for sample in samples if sample.seconds > 15 * MINUTES]
    hours = (steady[-1].seconds - steady[0].seconds) / 3600
    found = [f"Qt or Famulus warned: {message}" for message in sorted(set(warnings))]
    if n_tokens < MIN_TOKENS and MINUTES >= 2:
        found.append(f"only {n_tokens} token events")
    for name in ("rss", "anonymous"):
        growth = slope(steady, name) * hours
        print(f"{name}: {growth:+.1f} MiB over {60 * hours:.1f} minutes (at most +{MAX_GROWTH_MIB:g})")
        if growth > MAX_GROWTH_MIB:
            found.append(f"{name} memory grew by {growth:.1f} MiB")
    third = max(1, len(steady) // 3)
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
    warnings = Warnings()
    logging.getLogger("assistant").addHandler(warnings)
    use_scripted_engine()
    prepare_qt(["famulus-gui"])
    with tempfile.TemporaryDirectory() as folder:
        os.environ[HOME_VARIABLE] = folder
        samples, n_tokens = soak(Path(folder))
        found = [*mistakes(samples, n_tokens, warnings.messages), *damage(Path(folder))]
    print("\n".join(found) if found else f"no growth, no warning, {n_tokens} token events, {len(samples)} rounds")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
