"""Starts one window and says when it could be used: Famulus's as `famulus-gui` does it, or a bare one.

Run: ``python started_window.py famulus|bare STARTED [memory]``; STARTED is the parent's `time.monotonic()` just before.
At the first swapped frame a key press is posted, behind everything that waits; the window counts as started when the
focused text field has taken the character. Then the GUI thread is watched until a second after the first frame. With
``memory`` the window lives on for an answer, and its memory is printed as well.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

KIND, STARTED = sys.argv[1], float(sys.argv[2])
WITH_MEMORY = sys.argv[3:] == ["memory"]
FIELDS = {"famulus": "composerInput", "bare": "input"}
IDLE_MS = 3_000
BEAT_MS = 1
WATCHED_MS = 1_000


def main() -> None:
    if KIND == "bare":
        run_bare()
    else:
        run_famulus()


def run_bare() -> None:
    from PySide6.QtCore import QUrl
    from PySide6.QtGui import QGuiApplication
    from PySide6.QtQml import QQmlApplicationEngine

    qt = QGuiApplication(sys.argv[:1])
    engine = QQmlApplicationEngine()
    engine.load(QUrl.fromLocalFile(str(Path(__file__).with_name("bare_window.qml"))))
    window = engine.rootObjects()[0]
    watch(window)
    qt.exec()


def run_famulus() -> None:
    sys.argv = ["famulus-gui"]
    import assistant.bootstrap  # noqa: F401  # first, as `main_windowed` does it
    from assistant.__main__ import main_windowed
    from assistant.gui.desktop import Desktop

    start = Desktop.start

    def watched_start(desktop, request):
        start(desktop, request)
        watch(desktop.window, desktop)

    Desktop.start = watched_start
    main_windowed()


def watch(window, desktop=None) -> None:
    """Post a key at the first frame, and report when it has arrived."""
    from PySide6.QtCore import QObject, QTimer
    from PySide6.QtTest import QTest

    input_field = window.findChild(QObject, FIELDS[KIND])
    figures: dict[str, float] = {}

    def post_key() -> None:
        if figures:  # a render thread may have swapped more than one frame by now
            return
        figures["frame_ms"] = (time.monotonic() - STARTED) * 1000
        figures["cpu_ms"] = time.process_time() * 1000
        input_field.textChanged.connect(note_key)
        QTimer.singleShot(0, lambda: QTest.keyClick(window, "a"))  # its turn comes after all that is posted already
        watch_stalls(figures)
        QTimer.singleShot(WATCHED_MS, report)

    def note_key() -> None:
        figures.setdefault("key_ms", (time.monotonic() - STARTED) * 1000)

    def report() -> None:
        if "key_ms" not in figures:  # a start this slow is still told
            QTimer.singleShot(BEAT_MS, report)
        elif not WITH_MEMORY:
            leave(figures)
        else:
            QTimer.singleShot(IDLE_MS, lambda: measure_memory(desktop, figures))

    window.frameSwapped.connect(post_key)


def watch_stalls(figures: dict[str, float]) -> None:
    """Keep the longest time, in ms, that a timer was late from now on, for as long as the process lives."""
    from PySide6.QtCore import QCoreApplication, Qt, QTimer

    last = time.monotonic()
    figures["stall_ms"] = 0.0

    def beat() -> None:
        nonlocal last
        now = time.monotonic()
        figures["stall_ms"] = max(figures["stall_ms"], (now - last) * 1000 - BEAT_MS)
        last = now

    timer = QTimer(QCoreApplication.instance(), interval=BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
    timer.timeout.connect(beat)
    timer.start()


def measure_memory(desktop, figures: dict[str, float]) -> None:
    """After the start, and after the first answer."""
    from PySide6.QtCore import QTimer

    add_memory("after the start", figures)
    if desktop is None:
        leave(figures)

    def answered(_words: str) -> None:
        QTimer.singleShot(IDLE_MS, lambda: (add_memory("after an answer", figures), leave(figures)))

    desktop.app.conversation.answerEnded.connect(answered)
    desktop.app.conversation.send("What is the capital of France?")  # one with a short answer


def add_memory(moment: str, figures: dict[str, float]) -> None:
    import psutil

    memory = psutil.Process().memory_full_info()
    figures[f"RSS {moment}"] = memory.rss / 2**20
    figures[f"USS {moment}"] = memory.uss / 2**20


def leave(figures: dict[str, float]) -> None:
    print(json.dumps(figures), flush=True)
    os._exit(0)


main()
