"""From a branch of a conversation to the messages that the model reads.

Process: app. Thread rule: pure.
"""

from __future__ import annotations

from collections.abc import Iterable

from assistant.core.conversation import Message, Role
from assistant.protocol.engine_messages import PromptMessage


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


def _answer(message: Message) -> PromptMessage:
    return PromptMessage(
        role=Role.ASSISTANT, text=message.text, token_ids=message.token_ids, vocabulary=message.vocabulary
    )
