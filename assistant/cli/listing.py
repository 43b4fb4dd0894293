"""Conversations and messages as lists.

Process: app. Thread: the main one.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from assistant.cli.terminal import harmless, notes, output, print_json
from assistant.core.conversation import Conversation, Message, MessageStatus, Role, SearchHit
from assistant.core.media import Attachment


def print_conversations(conversations: Sequence[Conversation], *, as_json: bool) -> None:
    """One line each, the newest first, with the ids that other commands take."""
    if as_json:
        print_json({"type": "conversations", "conversations": list(conversations)})
        return
    if not conversations:
        notes.print("There are no conversations yet. `famulus chat` begins one.")
        return
    for conversation in conversations:
        title = harmless(conversation.title or "(no title)")
        output.print(f"{conversation.id}  {_when(conversation.updated_at)}  {title}")


def print_messages(conversation: Conversation, branch: Sequence[Message], *, as_json: bool) -> None:
    """The active branch of a conversation, from its first message on."""
    if as_json:
        messages = [_without_tokens(message) for message in branch]
        print_json({"type": "conversation", "conversation": conversation, "messages": messages})
        return
    output.print(harmless(f"{conversation.title or '(no title)'}  [{conversation.id}]"), style="bold")
    for message in branch:
        output.print()
        speaker = "You" if message.role is Role.USER else message.model or "Famulus"
        output.print(harmless(f"{speaker}, {_when(message.created_at)}"), style="dim")
        if message.pinned:
            output.print("[pinned]", style="dim")
        if message.room is not None:
            output.print(message.room.text, style="dim")
        for attachment in message.attachments:
            output.print(harmless(attachment_line(attachment)), style="dim")
        if message.text or not message.attachments:
            output.print(harmless(message.text))
        if message.status is not MessageStatus.COMPLETE:
            output.print(f"[{message.status}]", style="yellow")


def attachment_line(attachment: Attachment) -> str:
    """What goes with a message, for example ``[image: cat.png, 640 × 480]``; its name is not yet `harmless`."""
    size = f", {attachment.width} × {attachment.height}" if attachment.width else ""
    return f"[{attachment.kind}: {attachment.name}{size}]"


def print_hits(hits: Sequence[SearchHit], *, as_json: bool) -> None:
    """What a search found."""
    if as_json:
        print_json({"type": "hits", "hits": list(hits)})
        return
    if not hits:
        notes.print("Nothing found.")
    for hit in hits:
        output.print(harmless(f"{hit.conversation_id}  {hit.conversation_title}"), style="bold")
        output.print(f"    {harmless(hit.snippet)}")


def _when(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")


def _without_tokens(message: Message) -> dict[str, object]:
    fields = {name: getattr(message, name) for name in message.__struct_fields__}
    return {name: value for name, value in fields.items() if name not in ("token_ids", "vocabulary")}
