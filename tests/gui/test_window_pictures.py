"""The window over a scripted engine with eyes: pictures are dropped, pasted, sent, looked at and edited."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QCoreApplication, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAccessible, QColor, QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest

from assistant.clients.image_client import ImageClient
from assistant.core.conversation import Role
from assistant.core.events import MediaRead
from assistant.core.window_command import WindowCommand
from assistant.gui.running_window import WindowRequest
from assistant.protocol.image_messages import ImageDescribed
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine, Stall
from tests.fakes.fake_images import FakeImages
from tests.fakes.fake_services import fake_services
from tests.gui.driven_window import DrivenWindow, spoken_name
from tests.gui.test_accessibility import check_names
from tests.unit.hub.projector_files import write_projector

CONTROL = Qt.KeyboardModifier.ControlModifier
WAITS = "It is sent as soon as the pictures are looked at."
CANNOT_SEE = "This model cannot see pictures."


@pytest.fixture
def seeing(open_window: Callable[[Services], DrivenWindow], engine: FakeEngine, tmp_path: Path) -> DrivenWindow:
    """The window with a model that sees."""
    write_projector(tmp_path / "mmproj-tiny.gguf")
    window = open_window(fake_services(tmp_path, engine))
    window.wait_until(lambda: window.app.model.sees)
    return window


@pytest.fixture
def draw(tmp_path: Path) -> Callable[[str], Path]:
    """Draws a picture that is unlike those of other names."""

    def draw_one(name: str) -> Path:
        picture = QImage(40, 30, QImage.Format.Format_RGB32)
        picture.fill(QColor.fromHsv(sum(name.encode()) % 360, 200, 200))
        assert picture.save(str(tmp_path / name), "PNG")
        return tmp_path / name

    return draw_one


def drop(window: DrivenWindow, files: Sequence[Path]) -> None:
    """Drop files on the middle of the window, as a file manager does."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    middle = QPoint(window.window.width() // 2, window.window.height() // 2)
    how = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QCoreApplication.sendEvent(window.window, QDragEnterEvent(middle, *how))
    QCoreApplication.sendEvent(window.window, QDropEvent(QPointF(middle), *how))


def focused(window: DrivenWindow) -> str:
    return spoken_name(window.window.activeFocusItem())


def walk_to(window: DrivenWindow, name: str) -> None:
    for _ in range(60):
        if focused(window) == name:
            return
        window.press(Qt.Key.Key_Tab)
    raise AssertionError(f"Tab does not lead to {name}")


def n_attached(window: DrivenWindow) -> int:
    return len(window.app.conversation.attachments.attachments)


def sent_names(window: DrivenWindow) -> list[list[str]]:
    """What went with each question of the open branch, as it is on the disk."""
    branch = window.services.conversations.branch(window.app.conversation.conversationId)
    return [[each.name for each in message.attachments] for message in branch if message.role is Role.USER]


def attach(window: DrivenWindow, *files: Path) -> None:
    drop(window, files)
    window.wait_until(lambda: n_attached(window) == len(files))


def ask_about(window: DrivenWindow, text: str, *files: Path) -> None:
    attach(window, *files)
    window.ask(text)
    window.wait_until(lambda: len(window.items("questionPicture")) == len(files))
    window.wait_for_answer()


def test_dropped_pictures_go_with_the_question(
    seeing: DrivenWindow, draw: Callable[[str], Path], engine: FakeEngine
) -> None:
    attach(seeing, draw("cat.png"), draw("dog.png"))
    assert [spoken_name(item) for item in seeing.items("attachment")] == ["cat.png", "dog.png"]
    check_names(seeing.window, least=12)
    seeing.ask("Who is that?")
    seeing.wait_for_answer()
    assert sent_names(seeing) == [["cat.png", "dog.png"]]
    assert len(engine.prompts[-1][-1].media) == 2
    assert not seeing.items("attachment")
    assert [spoken_name(item) for item in seeing.items("questionPicture")] == ["cat.png", "dog.png"]
    check_names(seeing.window, least=15)


