"""Every page and state of the window, one function for each window that is opened."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt

from assistant.core.errors import ModelLoadFailed, ModelNotFound
from tests.fakes.fake_engine import Death, Stall
from tests.screenshots.adapter_scenes import adapters
from tests.screenshots.other_scenes import broken_settings, context_length, quick_chat, settings, start_failure
from tests.screenshots.overflow_scenes import cut_off, overflow
from tests.screenshots.picture_scenes import blind, lost_pictures, pictures
from tests.screenshots.sample_data import MODEL, SampleLibrary
from tests.screenshots.studio import Studio


def first_run(studio: Studio) -> None:
    """Nothing was asked yet."""
    stall = Stall()
    studio.engine.will_load(0.42, stall, 1.0)
    studio.open(history=False, settings={"model.path": "", "model.n_ctx": "0"})
    model = studio.window.app.model
    studio.window.wait_until(lambda: model.state == "loading" and model.progress > 0.4)
    studio.shot("first-run-loading")
    stall.go_on()
    studio.window.wait_until(lambda: model.state == "ready")
    studio.shot("first-run")
    studio.window.window.resize(600, 760)
    studio.shot("first-run-narrow")


def first_run_without_model(studio: Studio) -> None:
    """No model is installed."""
    SampleLibrary.has_model = False
    try:
        studio.open(history=False, settings={"model.path": ""})
        studio.shot("first-run-no-model")
    finally:
        SampleLibrary.has_model = True


def first_run_with_bad_model(studio: Studio) -> None:
    """The chosen model does not load."""
    failure = ModelLoadFailed(
        "The model could not be loaded.",
        remedy="The file may be damaged or of a kind that this version does not know; try another model.",
    )
    studio.engine.will_load(0.3, failure)
    studio.open(history=False)
    studio.window.wait_until(lambda: studio.window.app.model.state == "failed")
    studio.shot("first-run-failed")


def lighter_model(studio: Studio) -> None:
    """The chosen model does not load, and it is offered with less."""
    failure = ModelLoadFailed(
        "There is not enough memory for a context of {n_ctx} tokens, or the model does not work with it.", n_ctx=8192
    )
    studio.engine.will_load(failure)
    studio.open(settings={"model.n_ctx": "8192"})
    app = studio.window.app
    studio.window.wait_until(lambda: app.model.state == "failed")
    studio.window.click(studio.window.item("modelPill"))
    studio.point_away()
    studio.settle(300)
    studio.shot("lighter-picker")
    studio.escape()
    app.page = "settings"
    studio.settle()
    studio.child("settingsPage").setProperty("section", "model")
    studio.settle()
    studio.shot("lighter-settings")


def reading(studio: Studio) -> None:
    """Conversations that are there."""
    studio.open()
    studio.shot("empty-chat")
    studio.open_conversation(0)
    studio.shot("chat")
    studio.point(studio.of_type("UserTurn")[-1])
    studio.shot("question-hover")
    studio.point_away()
    studio.open_conversation(1)
    studio.shot("long-answer-end")
    _scroll_to_top(studio)
    studio.shot("long-answer-top")
    studio.window.click(studio.of_type("ReasoningBlock")[0].childItems()[0])
    studio.point_away()
    studio.shot("reasoning-unfolded")
    studio.right_click(studio.of_type("TextBlock")[0])
    studio.shot("text-menu")
    studio.escape()


def editing(studio: Studio) -> None:
    """What can be done with a question."""
    studio.open()
    studio.open_conversation(0)
    studio.window.item("composerInput").forceActiveFocus()
    studio.press(Qt.Key.Key_Up)
    studio.shot("edit-question")
    studio.escape()
    conversation = studio.window.app.conversation
    conversation.edit(conversation.lastQuestionId(), studio.texts.edited)
    studio.wait_for_turn()
    studio.engine.will_answer(*studio.texts.coffee[1][1])
    conversation.regenerate(_last_answer_id(studio))
    studio.wait_for_turn()
    studio.point(studio.of_type("UserTurn")[-1])
    studio.shot("branches")


def answering(studio: Studio) -> None:
    """An answer on its way."""
    studio.open()
    app, texts = studio.window.app, studio.texts
    studio.open_conversation(0)
    stall = Stall()
    studio.engine.will_answer(stall, *texts.streamed.partition(". ")[0])
    studio.send(texts.follow_up)
    studio.window.wait_until(stall.reached.is_set)
    studio.tell_prompt_read(1216, 2311)
    studio.shot("reading")
    stall.go_on()
    studio.wait_for_turn()

    stall = Stall()
    studio.engine.will_answer(*texts.streamed, stall)
    studio.send(texts.waiting[0])
    studio.window.wait_until(stall.reached.is_set)
    studio.shot("streaming")
    for question in texts.waiting:
        app.conversation.send(question)
    studio.window.item("composerInput").forceActiveFocus()
    studio.shot("queue")
    studio.window.wait_until(lambda: app.conversation.queue.rowCount() == 2)

    app.newChat()
    app.conversation.send(texts.quick[0])
    studio.window.wait_until(lambda: app.conversation.stage == "waiting")
    studio.shot("waiting")
    app.conversation.stop()
    app.openConversation(studio.window.services.conversations.list()[-1].id)
    studio.shot("sidebar-generating")
    stall.go_on()
    studio.window.wait_until(lambda: studio.of_type("Spinner") == [])
    studio.shot("sidebar-unread")


def stopped(studio: Studio) -> None:
    """Answers that ended before their time."""
    studio.open()
    app, texts = studio.window.app, studio.texts
    studio.open_conversation(2)
    stall = Stall()
    studio.engine.will_answer(*texts.streamed, stall)
    studio.send(texts.follow_up)
    studio.window.wait_until(stall.reached.is_set)
    app.conversation.stop()
    studio.wait_for_turn()
    studio.shot("stopped")
    studio.engine.will_answer(*texts.streamed[:90], Death())
    studio.send(texts.waiting[0])
    studio.wait_for_turn()
    studio.shot("error-card")
    path = f"/home/ada/models/{MODEL}.gguf"
    missing = ModelNotFound("There is no model file at {path}.", remedy="Choose another model file.", path=path)
    studio.engine.will_answer(missing)
    studio.send(texts.waiting[1])
    studio.wait_for_turn()
    studio.shot("error-card-model")


def sidebar(studio: Studio) -> None:
    """Searching, renaming, deleting."""
    studio.open()
    app, texts = studio.window.app, studio.texts
    studio.open_conversation(0)
    rows = studio.of_type("ConversationRow")
    studio.point(rows[2])
    studio.shot("sidebar-hover")
    studio.right_click(rows[2])
    studio.shot("context-menu")
    studio.escape()
    rows[1].startRenaming()
    studio.shot("rename")
    studio.escape()
    studio.point_away()
    studio.window.item("searchField").forceActiveFocus()
    app.sidebar.searchText = texts.search
    studio.window.wait_until(lambda: app.sidebar.searchDone)
    studio.shot("search")
    app.sidebar.searchText = texts.nothing
    studio.window.wait_until(lambda: app.sidebar.searchDone)
    studio.shot("search-nothing")
    app.sidebar.searchText = ""
    app.sidebar.remove(app.conversation.conversationId)
    studio.shot("deleted")
    app.notice.dismiss()
    studio.window.item("collapseButton").clicked.emit()
    studio.shot("sidebar-collapsed")


def composer(studio: Studio) -> None:
    """The row below the messages, and what opens from it."""
    studio.open()
    app = studio.window.app
    studio.open_conversation(0)
    app.conversation.draft = "\n".join(studio.texts.coffee[0][1].replace("**", "").splitlines()[:4])
    studio.shot("draft")
    studio.point(studio.window.item("sendButton"), tooltip=True)
    studio.shot("tooltip")
    studio.point(studio.window.item("contextRing"), tooltip=True)
    studio.shot("context-ring")
    studio.point_away()
    app.conversation.draft = ""
    studio.window.click(studio.window.item("modelPill"))
    studio.window.wait_until(lambda: app.model.choices.rowCount() > 3)
    studio.point_away()
    studio.shot("model-picker")
    studio.escape()
    stall = Stall()
    studio.engine.will_load(0.63, stall, 1.0)
    app.settings.setValue("model.n_ctx", "4096")
    studio.window.wait_until(lambda: app.model.state == "loading" and app.model.progress > 0.6)
    studio.shot("model-loading")
    studio.send(studio.texts.follow_up)
    studio.window.wait_until(lambda: app.conversation.stage == "loading")
    studio.shot("answer-loading")
    stall.go_on()
    studio.wait_for_turn()


def dialogs(studio: Studio) -> None:
    """What lies over the window."""
    studio.open()
    studio.open_conversation(0)
    studio.window.window.askBeforeOpening("https://en.wikipedia.org/wiki/Pendulum_(mechanics)#Simple_gravity_pendulum")
    studio.shot("link-dialog")
    studio.escape()
    studio.press(Qt.Key.Key_F1)
    studio.shot("shortcuts-dialog")
    studio.escape()
    studio.window.window.resize(600, 760)
    studio.shot("narrow")
    studio.window.item("expandButton").clicked.emit()
    studio.shot("narrow-drawer")


def readme(studio: Studio) -> None:
    """The pictures of the README: sample conversations in a window that is high enough for them."""
    studio.open()
    studio.window.window.resize(1120, 880)
    studio.open_conversation(0)
    studio.shot("readme-chat")
    studio.open_conversation(1)
    studio.shot("readme-long")


SCENES: tuple[Callable[[Studio], None], ...] = (
    first_run,
    first_run_without_model,
    first_run_with_bad_model,
    lighter_model,
    reading,
    editing,
    answering,
    stopped,
    overflow,
    cut_off,
    sidebar,
    composer,
    pictures,
    blind,
    lost_pictures,
    adapters,
    dialogs,
    settings,
    context_length,
    broken_settings,
    quick_chat,
    start_failure,
)


def _scroll_to_top(studio: Studio) -> None:
    studio.window.item("messageList").forceActiveFocus(Qt.FocusReason.OtherFocusReason)
    studio.press(Qt.Key.Key_Home)
    studio.window.item("composerInput").forceActiveFocus()
    studio.settle()


def _last_answer_id(studio: Studio) -> str:
    conversation = studio.window.app.conversation
    return studio.window.services.conversations.branch(conversation.conversationId)[-1].id
