"""Messages between the engine worker and its template renderer.

Process: both sides. Thread rule: immutable.
"""

from __future__ import annotations

import msgspec

TemplateMessage = dict[str, str | list[dict[str, str]]]
"""``role``, and ``content``: a text, or for templates that take parts a list of these (``type``, ``text``)."""


class RenderTemplate(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Render one template over several conversations.

    Attributes:
        template: Jinja source from the model's header; untrusted.
        conversations: Lists of messages.
        variables: Further variables, for example ``bos_token``.
    """

    template: str
    conversations: list[list[TemplateMessage]]
    variables: dict[str, str]


class TemplateRendered(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """One text for each conversation, in order."""

    texts: list[str]


class RenderingFailed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The template raised or broke a limit.

    Attributes:
        cause: What went wrong, for the log.
        refused_messages: True if the template itself refused these messages through ``raise_exception``.
    """

    cause: str
    refused_messages: bool = False


TemplateReply = TemplateRendered | RenderingFailed
