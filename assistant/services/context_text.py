"""The text that a context check reads.

Process: app. Thread: any.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from assistant.core.errors import InputInvalid
from assistant.core.resource_files import resource_folder

MAX_BYTES = 4 * 1024 * 1024
"""About a million tokens."""
MIN_CHARACTERS = 2000
"""About the 512 tokens of the shortest context."""


class CheckText(NamedTuple):
    """A text to read.

    Attributes:
        name: Name of the file; empty for the text that comes with Famulus.
        text: The text.
        digest: SHA-256 of it, hexadecimal.
    """

    name: str
    text: str
    digest: str


def read_check_text(path: Path | None) -> CheckText:
    """Read a text file, or the text that comes with Famulus.

    Args:
        path: UTF-8 text; None for *Alice's Adventures in Wonderland*.

    Raises:
        InputInvalid: There is no such file, it is no text, or too long or short.
    """
    file = path or resource_folder() / "texts" / "alice.txt"
    text = _decoded(_bytes(file), file)
    if len(text) < MIN_CHARACTERS:
        raise InputInvalid(
            "The text {file} is too short: a context check needs at least {n} characters.",
            remedy="Choose a longer text; the longer it is, the longer the context that it can check.",
            file=file.name,
            n=MIN_CHARACTERS,
        )
    return CheckText(path.name if path else "", text, hashlib.sha256(text.encode()).hexdigest())


def _bytes(file: Path) -> bytes:
    if not os.path.isfile(file):  # a folder, or a pipe, which would block
        raise InputInvalid("There is no text file at {path}.", remedy="Choose another text file.", path=str(file))
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputInvalid(
            "The text {file} cannot be read: {reason}.",
            remedy="Check that it may be read, and that its disk is connected.",
            cause=repr(error),
            file=file.name,
            reason=error.strerror or "unknown reason",
        ) from error
    if len(data) > MAX_BYTES:
        raise InputInvalid(
            "The text {file} is larger than {limit} MiB.",
            remedy="Choose a shorter text.",
            file=file.name,
            limit=MAX_BYTES // 1024**2,
        )
    return data


def _decoded(data: bytes, file: Path) -> str:
    cause = "it holds a zero byte" if b"\0" in data else ""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text, cause = "", repr(error)
    if cause:
        raise InputInvalid(
            "{file} is not a text in UTF-8.",
            remedy="Choose a plain text file, or save it as UTF-8 first.",
            cause=cause[:500],
            file=file.name,
        )
    return text.replace("\r\n", "\n")
