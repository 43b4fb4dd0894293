"""The engine worker's main loop: frames in, frames out.

Process: engine worker. Thread: the main one reads frames; the scheduler's does the work.
"""

from __future__ import annotations

import logging
import os
import signal
import sys

from assistant.engine.backends import hello
from assistant.engine.scheduler import Scheduler
from assistant.protocol.engine_messages import Cancel, EngineReply, EngineRequest
from assistant.protocol.framing import FrameReader, FrameWriter
from assistant.protocol.worker_streams import claim_streams

log = logging.getLogger(__name__)


def main() -> None:
    """Serve requests until the pipe closes, then end at once, whatever is running."""
    incoming, outgoing = claim_streams()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the app's to understand
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(name)s %(levelname)s %(message)s")
    writer = FrameWriter(outgoing)

    def emit(reply: EngineReply) -> None:
        try:
            writer.write(reply)
        except OSError:
            os._exit(0)  # the app is gone

    emit(hello())
    scheduler = Scheduler(emit)
    reader: FrameReader[EngineRequest] = FrameReader(incoming, EngineRequest)
    while (request := reader.read()) is not None:
        if isinstance(request, Cancel):
            scheduler.cancel(request.request_id)
        else:
            scheduler.submit(request)
    # No clean-up: a native step cannot be interrupted, and the system frees everything.
    os._exit(0)
