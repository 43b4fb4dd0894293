"""How full the model's context is.

Process: app with a window. Thread: the GUI's; tokens are counted in the background.

All numbers are the engine's own counts, never estimates.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from assistant.core.conversation import Message
from assistant.core.errors import FamulusError
from assistant.core.events import Event, ModelReady
from assistant.gui.running_turn import RunningTurn
from assistant.gui.window_context import WindowContext
from assistant.services.prompt import prompt_messages

SHOWN_STEP = 8
"""Tokens of a growing answer after which the number is shown anew."""


class ContextUse(NamedTuple):
    """Tokens in the context.

    Attributes:
        used: Prompt and answer.
        cached: How many of the prompt were in memory and not read again.
    """

    used: int = 0
    cached: int = 0


def context_use(newest_first: Iterable[Message], turn: RunningTurn | None) -> ContextUse:
    """The use by the turn that runs, or else by the last answer that ended of the branch that is shown."""
    if turn is not None and turn.progress is not None:
        written = turn.n_written - turn.n_written % SHOWN_STEP
        return ContextUse(turn.progress.n_total + written, turn.progress.n_cached)
    usage = next((message.usage for message in newest_first if message.usage is not None), None)
    if usage is None:
        return ContextUse()
    return ContextUse(usage.prompt_tokens + usage.completion_tokens, usage.cached_tokens)


class SystemPromptMeter(QObject):
    """Counts the tokens of a conversation's system prompt with the loaded model.

    Args:
        context: What the window works with.
        parent: Qt's owner.
    """

    counted = Signal()

    def __init__(self, context: WindowContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._conversation_id = ""
        self._n_tokens = 0
        self._wanted = False
        context.turns.changed.connect(self._count_if_free)
        context.bridge.happened.connect(self._take)

    @property
    def n_tokens(self) -> int:
        """Tokens; 0 while they are not known."""
        return self._n_tokens

    def measure(self, conversation_id: str) -> None:
        """Count for this conversation from now on; an empty id stands for a new one."""
        if conversation_id != self._conversation_id:
            self._conversation_id = conversation_id
            self._show(conversation_id, 0)
        self._wanted = True
        self._count_if_free()

    def _take(self, event: Event) -> None:
        if isinstance(event, ModelReady):
            self.measure(self._conversation_id)

    def _count_if_free(self) -> None:
        """The engine does one thing after another: behind an answer it would count only at its end."""
        if not self._wanted or self._context.turns.turns:
            return
        self._wanted = False
        conversation_id = self._conversation_id
        self._context.engine_background.run(
            partial(self._count, conversation_id), partial(self._show, conversation_id), self._give_up
        )

    def _count(self, conversation_id: str) -> int:
        services = self._context.services
        if not services.library.is_loaded(services.settings.load().model):
            return 0  # nor is it asked of a model that a context check has loaded, for hours
        if conversation_id:
            text = services.conversations.get(conversation_id).system_prompt
        else:
            text = services.settings.load().chat.system_prompt
        return services.engine.count_tokens(prompt_messages(text, ())) if text else 0

    def _show(self, conversation_id: str, n_tokens: int) -> None:
        if conversation_id == self._conversation_id and n_tokens != self._n_tokens:
            self._n_tokens = n_tokens
            self.counted.emit()

    def _give_up(self, _error: FamulusError) -> None:
        """Some templates refuse a system prompt without a question: then the number is not known."""
        self._show(self._conversation_id, 0)
