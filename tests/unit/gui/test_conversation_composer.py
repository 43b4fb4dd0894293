"""Pictures that go with a question: attached, looked at, sent, kept and given back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QMimeData, QUrl
from PySide6.QtGui import QGuiApplication, QImage

from assistant.core.conversation import Role
from assistant.core.draft import Draft
from assistant.core.errors import DatabaseFailed
from assistant.core.events import ModelReady
from assistant.core.media import MediaKind
from assistant.gui import offered_pictures
from assistant.gui.app_view_model import AppViewModel
from assistant.gui.conversation_view_model import ConversationViewModel
from assistant.gui.offered_pictures import ClipboardPicture
from assistant.protocol.image_messages import ImageDescribed
from assistant.services.services import Services
from assistant.storage.conversations import ConversationStore
from tests.fakes.fake_engine import FakeEngine, Stall
from tests.fakes.fake_images import FakeImages, png
from tests.unit.gui.rows import ids, rows

Wait = Callable[[Callable[[], object]], None]
Attach = Callable[..., None]


class GatedImages(FakeImages):
    """Looks at pictures while its gate is open."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()

    def describe(self, path: Path, thumbnail_path: Path, thumbnail_side: int) -> ImageDescribed:
        assert self.gate.wait(60)
        return super().describe(path, thumbnail_path, thumbnail_side)


@pytest.fixture
def images() -> GatedImages:
    return GatedImages()


@pytest.fixture
def attach(projector: Path, conversation: ConversationViewModel, images: GatedImages, tmp_path: Path) -> Attach:
    """Attaches pictures of these names, all different."""

    def attach_files(*names: str) -> None:
        files = [png(tmp_path / name, kind=sum(name.encode()) % 256) for name in names]
        conversation.addFiles([QUrl.fromLocalFile(str(file)) for file in files])

    return attach_files


@pytest.fixture
def described(conversation: ConversationViewModel, wait: Wait) -> Callable[[], list[str]]:
    """Waits until everything that is attached is looked at; gives the names."""

    def names() -> list[str]:
        wait(lambda: not conversation.attachments.is_looking(conversation.place))
        return [each.name for each in conversation.attachments.attachments]

    return names


def sent_names(services: Services, conversation: ConversationViewModel) -> list[list[str]]:
    """Names of what went with each question of the branch that is shown."""
    branch = services.conversations.branch(conversation.conversationId)
    return [[each.name for each in message.attachments] for message in branch if message.role is Role.USER]


@pytest.mark.usefixtures("projector")
def test_a_picture_goes_with_the_question(
    conversation: ConversationViewModel,
    attach: Attach,
    described: Callable[[], list[str]],
    ask: Callable[[str], None],
    services: Services,
    engine: FakeEngine,
) -> None:
    attach("cat.png", "dog.png")
    assert rows(conversation.attachments, "name", "sha256") == [("cat.png", ""), ("dog.png", "")]
    assert described() == ["cat.png", "dog.png"]
    ask("Who is that?")
    assert sent_names(services, conversation) == [["cat.png", "dog.png"]]
    assert len(engine.prompts[-1][-1].media) == 2
    assert conversation.attachments.count == 0
    assert [[each["name"] for each in row] for row in rows(conversation.messages, "pictures")] == [
        ["cat.png", "dog.png"],
        [],
    ]
    question = ids(conversation)[0]
    assert [(each["messageId"], each["position"]) for each in conversation.messages.allPictures()] == [
        (question, 0),
        (question, 1),
    ]


@pytest.mark.usefixtures("projector")
def test_a_picture_needs_no_words(
    conversation: ConversationViewModel,
    attach: Attach,
    described: Callable[[], list[str]],
    ask: Callable[[str], None],
    services: Services,
) -> None:
    ask("")
    assert conversation.empty
    attach("cat.png")
    described()
    ask("")
    assert sent_names(services, conversation) == [["cat.png"]]


@pytest.mark.usefixtures("projector")
def test_sending_waits_until_a_picture_is_looked_at(
    app: AppViewModel,
    conversation: ConversationViewModel,
    attach: Attach,
    images: GatedImages,
    services: Services,
    wait: Wait,
) -> None:
    images.gate.clear()
    attach("cat.png")
    conversation.send("Who is that? ")
    assert (conversation.draft, conversation.generating) == ("Who is that?", False)
    assert conversation.sendsWhenDescribed
    images.gate.set()
    wait(lambda: conversation.messages.rowCount() == 2 and not conversation.generating)
    assert sent_names(services, conversation) == [["cat.png"]]
    assert (conversation.draft, conversation.attachments.count) == ("", 0)
    assert not conversation.sendsWhenDescribed


