"""What goes with the question in a composer.

Process: app with a window. Thread: the GUI's; files are copied and looked at in the background, in order.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import Property, QObject, Signal, Slot

from assistant.core.errors import FamulusError
from assistant.core.media import Attachment, MediaKind
from assistant.gui.row_list_model import RowListModel
from assistant.gui.running_turn import Place
from assistant.gui.window_context import WindowContext


class StripRow(NamedTuple):
    """One attachment.

    Attributes:
        key: Its name in this strip.
        name: What the person calls it.
        sha256: Hash of the file; empty while it is looked at.
        is_image: Whether there is a small picture of it.
        picture_width, picture_height: Of the original, pixels; 0 for a sound, or while it is looked at.
    """

    key: str
    name: str
    sha256: str = ""
    is_image: bool = False
    picture_width: int = 0
    picture_height: int = 0


class AttachmentStrip(RowListModel[StripRow]):
    """The fields of `StripRow` as roles.

    Args:
        context: What the window works with.
        parent: Qt's owner.
    """

    changed = Signal()

    failed = Signal(object, object)
    """A `Place` and an `ErrorInfo` why a file cannot be attached there, or not to this model; it leaves the strip."""

    described_late = Signal(object, object)
    """A `Place` and an `Attachment` that was described when its strip had been taken for a question or put aside."""

    def __init__(self, context: WindowContext, parent: QObject | None = None) -> None:
        super().__init__(StripRow, "key", parent)
        self._context = context
        self._keys = (f"a{number}" for number in itertools.count(1))
        self._attachments: dict[str, Attachment] = {}
        self._looking: dict[str, Place] = {}

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """Those that are described, in order."""
        return tuple(self._attachments[row.key] for row in self.rows if row.key in self._attachments)

    @Property(int, notify=changed)
    def count(self) -> int:
        """How many there are."""
        return len(self.rows)

    def is_looking(self, place: Place) -> bool:
        """Whether one is not described yet that is for this conversation, in the strip or not."""
        return any(each.is_same(place) for each in self._looking.values())

    def add(self, attachments: Iterable[Attachment]) -> None:
        """Add what is in the attachment store already."""
        rows = list(self.rows)
        for attachment in attachments:
            rows.append(self._described(next(self._keys), attachment))
        self._show(rows)

    def add_file(self, path: Path, place: Place) -> None:
        """Attach a file.

        Args:
            path: The file.
            place: The conversation that it is for.
        """
        self._look(path.name, partial(self._context.services.attachments.add, path), place)

    def add_data(self, make_data: Callable[[], bytes], name: str, place: Place) -> None:
        """Attach a picture that is in no file.

        Args:
            make_data: Gives the bytes of a picture file; runs in the background.
            name: What to call it.
            place: The conversation that it is for.
        """
        service = self._context.services.attachments
        self._look(name, lambda: service.add_bytes(make_data(), name), place)

    @Slot(str)
    def remove(self, key: str) -> None:
        """Take one away."""
        self._looking.pop(key, None)
        self._attachments.pop(key, None)
        self._show([row for row in self.rows if row.key != key])

    def take(self) -> tuple[Attachment, ...]:
        """Take all away and return those that are described; the others come with `described_late`."""
        taken = self.attachments
        self._attachments.clear()
        self._show([])
        return taken

    def _look(self, name: str, add: Callable[[], Attachment], place: Place) -> None:
        key = next(self._keys)
        self._looking[key] = place
        self._show([*self.rows, StripRow(key, name)])
        service, sight = self._context.services.attachments, self._context.sight

        def look() -> tuple[Attachment, Path]:
            sight.require()
            attachment = add()
            return attachment, service.thumbnail(attachment)

        self._context.picture_background.run(look, partial(self._take, key), partial(self._fail, key))

    def _take(self, key: str, looked: tuple[Attachment, Path]) -> None:
        attachment, thumbnail = looked
        self._context.pictures.put(attachment, thumbnail)
        place = self._looking.pop(key, None)
        if place is None:
            return  # the person has taken it away
        if any(row.key == key for row in self.rows):
            described = self._described(key, attachment)
            self._show([described if row.key == key else row for row in self.rows])
        else:
            self.described_late.emit(place, attachment)

    def _fail(self, key: str, error: FamulusError) -> None:
        place = self._looking.get(key)
        if place is not None:
            self.failed.emit(place, error.info)
            self.remove(key)

    def _described(self, key: str, attachment: Attachment) -> StripRow:
        self._attachments[key] = attachment
        self._context.pictures.rows([attachment])  # which makes it known there
        is_image = attachment.kind is MediaKind.IMAGE
        return StripRow(key, attachment.name, attachment.sha256, is_image, attachment.width, attachment.height)

    def _show(self, rows: list[StripRow]) -> None:
        self.show(rows)
        self.changed.emit()
