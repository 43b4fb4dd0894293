"""Where QML finds the pictures of attachments: small ones for rows, larger ones for the viewer.

Process: app with a window. Thread: the GUI's; what is gone is drawn anew in the background.

Both sizes are PNG files that the image worker has made. Qt never reads an original: those are as hostile as the place
they come from.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, QUrl, Signal, Slot

from assistant.core.errors import FamulusError
from assistant.core.media import Attachment, MediaKind
from assistant.gui.background import Background
from assistant.gui.error_text import error_words
from assistant.services.attachments import AttachmentService

THUMBNAIL = "thumbnail"
PREVIEW = "preview"


class PictureFiles(QObject):
    """Addresses of picture files.

    Args:
        service: Has the files.
        background: Where they are drawn.
        parent: Qt's owner.
    """

    found = Signal(str, str, str)
    """Size (`THUMBNAIL` or `PREVIEW`), hash of the attachment, and the address of its file."""

    failed = Signal(str, str, str)
    """Size, hash, and one sentence why there is no such file; asking again tries again."""

    def __init__(self, service: AttachmentService, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self._background = background
        self._known: dict[str, Attachment] = {}
        self._paths: dict[tuple[str, str], Path] = {}
        self._looking: set[tuple[str, str]] = set()
        self._redrawn: set[tuple[str, str]] = set()

    def rows(self, attachments: Iterable[Attachment]) -> list[dict[str, Any]]:
        """What QML reads of attachments: `sha256`, `name`, whether it `isImage`, `width` and `height` in pixels."""
        rows = []
        for attachment in attachments:
            self._known[attachment.sha256] = attachment
            rows.append(
                {
                    "sha256": attachment.sha256,
                    "name": attachment.name,
                    "isImage": attachment.kind is MediaKind.IMAGE,
                    "width": attachment.width,
                    "height": attachment.height,
                }
            )
        return rows

    def put(self, attachment: Attachment, thumbnail: Path) -> None:
        """Say where the small picture of an attachment is, which was drawn just now."""
        self.rows([attachment])
        self._paths[(THUMBNAIL, attachment.sha256)] = thumbnail

    @Slot(str, str, result=str)
    def address(self, size: str, sha256: str) -> str:
        """The address of a picture that came in `rows`; empty while it is looked for, and `found` or `failed` follow.

        Args:
            size: `THUMBNAIL` or `PREVIEW`.
            sha256: Hash of the attachment.
        """
        key = (size, sha256)
        attachment, known = self._known.get(sha256), self._known_address(key)
        if known:
            return known
        if attachment is not None and key not in self._looking:
            self._looking.add(key)
            find = self._service.preview if size == PREVIEW else self._service.thumbnail
            self._background.run(partial(find, attachment), partial(self._take, key), partial(self._fail, key))
        return ""

    @Slot(str, str, QUrl)
    def redraw(self, size: str, sha256: str, address: QUrl) -> None:
        """Have a file drawn anew that Qt cannot show, once; `found` or `failed` follow.

        Args:
            size: `THUMBNAIL` or `PREVIEW`.
            sha256: Hash of the attachment.
            address: What could not be shown; another one may have been drawn since.
        """
        key = (size, sha256)
        attachment = self._known.get(sha256)
        if attachment is None or key in self._looking:
            return
        if address != QUrl(self._known_address(key)):
            newer = self.address(size, sha256)
            if newer:
                self.found.emit(*key, newer)
        elif key in self._redrawn:
            self.failed.emit(*key, _cannot_show())
        else:
            self._redrawn.add(key)
            self._looking.add(key)
            draw = self._service.redraw_preview if size == PREVIEW else self._service.redraw_thumbnail
            self._background.run(partial(draw, attachment), partial(self._take, key), partial(self._fail, key))

    def _known_address(self, key: tuple[str, str]) -> str:
        """Empty where the file is gone: the folder may be deleted at any time, and a power cut leaves empty files."""
        path = self._paths.get(key)
        try:
            if path is None or not path.stat().st_size:
                return ""
        except OSError:
            return ""
        address = QUrl.fromLocalFile(str(path))
        if key in self._redrawn:
            address.setFragment("redrawn")  # Qt would not read the same address again
        return address.toString()

    def _take(self, key: tuple[str, str], path: Path) -> None:
        self._looking.discard(key)
        self._paths[key] = path
        address = self._known_address(key)
        if address:
            self.found.emit(*key, address)
        else:
            self.failed.emit(*key, _cannot_show())

    def _fail(self, key: tuple[str, str], error: FamulusError) -> None:
        self._looking.discard(key)
        self.failed.emit(*key, error_words(error.info).title)


def _cannot_show() -> str:
    return QCoreApplication.translate("PictureFiles", "The picture cannot be shown.")