@pytest.mark.usefixtures("projector")
@pytest.mark.parametrize("begun", [True, False])
def test_a_question_that_is_left_while_its_pictures_are_looked_at_is_sent(
    app: AppViewModel,
    conversation: ConversationViewModel,
    attach: Attach,
    described: Callable[[], list[str]],
    images: GatedImages,
    ask: Callable[[str], None],
    services: Services,
    begun: bool,
    wait: Wait,
) -> None:
    if begun:
        ask("Hi")
    attach("cat.png")
    described()
    images.gate.clear()
    attach("dog.png", "cow.png")
    conversation.send("Who?")
    place = conversation.place
    app.newChat()
    assert (conversation.draft, conversation.sendsWhenDescribed, conversation.attachments.count) == ("", False, 0)
    assert conversation.drafts()[place.conversation_id].text == "Who?"
    conversation.draft = "Something else"
    images.gate.set()
    wait(lambda: conversation.drafts() == {"": Draft(text="Something else")})
    wait(lambda: not app._context.turns.turns)
    assert conversation.empty
    *_, question, _answer = services.conversations.branch(place.conversation_id)
    assert question.text == "Who?"
    assert [each.name for each in question.attachments] == ["cat.png", "dog.png", "cow.png"]


@pytest.mark.usefixtures("projector")
def test_coming_back_before_the_pictures_are_looked_at_still_sends(
    app: AppViewModel,
    conversation: ConversationViewModel,
    attach: Attach,
    images: GatedImages,
    ask: Callable[[str], None],
    services: Services,
    wait: Wait,
) -> None:
    ask("Hi")
    place = conversation.place
    wait(lambda: app.sidebar.reachable(place.conversation_id))
    images.gate.clear()
    attach("cat.png")
    conversation.send("Who?")
    app.newChat()
    app.openConversation(place.conversation_id)
    assert (conversation.draft, conversation.sendsWhenDescribed) == ("Who?", True)
    images.gate.set()
    wait(lambda: conversation.messages.rowCount() == 4 and not conversation.generating)
    assert sent_names(services, conversation) == [[], ["cat.png"]]
    assert conversation.drafts() == {}


@pytest.mark.usefixtures("projector")
def test_a_left_question_whose_file_is_no_picture_is_a_draft_again(
    app: AppViewModel,
    conversation: ConversationViewModel,
    images: GatedImages,
    ask: Callable[[str], None],
    tmp_path: Path,
    wait: Wait,
) -> None:
    ask("Hi")
    first = conversation.conversationId
    (tmp_path / "notes.txt").write_text("no picture")
    images.gate.clear()
    conversation.addFiles([QUrl.fromLocalFile(str(tmp_path / "notes.txt"))])
    conversation.send("Who?")
    app.newChat()
    images.gate.set()
    wait(lambda: conversation.problem)
    assert not app._context.turns.turns
    assert conversation.drafts() == {first: Draft(text="Who?")}


@pytest.mark.usefixtures("projector")
def test_a_left_question_of_a_deleted_conversation_is_not_sent(
    app: AppViewModel,
    conversation: ConversationViewModel,
    attach: Attach,
    images: GatedImages,
    ask: Callable[[str], None],
    wait: Wait,
) -> None:
    ask("Hi")
    place = conversation.place
    images.gate.clear()
    attach("cat.png")
    conversation.send("Who?")
    app.newChat()
    conversation.forget_draft(place.conversation_id)
    assert conversation.drafts() == {}
    images.gate.set()
    wait(lambda: not conversation.attachments.is_looking(place))
    assert not app._context.turns.turns


@pytest.mark.usefixtures("projector")
def test_a_file_that_is_no_picture_stops_the_sending_and_is_named(
    conversation: ConversationViewModel, attach: Attach, images: GatedImages, tmp_path: Path, wait: Wait
) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no picture")
    images.gate.clear()
    conversation.addFiles([QUrl.fromLocalFile(str(text))])
    conversation.send("Who is that?")
    images.gate.set()
    wait(lambda: conversation.problem)
    assert (conversation.problem, conversation.problemKind) == ("That is no picture.", "AttachmentUnsupported")
    assert (conversation.attachments.count, conversation.draft) == (0, "Who is that?")
    assert not conversation.generating
    attach("cat.png")
    wait(lambda: not conversation.attachments.is_looking(conversation.place))
    assert not conversation.generating  # the sending was given up, not put off


