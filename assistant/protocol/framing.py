"""Length-prefixed msgpack frames over a byte stream.

Process: any two that talk. Thread rule: one thread reads a `FrameReader`; any thread may use a `FrameWriter`.

A frame is a little-endian unsigned 32-bit length and that many bytes of msgpack, the encoding of one tagged
`msgspec.Struct`.
"""

from __future__ import annotations

import struct
import threading
from typing import IO, Any, Generic, TypeVar

import msgspec

MAX_FRAME_BYTES = 64 * 1024 * 1024
"""Upper bound of one frame: a peer that announces more is broken."""

_LENGTH = struct.Struct("<I")

MessageT = TypeVar("MessageT")


class FrameError(Exception):
    """The stream holds something that is not a frame of the expected protocol."""


class FrameWriter:
    """Writes messages to a stream, one whole frame at a time.

    Args:
        stream: Writable binary stream; flushed after each frame.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._encoder = msgspec.msgpack.Encoder()
        self._lock = threading.Lock()

    def write(self, message: msgspec.Struct) -> None:
        """Send one message.

        Raises:
            FrameError: The message is larger than `MAX_FRAME_BYTES`.
            OSError: The peer is gone.
            ValueError: The stream was closed.
        """
        body = self._encoder.encode(message)
        if len(body) > MAX_FRAME_BYTES:
            raise FrameError(f"{type(message).__name__} of {len(body)} bytes exceeds the frame limit")
        with self._lock:
            self._stream.write(_LENGTH.pack(len(body)) + body)
            self._stream.flush()

    def close(self) -> None:
        """Close the stream; the peer reads its end. Never raises."""
        with self._lock:
            try:
                self._stream.close()
            except OSError:
                return


class FrameReader(Generic[MessageT]):
    """Reads messages of one union of tagged structs.

    Args:
        stream: Readable binary stream.
        union: The union of message types that may arrive.
    """

    def __init__(self, stream: IO[bytes], union: Any) -> None:
        self._stream = stream
        self._decoder: msgspec.msgpack.Decoder[MessageT] = msgspec.msgpack.Decoder(union)

    def read(self) -> MessageT | None:
        """Wait for the next message; None at the end of the stream, also in the middle of a frame.

        Raises:
            FrameError: The length or the body is no frame of this protocol.
        """
        header = self._read_exactly(_LENGTH.size)
        if header is None:
            return None
        (length,) = _LENGTH.unpack(header)
        if length > MAX_FRAME_BYTES:
            raise FrameError(f"frame of {length} bytes announced")
        body = self._read_exactly(length)
        if body is None:
            return None
        try:
            return self._decoder.decode(body)
        except msgspec.DecodeError as error:
            raise FrameError(str(error)) from error

    def _read_exactly(self, length: int) -> bytes | None:
        try:
            data = self._stream.read(length)
        except (OSError, ValueError):
            return None
        return data if len(data) == length else None
