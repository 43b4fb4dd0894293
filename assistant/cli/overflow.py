"""What the conversation in the terminal obeys about its context: ``/overflow``, ``/pin``, ``/unpin`` and ``/pins``.

Process: app. Thread: the main one.
"""

from __future__ import annotations

import typer

from assistant.cli.terminal import harmless, notes, print_json
from assistant.core.conversation import Message, Role
from assistant.core.errors import InputInvalid, MessageNotFound
from assistant.core.overflow import OverflowPolicy
from assistant.core.settings import Settings
from assistant.services.services import Services

WORDS = {
    OverflowPolicy.STOP: "it stops and asks",
    OverflowPolicy.DROP: "the oldest turns are left out",
    OverflowPolicy.SUMMARISE: "the oldest turns are summed up by the model",
    OverflowPolicy.EXTEND: "the context is raised, as far as memory allows",
}
_EXCERPT = 60


def overflow_policy(word: str) -> OverflowPolicy:
    """The policy of this name.

    Raises:
        InputInvalid: There is none.
    """
    try:
        return OverflowPolicy(word.lower())
    except ValueError:
        raise InputInvalid(
            "{word} is no choice for a conversation that no longer fits.",
            remedy="Choose one of {choices}.",
            word=word,
            choices=", ".join(OverflowPolicy),
        ) from None


def parse_overflow(word: str) -> OverflowPolicy:
    """The policy that an option names."""
    try:
        return overflow_policy(word)
    except InputInvalid:
        raise typer.BadParameter(f"{word!r} is not one of {', '.join(OverflowPolicy)}.") from None


class OverflowCommands:
    """Obeys the commands for one conversation at a time.

    Attributes:
        chosen: What a new conversation will do; None for what the settings say.

    Args:
        services: The services.
        settings: Settings of all turns.
        as_json: Whether they answer in JSON.
        chosen: What a new conversation will do.
    """

    def __init__(
        self, services: Services, settings: Settings, *, as_json: bool, chosen: OverflowPolicy | None = None
    ) -> None:
        self.chosen = chosen
        self._store = services.conversations
        self._setting = OverflowPolicy(settings.chat.overflow)
        self._as_json = as_json

    def overflow(self, conversation_id: str | None, word: str) -> None:
        """Show or set what happens when the conversation no longer fits.

        Args:
            conversation_id: The conversation; None before its first message.
            word: A policy; empty to show it.
        """
        if word:
            self.chosen = overflow_policy(word)
            if conversation_id:
                self._store.set_overflow(conversation_id, self.chosen).result()
        own = self._store.get(conversation_id).overflow if conversation_id else self.chosen
        policy = own or self._setting
        branch = self._store.branch(conversation_id) if conversation_id else []
        room = next((each.room for each in reversed(branch) if each.room is not None), None)
        if self._as_json:
            print_json({"type": "overflow", "policy": policy, "room": room})
            return
        notes.print(f"When this conversation no longer fits, {WORDS[policy]} ({policy}).", style="dim")
        if room is not None:
            notes.print(room.text, style="dim")
            if room.summary:
                notes.print(harmless(f"The summary: {room.summary}"), style="dim")

    def pin(self, conversation_id: str | None, words: str, *, pinned: bool) -> None:
        """Keep a turn in the context, or no more.

        Args:
            conversation_id: The conversation.
            words: Number of its question, as `pins` shows it; empty for the last one.
            pinned: Whether it stays.
        """
        questions = self._questions(conversation_id)
        number = _number(words, len(questions)) if words else len(questions)
        question = questions[number - 1]
        self._store.pin(question.id, pinned).result()
        if self._as_json:
            print_json({"type": "pinned", "number": number, "message_id": question.id, "pinned": pinned})
            return
        what = "stays in the context with its answer" if pinned else "may be left out of the context again"
        notes.print(harmless(f"Question {number} {what}: {_excerpt(question.text)}"), style="dim")

    def pins(self, conversation_id: str | None) -> None:
        """Number the questions of the branch that is shown, and say which are pinned."""
        questions = self._questions(conversation_id)
        if self._as_json:
            rows = [
                {"number": number, "message_id": each.id, "pinned": each.pinned, "text": each.text}
                for number, each in enumerate(questions, 1)
            ]
            print_json({"type": "pins", "questions": rows})
            return
        for number, each in enumerate(questions, 1):
            mark = "pinned" if each.pinned else ""
            notes.print(harmless(f"{number:>4}  {mark:<7} {_excerpt(each.text)}"))

    def _questions(self, conversation_id: str | None) -> list[Message]:
        branch = self._store.branch(conversation_id) if conversation_id else []
        questions = [message for message in branch if message.role is Role.USER]
        if not questions:
            raise MessageNotFound("This conversation has no message yet.")
        return questions


def _number(words: str, n_questions: int) -> int:
    if words.isdecimal() and 1 <= int(words) <= n_questions:
        return int(words)
    raise InputInvalid(
        "There is no question {number} in this conversation.",
        remedy="/pins shows the numbers, from 1 to {last}.",
        number=words,
        last=n_questions,
    )


def _excerpt(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _EXCERPT else line[: _EXCERPT - 1] + "…"
