"""Pictures in what other programs hand over: dropped files, and the clipboard.

Process: app with a window. Thread: the GUI's; `ClipboardPicture.data` any.

Nothing of another program is decoded here: the image worker does that. On X11 and Wayland a copied picture is always a
file of some format, and Qt would read any of its formats in this process; there we take only the formats of the image
worker, as bytes. Windows and macOS hand over plain pixels, which Qt writes as PNG.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, QMimeDatabase, QUrl
from PySide6.QtGui import QImage, QImageWriter

from assistant.core.errors import AttachmentDamaged

_FORMATS = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp")
_SYSTEM_HAS_PIXELS = sys.platform in ("win32", "darwin")


def local_files(urls: Iterable[QUrl]) -> list[Path]:
    """Those of the addresses that are files on this computer."""
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]


def looks_like_picture(path: Path) -> bool:
    """Whether the file's name says so; the file is not read."""
    mode = QMimeDatabase.MatchMode.MatchExtension
    return QMimeDatabase().mimeTypeForFile(str(path), mode).name().startswith("image/")


def copied_files(clipboard: QMimeData) -> list[Path]:
    """Picture files that were copied in a file manager; none where anything else was copied with them."""
    files = local_files(clipboard.urls()) if clipboard.hasUrls() else []
    return files if all(map(looks_like_picture, files)) else []


class ClipboardPicture:
    """A copied picture, taken from the clipboard as it is now.

    Args:
        clipboard: Holds a picture (`is_in` says so).
    """

    def __init__(self, clipboard: QMimeData) -> None:
        form = _file_format(clipboard)
        self._file = bytes(clipboard.data(form).data()) if form else b""
        self._image = QImage() if form else QImage(clipboard.imageData())

    @staticmethod
    def is_in(clipboard: QMimeData) -> bool:
        """Whether a picture was copied; a text that office programs copy as a picture too is a text."""
        has_pixels = _SYSTEM_HAS_PIXELS and clipboard.hasImage()
        return not clipboard.hasText() and (has_pixels or bool(_file_format(clipboard)))

    def data(self) -> bytes:
        """The bytes of a picture file.

        Raises:
            AttachmentDamaged: The system handed over something else.
        """
        if self._file:
            return self._file
        written = QByteArray()
        buffer = QBuffer(written)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        if not QImageWriter(buffer, QByteArray(b"png")).write(self._image):
            raise AttachmentDamaged("The picture on the clipboard cannot be read.", remedy="Copy it again.")
        return bytes(written.data())


def _file_format(clipboard: QMimeData) -> str:
    """In which of the formats that we take the picture is there; empty for none."""
    return next((form for form in _FORMATS if clipboard.hasFormat(form)), "")
