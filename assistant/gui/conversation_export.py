"""Writes a conversation to a file that the person named.

Process: app with a window. Thread: the background's; the database and the file are waited for.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from assistant.core.errors import InputInvalid
from assistant.services.export import to_json, to_markdown
from assistant.services.services import Services

JSON = "json"


def export_conversation(services: Services, conversation_id: str, path: Path, form: str) -> None:
    """Write the file; one of that name is replaced, as the file dialog has asked.

    Args:
        services: The services.
        conversation_id: Which one.
        path: The file.
        form: ``json`` for all branches, else Markdown of the one that is shown.

    Raises:
        ConversationNotFound: There is no such conversation.
        InputInvalid: The file cannot be written; an old one is still there.
    """
    store = services.conversations
    conversation = store.get(conversation_id)
    if form == JSON:
        text = to_json(conversation, store.messages(conversation_id))
    else:
        text = to_markdown(conversation, store.branch(conversation_id))
    try:
        _replace(path, text)
    except OSError as error:
        raise InputInvalid(
            "{path} cannot be written: {reason}.", path=str(path), reason=error.strerror or "", cause=repr(error)
        ) from error


def _replace(path: Path, text: str) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
