"""The image worker as the app sees it: blocking calls, a time limit, a new worker after a bad picture.

Process: app. Thread: every method from any thread; one picture at a time.
"""

from __future__ import annotations

import os
import queue
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from assistant.clients.worker_process import WorkerProcess
from assistant.core.context_check import ContextCheck, Series
from assistant.core.errors import (
    AttachmentDamaged,
    AttachmentTimedOut,
    EngineStopped,
    FamulusError,
    RequestCancelled,
    unwritable,
)
from assistant.protocol.image_messages import (
    ChartDrawn,
    DescribeImage,
    DrawContextCheck,
    ImageDescribed,
    ImageFailed,
    ImageReply,
    ImageRequest,
    PixelsRendered,
    RenderPixels,
)
from assistant.protocol.workers import WorkerName

TIME_LIMIT_S = 20.0
"""Wall time of one picture, the start of the process included."""
IDLE_S = 30.0
"""A worker without work ends after this time."""
_SLICE_S = 0.1
"""How long a picture that is not wanted any more goes on at most."""

ReplyT = TypeVar("ReplyT", ImageDescribed, PixelsRendered, ChartDrawn)


class _Worker:
    """One run of the worker, and what it said; None is its end."""

    def __init__(self, home: Path, logs: Path) -> None:
        self.replies: queue.SimpleQueue[ImageReply | None] = queue.SimpleQueue()
        self.process: WorkerProcess[ImageReply] = WorkerProcess(
            WorkerName.IMAGE,
            home=home,
            logs=logs,
            union=ImageReply,
            on_message=self.replies.put,
            on_exit=lambda status: self.replies.put(None),
        )