@pytest.mark.usefixtures("projector")
def test_taking_the_last_unknown_picture_away_sends_the_words(
    conversation: ConversationViewModel, attach: Attach, images: GatedImages, services: Services, wait: Wait
) -> None:
    images.gate.clear()
    attach("cat.png")
    conversation.send("Hello")
    conversation.attachments.remove(rows(conversation.attachments, "key")[0])
    wait(lambda: conversation.conversationId and not conversation.generating)
    images.gate.set()
    assert sent_names(services, conversation) == [[]]


@pytest.mark.usefixtures("projector")
def test_a_picture_that_was_taken_away_does_not_come_back(
    conversation: ConversationViewModel, attach: Attach, images: GatedImages, described: Callable[[], list[str]]
) -> None:
    images.gate.clear()
    attach("cat.png", "dog.png")
    conversation.attachments.remove(rows(conversation.attachments, "key")[0])
    images.gate.set()
    assert described() == ["dog.png"]


@pytest.mark.usefixtures("projector")
def test_a_picture_that_is_looked_at_late_stays_where_it_was_dropped(
    app: AppViewModel,
    conversation: ConversationViewModel,
    attach: Attach,
    images: GatedImages,
    ask: Callable[[str], None],
    wait: Wait,
) -> None:
    ask("Hi")
    first = conversation.conversationId
    wait(lambda: app.sidebar.reachable(first))
    images.gate.clear()
    attach("cat.png")
    app.newChat()
    images.gate.set()
    wait(lambda: conversation.drafts())
    assert conversation.attachments.count == 0
    app.openConversation(first)
    assert [each.name for each in conversation.attachments.attachments] == ["cat.png"]


@pytest.mark.usefixtures("projector")
def test_drafts_keep_pictures_over_a_restart(
    app: AppViewModel,
    conversation: ConversationViewModel,
    attach: Attach,
    described: Callable[[], list[str]],
    services: Services,
    wait: Wait,
) -> None:
    attach("cat.png")
    described()
    conversation.draft = "Who"
    kept = conversation.attachments.attachments
    app.close()
    assert services.drafts.load() == {"": Draft(text="Who", attachments=kept)}
    again = AppViewModel(services)
    wait(lambda: again.conversation.draft)
    assert again.conversation.attachments.attachments == kept
    again.close()


@pytest.mark.usefixtures("projector")
def test_a_waiting_question_says_that_it_has_pictures_and_gives_them_back(
    conversation: ConversationViewModel,
    attach: Attach,
    described: Callable[[], list[str]],
    engine: FakeEngine,
    wait: Wait,
) -> None:
    stall = Stall()
    engine.will_answer(stall, "one")
    conversation.send("A")
    wait(stall.reached.is_set)
    attach("cat.png")
    described()
    conversation.send("B")
    wait(lambda: conversation.queue.rowCount() == 1)
    assert rows(conversation.queue, "text", "nPictures") == [("B", 1)]
    wait(lambda: all(turn.request_id for turn in conversation._turns.turns))
    assert conversation.editQueued(rows(conversation.queue, "requestId")[0]) == "B"
    assert described() == ["cat.png"]
    stall.go_on()
    wait(lambda: not conversation.generating)


@pytest.mark.usefixtures("projector")
def test_an_edit_keeps_the_pictures_that_are_not_taken_out(
    conversation: ConversationViewModel,
    attach: Attach,
    described: Callable[[], list[str]],
    ask: Callable[[str], None],
    services: Services,
    wait: Wait,
) -> None:
    attach("cat.png", "dog.png")
    described()
    ask("Who is that?")
    question = ids(conversation)[0]
    conversation.edits.begin(question, "Who is that?")
    conversation.edits.drop(question, 0)
    conversation.edits.keep(question, "Who?", 2)
    assert conversation.edits.dropped(question) == [0]
    conversation.edit(question, "Who?")
    wait(lambda: ids(conversation)[0] != question and not conversation.generating)
    assert sent_names(services, conversation) == [["dog.png"]]
    conversation.showSibling(ids(conversation)[0], -1)
    assert [each["name"] for each in rows(conversation.messages, "pictures")[0]] == ["cat.png", "dog.png"]


@pytest.mark.usefixtures("projector")
def test_pictures_of_a_question_that_cannot_be_stored_come_back(
    conversation: ConversationViewModel,
    attach: Attach,
    described: Callable[[], list[str]],
    monkeypatch: pytest.MonkeyPatch,
    wait: Wait,
) -> None:
    def refuse(*_: object) -> None:
        raise DatabaseFailed("The disk is full.")

    attach("cat.png")
    described()
    monkeypatch.setattr(ConversationStore, "add_question", refuse)
    conversation.send("Who is that?")
    wait(lambda: conversation.problem and not conversation.generating)
    assert (conversation.draft, described()) == ("Who is that?", ["cat.png"])


