"""What is written in the composer of a window or panel, and what becomes of it.

Process: app with a window. Thread: the GUI's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from PySide6.QtCore import Property, QCoreApplication, QObject, QUrl, Signal, Slot
from PySide6.QtGui import QGuiApplication

from assistant.core.adapter import AdapterUse
from assistant.core.draft import Draft
from assistant.core.errors import ErrorInfo
from assistant.core.media import Attachment
from assistant.gui.attachment_strip import AttachmentStrip
from assistant.gui.conversation_adapters import ConversationAdapters
from assistant.gui.drafts import Drafts, joined, merged
from assistant.gui.offered_pictures import ClipboardPicture, copied_files, local_files
from assistant.gui.render_style import RenderStyle
from assistant.gui.running_turn import Place, RunningTurn
from assistant.gui.window_context import WindowContext


class _LateQuestion(NamedTuple):
    """A question that was sent and left behind while its attachments were looked at."""

    place: Place
    draft: Draft
    adapters: tuple[AdapterUse, ...]


class ConversationComposer(ConversationAdapters):
    """The part of `ConversationViewModel` that is about the next question.

    Args:
        context: What the window works with.
        style: How answers are drawn.
        parent: Qt's owner.
    """

    draftChanged = Signal()

    draftsChanged = Signal()
    """What is written here, or a draft of a conversation out of sight."""

    sendsWhenDescribedChanged = Signal()

    def __init__(self, context: WindowContext, style: RenderStyle, parent: QObject | None = None) -> None:
        super().__init__(context, style, parent)
        self._draft = ""
        self._drafts = Drafts()
        self._sends_when_described = False
        self._late: list[_LateQuestion] = []
        self._strip = AttachmentStrip(context, self)
        self._strip.changed.connect(self.draftsChanged)
        self._strip.changed.connect(self._send_if_described)
        self._strip.failed.connect(self._refuse_attachment)
        self._strip.described_late.connect(self._take_late)

    @Property(QObject, constant=True)
    def attachments(self) -> AttachmentStrip:
        """What goes with the next question."""
        return self._strip

    @Property(bool, notify=sendsWhenDescribedChanged)
    def sendsWhenDescribed(self) -> bool:
        """Whether the question is sent as soon as its attachments are looked at."""
        return self._sends_when_described

    def _get_draft(self) -> str:
        return self._draft

    def _set_draft(self, text: str) -> None:
        if text != self._draft:
            self._draft = text
            self.draftChanged.emit()
            self.draftsChanged.emit()

    draft = Property(str, _get_draft, _set_draft, notify=draftChanged)

    @Slot(str)
    def send(self, text: str) -> None:
        """Ask a question with what is attached; it waits for attachments that are looked at, and for an answer."""
        text = text.strip()
        if not text and not self._strip.rows:
            return
        self.dismissProblem()
        if self._strip.is_looking(self._place):
            self._set_draft(text)
            self._set_sends_when_described(True)
            return
        if self._strip.rows and self._context.sight.is_blind:
            self._send_if_seen(text)
            return
        attachments = self._strip.take()
        self._set_draft("")
        self._context.starter.send(self._place, Draft(text=text, attachments=attachments), self._adapters)

    @Slot("QVariantList")
    def addFiles(self, urls: Sequence[QUrl]) -> None:
        """Attach files to the next question."""
        for file in local_files(urls):
            self._strip.add_file(file, self._place)

    @Slot(result=bool)
    def canPastePictures(self) -> bool:
        """Whether pictures were copied; anything else can be pasted as text."""
        clipboard = QGuiApplication.clipboard().mimeData()
        return bool(copied_files(clipboard)) or ClipboardPicture.is_in(clipboard)

    @Slot(result=bool)
    def pastePictures(self) -> bool:
        """Attach what was copied, where that is pictures.

        Returns:
            False where it is something else, which can be pasted as text.
        """
        if not self.canPastePictures():
            return False
        clipboard = QGuiApplication.clipboard().mimeData()
        files = copied_files(clipboard)
        if files:
            self.addFiles([QUrl.fromLocalFile(str(file)) for file in files])
        else:
            name = QCoreApplication.translate("ConversationComposer", "Pasted picture")
            self._strip.add_data(ClipboardPicture(clipboard).data, name, self._place)
        return True

    @Slot(str)
    def removeQueued(self, request_id: str) -> None:
        """Take a waiting question out of the queue."""
        turn = self._queued(request_id)
        if turn is not None:
            self._turns.stop(turn)

    @Slot(str, result=str)
    def editQueued(self, request_id: str) -> str:
        """Take a waiting question out of the queue and return its text; empty if it was not typed for this turn.

        What was attached to it is attached to the next question.
        """
        turn = self._queued(request_id)
        if turn is None:
            return ""
        self._turns.stop(turn)
        if not turn.is_typed:
            return ""
        self._strip.add(turn.attachments)
        return turn.text

    @Slot()
    def dismissProblem(self) -> None:
        """Stop showing the problem."""
        self._set_problem(None)

    def drafts(self) -> dict[str, Draft]:
        """Everything that was written and not sent, by conversation; an empty id is a new conversation."""
        late = [(each.place.conversation_id, each.draft) for each in self._late]
        return merged(self._drafts.as_dict().items(), late, [(self._place.conversation_id, self._shown_draft())])

    def add_draft(self, conversation_id: str, draft: Draft) -> None:
        """Put a draft below that of a conversation, whether that is shown or not."""
        if conversation_id == self._place.conversation_id:
            self._show_draft(joined(self._shown_draft(), draft))
        else:
            self._drafts.add(conversation_id, draft)
            self.draftsChanged.emit()

    def restore_drafts(self, drafts: Mapping[str, Draft]) -> None:
        """Put back what an earlier run kept, above what was written since."""
        for conversation_id, draft in drafts.items():
            if conversation_id == self._place.conversation_id:
                self._show_draft(joined(draft, self._shown_draft()))
            else:
                self._drafts.add(conversation_id, joined(draft, self._drafts.take(conversation_id)))

    def forget_draft(self, conversation_id: str) -> None:
        """Drop the draft of a conversation that is gone."""
        self._drafts.take(conversation_id)
        self._late = [each for each in self._late if each.place.conversation_id != conversation_id]
        self.draftsChanged.emit()

    def _queued(self, key: str) -> RunningTurn | None:
        return next((turn for turn in self._turns.waiting(self._place) if turn.key == key), None)

    def _shown_draft(self) -> Draft:
        return Draft(text=self._draft, attachments=self._strip.attachments)

    def _show_draft(self, draft: Draft) -> None:
        """Show this text, and these attachments besides those that are shown."""
        self._set_draft(draft.text)
        shown = self._strip.attachments
        self._strip.add([attachment for attachment in draft.attachments if attachment not in shown])

    def _take_late(self, place: Place, attachment: Attachment) -> None:
        """An attachment belongs where it was asked for, whichever conversation is shown by now."""
        late = self._take_late_question(place)
        if place.is_same(self._place):
            self._strip.add([attachment])
        elif late is None:
            self.add_draft(place.conversation_id, Draft(attachments=(attachment,)))
        else:
            draft = joined(late.draft, Draft(attachments=(attachment,)))
            if self._strip.is_looking(place):
                self._late.append(late._replace(draft=draft))
            else:
                self._context.starter.send(place, draft, late.adapters)
            self.draftsChanged.emit()

    def _take_late_question(self, place: Place) -> _LateQuestion | None:
        late = next((each for each in self._late if each.place.is_same(place)), None)
        if late is None:
            return None
        self._late.remove(late)
        return late

    def _put_draft_aside(self) -> None:
        """Keep what is written for when the conversation is shown again; what was sent is still sent."""
        if self._sends_when_described:
            self._late.append(_LateQuestion(self._place, self._shown_draft(), self._adapters))
            self._set_sends_when_described(False)
            self._show_adapters(())  # they go with that question, not with the next new conversation
        else:
            # A conversation that never began cannot be opened again: its draft is a new one's.
            self._drafts.add("" if self._is_empty() else self._place.conversation_id, self._shown_draft())
        self._strip.take()

    def _show_put_aside(self) -> None:
        """Show what was written here when the conversation was left."""
        self._show_draft(self._drafts.take(self._place.conversation_id))
        late = self._take_late_question(self._place)
        if late is not None:
            self._show_draft(joined(self._shown_draft(), late.draft))
            self._set_sends_when_described(True)

    def _send_if_seen(self, text: str) -> None:
        """The model was loaded without eyes, but a projector may lie beside it by now."""
        self._set_draft(text)
        place = self._place

        def go_on(_: None) -> None:
            if place.is_same(self._place) and not self._context.sight.is_blind:
                self.send(self._draft)

        self._context.picture_background.run(
            self._context.sight.require, go_on, lambda error: self._refuse_attachment(place, error.info)
        )

    def _send_if_described(self) -> None:
        if self._sends_when_described and not self._strip.is_looking(self._place):
            self._set_sends_when_described(False)
            self.send(self._draft)

    def _set_sends_when_described(self, sends: bool) -> None:
        if sends != self._sends_when_described:
            self._sends_when_described = sends
            self.sendsWhenDescribedChanged.emit()

    def _refuse_attachment(self, place: Place, error: ErrorInfo) -> None:
        """What is to be sent without it is the person's to decide."""
        late = self._take_late_question(place)
        if late is not None:
            self.add_draft(place.conversation_id, late.draft)
        if place.is_same(self._place):
            self._set_sends_when_described(False)
        self._set_problem(error)
