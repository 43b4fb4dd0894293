from __future__ import annotations

from collections.abc import Callable

from assistant.gui.app_view_model import AppViewModel
from assistant.gui.conversation_view_model import ConversationViewModel
from assistant.gui.question_edits import QuestionEdits
from tests.unit.gui.rows import ids, rows, texts

Wait = Callable[[Callable[[], object]], None]


def test_an_edit_keeps_its_text_until_it_ends() -> None:
    edits, toggled = QuestionEdits(), []
    edits.toggled.connect(toggled.append)
    edits.begin("q", "old")
    assert (edits.text("q"), edits.cursor("q")) == ("old", 3)
    edits.keep("q", "old words", 5)
    edits.begin("q", "old")  # once more changes nothing
    assert (edits.text("q"), edits.cursor("q"), toggled) == ("old words", 5, ["q"])
    edits.end("q")
    edits.end("q")
    assert (edits.holds("q"), edits.text("q"), edits.cursor("q"), toggled) == (False, "", 0, ["q", "q"])


def test_what_an_editor_tells_after_the_end_is_forgotten() -> None:
    edits = QuestionEdits()
    edits.keep("q", "late", 4)
    assert not edits.holds("q")


def test_the_row_follows_and_another_conversation_changes_nothing(
    app: AppViewModel, conversation: ConversationViewModel, ask: Callable[[str], None], wait: Wait
) -> None:
    ask("Hi")
    first, question = conversation.conversationId, ids(conversation)[0]
    conversation.edits.begin(question, "Hi")
    conversation.edits.keep(question, "Hi there", 2)
    assert rows(conversation.messages, "editing") == [True, False]
    app.newChat()
    app.openConversation(first)
    wait(lambda: not conversation.loading)
    assert rows(conversation.messages, "editing") == [True, False]
    assert conversation.edits.text(question) == "Hi there"


def test_sending_ends_the_edit(conversation: ConversationViewModel, ask: Callable[[str], None], wait: Wait) -> None:
    ask("Hi")
    question = ids(conversation)[0]
    conversation.edits.begin(question, "Hi")
    conversation.edit(question, "  ")
    assert conversation.edits.holds(question)
    conversation.edit(question, "Hello")
    wait(lambda: not conversation.generating and texts(conversation)[0] == "Hello")
    assert rows(conversation.messages, "editing") == [False, False]
    conversation.showSibling(ids(conversation)[0], -1)
    assert rows(conversation.messages, "text", "editing")[0] == ("Hi", False)
