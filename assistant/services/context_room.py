"""Sees to it that the prompt of a turn fits into the context, as the conversation's policy says.

Process: app. Thread: the turn thread.

Once something has gone, it stays gone for the turns that follow, so that the engine finds what it has read; a longer
context brings it back.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

import msgspec

from assistant.clients.engine_calls import EngineCall
from assistant.core.conversation import Conversation, Message
from assistant.core.errors import (
    ContextOverflow,
    EngineStopped,
    FamulusError,
    ModelLoadFailed,
    NotEnoughMemory,
    RequestCancelled,
    SummaryFailed,
)
from assistant.core.events import ContextMadeRoom, SummaryProgressed
from assistant.core.overflow import Budget, OverflowPolicy, RoomMade, budget, fewest_left_out
from assistant.core.settings import Settings
from assistant.protocol.prompt_messages import PromptMedia, PromptMessage
from assistant.services.chosen_model import ChosenModel
from assistant.services.context_choice import Choices, full_error, summary_error
from assistant.services.context_lengths import LargerContext
from assistant.services.media_support import prompt_media
from assistant.services.prompt import LeftOut, is_pinned, most_tokens, path_to, prompt_messages, split_at, turns_of
from assistant.services.summary import Summariser, summary_tokens
from assistant.services.turn_context import TurnContext

log = logging.getLogger(__name__)


def policy_of(conversation: Conversation, settings: Settings) -> OverflowPolicy:
    """What is done when a conversation no longer fits."""
    return conversation.overflow or OverflowPolicy(settings.chat.overflow)


class ContextRoom:
    """The prompt of one turn, and the model that it is for.

    Args:
        context: What turns work with.
        settings: Settings of the turn.
        answer: The answer to be written, as it is on disk.
        request_id: Id of the turn.
        cancelled: Set when the turn is stopped.
        hold: Given a call under way, so that it can be cancelled, and None at its end.
    """

    def __init__(
        self,
        context: TurnContext,
        settings: Settings,
        answer: Message,
        *,
        request_id: str,
        cancelled: threading.Event,
        hold: Callable[[EngineCall | None], None],
    ) -> None:
        self._context = context
        self._settings = settings
        self._answer = answer
        self._ids = {"request_id": request_id, "conversation_id": answer.conversation_id}
        self._cancelled = cancelled
        self._hold = hold
        self._conversation = context.conversations.get(answer.conversation_id)
        self._messages: Sequence[Message] = ()
        self._path: list[Message] = []
        self._media: dict[str, PromptMedia] = {}
        self._model: ChosenModel | None = None
        self._raised: LargerContext | None = None
        self.load_s = 0.0

    @property
    def policy(self) -> OverflowPolicy:
        """What is done when it does not fit."""
        return policy_of(self._conversation, self._settings)

    def load(self) -> ChosenModel:
        """Load the model, with the context length that the conversation was given once.

        Raises:
            FamulusError: As `LibraryService.ensure_loaded`.
        """
        if self.policy is OverflowPolicy.EXTEND:
            self._context.library.keep_context(self._settings.model, self._conversation.n_ctx)
        self._model, load_s = self._context.library.ensure_loaded(self._settings.model, self._cancelled)
        self.load_s += load_s
        return self._model

    def prompt(self, refused: ContextOverflow | None = None) -> tuple[PromptMessage, ...]:
        """The prompt, shortened if need be; says so on disk and by event.

        Args:
            refused: Why the engine had no room for it as it is; None before it was asked.

        Raises:
            ContextFull: It does not fit, and the person is to decide.
            ContextOverflow: The question alone does not fit.
            RequestCancelled: The turn was stopped.
            FamulusError: Something attached is gone, a summary failed, a longer context could not be loaded.
        """
        self._messages = self._context.conversations.messages(self._answer.conversation_id)
        self._path = path_to(self._answer.id, self._messages)
        left_out = self._left_out_before()
        self._read_media(left_out)
        limits = self._limits(self.policy)
        if refused is None and self._surely_fits(limits):
            return self._prompt(left_out)
        n_prompt = self._count(left_out)
        if n_prompt > limits.most:
            left_out = self._make_room(left_out, n_prompt, limits)
        elif refused is not None:  # though it should fit: the engine's own words say more than the count
            left_out = self._make_room(left_out, n_prompt, limits, refused)
        if self._raised is not None or left_out != self._state():
            self._tell(left_out)
        return self._prompt(left_out)

    @property
    def _n_ctx(self) -> int:
        loaded = self._context.engine.loaded
        return loaded.n_ctx if loaded is not None else 0

    def _limits(self, policy: OverflowPolicy) -> Budget:
        return budget(policy, self._n_ctx, self._settings.sampling.max_tokens)

    def _last_change(self) -> RoomMade | None:
        return next((message.room for message in reversed(self._path) if message.room is not None), None)

    def _state(self) -> LeftOut:
        """What the answers before this one were written without."""
        last = self._last_change()
        return LeftOut(last.upto, last.summary) if last is not None else LeftOut()

    def _left_out_before(self) -> LeftOut:
        """The same, as far as it still has a reason: a longer context may hold it all."""
        last = self._last_change()
        return self._state() if last is not None and self._n_ctx <= last.n_ctx else LeftOut()

    def _read_media(self, left_out: LeftOut) -> None:
        assert self._model is not None, "the model is loaded first"
        older, newer = split_at(self._path[:-1], left_out.upto)
        kept = [each for turn in turns_of(older) if is_pinned(turn) for each in turn]
        context = self._context
        self._media = prompt_media(
            [*kept, *newer], self._model, context.engine.loaded, context.attachments, self._cancelled
        )

    def _prompt(self, left_out: LeftOut) -> tuple[PromptMessage, ...]:
        return prompt_messages(self._conversation.system_prompt, self._path, self._media, left_out)

    def _count(self, left_out: LeftOut) -> int:
        return self._context.engine.count_tokens(self._prompt(left_out))

    def _surely_fits(self, limits: Budget) -> bool:
        """Whether it fits without a look at the tokens."""
        loaded = self._context.engine.loaded
        if self._last_change() is not None or self._media or loaded is None:
            return False
        return most_tokens(self._conversation.system_prompt, self._path, loaded.vocabulary) <= limits.most

    def _make_room(
        self, left_out: LeftOut, n_prompt: int, limits: Budget, refused: ContextOverflow | None = None
    ) -> LeftOut:
        match self.policy:
            case OverflowPolicy.DROP:
                shorter = self._dropped(left_out, limits)
            case OverflowPolicy.SUMMARISE:
                shorter = self._summed_up(left_out, n_prompt, limits)
            case OverflowPolicy.EXTEND:
                shorter = self._extended(left_out, n_prompt)
            case OverflowPolicy.STOP:
                shorter = None
        if shorter is not None:
            return shorter
        if refused is None and n_prompt <= limits.utmost:
            return left_out  # there is nothing to leave out, and some room for an answer
        raise refused or self._full(left_out, n_prompt)

    def _dropped(self, left_out: LeftOut, limits: Budget) -> LeftOut | None:
        """Without as many of the oldest turns as must go; None where that is not enough.

        A summary of what went before goes too: it could not be told from one of everything.
        """
        ends = self._ends(left_out)
        n_turns = fewest_left_out(len(ends), lambda n: self._count(LeftOut(ends[n - 1]) if n else left_out), limits)
        if n_turns is None or not ends:
            return None
        return LeftOut(ends[max(1, n_turns) - 1])

    def _ends(self, left_out: LeftOut) -> list[str]:
        """Ids of the last messages of the turns that may still go, the oldest first."""
        _, newer = split_at(self._path, left_out.upto)
        return [turn[-1].id for turn in turns_of(newer)[:-1] if not is_pinned(turn)]

    def _summed_up(self, left_out: LeftOut, n_prompt: int, limits: Budget) -> LeftOut | None:
        known = self._known_summary()
        if known != left_out and self._reaches_beyond(known, left_out) and self._count(known) <= limits.most:
            return known  # made for another answer to this question, for example
        shorter = self._dropped(left_out, self._beside_summary(limits))
        if shorter is None:
            return None
        done = known if self._reaches_beyond(shorter, known) else LeftOut()
        summed_up = LeftOut(shorter.upto, self._summary(done, shorter.upto, n_prompt))
        if self._count(summed_up) > self._n_ctx - 1:
            raise self._full(left_out, n_prompt)
        return summed_up

    def _beside_summary(self, limits: Budget) -> Budget:
        return Budget(*(n_tokens - summary_tokens(self._n_ctx) for n_tokens in limits))

    def _known_summary(self) -> LeftOut:
        """The summary that reaches furthest; what lies before a message is the same whatever branch it was made on."""
        rooms = {each.room.upto: each.room.summary for each in self._messages if each.room and each.room.summary}
        upto = next((each.id for each in reversed(self._path[:-1]) if each.id in rooms), "")
        return LeftOut(upto, rooms.get(upto, ""))

    def _reaches_beyond(self, one: LeftOut, other: LeftOut) -> bool:
        return len(split_at(self._path, one.upto)[0]) > len(split_at(self._path, other.upto)[0])

    def _summary(self, done: LeftOut, upto: str, n_prompt: int) -> str:
        older, _ = split_at(self._path, upto)
        _, new = split_at(older, done.upto)

        def tell(n_done: int, n_total: int) -> None:
            self._context.bus.publish(SummaryProgressed(**self._ids, n_done=n_done, n_total=n_total))

        try:
            return Summariser(self._context.engine, self._n_ctx, self._hold, tell).sum_up(new, done.summary)
        except (RequestCancelled, EngineStopped):  # the latter may be for want of memory: a lighter load helps then
            raise
        except FamulusError as error:
            choices = Choices(can_leave_out=True, can_sum_up=True, larger=self._larger(n_prompt))
            failed = summary_error(error, choices)
            if isinstance(error, SummaryFailed):  # it would fail again, and says what helps
                raise FamulusError.from_info(msgspec.structs.replace(failed.info, remedy=error.info.remedy)) from error
            raise failed from error

    def _extended(self, left_out: LeftOut, n_prompt: int) -> LeftOut | None:
        """With a context that holds everything, or at least what was there before."""
        whole = LeftOut()
        if left_out != whole:
            self._read_media(whole)
        for kept in dict.fromkeys((whole, left_out)):
            n_tokens = self._count(kept) if kept != left_out else n_prompt
            if self._raise_to_hold(n_tokens):
                self._read_media(kept)
                return kept
        return None

    def _raise_to_hold(self, n_tokens: int) -> bool:
        library, settings = self._context.library, self._settings.model
        larger = self._larger(n_tokens)
        if larger is None:
            return False
        try:
            with library.raising_context(settings, larger.n_ctx):
                self.load()
        except (NotEnoughMemory, ModelLoadFailed) as error:  # less of it is free than it seemed
            log.warning("the context stays as it is: %s (%s)", error, error.info.cause)
            self.load()
            return False
        self._context.conversations.set_n_ctx(self._answer.conversation_id, larger.n_ctx).result()
        self._raised = larger
        return True

    def _full(self, left_out: LeftOut, n_prompt: int) -> ContextOverflow:
        choices = self._choices(left_out, n_prompt)
        ends = self._ends(left_out)
        if ends and not choices.can_leave_out:  # the error is about what must stay
            n_prompt = self._count(LeftOut(ends[-1]))
        return full_error(n_prompt, self._n_ctx, choices)

    def _choices(self, left_out: LeftOut, n_prompt: int) -> Choices:
        limits = self._limits(OverflowPolicy.DROP)
        return Choices(
            can_leave_out=self._dropped(left_out, limits) is not None,
            can_sum_up=self._dropped(left_out, self._beside_summary(limits)) is not None,
            larger=self._larger(n_prompt),
        )

    def _larger(self, n_prompt: int) -> LargerContext | None:
        n_answer = self._n_ctx - self._limits(OverflowPolicy.EXTEND).most
        return self._context.library.larger_context(self._settings.model, n_prompt + n_answer)

    def _tell(self, left_out: LeftOut) -> None:
        older, _ = split_at(self._path, left_out.upto)
        gone = [each for turn in turns_of(older) if not is_pinned(turn) for each in turn]
        room = RoomMade(
            policy=self.policy,
            n_left_out=len(gone),
            upto=left_out.upto,
            n_ctx=self._n_ctx,
            summary=left_out.summary,
            n_bytes=self._raised.n_bytes if self._raised is not None else None,
        )
        self._context.conversations.answers.set_room(self._answer.id, room).result()
        self._context.bus.publish(ContextMadeRoom(**self._ids, message_id=self._answer.id, room=room))
