"""The conversation that a window or panel shows, and what can be done in it.

Process: app with a window. Thread: the GUI's; the database is read and written in the background.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from PySide6.QtCore import Property, QCoreApplication, QObject, Signal, Slot

from assistant.core.adapter import AdapterUse
from assistant.core.conversation import Conversation, Message, MessageStatus, Role
from assistant.core.draft import Draft
from assistant.core.errors import ErrorInfo, FamulusError
from assistant.core.events import (
    AnswerBegun,
    AnswerGrew,
    ContextMadeRoom,
    MessageFinished,
    QuestionStored,
    TurnEvent,
    TurnFailed,
)
from assistant.gui.comparison import Comparison
from assistant.gui.conversation_overflow import ConversationOverflow
from assistant.gui.conversation_reader import ConversationReader, Snapshot, put_newest
from assistant.gui.error_text import error_words
from assistant.gui.message_tree import MessageTree
from assistant.gui.render_style import RenderStyle
from assistant.gui.running_turn import Place, RunningTurn
from assistant.gui.window_context import WindowContext


class ConversationViewModel(ConversationOverflow):
    """One conversation at a time; begins with a new one.

    Args:
        context: What the window works with.
        style: How answers are drawn.
        parent: Qt's owner.
    """

    sent = Signal()
    answerEnded = Signal(str)
    messageRevealed = Signal(int)

    withdrawn = Signal(object)
    """A `RunningTurn` that was stopped here before it began."""

    def __init__(self, context: WindowContext, style: RenderStyle, parent: QObject | None = None) -> None:
        super().__init__(context, style, parent)
        self._reveal = ""
        self._stopping: RunningTurn | None = None
        self._comparison = Comparison(context, self, self._messages, self)
        self._reader = ConversationReader(context, self)
        self._reader.done.connect(self._loaded)
        self._reader.failed.connect(self._load_failed)
        context.turns.happened.connect(self._follow)
        context.turns.happened.connect(self._comparison.follow)  # behind it: the messages are up to date
        context.turns.refused.connect(self._refused)
        context.turns.dropped.connect(self._dropped)

    def open(self, place: Place, message_id: str = "") -> None:
        """Show another conversation, or begin a new one.

        Args:
            place: The conversation.
            message_id: A message to bring into view; empty for none.
        """
        self._reveal = message_id
        if not place.is_same(self._place):
            self._leave(place)
        if not self._loading:
            self._reveal_message()

    def use_adapters(self, uses: Sequence[AdapterUse]) -> None:
        """Make the next answers with these; one that waits already, too."""
        super().use_adapters(uses)
        if self._reader.reading:
            self.reload()  # what is being read would show the old ones again

    @Slot()
    def stop(self) -> None:
        """Stop the running answer; a question that waits behind another conversation goes back to the composer."""
        self._stopping = next(iter(self._turns.of(self._place)), None)
        if self._stopping is not None:
            self._turns.stop(self._stopping)

    @Slot(str, str)
    def edit(self, message_id: str, text: str) -> None:
        """Ask a question with another text and what it keeps of its attachments; the old one stays beside it."""
        question = self._tree.get(message_id)
        if question is None:
            return
        dropped = self._edits.dropped(message_id)
        kept = tuple(each for position, each in enumerate(question.attachments) if position not in dropped)
        draft = Draft(text=text.strip(), attachments=kept)
        if not draft.is_blank:
            self.dismissProblem()
            self._edits.end(message_id)
            self._context.starter.edit(self._place, message_id, draft)

    @Slot(str)
    def regenerate(self, message_id: str) -> None:
        """Answer anew what this message answers; the old answer stays beside the new one."""
        question = self._question_of(message_id)
        if question is not None:
            self.dismissProblem()
            self._context.starter.answer(self._place, question)

    @Slot(str)
    def retry(self, message_id: str) -> None:
        """Try an answer again, or answer a question that has none."""
        self.regenerate(message_id)

    @Property(QObject, constant=True)
    def comparison(self) -> Comparison:
        """An answer with adapters beside the same without."""
        return self._comparison

    @Slot(str, result=bool)
    def compare(self, message_id: str) -> bool:
        """Compare the adapters of an answer, or else of the conversation, with none.

        Returns:
            False where there are none.
        """
        answer, question = self._tree.get(message_id), self._question_of(message_id)
        if answer is None or question is None or not (answer.adapters or self._adapters):
            return False
        self._comparison.begin(question, answer.adapters or self._adapters, message_id)
        return True

    def show_version(self, message_id: str) -> None:
        """Show the branch of an answer, and what followed it last."""
        if not self._tree.has_on_branch(message_id):
            self._show_leaf(self._tree.newest_leaf(message_id))

    @Slot(str, int)
    def showSibling(self, message_id: str, step: int) -> None:
        """Show the alternative `step` places on, and what followed it last."""
        sibling = self._tree.sibling(message_id, step)
        if sibling is not None:
            self._show_leaf(self._tree.newest_leaf(sibling))

    @Slot(result=str)
    def lastQuestion(self) -> str:
        """Text of the last question of the branch; empty if there is none."""
        question = self._last(Role.USER)
        return question.text if question is not None else ""

    @Slot(result=str)
    def lastQuestionId(self) -> str:
        """Its id; empty if there is none."""
        question = self._last(Role.USER)
        return question.id if question is not None else ""

    @Slot(result=str)
    def lastAnswer(self) -> str:
        """Markdown of the last answer of the branch, as far as it has come; empty if there is none."""
        answer = self._last(Role.ASSISTANT)
        if answer is None:
            return ""
        live = self._turns.live_text(answer.id)
        return answer.text if live is None else live

    def take_titles(self, conversations: Iterable[Conversation]) -> None:
        """Use the titles of this list, which was just read from the database."""
        titles = {conversation.id: conversation.title for conversation in conversations}
        self._title = titles.get(self._place.conversation_id, self._title)
        self._tell_conversation()

    def reload(self) -> None:
        """Read the conversation again, after another process changed the database."""
        if self._place.conversation_id:
            self._reader.read(self._place.conversation_id)

    def set_style(self, style: RenderStyle) -> None:
        """Draw all answers anew."""
        self._messages.set_style(style)

    def _leave(self, place: Place) -> None:
        """Show nothing of the old conversation any more; what was typed there is kept."""
        self._put_draft_aside()
        self._change_adapters(place)
        self._comparison.end()
        self._place = place
        self._loading = bool(place.conversation_id)
        self._title = self._overflow = ""
        self._tree = MessageTree()
        self._messages.clear()
        if self._loading:
            self._reader.read(place.conversation_id)
        else:
            self._reader.cancel()
        self._set_problem(None)
        self._show_put_aside()
        self._refresh()
        self._system_prompt.measure(place.conversation_id)

    def _loaded(self, snapshot: Snapshot) -> None:
        self._loading = False
        self._title = snapshot.title
        self._overflow = snapshot.overflow
        self.overflowChanged.emit()
        self._tree = snapshot.tree
        self._show_adapters(snapshot.adapters)
        self._show_rows()
        self._reveal_message()

    def _load_failed(self, error: ErrorInfo) -> None:
        self._loading = False
        self._set_problem(error)
        self._tell_conversation()

    def _show_leaf(self, leaf_id: str) -> None:
        self._tree.leaf_id = leaf_id
        self._show_rows()
        conversation_id = self._place.conversation_id
        store = self._context.services.conversations
        self._context.background.run(
            lambda: store.set_active_leaf(conversation_id, leaf_id).result(), failed=self._branch_failed
        )
        if self._reader.reading:
            self.reload()  # what is being read would show the old branch again

    def _branch_failed(self, error: FamulusError) -> None:
        self._set_problem(error.info)

    def _reveal_message(self) -> None:
        message_id, self._reveal = self._reveal, ""
        if not message_id or self._tree.get(message_id) is None:
            return
        if not self._tree.has_on_branch(message_id):
            self._show_leaf(self._tree.newest_leaf(message_id))
        self.messageRevealed.emit(self._messages.row_of(message_id))

    def _follow(self, turn: RunningTurn, event: TurnEvent) -> None:
        if not turn.place.is_same(self._place):
            return
        match event:
            case QuestionStored():
                self._put(turn, event.message)
                if turn.is_shown:
                    self.sent.emit()
            case AnswerBegun():
                self._put(turn, event.message)
            case ContextMadeRoom():
                self._show_room(turn, event)
            case AnswerGrew():
                self._messages.grow(event.message_id, event.text)
                self._refresh_context()
            case MessageFinished():
                self._end(turn, event.message)
            case TurnFailed():
                self._fail(turn, event)

    def _show_room(self, turn: RunningTurn, event: ContextMadeRoom) -> None:
        answer = self._tree.get(event.message_id)
        if answer is not None:
            self._put(turn, msgspec.structs.replace(answer, room=event.room))

    def _put(self, turn: RunningTurn, message: Message) -> None:
        self._reader.heed(message, is_shown=turn.is_shown)
        if not self._loading:
            put_newest(self._tree, message, is_shown=turn.is_shown)
            self._show_rows()

    def _end(self, turn: RunningTurn, message: Message) -> None:
        self._put(turn, message)
        self._messages.finish(message)
        self._system_prompt.measure(self._place.conversation_id)
        self.answerEnded.emit(_end_words(message))

    def _fail(self, turn: RunningTurn, event: TurnFailed) -> None:
        if event.message is not None:
            self._end(turn, event.message)
        elif turn.is_shown:
            self._set_problem(event.error)

    def _refused(self, turn: RunningTurn, error: ErrorInfo) -> None:
        if turn.is_shown and turn.place.is_same(self._place):
            self._set_problem(error)

    def _dropped(self, turn: RunningTurn) -> None:
        """A question that was stopped before it began goes back; one that was taken out of the queue does not."""
        if turn is self._stopping:
            self.withdrawn.emit(turn)

    def _last(self, role: Role) -> Message | None:
        return next((message for message in self._messages.newest_first() if message.role is role), None)


def _end_words(message: Message) -> str:
    """What a screen reader says."""
    if message.error is not None:
        return error_words(message.error).title
    if message.status is MessageStatus.INTERRUPTED:
        return QCoreApplication.translate("ConversationViewModel", "The answer was stopped.")
    return QCoreApplication.translate("ConversationViewModel", "The answer is complete.")
