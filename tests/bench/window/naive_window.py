"""The naive way in a process of its own: the whole text goes through `QTextEdit.setMarkdown` whenever tokens came.

Run: ``python -m tests.bench.window.naive_window SECONDS RATE``; prints its figures as JSON. It gets the same tokens
from the same scripted worker through the same client, at most every 33 ms; nothing is stored. In its favour the answer
alone is one text while it streams; only for the opening the text is the whole conversation of 2,000 messages.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTextEdit

from assistant.clients.engine_client import EngineClient
from assistant.core.sampling import SamplingParameters
from assistant.protocol.engine_messages import GenerationFinished, TokensGenerated
from assistant.protocol.prompt_messages import PromptMessage
from tests.bench.window.answer_text import short_answer
from tests.bench.window.gui_probe import CostMeter, GuiProbe, load_average, percentiles_ms
from tests.bench.window.long_conversation import N_MESSAGES
from tests.bench.window.scripted_engine import use_scripted_engine

BATCH_MS = 33


class NaiveView(QObject):
    """Shows a growing text in one `QTextEdit`."""

    came = Signal(str)
    ended = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.view = QTextEdit(readOnly=True)
        self.view.resize(760, 760)
        self.view.show()
        self.text = ""
        self.n_shown = self._n_came = 0
        self._timer = QTimer(self, singleShot=True, interval=BATCH_MS)
        self._timer.timeout.connect(self._repaint)
        self.came.connect(self._take)

    def show_end(self, text: str) -> None:
        self.view.setMarkdown(text)
        self.view.moveCursor(QTextCursor.MoveOperation.End)

    def _take(self, text: str) -> None:
        self.text += text
        self._n_came += 1
        if not self._timer.isActive():
            self._timer.start()

    def _repaint(self) -> None:
        self.show_end(self.text)
        self.n_shown = self._n_came

    def follow(self, client: EngineClient, question: str) -> None:
        """On a thread of its own, as Famulus's turns are."""
        call = client.generate((PromptMessage(role="user", text=question),), SamplingParameters())
        while not isinstance(reply := call.next_reply(60.0), GenerationFinished):
            if isinstance(reply, TokensGenerated):
                self.came.emit(reply.text)
        self.ended.emit()


def time_to_open(naive: NaiveView) -> float:
    """Seconds until the whole conversation is drawn."""
    whole = "\n\n".join(short_answer(number) for number in range(N_MESSAGES // 2))
    started = time.perf_counter()
    naive.show_end(whole)
    naive.view.repaint()
    return time.perf_counter() - started


def main() -> None:
    seconds, rate = float(sys.argv[1]), int(sys.argv[2])
    use_scripted_engine()
    qt = QApplication([])
    naive = NaiveView()
    QTest.qWaitForWindowExposed(naive.view)
    QTest.qWait(500)
    open_s = time_to_open(naive)
    naive.view.clear()
    with tempfile.TemporaryDirectory() as folder:
        client = EngineClient(Path(folder), Path(folder))
        client.hello()
        probe, meter = GuiProbe(), CostMeter(lambda: naive.n_shown)
        sampler = QTimer(interval=500)
        sampler.timeout.connect(meter.sample)
        question = f"{int(seconds * rate)} tokens at {rate}/s"
        naive.ended.connect(lambda: QTimer.singleShot(2 * BATCH_MS, qt.exit))
        threading.Thread(target=naive.follow, args=(client, question), daemon=True).start()
        meter.sample()
        sampler.start()
        qt.exec()
        meter.sample()
        client.close()
    result = {
        "open_first_ms": open_s * 1000,
        **meter.report(),
        **percentiles_ms(probe.take()),
        "load_average": load_average(),
    }
    print(json.dumps(result), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