def test_a_model_that_cannot_see_says_so(
    conversation: ConversationViewModel, app: AppViewModel, tmp_path: Path, wait: Wait
) -> None:
    assert (app.model.sees, app.model.blind) == (False, True)
    conversation.addFiles([QUrl.fromLocalFile(str(png(tmp_path / "cat.png")))])
    wait(lambda: conversation.problem)
    assert conversation.problem == "This model cannot see pictures."
    assert conversation.problemKind == "MediaNotSupported"
    assert conversation.attachments.count == 0


def test_a_model_that_only_hears_takes_no_pictures(
    conversation: ConversationViewModel, services: Services, tmp_path: Path, wait: Wait
) -> None:
    services.bus.publish(ModelReady(model="ear", n_ctx=77, load_s=0.1, media=frozenset({MediaKind.SOUND})))
    wait(lambda: conversation.contextSize == 77)
    conversation.addFiles([QUrl.fromLocalFile(str(png(tmp_path / "cat.png")))])
    wait(lambda: conversation.problem)
    assert (conversation.problemKind, conversation.attachments.count) == ("MediaNotSupported", 0)


def copy(mime: QMimeData) -> None:
    QGuiApplication.clipboard().setMimeData(mime)


@pytest.mark.usefixtures("projector")
def test_a_copied_picture_is_attached_as_the_file_that_was_copied(
    conversation: ConversationViewModel, described: Callable[[], list[str]], services: Services, tmp_path: Path
) -> None:
    mime = QMimeData()
    mime.setData("image/png", png(tmp_path / "cat.png").read_bytes())
    copy(mime)
    assert conversation.pastePictures()
    assert described() == ["Pasted picture"]
    stored = services.attachments.original(conversation.attachments.attachments[0])
    assert stored.read_bytes() == (tmp_path / "cat.png").read_bytes()


@pytest.mark.usefixtures("projector")
def test_plain_pixels_of_the_system_are_attached_as_png(
    conversation: ConversationViewModel, described: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offered_pictures, "_SYSTEM_HAS_PIXELS", True)
    mime = QMimeData()
    mime.setImageData(QImage(7, 5, QImage.Format.Format_RGB32))
    copy(mime)
    assert conversation.pastePictures()
    assert described() == ["Pasted picture"]
    picture = conversation.attachments.attachments[0]
    assert (picture.width, picture.height) == (7, 5)


class CopiedPicture(QMimeData):
    """A picture in one format that Qt would also decode, and notes who asks for that."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form = form
        self.asked: list[str] = []

    def formats(self) -> list[str]:
        return [self.form, "application/x-qt-image"]

    def hasFormat(self, form: str) -> bool:  # noqa: N802
        return form in self.formats()

    def retrieveData(self, form: str, _kind: object) -> QByteArray:  # noqa: N802
        self.asked.append(form)
        return QByteArray(b"bytes of the other program")


@pytest.mark.parametrize(("form", "is_taken"), [("image/png", True), ("image/svg+xml", False), ("image/tiff", False)])
def test_qt_decodes_no_picture_of_another_program(form: str, is_taken: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offered_pictures, "_SYSTEM_HAS_PIXELS", False)
    copied = CopiedPicture(form)
    assert ClipboardPicture.is_in(copied) == is_taken
    if is_taken:
        assert ClipboardPicture(copied).data() == b"bytes of the other program"
    assert "application/x-qt-image" not in copied.asked


@pytest.mark.usefixtures("projector")
def test_copied_picture_files_are_attached(
    conversation: ConversationViewModel, described: Callable[[], list[str]], tmp_path: Path
) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(png(tmp_path / "cat.png")))])
    copy(mime)
    assert conversation.pastePictures()
    assert described() == ["cat.png"]


@pytest.mark.usefixtures("projector")
@pytest.mark.parametrize("what", ["words", "a picture of words", "a text file", "a picture and a text file", "nothing"])
def test_anything_else_is_pasted_as_text(conversation: ConversationViewModel, tmp_path: Path, what: str) -> None:
    mime = QMimeData()
    if "words" in what:
        mime.setText("words")
    if what == "a picture of words":
        mime.setImageData(QImage(2, 2, QImage.Format.Format_RGB32))
    names = {"a text file": ["a.txt"], "a picture and a text file": ["cat.png", "a.txt"]}.get(what, [])
    if names:
        mime.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in names])
    copy(mime)
    assert not conversation.pastePictures()
    assert conversation.attachments.count == 0
