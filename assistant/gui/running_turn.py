"""One turn that was asked for and has not ended, and where it belongs.

Process: app with a window. Thread: the GUI's.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from assistant.core.conversation import Message
from assistant.core.draft import Draft
from assistant.core.events import AnswerGrew, MediaRead, PromptRead, SummaryProgressed
from assistant.core.media import Attachment


class Stage(enum.StrEnum):
    """What a conversation is doing, as QML reads it."""

    IDLE = ""
    WAITING = "waiting"
    LOADING = "loading"
    SUMMING = "summing"
    LOOKING = "looking"
    READING = "reading"
    WRITING = "writing"


class Place:
    """Where the next question goes.

    Attributes:
        conversation_id: Empty for a conversation that is not in the database yet. Written by the background thread,
            when the first question creates it, and by the GUI thread, when that question is taken back.
    """

    __slots__ = ("conversation_id",)

    def __init__(self, conversation_id: str = "") -> None:
        self.conversation_id = conversation_id

    def is_same(self, other: Place) -> bool:
        """Whether both are the same conversation."""
        return other is self or bool(self.conversation_id and other.conversation_id == self.conversation_id)


@dataclass(eq=False, slots=True)
class RunningTurn:
    """One turn between its request and its end.

    Attributes:
        key: Its name in the queue that is shown.
        place: Its conversation.
        draft: Its question, as it was written.
        is_typed: Whether the person typed the question for this turn; else an earlier one is answered anew.
        is_shown: Whether its answer is shown; else it stands beside the one that is.
        request_id: `ChatService`'s id; empty until the request has reached it.
        stopped: Whether it was stopped before that.
        question: The question, once it is on disk.
        answer: The answer as it was begun, once it is on disk.
        summed: The last progress of summing up what no longer fits.
        looked: The last progress of looking at pictures that are new to the model.
        progress: The last progress of reading the prompt.
        n_written: Tokens of the answer.
    """

    key: str
    place: Place
    draft: Draft
    is_typed: bool
    is_shown: bool = True
    request_id: str = ""
    stopped: bool = False
    question: Message | None = None
    answer: Message | None = None
    summed: SummaryProgressed | None = None
    looked: MediaRead | None = None
    progress: PromptRead | None = None
    n_written: int = 0
    _pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Text of the question."""
        return self.draft.text

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """What goes with the question."""
        return self.draft.attachments

    @property
    def is_summing(self) -> bool:
        """Whether the model is summing up what no longer fits."""
        return self.summed is not None and self.summed.n_done < self.summed.n_total

    @property
    def is_looking(self) -> bool:
        """Whether the model is looking at a picture now."""
        return self.looked is not None and self.looked.n_done < self.looked.n_total

    def begin(self, answer: Message) -> None:
        """Take up an answer, which has text already where it is continued."""
        self.answer = answer
        self._pieces = [answer.text]

    def grow(self, event: AnswerGrew) -> None:
        """Add a piece of the answer."""
        self._pieces.append(event.text)
        self.n_written += event.n_tokens

    def answer_text(self) -> str:
        """The text of the answer until now."""
        self._pieces = ["".join(self._pieces)]
        return self._pieces[0]
