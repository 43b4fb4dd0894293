r"""One snapshot file: a label that says whose state it is, the state itself, and MACs over both.

Process: engine worker. Thread rule: a draft is filled by one thread and may be published by another; a file is used by
one.

The format, integers little endian:

    ``FAMULUSKV1\0`` | u32 length of the header | header (msgpack) | HMAC-SHA256 of all before, 32 bytes
    | zeros up to a multiple of 4096 | state | HMAC-SHA256 of all before, 32 bytes

llama.cpp accepts garbage inside a state. So nothing of it is handed over before its MAC is right, and nothing of the
header is understood before its own is. A published file is never written to again, only replaced or removed: who has
mapped it keeps what was mapped.
"""

from __future__ import annotations

import contextlib
import hmac
import mmap
import os
import secrets
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec

from assistant.engine.cells import Cell, MediaCell
from assistant.engine.snapshot_secret import create_private, open_regular

MAX_HEADER_BYTES = 2**24
"""Room for four million cells; what claims to be longer is damaged."""

_MAGIC = b"FAMULUSKV1\0"
_LENGTH = struct.Struct("<I")
_MAC = "sha256"
_MAC_BYTES = 32
_ALIGNMENT = 4096
_MEDIA = -1
_ZEROS = bytes(2**20)


class SnapshotInvalid(Exception):
    """The file is damaged, or not one of ours."""


@dataclass(frozen=True, slots=True)
class SnapshotLabel:
    """Whose state a file holds.

    Attributes:
        conversation_id: The conversation.
        key_digest: SHA-256 of everything about model, context and llama.cpp that the state depends on.
        cells: The sequence whose state it is.
    """

    conversation_id: str
    key_digest: bytes
    cells: tuple[Cell, ...]


