"""From a branch of a conversation to the messages that the model reads.

Process: app. Thread rule: pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assistant.core.conversation import Message, Role
from assistant.protocol.prompt_messages import PromptMessage


def prompt_messages(system_prompt: str, branch: Iterable[Message]) -> tuple[PromptMessage, ...]:
    """The prompt of a branch.

    Answers without text (failed, or stopped before the first word) are left out, and questions that then follow
    each other become one: many chat templates insist that the roles alternate.

    Args:
        system_prompt: Instruction; empty for none.
        branch: Messages from the root on.
    """
    prompt = [PromptMessage(role="system", text=system_prompt)] if system_prompt else []
    for message in branch:
        if message.role is Role.ASSISTANT:
            if message.text:
                prompt.append(_answer(message))
        elif prompt and prompt[-1].role == Role.USER:
            prompt[-1] = PromptMessage(role=Role.USER, text=f"{prompt[-1].text}\n\n{message.text}")
        else:
            prompt.append(PromptMessage(role=Role.USER, text=message.text))
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


def _answer(message: Message) -> PromptMessage:
    return PromptMessage(
        role=Role.ASSISTANT, text=message.text, token_ids=message.token_ids, vocabulary=message.vocabulary
    )
