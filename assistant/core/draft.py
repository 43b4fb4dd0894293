"""A question that was written and not sent, as data.

Process: any. Thread rule: immutable.
"""

from __future__ import annotations

import msgspec

from assistant.core.media import Attachment


class Draft(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stands in a composer.

    Attributes:
        text: The words.
        attachments: What goes with them, in order; the files are in the attachment store.
    """

    text: str = ""
    attachments: tuple[Attachment, ...] = ()

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to keep."""
        return not self.text.strip() and not self.attachments
