"""The window as a whole: which page, which conversation, and what is said in passing.

Process: app with a window. Thread: the GUI's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Property, QCoreApplication, QObject, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication

from assistant import __version__
from assistant.core.conversation import Conversation
from assistant.core.errors import ErrorInfo
from assistant.core.events import ConversationsChanged, Event, QuestionStored, TurnEvent
from assistant.gui.adapter_view_model import AdapterViewModel
from assistant.gui.context_view_model import ContextViewModel
from assistant.gui.conversation_view_model import ConversationViewModel
from assistant.gui.draft_keeper import DraftKeeper
from assistant.gui.error_text import error_words
from assistant.gui.model_view_model import ModelViewModel
from assistant.gui.notice import Notice, NoticeAction
from assistant.gui.offered_pictures import local_files, looks_like_picture
from assistant.gui.quick_chat_view_model import QuickChatViewModel
from assistant.gui.running_turn import Place, RunningTurn
from assistant.gui.settings_view_model import Autostart, SettingsViewModel
from assistant.gui.sidebar_view_model import SidebarViewModel
from assistant.gui.unsent_questions import UnsentQuestions
from assistant.gui.window_context import build_context
from assistant.services.services import Services

CHAT = "chat"
SETTINGS = "settings"
_MODEL_SUFFIX = ".gguf"
_WEB_SCHEMES = ("http", "https")


class AppViewModel(QObject):
    """What QML gets as `app`: the window's view-models, and what belongs to none of them.

    Args:
        services: The services; whoever made them closes them, after `close`.
        autostart: `assistant.gui.autostart`; None where Famulus is not to offer it.
        parent: Qt's owner.
    """

    pageChanged = Signal()
    firstRunChanged = Signal()
    raiseRequested = Signal()
    quitRequested = Signal()
    composerFocusRequested = Signal()
    announced = Signal(str)

    pictureRequested = Signal(str, int)
    """A message of the conversation that is shown, and which of its pictures is to be shown large."""

    def __init__(self, services: Services, autostart: Autostart | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = build_context(services, self)
        self._page = CHAT
        self._first_run = self._has_asked = False
        self._is_tray_available: Callable[[], bool] = lambda: False
        self._picture_to_show: tuple[str, int] | None = None
        self._notice = Notice(self)
        self._settings = SettingsViewModel(self._context, autostart, self)
        self._style = self._settings.style
        self._sidebar = SidebarViewModel(self._context, self._is_shown, self)
        self._conversation = ConversationViewModel(self._context, self._style, self)
        self._quick_conversation = ConversationViewModel(self._context, self._style, self)
        self._model = ModelViewModel(self._context, self._settings, self)
        self._adapters = AdapterViewModel(self._context, self._settings, self._conversation, self)
        self._context_length = ContextViewModel(self._context, self._settings, self)
        self._quick_chat = QuickChatViewModel(self._quick_conversation, self._settings, self)
        self._drafts = DraftKeeper(self._context, self._conversation, self._sidebar, self)
        self._unsent = UnsentQuestions(
            self._context.turns, (self._conversation, self._quick_conversation), self._sidebar, self
        )
        self._connect()
        self._sidebar.load()
        self._drafts.load()  # after the list, which says where drafts belong

    def _connect(self) -> None:
        self._context.bridge.happened.connect(self._take)
        self._context.turns.happened.connect(self._follow)
        self._context.turns.changed.connect(self._refresh_first_run)
        self._settings.changed.connect(self._follow_style)
        self._sidebar.listed.connect(self._take_list)
        self._sidebar.removed.connect(self._offer_undo)
        self._sidebar.broughtBack.connect(self._end_undo)
        self._sidebar.exported.connect(self._tell_exported)
        self._sidebar.failed.connect(self._tell_error)
        self._unsent.kept.connect(self._tell_unsent)
        self._model.refused.connect(self._tell_error)
        self._context_length.check.changed.connect(self._follow_check)
        self._context_length.check.ended.connect(self._model.reload)
        self._conversation.conversationIdChanged.connect(self._follow_conversation)
        self._conversation.messageRevealed.connect(self._show_picture, Qt.ConnectionType.QueuedConnection)
        self._conversation.answerEnded.connect(self.announced)
        self._quick_conversation.answerEnded.connect(self._announce_quick)
        self._quick_chat.carriedOn.connect(self._carry_on)

    # Qt's decorator would hide the types of these from Python.
    sidebar: SidebarViewModel = Property(QObject, lambda self: self._sidebar, constant=True)  # type: ignore[assignment]
    conversation: ConversationViewModel = Property(  # type: ignore[assignment]
        QObject, lambda self: self._conversation, constant=True
    )
    model: ModelViewModel = Property(QObject, lambda self: self._model, constant=True)  # type: ignore[assignment]
    adapters: AdapterViewModel = Property(  # type: ignore[assignment]
        QObject, lambda self: self._adapters, constant=True
    )
    contextLength: ContextViewModel = Property(  # type: ignore[assignment]
        QObject, lambda self: self._context_length, constant=True
    )
    settings: SettingsViewModel = Property(  # type: ignore[assignment]
        QObject, lambda self: self._settings, constant=True
    )
    quickChat: QuickChatViewModel = Property(  # type: ignore[assignment]
        QObject, lambda self: self._quick_chat, constant=True
    )
    notice: Notice = Property(QObject, lambda self: self._notice, constant=True)  # type: ignore[assignment]

    @Property(str, constant=True)
    def version(self) -> str:
        """Of Famulus."""
        return __version__

    @Property(bool, notify=firstRunChanged)
    def firstRun(self) -> bool:
        """Whether there is no conversation yet and nothing was asked."""
        return self._first_run

    def _get_page(self) -> str:
        return self._page

    def _set_page(self, page: str) -> None:
        if page != self._page and page in (CHAT, SETTINGS):
            self._page = page
            self.pageChanged.emit()
            self._settings.reload()

    page = Property(str, _get_page, _set_page, notify=pageChanged)

    @Slot()
    def newChat(self) -> None:
        """Begin a new conversation."""
        self._open(Place())

    @Slot(str)
    def openConversation(self, conversation_id: str) -> None:
        """Show a conversation."""
        self._open(Place(conversation_id))

    @Slot(str, str)
    def openMessage(self, conversation_id: str, message_id: str) -> None:
        """Show a conversation at one of its messages, on whichever branch that is."""
        self._open(Place(conversation_id), message_id)

    @Slot(str)
    def copyText(self, text: str) -> None:
        """Put a text on the clipboard."""
        QGuiApplication.clipboard().setText(text)

    @Slot(str)
    def openLink(self, url: str) -> None:
        """Open a web address in the browser; anything else is ignored."""
        address = QUrl(url, QUrl.ParsingMode.StrictMode)
        if address.isValid() and address.scheme() in _WEB_SCHEMES and address.host():
            QDesktopServices.openUrl(address)

    @Slot()
    def openDataFolder(self) -> None:
        """Show the data folder in the system's file manager."""
        _open_folder(self._context.services.paths.home)

    @Slot(result=bool)
    def closeRequested(self) -> bool:
        """The person closes the window.

        Returns:
            True where Famulus goes on in the tray and the window is only to hide; else `quitRequested` is emitted.
        """
        if self._is_tray_available() and self._settings.settings.window.close_to_tray:
            return True
        self.quitRequested.emit()
        return False

    @Slot("QVariantList")
    def droppedFiles(self, urls: Sequence[QUrl]) -> None:
        """Take files that were dropped on the window: a model is chosen, pictures go with the next question."""
        files = local_files(urls)
        model = next((file for file in files if file.suffix.lower() == _MODEL_SUFFIX), None)
        if model is not None:
            self._model.choose(str(model))
        elif self._page == CHAT and files and (not self._model.blind or any(map(looks_like_picture, files))):
            self._conversation.addFiles(urls)
        else:
            self._notice.tell(
                QCoreApplication.translate("AppViewModel", "Only pictures and model files (GGUF) can be dropped here.")
                if self._page == CHAT and not self._model.blind
                else QCoreApplication.translate("AppViewModel", "Only model files (GGUF) can be dropped here.")
            )

    def watch_tray(self, is_available: Callable[[], bool]) -> None:
        """Ask this, whenever the window closes, for a tray to go on in: trays come and go."""
        self._is_tray_available = is_available

    def start(self) -> None:
        """Load the model, once the window is there."""
        self._model.start()
        self._adapters.refresh()

    def close(self) -> None:
        """Stop what runs and write what is still to be written; nothing happens afterwards."""
        self._drafts.close()
        self._context.turns.stop_all()
        self._sidebar.close()
        self._context_length.close()
        self._context.close()

    def _open(self, place: Place, message_id: str = "", picture: int = -1) -> None:
        self._picture_to_show = (message_id, picture) if picture >= 0 else None
        self._set_page(CHAT)
        self._sidebar.rescue(place.conversation_id)
        self._conversation.open(place, message_id)
        self.composerFocusRequested.emit()

    def _carry_on(self, place: Place, message_id: str, position: int) -> None:
        self._open(place, message_id, position)
        self.raiseRequested.emit()

    @Slot()
    def _show_picture(self) -> None:
        """The message is in view."""
        picture, self._picture_to_show = self._picture_to_show, None
        if picture is not None:
            self.pictureRequested.emit(*picture)

    def _is_shown(self, conversation_id: str) -> bool:
        in_window = self._page == CHAT and self._conversation.place.conversation_id == conversation_id
        return in_window or self._quick_chat.shows(conversation_id)

    def _take(self, event: Event) -> None:
        if isinstance(event, ConversationsChanged):
            self._conversation.reload()
            self._quick_conversation.reload()

    def _follow(self, _turn: RunningTurn, event: TurnEvent) -> None:
        if isinstance(event, QuestionStored):
            self._has_asked = True

    def _take_list(self, conversations: list[Conversation]) -> None:
        self._conversation.take_titles(conversations)
        self._quick_conversation.take_titles(conversations)
        self._refresh_first_run()

    def _refresh_first_run(self) -> None:
        first_run = self._sidebar.is_empty and not self._has_asked and not self._context.turns.turns
        if first_run != self._first_run:
            self._first_run = first_run
            self.firstRunChanged.emit()

    def _follow_conversation(self) -> None:
        self._sidebar.set_active(self._conversation.place.conversation_id)

    def _follow_check(self) -> None:
        if self._context_length.check.running:
            self._model.lend()

    def _follow_style(self) -> None:
        style = self._settings.style
        if style != self._style:
            self._style = style
            self._conversation.set_style(style)
            self._quick_conversation.set_style(style)

    def _offer_undo(self, conversation_id: str) -> None:
        is_open = self._conversation.place.conversation_id == conversation_id
        if is_open:
            self.newChat()
        if self._quick_conversation.place.conversation_id == conversation_id:
            self._quick_conversation.open(Place())
        self._notice.tell(
            QCoreApplication.translate("AppViewModel", "Conversation deleted."),
            NoticeAction.UNDO_DELETE,
            act=partial(self._undo_removal, reopen=is_open),
            lapse=partial(self._sidebar.finish_removal, conversation_id),
        )

    def _undo_removal(self, reopen: bool) -> None:
        undone = self._sidebar.undoRemove()
        if undone and reopen:
            self.openConversation(undone)

    def _end_undo(self) -> None:
        if self._notice.offers(NoticeAction.UNDO_DELETE):
            self._notice.dismiss()

    def _tell_exported(self, path: str) -> None:
        file = Path(path)
        saved = QCoreApplication.translate("AppViewModel", "Saved as {name}.")
        self._notice.tell(
            saved.format(name=file.name), NoticeAction.OPEN_FOLDER, act=partial(_open_folder, file.parent)
        )

    def _tell_unsent(self, error: ErrorInfo) -> None:
        kept = QCoreApplication.translate("AppViewModel", "A question was not sent and is a draft again. {reason}")
        self._notice.tell(kept.format(reason=error_words(error).text))

    def _tell_error(self, error: ErrorInfo) -> None:
        words = error_words(error)
        self._notice.tell(words.text)

    def _announce_quick(self, words: str) -> None:
        """Where the person is: a screen reader does not read what a hidden window says."""
        (self._quick_chat.announced if self._quick_chat.visible else self.announced).emit(words)


def _open_folder(folder: Path) -> None:
    """Show a folder in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
