"""The engine's end of the template renderer: starts it, bounds its time, replaces it when it breaks.

Process: engine worker. Thread: the scheduler's only.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Sequence
from typing import IO

from assistant.core.errors import TemplateFailed
from assistant.engine.watchdog import Watchdog
from assistant.protocol.framing import FrameError, FrameReader, FrameWriter
from assistant.protocol.template_messages import RenderTemplate, TemplateMessage, TemplateRendered, TemplateReply
from assistant.protocol.workers import WorkerName, worker_command

TIME_LIMIT_S = 5.0
"""Wall time of one request, the start of the process included."""


class MessagesRefused(TemplateFailed):
    """The template takes no such list of messages, for example no system message."""


class TemplateRenderer:
    """A rendering process, started at the first request at the latest and kept while it behaves."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._watchdog = Watchdog()

    def start(self) -> None:
        """Begin to start the process, so that the first request need not wait for it.

        A failure is left to that request, which tries again and says so.
        """
        with contextlib.suppress(TemplateFailed):
            self._running()

    def render(
        self, template: str, conversations: Sequence[Sequence[TemplateMessage]], variables: dict[str, str]
    ) -> list[str]:
        """Render a template over each conversation.

        Raises:
            MessagesRefused: The template itself said so.
            TemplateFailed: It raised, ran longer than `TIME_LIMIT_S`, or outgrew its memory.
        """
        request = RenderTemplate(
            template=template, conversations=[list(messages) for messages in conversations], variables=variables
        )
        reply = self._exchange(request)
        if isinstance(reply, TemplateRendered):
            return reply.texts
        cause = reply.cause if reply is not None else "the renderer ran too long or died"
        kind = MessagesRefused if reply is not None and reply.refused_messages else TemplateFailed
        raise kind("The model's chat template does not work.", cause=cause)

    def _exchange(self, request: RenderTemplate) -> TemplateReply | None:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        self._watchdog.watch(process.kill, TIME_LIMIT_S)
        reply: TemplateReply | None = None
        try:
            FrameWriter(process.stdin).write(request)
            reader: FrameReader[TemplateReply] = FrameReader(process.stdout, TemplateReply)
            reply = reader.read()
        except (OSError, FrameError):
            reply = None
        finally:
            self._watchdog.rest()
            if reply is None:
                self.close()
        return reply

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None:
            try:
                self._process = subprocess.Popen(
                    worker_command(WorkerName.TEMPLATE), stdin=subprocess.PIPE, stdout=subprocess.PIPE
                )
            except OSError as error:
                raise TemplateFailed("The model's chat template does not work.", cause=repr(error)) from error
        return self._process

    def close(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            _close_quietly(stream)


def _close_quietly(stream: IO[bytes] | None) -> None:
    try:
        if stream is not None:
            stream.close()
    except OSError:
        return  # unsent bytes for a process that is gone