def test_a_photo_goes_through_the_real_image_worker(
    open_window: Callable[[Services], DrivenWindow], engine: FakeEngine, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    (home / "logs").mkdir(parents=True)
    write_projector(home / "mmproj-tiny.gguf")
    images = ImageClient(home, home / "logs")
    window = open_window(fake_services(home, engine, cast(FakeImages, images)))
    window.wait_until(lambda: window.app.model.sees)
    photo = QImage(900, 600, QImage.Format.Format_RGB32)
    photo.fill(Qt.GlobalColor.darkCyan)
    assert photo.save(str(tmp_path / "sea.jpg"), "JPEG")
    (tmp_path / "broken.jpg").write_bytes((tmp_path / "sea.jpg").read_bytes()[:500])
    ask_about(window, "Where?", tmp_path / "sea.jpg")
    window.click(window.item("questionPicture"))
    window.wait_until(lambda: [item.implicitWidth() for item in window.items("viewedPicture")] == [900])
    window.press(Qt.Key.Key_Escape)
    window.wait_until(lambda: not window.items("viewedPicture"))
    drop(window, [tmp_path / "broken.jpg"])
    window.wait_for_words("The picture is damaged")
    assert n_attached(window) == 0


def test_a_model_file_that_is_dropped_is_chosen_all_the_same(seeing: DrivenWindow, tmp_path: Path) -> None:
    drop(seeing, [tmp_path / "gone.gguf"])
    seeing.wait_for_words("There is no model file at")
    assert n_attached(seeing) == 0


def test_a_pasted_picture_is_taken_away_by_the_keyboard(seeing: DrivenWindow, draw: Callable[[str], Path]) -> None:
    mime = QMimeData()
    mime.setData("image/png", draw("cat.png").read_bytes())
    QGuiApplication.clipboard().setMimeData(mime)
    seeing.item("composerInput").forceActiveFocus()
    seeing.press(Qt.Key.Key_V, CONTROL)
    seeing.wait_until(lambda: n_attached(seeing) == 1)
    assert seeing.item("sendButton").isEnabled()  # a picture needs no words
    seeing.window.activeFocusItem().nextItemInFocusChain(False).forceActiveFocus(Qt.FocusReason.TabFocusReason)
    assert focused(seeing) == "Remove Pasted picture"
    seeing.press(Qt.Key.Key_Delete)
    assert (n_attached(seeing), focused(seeing)) == (0, "Message")
    assert not seeing.item("sendButton").isEnabled()


def test_the_menu_pastes_a_picture(seeing: DrivenWindow, draw: Callable[[str], Path]) -> None:
    mime = QMimeData()
    mime.setData("image/png", draw("cat.png").read_bytes())
    QGuiApplication.clipboard().setMimeData(mime)
    place = seeing.item("composerInput").mapToScene(QPointF(30, 15)).toPoint()
    QTest.mouseClick(seeing.window, Qt.MouseButton.RightButton, Qt.KeyboardModifier.NoModifier, place)
    seeing.wait_until(lambda: any(item.isEnabled() for item in seeing.all_named("Paste")))
    seeing.click(seeing.named("Paste"))
    seeing.wait_until(lambda: n_attached(seeing) == 1)


def test_words_are_pasted_as_ever(seeing: DrivenWindow) -> None:
    QGuiApplication.clipboard().setText("words")
    seeing.item("composerInput").forceActiveFocus()
    seeing.press(Qt.Key.Key_V, CONTROL)
    assert seeing.item("composerInput").property("text") == "words"


def test_the_viewer_goes_through_the_pictures_of_the_conversation(
    seeing: DrivenWindow, draw: Callable[[str], Path]
) -> None:
    ask_about(seeing, "Who?", draw("cat.png"), draw("dog.png"))
    attach(seeing, draw("cow.png"))
    seeing.ask("And that?")
    seeing.wait_until(lambda: len(sent_names(seeing)) == 2)
    seeing.wait_for_answer()
    walk_to(seeing, "dog.png")
    seeing.press(Qt.Key.Key_Return)
    seeing.wait_for_words("2/3")
    check_names(seeing.window, least=3)
    seeing.press(Qt.Key.Key_Right)
    seeing.wait_for_words("3/3")
    assert "cow.png" in seeing.words()
    seeing.press(Qt.Key.Key_Right)  # there is no other
    for _ in range(2):
        seeing.press(Qt.Key.Key_Left)
    seeing.wait_for_words("1/3")
    seeing.press(Qt.Key.Key_End)
    seeing.wait_for_words("3/3")
    seeing.press(Qt.Key.Key_Escape)
    seeing.wait_until(lambda: "3/3" not in seeing.words())
    assert focused(seeing) == "dog.png"


def test_the_viewer_shows_a_drawing_of_ours_and_never_the_original(
    seeing: DrivenWindow, draw: Callable[[str], Path]
) -> None:
    ask_about(seeing, "Who?", draw("cat.png"))
    seeing.click(seeing.item("questionPicture"))
    seeing.wait_until(lambda: [item.implicitWidth() for item in seeing.items("viewedPicture")] == [40])
    shown = [item.property("source") for item in seeing.everything() if item.inherits("QQuickImage")]
    files = {Path(url.toLocalFile()) for url in shown if url.isLocalFile() and url.fileName().endswith(".png")}
    assert {file.parent for file in files} == {seeing.services.paths.thumbnails}
    assert len(files) == 2


@pytest.mark.parametrize("size", [(2000, 3), (3, 2000)])
def test_a_thin_picture_takes_little_memory(seeing: DrivenWindow, tmp_path: Path, size: tuple[int, int]) -> None:
    picture = QImage(*size, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.red)
    assert picture.save(str(tmp_path / "thin.png"), "PNG")
    ask_about(seeing, "Who?", tmp_path / "thin.png")
    seeing.click(seeing.item("questionPicture"))
    seeing.wait_until(lambda: any(item.implicitWidth() for item in seeing.items("viewedPicture")))
    images = [item for item in seeing.everything() if item.inherits("QQuickImage")]
    assert max(item.implicitWidth() * item.implicitHeight() for item in images) <= 2048 * 64


def test_a_picture_that_is_gone_is_said_so_in_the_viewer(seeing: DrivenWindow, draw: Callable[[str], Path]) -> None:
    ask_about(seeing, "Who?", draw("cat.png"))
    for file in seeing.services.paths.attachments.iterdir():
        file.unlink()
    seeing.click(seeing.item("questionPicture"))
    seeing.wait_for_words("The picture is no longer there.")


@pytest.mark.qt_log_ignore("Error decoding")
def test_damaged_drawings_are_drawn_anew(
    seeing: DrivenWindow, draw: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    describe = FakeImages.describe
    damaged: list[Path] = []

    def damage_first(self: FakeImages, path: Path, drawing: Path, side: int) -> ImageDescribed:
        described = describe(self, path, drawing, side)
        if drawing not in damaged:
            damaged.append(drawing)
            drawing.write_bytes(b"noise")
        return described

    monkeypatch.setattr(FakeImages, "describe", damage_first)
    ask_about(seeing, "Who?", draw("cat.png"))
    seeing.click(seeing.item("questionPicture"))
    seeing.wait_until(lambda: [item.implicitWidth() for item in seeing.items("viewedPicture")] == [40])
    assert [drawing.parent for drawing in damaged] == [seeing.services.paths.thumbnails] * 2
    seeing.wait_until(lambda: all(drawing.stat().st_size > len(b"noise") for drawing in damaged))
    assert not [item for item in seeing.everything() if item.property("failure")]


@pytest.mark.qt_log_ignore("Error decoding")
def test_a_drawing_that_cannot_be_mended_is_said_so_in_the_viewer(
    seeing: DrivenWindow, draw: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_about(seeing, "Who?", draw("cat.png"))
    monkeypatch.setattr(FakeImages, "describe", _draw_noise)
    seeing.click(seeing.item("questionPicture"))
    seeing.wait_for_words("The picture cannot be shown.")


@pytest.mark.qt_log_ignore("Error decoding")
def test_a_thumbnail_that_cannot_be_mended_says_so(
    seeing: DrivenWindow, draw: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeImages, "describe", _draw_noise)
    attach(seeing, draw("cat.png"))
    interface = QAccessible.queryAccessibleInterface(seeing.item("attachment"))
    assert interface is not None
    seeing.wait_until(lambda: interface.text(QAccessible.Text.Description) == "The picture cannot be shown.")


def test_esc_closes_the_viewer_and_stops_nothing(
    seeing: DrivenWindow, draw: Callable[[str], Path], engine: FakeEngine
) -> None:
    stall = Stall()
    engine.will_answer("A", stall, " cat.")
    attach(seeing, draw("cat.png"))
    seeing.ask("Who?")
    seeing.wait_until(stall.reached.is_set)
    seeing.wait_until(lambda: bool(seeing.items("questionPicture")))
    seeing.click(seeing.item("questionPicture"))
    seeing.wait_until(lambda: bool(seeing.items("viewedPicture")))
    seeing.press(Qt.Key.Key_Escape)
    seeing.wait_until(lambda: not seeing.items("viewedPicture"))
    stall.go_on()
    seeing.wait_for_words("A cat.")


def test_an_edit_takes_a_picture_out(seeing: DrivenWindow, draw: Callable[[str], Path]) -> None:
    ask_about(seeing, "Who?", draw("cat.png"), draw("dog.png"))
    seeing.item("composerInput").forceActiveFocus()
    seeing.press(Qt.Key.Key_Up)
    seeing.click(seeing.named("Remove cat.png"))
    assert focused(seeing) == "Edit the question"
    check_names(seeing.window, least=12)
    seeing.named("Edit the question").forceActiveFocus()
    seeing.press(Qt.Key.Key_Return, CONTROL)
    seeing.wait_until(lambda: sent_names(seeing) == [["dog.png"]])
    seeing.wait_for_words("2/2")


def test_a_model_without_eyes_offers_one_that_sees(window: DrivenWindow, draw: Callable[[str], Path]) -> None:
    window.wait_until(lambda: window.app.model.blind)
    assert not window.items("pictureButton")
    drop(window, [draw("cat.png")])
    window.wait_for_words(CANNOT_SEE)
    assert n_attached(window) == 0
    window.click(window.named("Choose a model"))
    window.wait_until(lambda: bool(window.items("modelChoices")))


def test_pictures_that_a_new_model_cannot_see_are_kept_and_not_sent(
    seeing: DrivenWindow, draw: Callable[[str], Path], tmp_path: Path
) -> None:
    assert seeing.items("pictureButton")
    attach(seeing, draw("cat.png"))
    (tmp_path / "mmproj-tiny.gguf").unlink()
    seeing.app.settings.setValue("model.n_ctx", "256")  # loads it again
    seeing.wait_until(lambda: seeing.app.model.blind)
    assert CANNOT_SEE in seeing.words()
    seeing.ask("Who?")
    seeing.wait_for_words("Choose one that can; the list of models marks them.")
    assert seeing.app.conversation.empty
    assert (seeing.app.conversation.draft, n_attached(seeing)) == ("Who?", 1)
    seeing.click(seeing.named("Remove cat.png"))
    seeing.item("composerInput").forceActiveFocus()
    seeing.press(Qt.Key.Key_Return)
    seeing.wait_for_answer()
    assert CANNOT_SEE not in seeing.words()


def test_the_picker_marks_the_models_that_see(seeing: DrivenWindow) -> None:
    seeing.click(seeing.item("modelPill"))
    seeing.wait_until(lambda: bool(seeing.items("seesMark")))


def test_it_says_which_picture_the_model_looks_at(
    seeing: DrivenWindow, draw: Callable[[str], Path], engine: FakeEngine
) -> None:
    stall = Stall()
    engine.will_answer(stall, "A cat.")
    attach(seeing, draw("cat.png"), draw("dog.png"))
    seeing.ask("Who?")
    seeing.wait_until(stall.reached.is_set)
    turn = seeing.app.conversation._turns.turns[0]
    for n_done, said in ((0, "Looking at picture 1 of 2"), (1, "Looking at picture 2 of 2"), (2, "Reading")):
        event = MediaRead(
            request_id=turn.request_id, conversation_id=turn.place.conversation_id, n_done=n_done, n_total=2
        )
        seeing.services.bus.publish(event)
        seeing.wait_for_words(said)
    stall.go_on()
    seeing.wait_for_words("A cat.")


def test_the_run_details_say_what_was_looked_at(seeing: DrivenWindow, draw: Callable[[str], Path]) -> None:
    ask_about(seeing, "Who?", draw("cat.png"))
    seeing.wait_until(lambda: bool(seeing.items("runDetails")))
    interface = QAccessible.queryAccessibleInterface(seeing.item("runDetails"))
    assert interface is not None
    assert "Pictures looked at: 1" in interface.text(QAccessible.Text.Description)


def test_the_panel_takes_pasted_pictures_too(seeing: DrivenWindow, draw: Callable[[str], Path]) -> None:
    seeing.desktop.take(WindowRequest(WindowCommand.QUICK))
    panel = seeing.desktop.panel.window
    seeing.wait_until(panel.isVisible)
    mime = QMimeData()
    mime.setData("image/png", draw("cat.png").read_bytes())
    QGuiApplication.clipboard().setMimeData(mime)
    seeing.item("quickInput", panel).forceActiveFocus()
    seeing.press(Qt.Key.Key_V, CONTROL, panel)
    quick = seeing.app.quickChat.conversation
    seeing.wait_until(lambda: len(quick.attachments.attachments) == 1)
    check_names(panel, least=2)
    seeing.type("Who?", panel)
    seeing.press(Qt.Key.Key_Return, window=panel)
    seeing.wait_until(lambda: len(seeing.items("questionPicture", panel)) == 1)
    seeing.wait_until(lambda: not quick.generating)


@pytest.mark.qt_log_ignore("does not support raise")
def test_a_picture_of_the_panel_is_shown_in_the_window(seeing: DrivenWindow, draw: Callable[[str], Path]) -> None:
    seeing.desktop.take(WindowRequest(WindowCommand.QUICK))
    panel = seeing.desktop.panel.window
    seeing.wait_until(panel.isActive)
    quick = seeing.app.quickChat.conversation
    quick.addFiles([QUrl.fromLocalFile(str(draw(name))) for name in ("cat.png", "dog.png")])
    seeing.item("quickInput", panel).forceActiveFocus()
    seeing.type("Who?", panel)
    seeing.press(Qt.Key.Key_Return, window=panel)
    seeing.wait_until(lambda: len(seeing.items("questionPicture", panel)) == 2)
    seeing.wait_until(lambda: not quick.generating)
    dog = next(item for item in seeing.items("questionPicture", panel) if spoken_name(item) == "dog.png")
    seeing.click(dog, window=panel)
    seeing.wait_for_words("2/2")
    assert not panel.isVisible()
    assert "Who?" in seeing.words()
    seeing.press(Qt.Key.Key_Escape)
    seeing.wait_until(lambda: not seeing.items("viewedPicture"))
    seeing.app.openConversation(seeing.app.conversation.conversationId)
    seeing.live(50)
    assert not seeing.items("viewedPicture")  # it was wanted once


def test_a_question_that_waits_for_its_pictures_says_so(
    open_window: Callable[[Services], DrivenWindow],
    engine: FakeEngine,
    draw: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = threading.Event()
    describe = FakeImages.describe

    def wait_and_describe(self: FakeImages, path: Path, thumbnail: Path, side: int) -> ImageDescribed:
        assert gate.wait(60)
        return describe(self, path, thumbnail, side)

    monkeypatch.setattr(FakeImages, "describe", wait_and_describe)
    write_projector(tmp_path / "mmproj-tiny.gguf")
    window = open_window(fake_services(tmp_path, engine))
    window.wait_until(lambda: window.app.model.sees)
    drop(window, [draw("cat.png")])
    window.ask("Who?")
    window.wait_for_words(WAITS)
    window.type(" And more")
    window.press(Qt.Key.Key_Return)
    assert window.item("composerInput").property("text") == "Who?"
    assert not window.item("sendButton").isEnabled()
    gate.set()
    window.wait_for_answer()
    assert sent_names(window) == [["cat.png"]]
    assert WAITS not in window.words()
    window.type("next")
    assert window.item("composerInput").property("text") == "next"


def _draw_noise(_: FakeImages, path: Path, drawing: Path, side: int) -> ImageDescribed:
    drawing.write_bytes(b"noise")
    return ImageDescribed(mime="image/png", width=40, height=30)
