"""From a branch of a conversation to the messages that the model reads.

Process: app. Thread rule: pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from assistant.core.conversation import Message, Role
from assistant.protocol.prompt_messages import PromptMedia, PromptMessage


def prompt_messages(
    system_prompt: str, branch: Iterable[Message], media: Mapping[str, PromptMedia] | None = None
) -> tuple[PromptMessage, ...]:
    """The prompt of a branch.

    Answers without text (failed, or stopped before the first word) are left out, and questions that then follow
    each other become one: many chat templates insist that the roles alternate.

    Args:
        system_prompt: Instruction; empty for none.
        branch: Messages from the root on.
        media: What the model takes in of their attachments, by `Attachment.sha256`; of the others it reads the names.
    """
    prompt = [PromptMessage(role="system", text=system_prompt)] if system_prompt else []
    for message in branch:
        if message.role is Role.ASSISTANT:
            if message.text:
                prompt.append(_answer(message))
            continue
        question = _question(message, media or {})
        if prompt and prompt[-1].role == Role.USER:
            question = _joined(prompt.pop(), question)
        prompt.append(question)
    return tuple(prompt)


def path_to(message_id: str | None, messages: Sequence[Message]) -> list[Message]:
    """The messages from the root to `message_id`, whichever branch is shown.

    Args:
        message_id: Last message of the path; None for none.
        messages: All messages of the conversation.
    """
    by_id = {message.id: message for message in messages}
    path = []
    while message_id is not None:
        path.append(by_id[message_id])
        message_id = by_id[message_id].parent_id
    return path[::-1]


def _question(message: Message, media: Mapping[str, PromptMedia]) -> PromptMessage:
    names = [f"[{each.kind}: {each.name}]" for each in message.attachments if each.sha256 not in media]
    return PromptMessage(
        role=Role.USER,
        text="\n".join([*names, message.text] if message.text else names),
        media=tuple(media[each.sha256] for each in message.attachments if each.sha256 in media),
    )


def _joined(first: PromptMessage, second: PromptMessage) -> PromptMessage:
    texts = [each.text for each in (first, second) if each.text]
    return PromptMessage(role=Role.USER, text="\n\n".join(texts), media=first.media + second.media)


def _answer(message: Message) -> PromptMessage:
    return PromptMessage(
        role=Role.ASSISTANT, text=message.text, token_ids=message.token_ids, vocabulary=message.vocabulary
    )
