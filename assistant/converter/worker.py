"""The converter worker's main: one PEFT folder becomes a GGUF adapter, and the process ends.

Process: converter worker. Thread: one.

The files come from strangers: this process has bounded memory and time, and nothing in them is executed.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from assistant.converter.lora_conversion import convert_adapter
from assistant.core.errors import AdapterDamaged, FamulusError, unwritable
from assistant.protocol.converter_messages import AdapterConverted, ConversionFailed, ConvertAdapter, ConverterReply
from assistant.protocol.framing import FrameReader, FrameWriter
from assistant.protocol.worker_limits import confine, grant_cpu_time
from assistant.protocol.worker_streams import claim_streams

CPU_SECONDS = 120
ADDRESS_SPACE_BYTES = 8 * 2**30
"""The weights are mapped, and copied where their rows change places."""
MAX_FILE_BYTES = 4 * 2**30
N_FILES = 32


def answer(request: ConvertAdapter) -> ConverterReply:
    """Do what is asked; a failure is a reply, never an exception."""
    try:
        convert_adapter(Path(request.folder), request.base, Path(request.target), request.name)
    except FamulusError as error:
        return ConversionFailed(error=error.info)
    except MemoryError as error:
        too_large = AdapterDamaged("The adapter needs too much memory.", cause=repr(error))
        return ConversionFailed(error=too_large.info)
    except OSError as error:
        return ConversionFailed(error=unwritable(Path(request.target), error).info)
    return AdapterConverted()


def main() -> None:
    """Serve one request, if one comes before the pipe closes."""
    incoming, outgoing = claim_streams()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the app's to understand
    os.umask(0o077)
    confine(memory_bytes=ADDRESS_SPACE_BYTES, file_bytes=MAX_FILE_BYTES, n_files=N_FILES)
    reader: FrameReader[ConvertAdapter] = FrameReader(incoming, ConvertAdapter)
    request = reader.read()
    if request is not None:
        grant_cpu_time(CPU_SECONDS)
        FrameWriter(outgoing).write(answer(request))
