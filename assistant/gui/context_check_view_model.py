"""The context check in the window: it runs beside everything else, with progress, and shows what it found.

Process: app with a window. Thread: the GUI's; the check has a thread of its own.
"""

from __future__ import annotations

import threading
from typing import Any

from PySide6.QtCore import Property, QCoreApplication, QObject, Signal, Slot

from assistant.core.context_check import CheckProgress, ContextCheck, Series
from assistant.core.errors import ErrorInfo, FamulusError, RequestCancelled
from assistant.core.events import ContextCheckProgressed, Event
from assistant.core.memory_estimate import KvType
from assistant.gui.background import Background
from assistant.gui.context_words import chart_of, duration_words, number_words
from assistant.gui.error_text import error_words
from assistant.gui.settings_view_model import SettingsViewModel
from assistant.gui.window_context import WindowContext
from assistant.services.context_measuring import CheckOutcome
from assistant.services.context_runs import CheckWish


class ContextCheckViewModel(QObject):
    """A context check of the chosen model.

    Args:
        context: What the window works with.
        settings: Say which model that is.
        parent: Qt's owner.
    """

    changed = Signal()
    chartChanged = Signal()

    ended = Signal()
    """The engine is free again, and there may be a new result."""

    def __init__(self, context: WindowContext, settings: SettingsViewModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._settings = settings
        self._background = Background("window-check", self)
        self._cancelled: threading.Event | None = None
        self._progress: CheckProgress | None = None
        self._problem: ErrorInfo | None = None
        self._stopped = False
        self._check: ContextCheck | None = None
        self._series: Series | None = None
        self._outcome: CheckOutcome | None = None
        context.bridge.happened.connect(self._take)
        context.turns.changed.connect(self.changed)
        settings.changed.connect(self.chartChanged)  # its words, when the language is another

    @Property(bool, notify=changed)
    def running(self) -> bool:
        """Whether a check runs."""
        return self._cancelled is not None

    @Property(bool, notify=changed)
    def possible(self) -> bool:
        """Whether one can begin: not while another runs or an answer is written."""
        return self._cancelled is None and not self._context.turns.turns

    @Property(float, notify=changed)
    def fraction(self) -> float:
        """How far it is, 0 to 1; -1 while that is not known."""
        progress = self._progress
        if progress is None or not progress.n_total:
            return -1.0
        return (progress.number - 1 + progress.n_done / progress.n_total) / progress.n_runs

    @Property(str, notify=changed)
    def stage(self) -> str:
        """What it does now, and how long it still takes."""
        progress = self._progress
        if progress is None:
            return QCoreApplication.translate("ContextCheckViewModel", "Looking at the model…")
        words = QCoreApplication.translate("ContextCheckViewModel", "Reading {n} tokens with {method}, {i} of {m}.")
        words = words.format(
            n=number_words(progress.n_ctx), method=progress.method.value, i=progress.number, m=progress.n_runs
        )
        if progress.seconds_left is None:
            return words
        left = QCoreApplication.translate("ContextCheckViewModel", "{stage} About {time} left.")
        return left.format(stage=words, time=duration_words(progress.seconds_left))

    @Property(bool, notify=changed)
    def stopped(self) -> bool:
        """Whether the last one was stopped before its end."""
        return self._stopped

    @Property(str, notify=changed)
    def outcome(self) -> str:
        """What else is to be said of the last one; empty for nothing."""
        return _outcome_words(self._outcome) if self._outcome is not None else ""

    @Property(str, notify=changed)
    def problem(self) -> str:
        """Why the last one failed; empty if it did not."""
        return error_words(self._problem).title if self._problem is not None else ""

    @Property(str, notify=changed)
    def problemRemedy(self) -> str:
        """What can be done about it."""
        return error_words(self._problem).remedy if self._problem is not None else ""

    @Property("QVariantMap", notify=chartChanged)  # type: ignore[arg-type]
    def chart(self) -> dict[str, Any]:
        """What was found, as `chart_of` says; empty for nothing."""
        return chart_of(self._check, self._series) if self._check is not None and self._series is not None else {}

    @Slot(int)
    def start(self, n_ctx: int) -> None:
        """Check a length; what is known is not measured again.

        Args:
            n_ctx: The length, tokens.
        """
        if not self.possible:
            return
        self._cancelled = cancelled = threading.Event()
        self._progress = self._problem = self._outcome = None
        self._stopped = False
        services, model = self._context.services, self._settings.settings.model
        services.library.cancel_load()  # ahead, as no answer is written: the check frees the model again
        self._background.run(
            lambda: services.context_checks.run(
                model,
                CheckWish(lengths=(n_ctx,)),
                lambda progress: services.bus.publish(ContextCheckProgressed(progress=progress)),
                cancelled,
            ),
            self._succeeded,
            self._failed,
        )
        self.changed.emit()

    @Slot()
    def cancel(self) -> None:
        """Stop it; the methods that were measured to their end are kept."""
        if self._cancelled is not None:
            self._cancelled.set()

    def show(self, check: ContextCheck | None) -> None:
        """Show what is known of the model in the chosen type: what was just checked, or a long one that counts."""
        self._check = check
        every = check.all_series() if check is not None else []
        self._series = max(every, key=self._weight, default=None)
        self.chartChanged.emit()

    def close(self) -> None:
        """Stop it and wait for its end."""
        self.cancel()
        self._background.close()

    def _take(self, event: Event) -> None:
        if isinstance(event, ContextCheckProgressed) and self._cancelled is not None:
            self._progress = event.progress
            self.changed.emit()

    def _succeeded(self, outcome: CheckOutcome) -> None:
        self._series, self._outcome = outcome.series[-1], outcome
        self.show(outcome.check)
        self._end()

    def _weight(self, series: Series) -> tuple[bool, bool, int, float]:
        comparison = self._check.comparison(series) if self._check is not None else None
        is_own_type = series.kv_type is KvType(self._settings.settings.model.kv_type)
        return is_own_type, series == self._series, series.n_ctx, comparison.ended if comparison is not None else 0.0

    def _failed(self, error: FamulusError) -> None:
        self._stopped = isinstance(error, RequestCancelled)
        self._problem = None if self._stopped else error.info
        self._end()

    def _end(self) -> None:
        self._cancelled = self._progress = None
        self.changed.emit()
        self.ended.emit()


def _outcome_words(outcome: CheckOutcome) -> str:
    words = []
    if not outcome.n_measured:
        words.append(QCoreApplication.translate("ContextCheckViewModel", "That was measured before."))
    if outcome.n_text:
        cut = QCoreApplication.translate(
            "ContextCheckViewModel", "The text has {n} tokens: {length} of them were read."
        )
        words.append(cut.format(n=number_words(outcome.n_text), length=number_words(outcome.series[-1].n_ctx)))
    return " ".join(words)
