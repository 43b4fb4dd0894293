"""What a window or panel shows of its conversation.

Process: app with a window. Thread: the GUI's.
"""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import Property, QObject, Signal

from assistant.core.errors import ErrorInfo
from assistant.core.events import MediaRead, PromptRead, SummaryProgressed
from assistant.gui.context_meter import ContextUse, SystemPromptMeter, context_use
from assistant.gui.error_text import error_words
from assistant.gui.message_list_model import MessageListModel
from assistant.gui.message_queue import MessageQueue
from assistant.gui.message_tree import MessageTree
from assistant.gui.picture_files import PictureFiles
from assistant.gui.question_edits import QuestionEdits
from assistant.gui.render_style import RenderStyle
from assistant.gui.running_turn import Place, RunningTurn, Stage
from assistant.gui.window_context import WindowContext


class _Activity(NamedTuple):
    """What the conversation is doing; the rest is the last progress of its summary, pictures and prompt."""

    generating: bool = False
    stage: Stage = Stage.IDLE
    progress: float = 0.0
    summed: SummaryProgressed | None = None
    looked: MediaRead | None = None
    read: PromptRead | None = None


class ConversationState(QObject):
    """The properties of `ConversationViewModel`, and how they follow the turns under way.

    Args:
        context: What the window works with.
        style: How answers are drawn.
        parent: Qt's owner.
    """

    conversationIdChanged = Signal()
    conversationChanged = Signal()
    stateChanged = Signal()
    contextChanged = Signal()
    problemChanged = Signal()
    overflowChanged = Signal()

    def __init__(self, context: WindowContext, style: RenderStyle, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._turns = context.turns
        self._place = Place()
        self._shown_id = ""
        self._shown: tuple[str, bool, bool] = ("", False, True)
        self._title = ""
        self._overflow = ""
        self._tree = MessageTree()
        self._loading = False
        self._problem: ErrorInfo | None = None
        self._use = ContextUse()
        self._n_ctx = 0
        self._activity = _Activity()
        self._edits = QuestionEdits(self)
        self._messages = MessageListModel(style, context.turns.live_text, self._edits, context.pictures, self)
        self._queue = MessageQueue(self)
        self._system_prompt = SystemPromptMeter(context, self)
        self._system_prompt.counted.connect(self.contextChanged)
        context.turns.changed.connect(self._refresh)

    @Property(str, notify=conversationIdChanged)
    def conversationId(self) -> str:
        """Empty for a new conversation."""
        return self._place.conversation_id

    @Property(str, notify=conversationChanged)
    def title(self) -> str:
        """Empty before the first question."""
        return self._title

    @Property(str, notify=overflowChanged)
    def overflow(self) -> str:
        """What happens when it no longer fits: an `OverflowPolicy`; empty for what the settings say."""
        return self._overflow

    @Property(bool, notify=conversationChanged)
    def loading(self) -> bool:
        """Whether its messages are being read."""
        return self._loading

    @Property(bool, notify=conversationChanged)
    def empty(self) -> bool:
        """Whether there is nothing to show, and nothing to wait for."""
        return self._is_empty()

    @Property(QObject, constant=True)
    def messages(self) -> MessageListModel:
        """The branch that is shown."""
        return self._messages

    @Property(QObject, constant=True)
    def edits(self) -> QuestionEdits:
        """The questions that are being edited."""
        return self._edits

    @Property(QObject, constant=True)
    def queue(self) -> MessageQueue:
        """Questions that wait."""
        return self._queue

    @Property(QObject, constant=True)
    def pictures(self) -> PictureFiles:
        """Where pictures of attachments are."""
        return self._context.pictures

    @Property(bool, notify=stateChanged)
    def generating(self) -> bool:
        """Whether a turn of this conversation runs or waits."""
        return self._activity.generating

    @Property(str, notify=stateChanged)
    def stage(self) -> str:
        """One of `Stage`."""
        return self._activity.stage.value

    @Property(float, notify=stateChanged)
    def progress(self) -> float:
        """Of loading and reading, from 0 to 1."""
        return self._activity.progress

    @Property(int, notify=stateChanged)
    def readDone(self) -> int:
        """Tokens of the prompt that the model has read."""
        return self._activity.read.n_done if self._activity.read is not None else 0

    @Property(int, notify=stateChanged)
    def readTotal(self) -> int:
        """Tokens of the prompt; 0 while that is not known."""
        return self._activity.read.n_total if self._activity.read is not None else 0

    @Property(int, notify=stateChanged)
    def summedDone(self) -> int:
        """Messages that the model has summed up, because they no longer fit."""
        return self._activity.summed.n_done if self._activity.summed is not None else 0

    @Property(int, notify=stateChanged)
    def summedTotal(self) -> int:
        """Messages that it is to sum up; 0 while that is not known."""
        return self._activity.summed.n_total if self._activity.summed is not None else 0

    @Property(int, notify=stateChanged)
    def lookedDone(self) -> int:
        """Pictures that the model has looked at for the answer under way."""
        return self._activity.looked.n_done if self._activity.looked is not None else 0

    @Property(int, notify=stateChanged)
    def lookedTotal(self) -> int:
        """Pictures that are new to it; 0 while that is not known."""
        return self._activity.looked.n_total if self._activity.looked is not None else 0

    @Property(int, notify=contextChanged)
    def contextUsed(self) -> int:
        """Tokens of the prompt and the answer; 0 while that is not known."""
        return self._use.used

    @Property(int, notify=contextChanged)
    def contextCached(self) -> int:
        """Tokens of the prompt that were not read again."""
        return self._use.cached

    @Property(int, notify=contextChanged)
    def contextSystem(self) -> int:
        """Tokens of the system prompt; 0 while that is not known."""
        return self._system_prompt.n_tokens

    @Property(int, notify=contextChanged)
    def contextSize(self) -> int:
        """Tokens that the model can see at once; 0 while that is not known."""
        return self._n_ctx

    @Property(str, notify=problemChanged)
    def problem(self) -> str:
        """An error without a message to sit on; empty for none."""
        return error_words(self._problem).title if self._problem is not None else ""

    @Property(str, notify=problemChanged)
    def problemKind(self) -> str:
        """Name of its error class."""
        return self._problem.kind if self._problem is not None else ""

    @Property(str, notify=problemChanged)
    def problemRemedy(self) -> str:
        """What can be done about it."""
        return error_words(self._problem).remedy if self._problem is not None else ""

    @property
    def place(self) -> Place:
        """The conversation; whoever shows it too can open it."""
        return self._place

    def _is_empty(self) -> bool:
        return not (self._loading or self._tree.leaf_id or self._turns.of(self._place))

    def _running(self) -> RunningTurn | None:
        """The turn of this conversation that runs."""
        first = next(iter(self._turns.turns), None)
        return first if first is not None and first.place.is_same(self._place) else None

    def _refresh(self) -> None:
        """Follow the turns under way."""
        self._tell_conversation()
        self._queue.show_turns(self._turns.waiting(self._place))
        self._messages.set_generating(bool(self._turns.of(self._place)))
        self._tell_activity()
        self._refresh_context()

    def _show_rows(self) -> None:
        self._messages.show(self._tree.rows())
        self._tell_conversation()
        self._refresh_context()

    def _tell_conversation(self) -> None:
        # A signal of its own: the window goes to the end of what is opened, and stays where it is for a new title.
        shown_id, shown = self._place.conversation_id, (self._title, self._loading, self._is_empty())
        id_changed, changed = shown_id != self._shown_id, shown != self._shown
        self._shown_id, self._shown = shown_id, shown
        if id_changed:
            self.conversationIdChanged.emit()
        if changed:
            self.conversationChanged.emit()

    def _tell_activity(self) -> None:
        running = self._running()
        activity = _Activity(
            generating=bool(self._turns.of(self._place)),
            stage=self._turns.stage(self._place),
            progress=self._turns.progress(self._place),
            summed=running.summed if running is not None else None,
            looked=running.looked if running is not None else None,
            read=running.progress if running is not None else None,
        )
        if activity != self._activity:
            self._activity = activity
            self.stateChanged.emit()

    def _refresh_context(self) -> None:
        use = context_use(self._messages.newest_first(), self._running())
        if (use, self._turns.n_ctx) != (self._use, self._n_ctx):
            self._use, self._n_ctx = use, self._turns.n_ctx
            self.contextChanged.emit()

    def _set_problem(self, problem: ErrorInfo | None) -> None:
        if problem != self._problem:
            self._problem = problem
            self.problemChanged.emit()
