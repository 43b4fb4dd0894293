"""Pictures and sounds that go with a message, as data.

Process: any. Thread rule: immutable.
"""

from __future__ import annotations

import enum

import msgspec


class MediaKind(enum.StrEnum):
    """What a model takes in besides text."""

    IMAGE = "image"
    SOUND = "sound"


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file in the attachment store.

    Attributes:
        sha256: Hash of the original file, hexadecimal: its name in the store.
        name: What the person called it; for showing only.
        kind: What it is.
        mime: For example ``image/png``.
        n_bytes: Size of the original.
        width, height: Of an upright image, pixels; 0 for a sound.
        seconds: Length of a sound; 0 for an image.
    """

    sha256: str
    name: str
    kind: MediaKind
    mime: str
    n_bytes: int
    width: int = 0
    height: int = 0
    seconds: float = 0.0
