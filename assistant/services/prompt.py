"""From a branch of a conversation to the messages that the model reads.

Process: app. Thread rule: pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from assistant.core.conversation import Message, Role
from assistant.protocol.prompt_messages import PromptMedia, PromptMessage

_MESSAGE_TOKENS = 32
_TEMPLATE_TOKENS = 512
"""More than templates write around a message, and around all of them."""
_SUMMARY_FOLLOWS = "(A summary of what was said before in this conversation:)"


class LeftOut(NamedTuple):
    """What the model does not read in full any more.

    Attributes:
        upto: Id of the last message of it; empty for none. Turns with a pinned message stay.
        summary: What it reads in its place; empty for nothing.
    """

    upto: str = ""
    summary: str = ""


NOTHING_LEFT_OUT = LeftOut()


def prompt_messages(
    system_prompt: str,
    branch: Sequence[Message],
    media: Mapping[str, PromptMedia] | None = None,
    left_out: LeftOut = NOTHING_LEFT_OUT,
) -> tuple[PromptMessage, ...]:
    """The prompt of a branch.

    Answers without text (failed, or stopped before the first word) are left out, and questions that then follow
    each other become one: many chat templates insist that the roles alternate.

    Args:
        system_prompt: Instruction; empty for none.
        branch: Messages from the root on.
        media: What the model takes in of their attachments, by `Attachment.sha256`; of the others it reads the names.
        left_out: What it does not read in full.
    """
    prompt = [PromptMessage(role="system", text=system_prompt)] if system_prompt else []
    older, newer = split_at(branch, left_out.upto)
    for message in (each for turn in turns_of(older) if is_pinned(turn) for each in turn):
        _append(prompt, message, media or {})
    if left_out.summary:
        # Among the questions, not the instructions: it was made of what people and documents said.
        _append_question(prompt, PromptMessage(role=Role.USER, text=f"{_SUMMARY_FOLLOWS}\n{left_out.summary}"))
    for message in newer:
        _append(prompt, message, media or {})
    return tuple(prompt)


def split_at(branch: Sequence[Message], upto: str) -> tuple[Sequence[Message], Sequence[Message]]:
    """The messages up to this one, and those behind it; all of them are behind it where it is not there."""
    n_older = next((n for n, message in enumerate(branch, 1) if message.id == upto), 0)
    return branch[:n_older], branch[n_older:]


def turns_of(branch: Iterable[Message]) -> list[list[Message]]:
    """Each question with what answers it."""
    turns: list[list[Message]] = []
    for message in branch:
        if message.role is Role.USER or not turns:
            turns.append([])
        turns[-1].append(message)
    return turns


def is_pinned(turn: Iterable[Message]) -> bool:
    """Whether a turn stays in the prompt, whatever else goes."""
    return any(message.pinned for message in turn)


def _append(prompt: list[PromptMessage], message: Message, media: Mapping[str, PromptMedia]) -> None:
    if message.role is Role.USER:
        _append_question(prompt, _question(message, media))
    elif message.text:
        prompt.append(_answer(message))


def _append_question(prompt: list[PromptMessage], question: PromptMessage) -> None:
    if prompt and prompt[-1].role == Role.USER:
        question = _joined(prompt.pop(), question)
    prompt.append(question)


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


def most_tokens(system_prompt: str, path: Sequence[Message], vocabulary: str) -> int:
    """More tokens than a prompt without media can have: those of the last answer, and a token for every byte since.

    Args:
        system_prompt: The system prompt; as new, since it may have been another one then.
        path: The messages, all of them read in full.
        vocabulary: Of the model; what was counted with another does not count.
    """
    n_known, n_tokens = _last_counted(path, vocabulary)
    texts = [system_prompt, *(each.text for each in path[n_known:])]
    return n_tokens + sum(len(text.encode("utf-8", "replace")) + _MESSAGE_TOKENS for text in texts)


def _last_counted(path: Sequence[Message], vocabulary: str) -> tuple[int, int]:
    """Messages up to the last answer whose usage describes them, and their tokens; those of a template for none."""
    for n in range(len(path), 0, -1):
        usage = path[n - 1].usage
        # A usage of zeros is that of an answer that was stopped before it began.
        if usage is not None and usage.prompt_tokens and path[n - 1].vocabulary == vocabulary:
            return n, usage.prompt_tokens + usage.completion_tokens
    return 0, _TEMPLATE_TOKENS
