"""The sidebar: conversations and search.

Process: app with a window. Thread: the GUI's; the database is read in the background.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Property, QObject, QTimer, QUrl, Signal, Slot

from assistant.core.conversation import Conversation, SearchHit
from assistant.core.errors import FamulusError
from assistant.core.events import (
    AnswerGrew,
    ConversationsChanged,
    Event,
    MessageFinished,
    PromptRead,
    TurnEvent,
    TurnFailed,
)
from assistant.gui.conversation_export import export_conversation
from assistant.gui.conversation_list_model import (
    ConversationListModel,
    ConversationRow,
    group_of,
    milliseconds_to_midnight,
)
from assistant.gui.conversation_list_reader import ConversationListReader
from assistant.gui.deletion import Deletion
from assistant.gui.running_turn import RunningTurn
from assistant.gui.search_list_model import SearchListModel, SearchRow, search_row
from assistant.gui.window_context import WindowContext

TYPING_PAUSE_MS = 150
N_HITS = 50


class SidebarViewModel(QObject):
    """Lists the conversations and finds words in them.

    Args:
        context: What the window works with.
        is_shown: Whether the person sees the conversation with this id now.
        parent: Qt's owner.
        now: The local time.
    """

    loadedChanged = Signal()
    searchTextChanged = Signal()
    searchDoneChanged = Signal()

    listed = Signal(object)
    """The list of `Conversation` as it was just read from the database."""

    removed = Signal(str)
    """A conversation was hidden, and can be brought back until `finish_removal`."""

    broughtBack = Signal()
    """It is listed again."""

    deleted = Signal(str)
    """A conversation is gone for good."""

    exported = Signal(str)
    """Path of the file that was written."""

    failed = Signal(object)
    """An `ErrorInfo` of something that the person asked for."""

    def __init__(
        self,
        context: WindowContext,
        is_shown: Callable[[str], bool],
        parent: QObject | None = None,
        *,
        now: Callable[[], datetime.datetime] = datetime.datetime.now,
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._store = context.services.conversations
        self._is_shown = is_shown
        self._now = now
        self._stored: list[Conversation] = []
        self._loaded = False
        self._active = ""
        self._unread: set[str] = set()
        self._generating: set[str] = set()
        self._search_text = ""
        self._search_done = False
        self._found: list[SearchRow] = []
        self._conversations = ConversationListModel(self)
        self._hits = SearchListModel(self)
        self._deletion = Deletion(context, self)
        self._deletion.changed.connect(self._show)
        self._deletion.changed.connect(self._filter_hits)
        self._deletion.committed.connect(self.deleted)
        self._deletion.failed.connect(self.failed)
        self._reader = ConversationListReader(context, self)
        self._reader.done.connect(self._take_list)
        self._reader.failed.connect(self._fail)
        self._typing = self._single_shot(self._search)
        self._typing.setInterval(TYPING_PAUSE_MS)
        self._midnight = self._single_shot(self._show)
        context.bridge.happened.connect(self._take)
        context.turns.asked.connect(lambda turn: self.rescue(turn.place.conversation_id))
        context.turns.happened.connect(self._follow)
        context.turns.changed.connect(self._follow_turns)

    @Property(QObject, constant=True)
    def conversations(self) -> ConversationListModel:
        """All conversations, newest first."""
        return self._conversations

    @Property(QObject, constant=True)
    def hits(self) -> SearchListModel:
        """What the search found."""
        return self._hits

    @Property(bool, notify=loadedChanged)
    def loaded(self) -> bool:
        """Whether the list was read at all."""
        return self._loaded

    @Property(bool, notify=searchTextChanged)
    def searching(self) -> bool:
        """Whether there is something to search for."""
        return bool(self._search_text.strip())

    @Property(bool, notify=searchDoneChanged)
    def searchDone(self) -> bool:
        """Whether `hits` belong to `searchText`."""
        return self._search_done

    def _get_search_text(self) -> str:
        return self._search_text

    def _set_search_text(self, text: str) -> None:
        if text == self._search_text:
            return
        self._search_text = text
        self._set_search_done(False)
        self.searchTextChanged.emit()
        if text.strip():
            self._typing.start()
        else:
            self._typing.stop()
            self._found = []
            self._filter_hits()

    searchText = Property(str, _get_search_text, _set_search_text, notify=searchTextChanged)

    @Slot(str, str)
    def rename(self, conversation_id: str, title: str) -> None:
        """Give a title by hand; a blank one changes nothing."""
        if title.strip():
            self._context.background.run(
                lambda: self._store.rename(conversation_id, title).result(), lambda _: self.load(), self._fail
            )

    @Slot(str)
    def remove(self, conversation_id: str) -> None:
        """Hide a conversation at once; it is deleted when the window offers no undo any more."""
        self._deletion.begin(conversation_id)
        self.removed.emit(conversation_id)

    @Slot(result=str)
    def undoRemove(self) -> str:
        """Bring the conversation back that was removed last; returns its id, empty if it is too late."""
        undone = self._deletion.undo()
        if undone:
            self.broughtBack.emit()
        return undone

    def finish_removal(self, conversation_id: str) -> None:
        """Delete a conversation that was removed, unless it was brought back or is deleted already."""
        if conversation_id == self._deletion.pending:
            self._deletion.commit()

    @Slot(str, QUrl, str)
    def exportConversation(self, conversation_id: str, file_url: QUrl, form: str) -> None:
        """Write a conversation to a file, as ``markdown`` or ``json``."""
        path = Path(file_url.toLocalFile())
        self._context.background.run(
            lambda: export_conversation(self._context.services, conversation_id, path, form),
            lambda _: self.exported.emit(str(path)),
            self._fail,
        )

    @property
    def is_empty(self) -> bool:
        """Whether the database holds no conversation; False while that is not known."""
        return self._loaded and not any(_has_begun(conversation) for conversation in self._stored)

    def rescue(self, conversation_id: str) -> None:
        """Keep a conversation that is about to be deleted: the person goes on with it."""
        if conversation_id and conversation_id == self._deletion.pending:
            self.undoRemove()

    def is_deleting(self, conversation_id: str) -> bool:
        """Whether the conversation was removed, be it undoable still or not."""
        return self._deletion.hides(conversation_id)

    def reachable(self, conversation_id: str) -> str:
        """The id; empty, for a new conversation, where the list that was read does not show one with this id."""
        begun = (conversation.id for conversation in self._stored if _has_begun(conversation))
        return conversation_id if not self._loaded or conversation_id in begun else ""

    def load(self) -> None:
        """Read the list again."""
        self._reader.read()

    def set_active(self, conversation_id: str) -> None:
        """Mark the open conversation; empty for none of them."""
        if conversation_id != self._active:
            self._active = conversation_id
            self._unread.discard(conversation_id)
            self._show()

    def close(self) -> None:
        """Delete what is hidden."""
        self._deletion.commit()

    def _take_list(self, conversations: list[Conversation]) -> None:
        self._stored = conversations
        if not self._loaded:
            self._loaded = True
            self.loadedChanged.emit()
        self._show()
        self.listed.emit(conversations)

    def _show(self) -> None:
        now = self._now()
        self._conversations.show(
            [
                ConversationRow(
                    conversation_id=conversation.id,
                    title=conversation.title,
                    group=group_of(conversation.updated_at, now.date()),
                    generating=conversation.id in self._generating,
                    active=conversation.id == self._active,
                    unread=conversation.id in self._unread,
                )
                for conversation in self._stored
                if _has_begun(conversation) and not self._deletion.hides(conversation.id)
            ]
        )
        self._midnight.start(milliseconds_to_midnight(now))

    def _take(self, event: Event) -> None:
        if isinstance(event, ConversationsChanged):
            self.load()

    def _follow_turns(self) -> None:
        generating = {turn.place.conversation_id for turn in self._context.turns.turns}
        if generating != self._generating:
            self._generating = generating
            self._show()

    def _follow(self, turn: RunningTurn, event: TurnEvent) -> None:
        if isinstance(event, MessageFinished | TurnFailed) and not self._is_shown(turn.place.conversation_id):
            self._unread.add(turn.place.conversation_id)
        if not isinstance(event, PromptRead | AnswerGrew):
            self.load()

    def _set_search_done(self, done: bool) -> None:
        if done != self._search_done:
            self._search_done = done
            self.searchDoneChanged.emit()

    def _search(self) -> None:
        query = self._search_text
        self._context.background.run(partial(self._find, query), partial(self._show_hits, query), self._fail)

    def _find(self, query: str) -> list[SearchHit]:
        # In the background: a search that newer typing has overtaken is not worth its time.
        return self._store.search(query, limit=N_HITS) if query == self._search_text else []

    def _show_hits(self, query: str, hits: list[SearchHit]) -> None:
        if query == self._search_text:
            self._found = [search_row(hit, query) for hit in hits]
            self._filter_hits()
            self._set_search_done(True)

    def _filter_hits(self) -> None:
        self._hits.show([row for row in self._found if not self._deletion.hides(row.conversation_id)])

    def _fail(self, error: FamulusError) -> None:
        self.failed.emit(error.info)

    def _single_shot(self, then: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.timeout.connect(then)
        return timer


def _has_begun(conversation: Conversation) -> bool:
    """Not so while its first question waits."""
    return conversation.active_leaf_id is not None
