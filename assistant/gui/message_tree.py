"""The messages of one conversation as the tree they are.

Process: any. Thread: one at a time; it is built in the background and then the GUI's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from assistant.core.conversation import Message


class MessageRow(NamedTuple):
    """A message of the branch that is shown, and its place among its alternatives.

    Attributes:
        message: The message.
        sibling_index: From 0, in the order of creation.
        sibling_count: At least 1.
    """

    message: Message
    sibling_index: int
    sibling_count: int


class MessageTree:
    """All messages of a conversation, and the one that the shown branch ends with.

    Args:
        messages: Parents before children, alternatives in the order of their creation.
        leaf_id: Last message of the branch; None while there is none.

    Attributes:
        leaf_id: May be set.
    """

    def __init__(self, messages: Iterable[Message] = (), leaf_id: str | None = None) -> None:
        self.leaf_id = leaf_id
        self._messages: dict[str, Message] = {}
        self._children: dict[str | None, list[str]] = {}
        for message in messages:
            self.put(message)

    def put(self, message: Message) -> None:
        """Add a message, or replace it."""
        if message.id not in self._messages:
            self._children.setdefault(message.parent_id, []).append(message.id)
        # The tokens serve the engine; of a long conversation they would be most of the window's memory.
        self._messages[message.id] = msgspec.structs.replace(message, token_ids=())

    def get(self, message_id: str | None) -> Message | None:
        """The message, if it is there."""
        return None if message_id is None else self._messages.get(message_id)

    def rows(self) -> list[MessageRow]:
        """The branch from the root to the leaf."""
        rows: list[MessageRow] = []
        message = self.get(self.leaf_id)
        while message is not None:
            siblings = self._children[message.parent_id]
            rows.append(MessageRow(message, siblings.index(message.id), len(siblings)))
            message = self.get(message.parent_id)
        return rows[::-1]

    def has_on_branch(self, message_id: str) -> bool:
        """Whether the branch that is shown holds the message."""
        return any(row.message.id == message_id for row in self.rows())

    def answers_to(self, question_id: str) -> list[Message]:
        """What follows a message on all branches, the oldest first."""
        return [self._messages[each] for each in self._children.get(question_id, [])]

    def sibling(self, message_id: str, step: int) -> str | None:
        """Id of the alternative `step` places on; None where there is none."""
        message = self.get(message_id)
        if message is None:
            return None
        siblings = self._children[message.parent_id]
        index = siblings.index(message_id) + step
        return siblings[index] if 0 <= index < len(siblings) else None

    def newest_leaf(self, message_id: str) -> str:
        """From the message down, the newest child each time."""
        while children := self._children.get(message_id):
            message_id = children[-1]
        return message_id
