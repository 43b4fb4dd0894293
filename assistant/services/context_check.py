"""The context check: how well a model reads long texts with each way to stretch its context.

Process: app. Thread: `run` blocks its caller for the whole check; `stop` from any thread.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from pathlib import Path

from assistant.clients.image_client import ImageClient
from assistant.core.context_check import CheckProgress, ContextCheck, Series
from assistant.core.settings import ModelSettings
from assistant.services.context_measuring import CheckOutcome, Measuring
from assistant.services.context_outlook import ContextOutlook
from assistant.services.context_results import ContextResults
from assistant.services.context_runs import CheckWish
from assistant.services.context_text import read_check_text
from assistant.services.library import LibraryService


class ContextCheckService:
    """Runs context checks.

    Args:
        library: Models.
        results: What was found.
        images: The image worker's client.
    """

    def __init__(self, library: LibraryService, results: ContextResults, images: ImageClient) -> None:
        self._library = library
        self._results = results
        self._images = images
        self._running: threading.Event | None = None

    def outlook(self, settings: ModelSettings) -> ContextOutlook:
        """What each context length would take now; raises what `LibraryService.choose` raises."""
        chosen = self._library.choose(settings)
        return ContextOutlook(
            facts=chosen.facts,
            free=self._library.free_memory(settings),
            projector_bytes=chosen.projector_bytes,
            check=self._results.of(chosen.path),
            rungs=self._library.rungs_taken(chosen),
        )

    def run(
        self,
        settings: ModelSettings,
        wish: CheckWish,
        on_progress: Callable[[CheckProgress], None],
        cancelled: threading.Event,
    ) -> CheckOutcome:
        """Measure what is not known yet; where all is known, the engine keeps its model.

        Args:
            settings: Which model, and the type of its KV cache.
            wish: What is to be checked.
            on_progress: Called often, in this thread.
            cancelled: Set when it is not wanted any more; also set here when a question needs the engine.

        Raises:
            RequestCancelled: `cancelled` was set; the methods that were measured to their end are kept.
            NotEnoughMemory: A length does not fit; nothing was measured.
            InputInvalid: The text or a method cannot be used.
            FamulusError: The model cannot be loaded or fails.
        """
        chosen = dataclasses.replace(self._library.choose(settings), projector=None, projector_facts=None)
        measuring = Measuring(self._results, settings, chosen, read_check_text(wish.text), wish, cancelled)
        known = measuring.known(self._library.free_memory(settings))
        if known is not None:
            return known
        self._running = cancelled
        try:
            with self._library.lent_engine(cancelled) as engine:
                self._library.card_bytes(settings)
                return measuring.run(engine, self._library.free_memory(settings), on_progress)
        finally:
            self._running = None

    def stop(self) -> None:
        """Stop the check that runs, if there is one."""
        running = self._running
        if running is not None:
            running.set()

    def draw(self, settings: ModelSettings, check: ContextCheck, series: Series) -> Path:
        """Draw the picture of a check and keep it beside the result.

        Args:
            settings: Which model it is of.
            check: What was measured.
            series: Which of it to show.

        Returns:
            The PNG file.

        Raises:
            FamulusError: It cannot be drawn or written.
        """
        picture = self._results.picture(self._library.choose(settings).path)
        self._images.draw_check(check.only(series), series, picture)
        return picture
