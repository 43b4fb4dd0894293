"""What a file is that should be a GGUF model and is not.

Process: app. Thread rule: pure.
"""

from __future__ import annotations

from typing import NamedTuple

HEAD_BYTES = 512
DOWNLOAD_SUFFIXES = (".part", ".partial", ".crdownload", ".download", ".incomplete", ".aria2", ".tmp", ".filepart")

_DOWNLOAD_AGAIN = "Download the model file again."
_TAKE_GGUF = "Choose a version of the model in the GGUF format."
_UNPACK = "Unpack it and choose the GGUF file inside."


class FileKind(NamedTuple):
    """A kind of file that is no GGUF model.

    Attributes:
        message: Template of the sentence that says so; ``{file}`` is the file name.
        remedy: Template of what to do.
    """

    message: str
    remedy: str


EMPTY = FileKind("The file {file} is empty.", _DOWNLOAD_AGAIN)
DOWNLOADING = FileKind(
    "The file {file} is not complete: its download is still running or was interrupted.",
    "Wait until the download has finished, or start it again.",
)
ZEROS = FileKind(
    "The file {file} begins with zeros only: its download is still running or was interrupted.",
    "Wait until the download has finished, or start it again.",
)
SAFETENSORS = FileKind("The file {file} is in the safetensors format, not in GGUF.", _TAKE_GGUF)
PYTORCH = FileKind("The file {file} is a PyTorch file, not a GGUF model.", _TAKE_GGUF)
OLD_GGML = FileKind("The file {file} is in the old GGML format, which is no longer read.", _TAKE_GGUF)
ARCHIVE = FileKind("The file {file} is an archive, not a GGUF model.", _UNPACK)
WEB_PAGE = FileKind(
    "The file {file} is a web page, probably an error or sign-in page that was saved in place of the model.",
    _DOWNLOAD_AGAIN,
)
LFS_POINTER = FileKind(
    "The file {file} is a Git LFS pointer: it stands for the model but does not hold it.",
    "Run “git lfs pull” in its repository, or download the model file itself.",
)
JSON_TEXT = FileKind("The file {file} is a JSON text, not a GGUF model.", _TAKE_GGUF)
UNKNOWN = FileKind("The file {file} is not a GGUF model.", "Choose a file in the GGUF format.")

_BEGINNINGS = (
    (b"version https://git-lfs", LFS_POINTER),
    (b"\x1f\x8b", ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", ARCHIVE),
    (b"Rar!", ARCHIVE),
    (b"\x28\xb5\x2f\xfd", ARCHIVE),
    (b"\xfd7zXZ", ARCHIVE),
    (b"lmgg", OLD_GGML),
    (b"fmgg", OLD_GGML),
    (b"tjgg", OLD_GGML),
    (b"algg", OLD_GGML),
)


def recognise(head: bytes, file_name: str) -> FileKind:
    """The kind of a file that does not begin with ``GGUF``.

    Args:
        head: Its first `HEAD_BYTES` bytes, or all of them.
        file_name: Its name, for the endings of unfinished downloads.
    """
    if not head:
        return EMPTY
    if file_name.lower().endswith(DOWNLOAD_SUFFIXES):
        return DOWNLOADING
    if not head.strip(b"\0"):
        return ZEROS
    for beginning, kind in _BEGINNINGS:
        if head.startswith(beginning):
            return kind
    if head.startswith(b"PK\x03\x04"):
        return PYTORCH if b"data.pkl" in head else ARCHIVE
    if head[0] == 0x80 and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return PYTORCH
    if head[8:10] in (b'{"', b"{ ") and int.from_bytes(head[:8], "little") < 2**32:
        return SAFETENSORS
    return _recognise_text(head)


def _recognise_text(head: bytes) -> FileKind:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<error")):
        return WEB_PAGE
    if text.startswith((b"{", b"[")):
        return JSON_TEXT
    return UNKNOWN
