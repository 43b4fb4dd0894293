"""Tells the running processes from the dead ones by lock files that the operating system releases at death.

Process: the app. Thread rule: safe from any thread.

A process id proves nothing, it may be in use again; a lock on a file with a random name does.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from assistant.core.errors import DataFolderUnusable

_GUARD_TIMEOUT_S = 10.0


class ProcessLock:
    """A lock file ``<token>.lock``, held until `release` or the end of the process.

    Args:
        folder: Where the lock files of all processes are; created with mode 0700 if missing.

    Attributes:
        token: 16 hexadecimal digits, never used again by another process.

    Raises:
        DataFolderUnusable: The folder cannot be written or does not support locks.
    """

    def __init__(self, folder: Path) -> None:
        self.token = secrets.token_hex(8)
        self._folder = folder
        self._path = folder / f"{self.token}.lock"
        self._lock = _file_lock(self._path)
        with self._plain_errors():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._guard():
                self._lock.acquire(blocking=False)

    def running_tokens(self) -> frozenset[str]:
        """Tokens of all running processes, this one included; deletes the lock files of dead ones.

        Raises:
            DataFolderUnusable: The folder cannot be read or locked.
        """
        with self._plain_errors(), self._guard():
            others = [path for path in self._folder.glob("*.lock") if path != self._path]
            return frozenset([self.token, *(path.stem for path in others if not _remove_if_dead(path))])

    def release(self) -> None:
        """Count as dead from now on. Releasing twice does nothing."""
        self._lock.release()
        with contextlib.suppress(OSError):
            self._path.unlink()

    def _guard(self) -> FileLock:
        """Held while a lock file is created or probed: in between it exists without being locked."""
        return _file_lock(self._folder / "guard", timeout=_GUARD_TIMEOUT_S)

    @contextlib.contextmanager
    def _plain_errors(self) -> Iterator[None]:
        try:
            yield
        except (OSError, NotImplementedError) as error:
            raise DataFolderUnusable(
                "Files in the folder {folder} cannot be locked.",
                remedy="Check the permissions of the folder, and that its disk supports file locks.",
                cause=repr(error),
                folder=str(self._folder),
            ) from error


def _file_lock(path: Path, timeout: float = -1) -> FileLock:
    # By default a lock taken on one thread could not be released on another.
    return FileLock(path, timeout=timeout, mode=0o600, thread_local=False)


def _remove_if_dead(path: Path) -> bool:
    probe = _file_lock(path)
    try:
        probe.acquire(blocking=False)
    except (Timeout, OSError):
        # Whoever cannot be asked counts as running: a dead answer may wait, a running one must not be touched.
        return False
    probe.release()
    with contextlib.suppress(OSError):
        path.unlink()
    return True
