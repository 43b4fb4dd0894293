"""The pictures that go with the next question.

Process: app. Thread: the main one.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from assistant.cli.listing import attachment_line
from assistant.cli.terminal import harmless, notes, print_json
from assistant.core.errors import AttachmentDamaged, AttachmentTooLarge, AttachmentUnsupported, FamulusError
from assistant.core.media import Attachment, MediaKind
from assistant.core.settings import Settings
from assistant.services.services import Services

DROP = "-"
"""What ``/image`` takes in place of a file to drop the collected ones; a file of this name is ``./-``."""


class PickedImages:
    """Collects pictures until a question takes them along.

    Args:
        services: The services.
        settings: Which model will look at them.

    Attributes:
        attachments: Those that were collected, in order.
    """

    def __init__(self, services: Services, settings: Settings) -> None:
        self._services = services
        self._settings = settings
        self.attachments: tuple[Attachment, ...] = ()

    def add(self, path: Path) -> Attachment:
        """Collect one more.

        Raises:
            FamulusError: The model cannot look at pictures, or the file is none that can be used.
        """
        self._services.library.require_media(self._settings.model, (MediaKind.IMAGE,))
        try:
            attachment = self._services.attachments.add(_expanded(path))
        except (AttachmentUnsupported, AttachmentDamaged, AttachmentTooLarge) as error:
            if path.name in error.info.text:
                raise
            raise _named(error, path) from error
        self.attachments = (*self.attachments, attachment)
        return attachment

    def clear(self) -> None:
        """Forget them: a question took them along, or they are not wanted."""
        self.attachments = ()

    def obey(self, rest: str, *, as_json: bool) -> None:
        """Do what ``/image`` is told: collect a file, drop all, or list them.

        Args:
            rest: What follows the command: a path, `DROP` or nothing.
            as_json: Whether to list them as JSON.
        """
        if rest == DROP:
            self.clear()
        elif rest:
            self.add(_typed_path(rest))
        if as_json:
            print_json({"type": "images", "images": self.attachments})
            return
        if not self.attachments:
            notes.print("No picture goes with the next message; /image FILE adds one.", style="dim")
            return
        for attachment in self.attachments:
            notes.print(harmless(attachment_line(attachment)))
        notes.print(f"They go with the next message; /image {DROP} drops them.", style="dim")


def _named(error: FamulusError, path: Path) -> FamulusError:
    """The error with the file in front: several may be given."""
    info = error.info
    values = {**info.values, "picture": str(path)}
    return type(error)(f"{{picture}}: {info.message}", remedy=info.remedy, cause=info.cause, **values)


def _typed_path(text: str) -> Path:
    """A path as it stands there, or as a shell would quote it: terminals do that to files that are dropped on them."""
    path = Path(text)
    if os.path.exists(_expanded(path)):  # False for what may not be looked at or is too long; Path.exists raises
        return path
    try:
        words = shlex.split(text)
    except ValueError:  # a quotation mark without its partner
        return path
    return Path(words[0]) if len(words) == 1 else path


def _expanded(path: Path) -> Path:
    """The path with the home folder in place of its tilde; as it stands where there is no such person."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path
