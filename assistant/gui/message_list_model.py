"""The messages of the open branch, for QML.

Process: app with a window. Thread: the GUI's.

Rows are plain data; the blocks of an answer are made when a delegate first asks for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QByteArray,
    QDateTime,
    QLocale,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Slot,
)

from assistant.core.adapter import adapter_words
from assistant.core.conversation import Message, MessageStatus, Role, Timings, Usage
from assistant.gui.error_offer import error_offer
from assistant.gui.error_text import error_words
from assistant.gui.lazy_blocks import answer_model_type
from assistant.gui.message_tree import MessageRow
from assistant.gui.picture_files import PictureFiles
from assistant.gui.question_edits import QuestionEdits
from assistant.gui.render_style import RenderStyle
from assistant.gui.room_text import room_words
from assistant.gui.row_list_model import FIRST_ROLE, ROOT

if TYPE_CHECKING:
    from assistant.gui.answer_model import AnswerModel

_ENDED_EARLY = (MessageStatus.INTERRUPTED, MessageStatus.FAILED)
_NO_USAGE = Usage()
_NO_TIMINGS = Timings()

_FIELDS: dict[str, Callable[[MessageRow], Any]] = {
    "messageId": lambda row: row.message.id,
    "who": lambda row: row.message.role.value,
    "status": lambda row: row.message.status.value,
    "errorTitle": lambda row: error_words(row.message.error).title if row.message.error else "",
    "errorRemedy": lambda row: error_words(row.message.error).remedy if row.message.error else "",
    "errorKind": lambda row: row.message.error.kind if row.message.error else "",
    "siblingIndex": lambda row: row.sibling_index,
    "siblingCount": lambda row: row.sibling_count,
    "modelName": lambda row: row.message.model,
    "adapters": lambda row: adapter_words(row.message.adapters),
    "tokensPerSecond": lambda row: (row.message.timings or _NO_TIMINGS).decode_tokens_per_s,
    "firstTokenSeconds": lambda row: (row.message.timings or _NO_TIMINGS).first_token_s,
    "promptTokens": lambda row: (row.message.usage or _NO_USAGE).prompt_tokens,
    "cachedTokens": lambda row: (row.message.usage or _NO_USAGE).cached_tokens,
    "restoredTokens": lambda row: (row.message.usage or _NO_USAGE).restored_tokens,
    "encodedMedia": lambda row: (row.message.usage or _NO_USAGE).encoded_media,
    "completionTokens": lambda row: (row.message.usage or _NO_USAGE).completion_tokens,
    "time": lambda row: _local_time(row.message.created_at),
    "pinned": lambda row: row.message.pinned,
    "roomText": lambda row: room_words(row.message.room),
    "roomSummary": lambda row: row.message.room.summary if row.message.room else "",
    "canLeaveOut": lambda row: error_offer(row.message.error).can_leave_out,
    "canSumUp": lambda row: error_offer(row.message.error).can_sum_up,
    "largerContext": lambda row: error_offer(row.message.error).larger_n_ctx,
    "lighterContext": lambda row: error_offer(row.message.error).lighter_n_ctx,
    "moreMemory": lambda row: error_offer(row.message.error).more_mib,
    "stopReason": lambda row: row.message.finish_reason.value if row.message.finish_reason else "",
}
"""Roles that the row alone answers."""

_ROLE_NAMES = dict(
    enumerate([*_FIELDS, "text", "pictures", "blocks", "canRetry", "canContinue", "editing"], start=FIRST_ROLE)
)


class MessageListModel(QAbstractListModel):
    """The messages of one branch.

    Args:
        style: How answers are drawn.
        live_text: The text so far of an answer that this process is generating; None for any other message.
        edits: Which questions are being edited.
        pictures: Where pictures of attachments are.
        parent: Qt's owner.
    """

    def __init__(
        self,
        style: RenderStyle,
        live_text: Callable[[str], str | None],
        edits: QuestionEdits,
        pictures: PictureFiles,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._live_text = live_text
        self._edits = edits
        self._pictures = pictures
        edits.toggled.connect(lambda message_id: self._tell_changed(self.row_of(message_id)))
        self._style = style
        self._rows: list[MessageRow] = []
        self._blocks: dict[str, AnswerModel] = {}
        self._streaming: set[str] = set()
        self._generating = False

    @Slot(result="QVariantList")
    def allPictures(self) -> list[dict[str, Any]]:
        """The pictures of all questions that are shown: `PictureFiles.rows` with `messageId` and `position` besides."""
        return [
            picture | {"messageId": row.message.id, "position": position}
            for row in self._rows
            for position, picture in enumerate(self._pictures.rows(row.message.attachments))
            if picture["isImage"]
        ]

    def newest_first(self) -> Iterator[Message]:
        """What is shown, from the end; answers under way as they were begun."""
        return (row.message for row in reversed(self._rows))

    def roleNames(self) -> dict[int, QByteArray]:
        """Roles by number, for QML."""
        return {role: QByteArray(name.encode()) for role, name in _ROLE_NAMES.items()}

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = ROOT) -> int:
        """Number of messages."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = FIRST_ROLE) -> Any:
        """One role of one message. `text` of a growing answer is told to have changed only at its end."""
        name = _ROLE_NAMES.get(role)
        if not index.isValid() or name is None:
            return None
        row = self._rows[index.row()]
        match name:
            case "text":
                return self._text(row.message)
            case "pictures":
                return self._pictures.rows(row.message.attachments)
            case "blocks":
                return self.blocks_of(row.message)
            case "canRetry":
                return self._can_retry(index.row())
            case "canContinue":
                return row.message.can_go_on and index.row() == len(self._rows) - 1 and not self._generating
            case "editing":
                return self._edits.holds(row.message.id)
        return _FIELDS[name](row)

    def show(self, rows: Sequence[MessageRow]) -> None:
        """Show this branch; the messages that it begins with as before stay as they are."""
        same = 0
        while same < min(len(rows), len(self._rows)) and rows[same].message.id == self._rows[same].message.id:
            self._replace(same, rows[same])
            same += 1
        if same < len(self._rows):
            self.beginRemoveRows(ROOT, same, len(self._rows) - 1)
            del self._rows[same:]
            self.endRemoveRows()
        if same < len(rows):
            self.beginInsertRows(ROOT, same, len(rows) - 1)
            self._rows.extend(rows[same:])
            self.endInsertRows()
        self._tell_last_changed(same)

    def clear(self) -> None:
        """Show nothing, and forget the blocks of all branches."""
        self.beginResetModel()
        self._rows = []
        self.endResetModel()
        for blocks in self._blocks.values():
            blocks.deleteLater()
        self._blocks.clear()
        self._streaming.clear()

    def grow(self, message_id: str, text: str) -> None:
        """Add text to an answer under way, shown or not."""
        if message_id in self._streaming:
            self._blocks[message_id].append(text)

    def finish(self, message: Message) -> None:
        """Say that an answer under way has ended, shown or not; call `show` with its end before."""
        if message.id in self._streaming:
            self._streaming.remove(message.id)
            self._blocks[message.id].finish((message.timings or _NO_TIMINGS).reasoning_s)

    def set_generating(self, generating: bool) -> None:
        """Whether an answer for this conversation is awaited: then its last question needs no retry."""
        if generating != self._generating:
            self._generating = generating
            self._tell_changed(len(self._rows) - 1)

    def set_style(self, style: RenderStyle) -> None:
        """Draw all answers anew."""
        self._style = style
        for blocks in self._blocks.values():
            blocks.restyle(style)

    def blocks_of(self, message: Message) -> AnswerModel | None:
        """The blocks of an answer, shown or not; None for a question. They go with `clear`."""
        if message.role is Role.USER:
            return None
        if message.id not in self._blocks:
            self._blocks[message.id] = self._new_blocks(message)
        return self._blocks[message.id]

    def row_of(self, message_id: str) -> int:
        """Row of the message; -1 if it is not shown."""
        return next((row for row, each in enumerate(self._rows) if each.message.id == message_id), -1)

    def _replace(self, position: int, row: MessageRow) -> None:
        before = self._rows[position]
        if row == before:
            return
        self._rows[position] = row
        message = row.message
        blocks = self._blocks.get(message.id)
        if blocks is not None and self._is_taken_up(before.message, message):
            self._streaming.add(message.id)
            blocks.resume(message.text)
        # What is written here is appended as it comes; what another process wrote comes as a whole.
        if blocks is not None and message.id not in self._streaming and message.text != before.message.text:
            blocks.set_text(message.text)
        self._tell_changed(position)

    def _is_taken_up(self, before: Message, message: Message) -> bool:
        """Whether this process goes on with an answer that had ended."""
        is_written_here = message.status is MessageStatus.GENERATING and self._live_text(message.id) is not None
        return is_written_here and before.status is not MessageStatus.GENERATING

    def _text(self, message: Message) -> str:
        live = self._live_text(message.id) if message.status is MessageStatus.GENERATING else None
        return message.text if live is None else live

    def _new_blocks(self, message: Message) -> AnswerModel:
        blocks = answer_model_type()(self._style, self)
        blocks.append(self._text(message))
        if message.status is not MessageStatus.GENERATING:
            blocks.finish((message.timings or _NO_TIMINGS).reasoning_s)
        elif self._live_text(message.id) is not None:
            self._streaming.add(message.id)
        return blocks

    def _can_retry(self, position: int) -> bool:
        message = self._rows[position].message
        if message.role is Role.ASSISTANT:
            return message.status in _ENDED_EARLY
        return position == len(self._rows) - 1 and not self._generating

    def _tell_changed(self, position: int) -> None:
        if 0 <= position < len(self._rows):
            index = self.index(position)
            self.dataChanged.emit(index, index)

    def _tell_last_changed(self, same: int) -> None:
        """Whether the message before the new ones can be retried has changed with its place."""
        if same < len(self._rows):
            self._tell_changed(same - 1)


def _local_time(seconds: float) -> str:
    return QLocale().toString(QDateTime.fromSecsSinceEpoch(int(seconds)), QLocale.FormatType.ShortFormat)
