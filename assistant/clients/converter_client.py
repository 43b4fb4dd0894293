"""The converter worker as the app sees it: one blocking call, with a time limit.

Process: app. Thread: any.
"""

from __future__ import annotations

import errno
import os
import queue
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from assistant.clients.worker_process import WorkerProcess
from assistant.core.errors import AdapterDamaged, EngineStopped, FamulusError, InputInvalid, unwritable
from assistant.core.model_facts import ModelFacts
from assistant.protocol.converter_messages import ConversionFailed, ConvertAdapter, ConverterReply
from assistant.protocol.workers import WorkerName

TIME_LIMIT_S = 300.0


class ConverterClient:
    """Starts a converter worker for each adapter.

    Args:
        home: Data folder.
        logs: Folder of the worker's log.
    """

    def __init__(self, home: Path, logs: Path) -> None:
        self._home = home
        self._logs = logs

    def convert(self, folder: Path, base: ModelFacts, target: Path, check: Callable[[Path], None]) -> None:
        """Make a GGUF adapter of a PEFT folder.

        Args:
            folder: Holds ``adapter_config.json`` and ``adapter_model.safetensors``; untrusted.
            base: The model that it belongs to.
            target: Where the file goes, absolute; an older one is replaced, by a whole one or not at all.
            check: Called with the file before it gets its name; what it raises is raised.

        Raises:
            AdapterNotFound: One of the two files does not exist or cannot be read.
            AdapterDamaged: One of them is not what its name says, both do not go together, or they broke the worker.
            AdapterUnsupported: It has parts that a GGUF adapter cannot carry; they are named.
            DataFolderUnusable: The target cannot be written.
            InputInvalid: A name is no text.
            EngineUnavailable: The worker does not start.
        """
        try:
            str(folder).encode(), str(target).encode()  # frames carry UTF-8
        except UnicodeEncodeError as error:
            raise InputInvalid("The name of a folder or file cannot be read.", remedy="Rename it.") from error
        if not os.path.isdir(target.parent):
            raise unwritable(target, FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)))
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.new")
        request = ConvertAdapter(folder=str(folder), target=str(temporary), name=target.stem, base=base)
        try:
            reply = self._exchange(request, folder)
            if isinstance(reply, ConversionFailed):
                raise FamulusError.from_info(reply.error)
            check(temporary)
            os.replace(temporary, target)
        except OSError as error:
            raise unwritable(target, error) from error
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)

    def _exchange(self, request: ConvertAdapter, folder: Path) -> ConverterReply:
        replies: queue.SimpleQueue[ConverterReply | None] = queue.SimpleQueue()
        process: WorkerProcess[ConverterReply] = WorkerProcess(
            WorkerName.CONVERTER,
            home=self._home,
            logs=self._logs,
            union=ConverterReply,
            on_message=replies.put,
            on_exit=lambda status: replies.put(None),
        )
        try:
            process.send(request)
            reply = replies.get(timeout=TIME_LIMIT_S)
        except (EngineStopped, queue.Empty) as error:
            raise _broken(folder, repr(error)) from error
        finally:
            process.kill()
            process.wait()
        if reply is None:
            raise _broken(folder, "the converter worker ended")
        return reply


def _broken(folder: Path, cause: str) -> AdapterDamaged:
    return AdapterDamaged(
        "The adapter {file} is damaged: reading it failed.",
        remedy="Download it again, or choose another one.",
        cause=cause,
        file=folder.name,
    )