class ImageClient:
    """Starts the image worker when it is needed, and again after a picture broke it.

    Args:
        home: Data folder.
        logs: Folder of the worker's log.
    """

    def __init__(self, home: Path, logs: Path) -> None:
        self._home = home
        self._logs = logs
        self._lock = threading.Lock()
        self._worker: _Worker | None = None
        self._idle: threading.Timer | None = None
        self._closed = False

    @property
    def process_id(self) -> int | None:
        """Process id of the running worker; None if none runs."""
        worker = self._worker
        return worker.process.process_id if worker else None

    def describe(self, path: Path, thumbnail_path: Path, thumbnail_side: int) -> ImageDescribed:
        """Decode a picture to see that it is sound, and draw its thumbnail as PNG.

        Args:
            path: The picture; untrusted.
            thumbnail_path: Where the thumbnail goes; written as a whole or not at all.
            thumbnail_side: Its longest side, pixels, at least 1.

        Raises:
            AttachmentUnsupported: It is no picture, or of another format.
            AttachmentDamaged: It is damaged, or broke the worker.
            AttachmentTimedOut: It took longer than `TIME_LIMIT_S`.
            AttachmentTooLarge: It has too many pixels.
            DataFolderUnusable: The thumbnail cannot be written.
            EngineUnavailable: The worker does not start.
            RequestCancelled: The client was closed.
        """

        def request(target: str) -> ImageRequest:
            return DescribeImage(path=str(path), thumbnail_path=target, thumbnail_side=thumbnail_side)

        return self._draw(request, thumbnail_path, ImageDescribed)

    def render(
        self,
        path: Path,
        pixels_path: Path,
        max_side: int,
        max_pixels: int,
        cancelled: threading.Event | None = None,
    ) -> PixelsRendered:
        """Decode a picture to RGB rows, upright, over white, scaled down as far as asked.

        Args:
            path: The picture; untrusted.
            pixels_path: Where the rows go; written as a whole or not at all.
            max_side: Longest side, pixels; 0 for any.
            max_pixels: Most pixels, at least 1.
            cancelled: Set when it is not wanted any more; None for never.

        Raises:
            RequestCancelled: `cancelled` was set, or the client was closed.
            FamulusError: As `describe`.
        """

        def request(target: str) -> ImageRequest:
            return RenderPixels(path=str(path), pixels_path=target, max_side=max_side, max_pixels=max_pixels)

        return self._draw(request, pixels_path, PixelsRendered, cancelled)

    def draw_check(self, check: ContextCheck, series: Series, path: Path) -> ChartDrawn:
        """Draw a chart of a context check as PNG.

        Args:
            check: What was measured.
            series: Which of it to show.
            path: Where the chart goes; written as a whole or not at all.

        Raises:
            FamulusError: As `describe`.
        """

        def request(target: str) -> ImageRequest:
            return DrawContextCheck(check=check, series=series, path=target)

        return self._draw(request, path, ChartDrawn)

    def close(self) -> None:
        """End the worker; a picture in hand and all that follow raise `RequestCancelled`."""
        self._closed = True
        worker = self._worker
        if worker is not None:
            worker.process.kill()
        with self._lock:
            self._stop()

    def _draw(
        self,
        request: Callable[[str], ImageRequest],
        target: Path,
        kind: type[ReplyT],
        cancelled: threading.Event | None = None,
    ) -> ReplyT:
        # A worker that is killed while it writes leaves nothing under the final name.
        temporary = target.with_name(f"{target.name}.{secrets.token_hex(4)}.new")
        with self._turn(cancelled):
            try:
                reply = self._exchange(request(str(temporary)), cancelled)
                if isinstance(reply, ImageFailed):
                    raise FamulusError.from_info(reply.error)
                if not isinstance(reply, kind):
                    self._stop()
                    raise _broken(f"{type(reply).__name__} in place of {kind.__name__}")
                os.replace(temporary, target)
                return reply
            except OSError as error:
                raise unwritable(target, error) from error
            finally:
                with suppress(OSError):
                    temporary.unlink(missing_ok=True)
                self._end_when_idle()

    @contextmanager
    def _turn(self, cancelled: threading.Event | None) -> Iterator[None]:
        """Hold the lock; raises `RequestCancelled` where that is not wanted any more while another has it."""
        while not self._lock.acquire(timeout=_SLICE_S):
            _check_wanted(cancelled)
        try:
            yield
        finally:
            self._lock.release()

    def _exchange(self, request: ImageRequest, cancelled: threading.Event | None) -> ImageReply:
        self._check_open()
        worker = self._running()
        try:
            worker.process.send(request)
            reply = _next_reply(worker, cancelled)
        except RequestCancelled:
            self._stop()  # only its end stops it from decoding
            raise
        except EngineStopped as error:
            self._stop()
            self._check_open()
            raise _broken(error.info.cause) from error
        except queue.Empty as error:
            self._stop()
            raise AttachmentTimedOut(
                "Reading the picture took longer than {seconds} seconds.",
                remedy="Try again, or choose another copy of it.",
                seconds=int(TIME_LIMIT_S),
            ) from error
        if reply is None:
            self._stop()
            self._check_open()
            raise _broken("the image worker ended")
        return reply

    def _check_open(self) -> None:
        if self._closed:
            raise RequestCancelled("Famulus is closing.")

    def _running(self) -> _Worker:
        if self._worker is not None and not self._worker.replies.empty():
            self._stop()  # it ended while it was idle: all that can have come is its end
        if self._worker is None:
            self._worker = _Worker(self._home, self._logs)
        return self._worker

    def _stop(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.process.kill()
            worker.process.wait()

    def _end_when_idle(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        if self._worker is None:
            return
        self._idle = threading.Timer(IDLE_S, self._end_idle)
        self._idle.daemon = True
        self._idle.start()

    def _end_idle(self) -> None:
        with self._lock:
            # Another picture may have come while this thread waited for the lock.
            if self._idle is threading.current_thread():
                self._stop()


def _next_reply(worker: _Worker, cancelled: threading.Event | None) -> ImageReply | None:
    """What the worker says next; raises `queue.Empty` after `TIME_LIMIT_S`, and `RequestCancelled`."""
    deadline = time.monotonic() + TIME_LIMIT_S
    while True:
        left_s = deadline - time.monotonic()
        try:
            return worker.replies.get(timeout=max(0.0, min(_SLICE_S, left_s)))
        except queue.Empty:
            _check_wanted(cancelled)
            if left_s <= _SLICE_S:
                raise


def _check_wanted(cancelled: threading.Event | None) -> None:
    if cancelled is not None and cancelled.is_set():
        raise RequestCancelled("The request was stopped.")


def _broken(cause: str) -> AttachmentDamaged:
    return AttachmentDamaged(
        "The picture is damaged: reading it failed.", remedy="Choose another copy of it.", cause=cause
    )
