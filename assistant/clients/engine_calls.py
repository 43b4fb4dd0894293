"""An open request to the engine worker, and the replies to it.

Process: app. Thread: `put` on the client's reader thread; `next_reply` blocks its caller.
"""

from __future__ import annotations

import queue

from assistant.core.errors import FamulusError
from assistant.protocol.engine_messages import (
    BackendsDescribed,
    ContextMeasured,
    ConversationForgotten,
    EngineReply,
    Failed,
    GenerationFinished,
    ModelLoaded,
    ModelUnloaded,
    SnapshotsSaved,
    TokensCounted,
)

CLOSING = (
    GenerationFinished
    | ModelLoaded
    | ModelUnloaded
    | TokensCounted
    | ContextMeasured
    | SnapshotsSaved
    | ConversationForgotten
    | BackendsDescribed
    | Failed
)
"""The replies that end a request."""


class EngineCall:
    """An open request and the replies to it.

    Attributes:
        request_id: Its id, for `EngineClient.cancel`.
    """

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        self._replies: queue.SimpleQueue[EngineReply] = queue.SimpleQueue()

    def put(self, reply: EngineReply) -> None:
        """Hand over a reply; for the client only."""
        self._replies.put(reply)

    def next_reply(self, timeout_s: float) -> EngineReply | None:
        """Wait for the next reply; None if none came in time.

        Raises:
            FamulusError: The request failed, or the worker ended.
        """
        try:
            reply = self._replies.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if isinstance(reply, Failed):
            raise FamulusError.from_info(reply.error)
        return reply
