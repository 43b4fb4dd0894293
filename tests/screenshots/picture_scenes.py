"""Pictures in the composer, in questions and in the viewer."""

from __future__ import annotations

import threading
from pathlib import Path
from unittest import mock

from PySide6.QtCore import QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter, QPolygonF

from assistant.core.media import Attachment
from assistant.services.attachments import AttachmentService
from tests.fakes.fake_engine import Stall
from tests.screenshots.studio import Studio

_SKIES = (("#F2B880", "#7A5C8E", "#3B4A6B"), ("#BFE0F2", "#6FA8CF", "#5D7F58"), ("#F6E3C3", "#E38B75", "#8A4F4D"))
_SIZES = ((1200, 800), (800, 1100), (1800, 600))


def pictures(studio: Studio) -> None:
    """A model that sees."""
    studio.open(sees=True)
    conversation, window = studio.window.app.conversation, studio.window
    question, answer, names = studio.texts.pictures
    window.wait_until(lambda: window.app.model.sees)
    studio.shot("model-sees")
    files = _draw(studio.folder, names)
    conversation.addFiles(files[:2])
    window.wait_until(lambda: not conversation.attachments.is_looking(conversation.place))
    with _SlowLook() as gate:
        conversation.addFiles(files[2:])
        conversation.draft = question
        studio.shot("attachments")
        conversation.attachments.remove("a3")
        gate.set()
    stall = Stall()
    studio.engine.will_answer(stall, *answer)
    studio.send(question)
    window.wait_until(stall.reached.is_set)
    studio.tell_looked(0, 2)
    studio.shot("looking")
    conversation.addFiles(files[2:])
    window.wait_until(lambda: not conversation.attachments.is_looking(conversation.place))
    conversation.send(studio.texts.waiting[0])
    window.wait_until(lambda: conversation.queue.rowCount() == 1)
    studio.shot("queue-pictures")
    conversation.removeQueued(conversation.queue.rows[0].request_id)
    stall.go_on()
    studio.wait_for_turn()
    studio.point_away()
    studio.shot("question-pictures")
    window.item("questionPicture").forceActiveFocus(Qt.FocusReason.TabFocusReason)
    studio.shot("picture-focus")
    studio.press(Qt.Key.Key_Return)
    studio.settle(400)
    studio.shot("image-viewer")
    studio.press(Qt.Key.Key_Right)
    studio.settle(400)
    studio.shot("image-viewer-second")
    studio.escape()
    window.item("composerInput").forceActiveFocus()
    studio.press(Qt.Key.Key_Up)
    studio.shot("edit-pictures")
    studio.escape()
    studio.open_conversation(1)
    studio.point(window.item("runDetails"), tooltip=True)
    studio.shot("run-details")
    studio.point_away()


def blind(studio: Studio) -> None:
    """A model that cannot see."""
    studio.open()
    window, conversation = studio.window, studio.window.app.conversation
    window.wait_until(lambda: window.app.model.blind)
    studio.open_conversation(0)
    files = _draw(studio.folder, studio.texts.pictures[2])
    conversation.addFiles(files[:1])
    window.wait_until(lambda: bool(conversation.problem))
    studio.shot("cannot-see-dropped")
    conversation.dismissProblem()
    conversation.attachments.add([_taken_in(window.services.attachments, files[0])])
    conversation.draft = studio.texts.pictures[0]
    studio.settle(400)
    studio.shot("cannot-see-attached")


def lost_pictures(studio: Studio) -> None:
    """A projector that does not fit, and pictures whose files somebody deleted."""
    studio.engine.media_note = "This projector was made for another model."
    studio.open(sees=True)
    window, conversation = studio.window, studio.window.app.conversation
    window.wait_until(lambda: bool(window.app.model.note))
    window.app.page = "settings"
    studio.settle()
    studio.child("settingsPage").setProperty("section", "model")
    studio.shot("settings-projector")
    studio.close()
    studio.open(sees=True)
    window, conversation = studio.window, studio.window.app.conversation
    question, answer, names = studio.texts.pictures
    window.wait_until(lambda: window.app.model.sees)
    conversation.addFiles(_draw(studio.folder, names)[:2])
    window.wait_until(lambda: not conversation.attachments.is_looking(conversation.place))
    studio.engine.will_answer(*answer)
    studio.send(question)
    studio.wait_for_turn()
    for folder in ("attachments", "thumbnails"):
        for path in studio.folder.glob(f"*/{folder}/*"):
            path.unlink()
    asked = conversation.conversationId
    studio.open_conversation(1)
    window.app.openConversation(asked)
    window.wait_until(lambda: not conversation.loading and not conversation.empty)
    studio.settle(800)
    studio.shot("lost-pictures")
    window.item("questionPicture").forceActiveFocus(Qt.FocusReason.TabFocusReason)
    studio.press(Qt.Key.Key_Return)
    studio.settle(800)
    studio.shot("image-viewer-lost")


def _taken_in(attachments: AttachmentService, file: QUrl) -> Attachment:
    return attachments.add(Path(file.toLocalFile()))


class _SlowLook:
    """Nothing is taken in before the gate opens."""

    def __init__(self) -> None:
        self._gate = threading.Event()
        take_in = AttachmentService.add

        def add(service: AttachmentService, path: Path) -> Attachment:
            self._gate.wait(60)
            return take_in(service, path)

        self._patch = mock.patch.object(AttachmentService, "add", add)

    def __enter__(self) -> threading.Event:
        self._patch.start()
        return self._gate

    def __exit__(self, *_: object) -> None:
        self._gate.set()
        self._patch.stop()


def _draw(folder: Path, names: tuple[str, ...]) -> list[QUrl]:
    """Landscapes, each a hill under a sky; PNG whatever they are called, which is what the fake decoder takes."""
    files = []
    for name, (high, low, ground), (width, height) in zip(names, _SKIES, _SIZES, strict=True):
        picture = QImage(width, height, QImage.Format.Format_RGB32)
        painter = QPainter(picture)
        sky = QLinearGradient(0, 0, 0, height)
        sky.setColorAt(0, QColor(high))
        sky.setColorAt(1, QColor(low))
        painter.fillRect(picture.rect(), sky)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor("#FFF3D6"))
        painter.drawEllipse(QPointF(0.7 * width, 0.3 * height), 0.08 * height, 0.08 * height)
        painter.setBrush(QColor(ground))
        hill = [(0, 1), (0, 0.75), (0.25, 0.55), (0.45, 0.7), (0.7, 0.45), (1, 0.7), (1, 1)]
        painter.drawPolygon(QPolygonF([QPointF(x * width, y * height) for x, y in hill]))
        painter.end()
        picture.save(str(folder / name), "PNG")
        files.append(QUrl.fromLocalFile(str(folder / name)))
    return files
