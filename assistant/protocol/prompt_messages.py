"""What a prompt is made of, on its way to the engine worker.

Process: both sides. Thread rule: immutable.
"""

from __future__ import annotations

import msgspec

from assistant.core.media import MediaKind


class PromptMedia(msgspec.Struct, frozen=True, kw_only=True):
    """A picture or a sound, ready to be read: nothing in it is a file format any more.

    Attributes:
        kind: What it is.
        digest: SHA-256 of the content, hexadecimal: of ``rgb24``, width and height as little-endian u32, and the
            rows; or of ``f32``, the sample rate as little-endian u32, and the samples. Equal digests, equal media.
        path: File of the content: rows of RGB, 8 bits each, from the top; or mono samples, f32 from -1 to 1.
        width, height: Of an image, pixels.
        n_samples: Of a sound.
    """

    kind: MediaKind
    digest: str
    path: str
    width: int = 0
    height: int = 0
    n_samples: int = 0


class PromptMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message of a prompt.

    Attributes:
        role: ``system``, ``user`` or ``assistant``.
        text: Its text.
        token_ids: Ids that the model generated for exactly this text; empty if it did not.
        vocabulary: Digest of the vocabulary of `token_ids`; ids of another vocabulary are ignored.
        media: What goes with it; stands before the text.
    """

    role: str
    text: str
    token_ids: tuple[int, ...] = ()
    vocabulary: str = ""
    media: tuple[PromptMedia, ...] = ()
