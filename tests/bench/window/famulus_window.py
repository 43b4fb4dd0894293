"""Famulus's window in a process of its own: opens a conversation of 2,000 messages and lets an answer stream into it.

Run: ``python -m tests.bench.window.famulus_window SECONDS RATE``; prints its figures as JSON. The engine is the
scripted worker, a process like the real one: its tokens come through the pipe and the client, and all processor time
of this process is the window's.
"""

from __future__ import annotations

import json
import statistics
import sys
import time

from PySide6.QtCore import QTimer
from PySide6.QtQuick import QQuickItem

from assistant.bootstrap import build_services
from assistant.core.events import AnswerGrew, Event
from assistant.gui.application import prepare_qt
from assistant.services.services import Services
from tests.bench.window.gui_probe import CostMeter, GuiProbe, load_average, percentiles_ms
from tests.bench.window.long_conversation import TITLE, store_long_conversation
from tests.bench.window.scripted_engine import use_scripted_engine
from tests.gui.driven_window import DrivenWindow

OPENINGS = 5


class TokenCount:
    """Tokens that reached the app."""

    def __init__(self, services: Services) -> None:
        self.value = 0
        services.bus.subscribe(self._take)

    def _take(self, event: Event) -> None:
        if isinstance(event, AnswerGrew):
            self.value += event.n_tokens


def time_to_open(window: DrivenWindow) -> float:
    """Seconds from a click on the conversation in the sidebar to the swapped frame that shows its end."""
    row = next(each for each in window.items("conversationRow") if each.property("title") == TITLE)
    messages = window.window.findChild(QQuickItem, "messageList")
    model = window.app.conversation.messages
    shown: list[float] = []

    def look() -> None:
        end = messages.property("originY") + messages.property("contentHeight") - messages.height()
        if model.rowCount() and messages.property("contentY") >= end - 1:
            shown.append(time.perf_counter())

    window.window.frameSwapped.connect(look)
    started = time.perf_counter()
    window.click(row)
    window.wait_until(lambda: bool(shown))
    window.window.frameSwapped.disconnect(look)
    return shown[0] - started


def main() -> None:
    seconds, rate = float(sys.argv[1]), int(sys.argv[2])
    use_scripted_engine()
    qt = prepare_qt(["famulus-gui"])
    services = build_services()
    store_long_conversation(services)
    window = DrivenWindow(services)
    window.wait_until(lambda: window.app.model.state == "ready")
    window.live(1500)
    openings = []
    for _ in range(OPENINGS):
        openings.append(time_to_open(window))
        window.live(500)
        window.app.newChat()
        window.live(300)
    openings.append(time_to_open(window))

    tokens = TokenCount(services)
    window.app.conversation.send(f"Warm up: {3 * rate} tokens at {rate}/s")
    window.wait_until(lambda: tokens.value > 0)
    window.wait_for_answer()
    window.live(1000)
    tokens.value = 0
    probe, meter = GuiProbe(), CostMeter(lambda: tokens.value)
    window.window.frameSwapped.connect(probe.mark_frame)
    sampler = QTimer(interval=500)
    sampler.timeout.connect(meter.sample)
    window.app.conversation.send(f"Go on: {int(seconds * rate)} tokens at {rate}/s")
    window.wait_until(lambda: tokens.value > 0)
    probe.take()
    meter.sample()
    sampler.start()
    window.app.conversation.answerEnded.connect(lambda _words: qt.exit())
    qt.exec()
    sampler.stop()
    meter.sample()
    handlings = probe.take()
    result = {
        "messages": window.app.conversation.messages.rowCount(),
        "open_first_ms": openings[0] * 1000,
        "open_median_ms": statistics.median(openings) * 1000,
        "open_worst_ms": max(openings) * 1000,
        **meter.report(),
        **percentiles_ms(handlings),
        "load_average": load_average(),
    }
    window.close()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
