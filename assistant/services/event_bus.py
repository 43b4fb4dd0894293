"""Tells everyone who shows something what happened.

Process: app. Thread: `publish` from any thread; subscribers run on the publisher's and must return at once.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from assistant.core.events import Event

log = logging.getLogger(__name__)

Subscriber = Callable[[Event], None]


class EventBus:
    """Hands each event to every subscriber, in the order of publication on one thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscribers: tuple[Subscriber, ...] = ()

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Add a subscriber; returns a function that removes it."""
        with self._lock:
            self._subscribers = (*self._subscribers, subscriber)

        def unsubscribe() -> None:
            with self._lock:
                self._subscribers = tuple(other for other in self._subscribers if other is not subscriber)

        return unsubscribe

    def publish(self, event: Event) -> None:
        """Tell all subscribers; one that raises does not keep the others from hearing it."""
        for subscriber in self._subscribers:
            try:
                subscriber(event)
            except Exception:
                log.exception("a subscriber failed on %s", type(event).__name__)
