"""A conversation as a document that others can read.

Process: app. Thread rule: pure.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import msgspec

from assistant.core.conversation import Conversation, Message, MessageStatus, Role

FORMAT_NAME = "famulus-conversation"
FORMAT_VERSION = 1


class ExportedConversation(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON export: the whole tree, so that nothing is lost.

    Attributes:
        format: Always `FORMAT_NAME`.
        version: `FORMAT_VERSION` of the program that wrote it.
        conversation: The conversation.
        messages: All messages of all branches, parents before children.
    """

    conversation: Conversation
    messages: tuple[Message, ...]
    format: str = FORMAT_NAME
    version: int = FORMAT_VERSION


def to_json(conversation: Conversation, messages: Sequence[Message]) -> str:
    """The whole conversation, indented, with a newline at the end."""
    exported = ExportedConversation(conversation=conversation, messages=tuple(messages))
    return msgspec.json.format(msgspec.json.encode(exported), indent=2).decode() + "\n"


def to_markdown(conversation: Conversation, branch: Sequence[Message]) -> str:
    """The active branch, one heading a turn."""
    date = datetime.datetime.fromtimestamp(conversation.created_at).strftime("%Y-%m-%d %H:%M")
    parts = [f"# {conversation.title or 'Conversation'}", f"{date}"]
    if conversation.system_prompt:
        parts.append("\n".join(f"> {line}" for line in conversation.system_prompt.splitlines()))
    for message in branch:
        parts.append("## You" if message.role is Role.USER else f"## {message.model or 'Famulus'}")
        if message.room is not None:
            parts.append(f"*({message.room.text})*")
        parts.extend(f"*({each.kind}: {each.name})*" for each in message.attachments)
        if message.text or not message.attachments:
            parts.append(message.text)
        if message.status is not MessageStatus.COMPLETE:
            parts.append(f"*({message.status})*")
    return "\n\n".join(parts) + "\n"
