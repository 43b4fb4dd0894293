"""The only way by which events reach the GUI thread.

Process: app with a window. Thread: events are taken on any thread; `happened` is emitted on the GUI thread.

However many events wait, only one wake-up is in Qt's queue: a fast model does not flood the event loop.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator

import msgspec
from PySide6.QtCore import QObject, Qt, Signal, Slot

from assistant.core.events import AnswerGrew, Event
from assistant.services.event_bus import EventBus


class EventBridge(QObject):
    """Carries the events of a bus to the GUI thread, in order.

    Args:
        bus: Where events are published.
        parent: Qt's owner.
    """

    happened = Signal(object)
    """One `Event`; neighbouring pieces of one answer come as one."""

    _woken = Signal()

    def __init__(self, bus: EventBus, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._events: deque[Event] = deque()
        self._closed = False
        self._woken.connect(self._drain, Qt.ConnectionType.QueuedConnection)
        self._unsubscribe = bus.subscribe(self._put)

    def close(self) -> None:
        """Emit nothing any more; events that come later are dropped."""
        self._unsubscribe()
        with self._lock:
            self._closed = True
            self._events.clear()

    def _put(self, event: Event) -> None:
        # The signal is emitted under the lock: after `close` no thread touches this object.
        with self._lock:
            if self._closed:
                return
            self._events.append(event)
            if len(self._events) == 1:
                self._woken.emit()

    @Slot()
    def _drain(self) -> None:
        with self._lock:
            events = list(self._events)
            self._events.clear()
        for event in _merged(events):
            self.happened.emit(event)


def _merged(events: Iterable[Event]) -> Iterator[Event]:
    """The events, with neighbouring pieces of one answer joined."""
    pieces: list[AnswerGrew] = []
    for event in events:
        if pieces and not (isinstance(event, AnswerGrew) and event.message_id == pieces[0].message_id):
            yield _joined(pieces)
            pieces = []
        if isinstance(event, AnswerGrew):
            pieces.append(event)
        else:
            yield event
    if pieces:
        yield _joined(pieces)


def _joined(pieces: list[AnswerGrew]) -> AnswerGrew:
    if len(pieces) == 1:
        return pieces[0]
    text = "".join(piece.text for piece in pieces)
    return msgspec.structs.replace(pieces[0], text=text, n_tokens=sum(piece.n_tokens for piece in pieces))
