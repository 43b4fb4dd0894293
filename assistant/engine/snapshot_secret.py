"""The secret that tells our own snapshots from foreign and damaged ones.

Process: engine worker; several may share the file. Thread rule: pure functions of the file.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import time
from pathlib import Path

_SECRET_BYTES = 32
_PATIENCE_S = 0.5
_BINARY = getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
_READ = os.O_RDONLY | _BINARY | getattr(os, "O_NONBLOCK", 0)
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY


def open_regular(path: Path) -> int:
    """Open a file for reading: no symbolic link, and no pipe or device, on which one could wait for ever.

    Returns:
        A file descriptor.

    Raises:
        OSError: There is no such file, it is of another kind, or it cannot be read.
    """
    descriptor = os.open(path, _READ)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{path.name} is no regular file")
    return descriptor


def create_private(path: Path) -> int:
    """Create a file that only its owner can read.

    Returns:
        A file descriptor for reading and writing.

    Raises:
        OSError: Something of this name exists, or the folder cannot be written to.
    """
    return os.open(path, _CREATE, 0o600)


def read_secret(path: Path) -> bytes:
    """The secret in the file at `path`, 32 bytes; a new one if there is none or the file has another size.

    Whoever deletes the file makes all snapshots worthless, and loses nothing else.

    Raises:
        OSError: The file can be neither read nor written, or is no regular file.
    """
    patient_until = time.monotonic() + _PATIENCE_S
    while True:
        with contextlib.suppress(FileExistsError):
            return _created(path)
        with contextlib.suppress(FileNotFoundError):
            secret = _content(path)
            if len(secret) == _SECRET_BYTES:
                return secret
            if time.monotonic() > patient_until:
                path.unlink()
            else:  # another process has created it and is about to write to it
                time.sleep(0.01)


def _created(path: Path) -> bytes:
    descriptor = create_private(path)
    try:
        secret = secrets.token_bytes(_SECRET_BYTES)
        os.write(descriptor, secret)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
    return secret


def _content(path: Path) -> bytes:
    descriptor = open_regular(path)
    try:
        return os.read(descriptor, _SECRET_BYTES + 1)
    finally:
        os.close(descriptor)
