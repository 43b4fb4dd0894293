"""A round of everything that a person does with the window; it leaves as much behind as it found."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtTest import QTest

from assistant.core.events import AnswerGrew, Event
from tests.gui.driven_window import DrivenWindow

RATE = 300
LONG = 700
SHORT = 60


class Session:
    """Drives one window.

    Args:
        window: The window; its engine is the scripted worker.
        folder: Where exports go.

    Attributes:
        n_tokens: Token events until now.
    """

    def __init__(self, window: DrivenWindow, folder: Path) -> None:
        self.n_tokens = 0
        self._window = window
        self._app = window.app
        self._conversation = window.app.conversation
        self._folder = folder
        self._round = 0
        self._previous = ""
        window.services.bus.subscribe(self._count)

    def run_round(self) -> None:
        """Everything once."""
        self._round += 1
        self._ask_and_stream()
        self._stop_and_retry()
        self._edit_and_switch_branches()
        self._queue()
        self._search()
        self._look_around()
        self._quick_chat()
        self._put_in_order()
        self._rest(200)

    def _count(self, event: Event) -> None:
        if isinstance(event, AnswerGrew):
            self.n_tokens += event.n_tokens

    def _ask(self, n_tokens: int) -> None:
        self._conversation.send(f"Round {self._round}: {n_tokens} tokens at {RATE}/s")

    def _answered(self, n_messages: int) -> None:
        rows = self._conversation.messages
        self._window.wait_until(lambda: rows.rowCount() >= n_messages and not self._conversation.generating)

    def _rest(self, milliseconds: int) -> None:
        until = time.monotonic() + milliseconds / 1000
        self._window.wait_until(lambda: time.monotonic() >= until)

    def _writing(self) -> None:
        self._window.wait_until(lambda: self._conversation.stage == "writing")

    def _ask_and_stream(self) -> None:
        """A long answer with code, tables and formulas, in a new conversation; by keys."""
        self._app.newChat()
        self._window.ask(f"Round {self._round}: {LONG} tokens at {RATE}/s")
        self._answered(2)

    def _stop_and_retry(self) -> None:
        self._ask(LONG)
        self._writing()
        self._rest(300)
        self._conversation.stop()
        self._answered(4)
        answer = next(iter(self._conversation.messages.newest_first()))
        assert answer.status == "interrupted", "the answer was to be stopped"
        self._conversation.retry(answer.id)
        self._writing()
        self._conversation.stop()
        self._answered(4)

    def _edit_and_switch_branches(self) -> None:
        question = self._conversation.lastQuestionId()
        self._conversation.edit(question, f"Another question: {SHORT} tokens at {RATE}/s")
        self._window.wait_until(lambda: self._conversation.lastQuestionId() != question)
        self._answered(4)
        for step in (-1, 1, -1, 1):
            self._conversation.showSibling(self._conversation.lastQuestionId(), step)
            self._rest(100)
        self._conversation.regenerate(next(iter(self._conversation.messages.newest_first())).id)
        self._writing()
        self._answered(4)

    def _queue(self) -> None:
        """Two questions wait behind a third; one is taken back, the other answered while the window shows no chat."""
        self._ask(2 * SHORT)
        self._ask(SHORT)
        self._ask(SHORT)
        queue = self._conversation.queue
        self._window.wait_until(lambda: queue.rowCount() == 2)
        self._conversation.removeQueued(queue.data(queue.index(1), _role(queue, "requestId")))
        self._app.newChat()
        self._rest(200)
        self._app.openConversation(self._newest())
        self._answered(8)

    def _search(self) -> None:
        sidebar = self._app.sidebar
        for words in ("archive", "catalogue number", "nothing like it"):
            sidebar.searchText = words
            self._window.wait_until(lambda: bool(sidebar.searchDone))
        sidebar.searchText = ""
        self._rest(200)

    def _look_around(self) -> None:
        """Settings, both themes, a longer conversation scrolled from end to end."""
        self._app.page = "settings"
        self._rest(200)
        for theme in ("dark", "light"):
            self._app.settings.setValue("appearance.theme", theme)
            self._rest(200)
        self._app.page = "chat"
        if self._previous:
            self._app.openConversation(self._previous)
            self._window.wait_until(lambda: not self._conversation.loading)
        messages = self._window.item("messageList")
        messages.forceActiveFocus()
        for key in ("Home", "PgDown", "End"):
            QTest.keySequence(self._window.window, key)
            self._rest(250)

    def _quick_chat(self) -> None:
        quick = self._app.quickChat
        quick.show()
        self._window.wait_until(lambda: bool(quick.visible))
        quick.conversation.send(f"Quick: {SHORT} tokens at {RATE}/s")
        self._window.wait_until(lambda: quick.conversation.generating)
        self._window.wait_until(lambda: not quick.conversation.generating)
        quick.hide()
        self._window.window.requestActivate()  # as a window manager would
        self._rest(100)

    def _put_in_order(self) -> None:
        """Rename and export this round's conversation, delete the one before with and without undo."""
        sidebar = self._app.sidebar
        newest = self._conversation_of_round()
        sidebar.rename(newest, f"Renamed in round {self._round}")
        sidebar.exportConversation(newest, QUrl.fromLocalFile(str(self._folder / "export.md")), "markdown")
        if self._previous:
            sidebar.remove(self._previous)
            self._rest(100)
            sidebar.undoRemove()
            self._rest(100)
            sidebar.remove(self._previous)
        self._previous = newest
        quick = self._app.quickChat.conversation
        if quick.conversationId and quick.messages.rowCount() >= 10:
            sidebar.remove(quick.conversationId)

    def _newest(self) -> str:
        return self._window.services.conversations.list(1)[0].id

    def _conversation_of_round(self) -> str:
        title = f"Round {self._round}:"
        every = self._window.services.conversations.list()
        return next(each.id for each in every if each.title.startswith(title))


def _role(model, name: str) -> int:
    return next(role for role, each in model.roleNames().items() if each == name.encode())