class _Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A label as it stands in the file: token ids packed as i32, `_MEDIA` in the place of each piece of media."""

    conversation_id: str
    key_digest: bytes
    token_ids: bytes
    media: tuple[MediaCell, ...]
    state_bytes: Annotated[int, msgspec.Meta(ge=1)]


class SnapshotDraft:
    """A snapshot under a temporary name: filled, then published or discarded.

    Args:
        path: Its final name.
        secret: Key of the MACs.
        label: Whose state it will hold.
        state_bytes: Size of the state, at least 1.

    Attributes:
        cells: The sequence whose state it will hold.

    Raises:
        OSError: The disk is full, or the folder cannot be written to. Nothing is left behind.
    """

    def __init__(self, path: Path, secret: bytes, label: SnapshotLabel, state_bytes: int) -> None:
        self.cells = label.cells
        self._path = path
        self._secret = secret
        head = _head(secret, label, state_bytes)
        self._state = slice(len(head), len(head) + state_bytes)
        self._temporary = path.with_name(f".{path.stem}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
        descriptor = create_private(self._temporary)
        try:
            _reserve(descriptor, self._state.stop + _MAC_BYTES)
            self._map = mmap.mmap(descriptor, self._state.stop + _MAC_BYTES)
        except OSError:
            self._temporary.unlink()
            raise
        finally:
            os.close(descriptor)
        self._map[: len(head)] = head

    def fill(self, write_state: Callable[[memoryview], int]) -> bool:
        """Have the state written straight into the file.

        Args:
            write_state: Gets a writable view of exactly the state's bytes, must not keep it, and returns how many
                it wrote.

        Returns:
            Whether it wrote all.
        """
        view = memoryview(self._map)[self._state]
        try:
            return write_state(view) == len(view)
        finally:
            _release(view)

    def publish(self) -> None:
        """Seal the file with its MAC and give it its name, in place of an older one. The draft is used up.

        Raises:
            OSError: It could not be renamed. Nothing is left behind.
        """
        mac = hmac.new(self._secret, digestmod=_MAC)
        with memoryview(self._map) as everything:
            mac.update(everything[: self._state.stop])
        self._map[self._state.stop :] = mac.digest()
        _close(self._map)
        try:
            os.utime(self._temporary)  # pages that are written through a map need not touch the time
            os.replace(self._temporary, self._path)
        except OSError:
            self._temporary.unlink(missing_ok=True)
            raise

    def discard(self) -> None:
        """Remove the file. The draft is used up."""
        _close(self._map)
        self._temporary.unlink(missing_ok=True)


class SnapshotFile:
    """A published snapshot, opened.

    Args:
        path: The file.
        secret: Key of the MACs.

    Attributes:
        label: Whose state it holds; its MAC was right.

    Raises:
        SnapshotInvalid: It is damaged, foreign or no regular file.
        FileNotFoundError: There is none.
        OSError: It cannot be read.
    """

    def __init__(self, path: Path, secret: bytes) -> None:
        self._secret = secret
        self._is_checked = False
        self._map = _mapped(path)
        try:
            header, state_start = _checked_header(self._map, secret)
            self.label = SnapshotLabel(header.conversation_id, header.key_digest, _unpacked(header))
            self._state = slice(state_start, state_start + header.state_bytes)
            if len(self._map) != self._state.stop + _MAC_BYTES:
                raise SnapshotInvalid("its size is not what its header says")
        except SnapshotInvalid:
            self._map.close()
            raise

    def check(self) -> None:
        """Check the MAC of the state, once: what is mapped stays as it is.

        Raises:
            SnapshotInvalid: It is wrong.
        """
        if self._is_checked:
            return
        mac = hmac.new(self._secret, digestmod=_MAC)
        with memoryview(self._map) as everything:
            mac.update(everything[: self._state.stop])
        if not hmac.compare_digest(mac.digest(), self._map[self._state.stop :]):
            raise SnapshotInvalid("the MAC of its state is wrong")
        self._is_checked = True

    def read(self, read_state: Callable[[memoryview], bool]) -> bool:
        """Check the MAC of the state, if that was not done, and only then hand it over.

        Args:
            read_state: Gets a view of the state, must not keep it, and returns whether it could use it. The view is
                writable because ctypes wants that; the file never changes.

        Returns:
            What `read_state` returned.

        Raises:
            SnapshotInvalid: The MAC is wrong; `read_state` was not called.
        """
        self.check()
        view = memoryview(self._map)[self._state]
        try:
            return read_state(view)
        finally:
            _release(view)

    def close(self) -> None:
        """Let go of the file."""
        _close(self._map)


def _head(secret: bytes, label: SnapshotLabel, state_bytes: int) -> bytes:
    token_ids = [_MEDIA if isinstance(cell, MediaCell) else cell for cell in label.cells]
    header = msgspec.msgpack.encode(
        _Header(
            conversation_id=label.conversation_id,
            key_digest=label.key_digest,
            token_ids=struct.pack(f"<{len(token_ids)}i", *token_ids),
            media=tuple(cell for cell in label.cells if isinstance(cell, MediaCell)),
            state_bytes=state_bytes,
        )
    )
    signed = _MAGIC + _LENGTH.pack(len(header)) + header
    head = signed + hmac.digest(secret, signed, _MAC)
    return head + bytes(-len(head) % _ALIGNMENT)


def _checked_header(data: mmap.mmap, secret: bytes) -> tuple[_Header, int]:
    """The header, and where the state begins; every length is checked before anything of it is taken."""
    start = len(_MAGIC) + _LENGTH.size
    if len(data) < start or data[: len(_MAGIC)] != _MAGIC:
        raise SnapshotInvalid("it does not begin as a snapshot does")
    (n_bytes,) = _LENGTH.unpack_from(data, len(_MAGIC))
    end = start + n_bytes
    if n_bytes > MAX_HEADER_BYTES or end + _MAC_BYTES > len(data):
        raise SnapshotInvalid("the length of its header is wrong")
    if not hmac.compare_digest(hmac.digest(secret, data[:end], _MAC), data[end : end + _MAC_BYTES]):
        raise SnapshotInvalid("the MAC of its header is wrong")
    try:
        header = msgspec.msgpack.decode(data[start:end], type=_Header)
    except msgspec.MsgspecError as error:
        raise SnapshotInvalid("its header cannot be read") from error
    head_bytes = end + _MAC_BYTES
    return header, head_bytes + -head_bytes % _ALIGNMENT


def _unpacked(header: _Header) -> tuple[Cell, ...]:
    if len(header.token_ids) % 4:
        raise SnapshotInvalid("its token ids are cut off")
    token_ids: Sequence[int] = struct.unpack(f"<{len(header.token_ids) // 4}i", header.token_ids)
    if min(token_ids, default=0) < _MEDIA or token_ids.count(_MEDIA) != len(header.media):
        raise SnapshotInvalid("its cells contradict each other")
    media = iter(header.media)
    return tuple(next(media) if token_id == _MEDIA else token_id for token_id in token_ids)


def _mapped(path: Path) -> mmap.mmap:
    descriptor = open_regular(path)
    try:
        n_bytes = os.fstat(descriptor).st_size
        if n_bytes < len(_MAGIC):
            raise SnapshotInvalid("it is too short")
        return mmap.mmap(descriptor, n_bytes, access=mmap.ACCESS_COPY)
    finally:
        os.close(descriptor)


def _reserve(descriptor: int, n_bytes: int) -> None:
    """Take the disk space now: writing into a hole of a mapped file is a SIGBUS when the disk is full, no error."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, n_bytes)
        return
    left = n_bytes
    while left:
        left -= os.write(descriptor, _ZEROS[: min(left, len(_ZEROS))])


def _release(view: memoryview) -> None:
    """Release a view that was lent out, also when the trace of an error still holds on to it."""
    with contextlib.suppress(BufferError):
        view.release()


def _close(data: mmap.mmap) -> None:
    """Close a map; one on whose bytes the trace of an error still holds on is closed with the trace."""
    with contextlib.suppress(BufferError):
        data.close()
