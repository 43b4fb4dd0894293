from __future__ import annotations

from collections.abc import Callable

from assistant.core.conversation import FinishReason, MessageStatus, Role
from assistant.core.events import ConversationsChanged
from assistant.gui.app_view_model import AppViewModel
from assistant.gui.conversation_view_model import ConversationViewModel
from assistant.services.services import Services
from tests.fakes.fake_engine import FakeEngine, Stall
from tests.unit.gui.rows import blocks_text, ids, rows, texts

Wait = Callable[[Callable[[], object]], None]


def test_a_change_by_another_process_does_not_disturb_the_answer_under_way(
    engine: FakeEngine, conversation: ConversationViewModel, services: Services, wait: Wait
) -> None:
    stall = Stall()
    engine.will_answer("one ", stall, "two")
    conversation.send("Count")
    wait(lambda: texts(conversation)[1:] == ["one "])
    blocks = rows(conversation.messages, "blocks")[1]
    resets: list[bool] = []
    blocks.rowsRemoved.connect(lambda: resets.append(True))
    services.conversations.rename(conversation.conversationId, "Renamed").result()
    services.bus.publish(ConversationsChanged())
    wait(lambda: conversation.title == "Renamed" and not conversation._reader.reading)
    assert texts(conversation)[1] == "one "
    stall.go_on()
    wait(lambda: not conversation.generating)
    assert (texts(conversation)[1], blocks_text(conversation, 1), resets) == ("one two", "one two", [])


def test_a_conversation_goes_on_while_another_is_open(
    engine: FakeEngine, app: AppViewModel, conversation: ConversationViewModel, wait: Wait
) -> None:
    early, late = Stall(), Stall()
    engine.will_answer("One ", early, "two ", late, "three")
    conversation.send("Count")
    wait(lambda: conversation.messages.rowCount() == 2 and texts(conversation)[1] == "One ")
    counting = conversation.conversationId
    app.newChat()
    assert (conversation.conversationId, conversation.generating, conversation.empty) == ("", False, True)
    early.go_on()
    wait(late.reached.is_set)
    app.openConversation(counting)
    wait(lambda: texts(conversation) == ["Count", "One two "])
    assert conversation.generating
    wait(lambda: blocks_text(conversation, 1) == "One two")
    late.go_on()
    wait(lambda: not conversation.generating)
    assert texts(conversation)[1] == "One two three"
    assert blocks_text(conversation, 1) == "One two three"


def test_an_answer_that_ends_while_its_conversation_is_read(
    engine: FakeEngine, app: AppViewModel, conversation: ConversationViewModel, wait: Wait
) -> None:
    stall = Stall()
    engine.will_answer("One ", stall, "two")
    conversation.send("Count")
    wait(lambda: conversation.stage == "writing")
    counting = conversation.conversationId
    app.newChat()
    app.openConversation(counting)
    stall.go_on()
    wait(lambda: not conversation.generating and not conversation.loading)
    assert rows(conversation.messages, "text", "status")[1] == ("One two", "complete")


def test_a_question_behind_another_conversation_waits(
    engine: FakeEngine, app: AppViewModel, conversation: ConversationViewModel, services: Services, wait: Wait
) -> None:
    stall = Stall()
    engine.will_answer(stall, "one")
    conversation.send("A")
    wait(stall.reached.is_set)
    app.newChat()
    conversation.send("B")
    assert (conversation.stage, rows(conversation.queue, "text")) == ("waiting", ["B"])
    wait(lambda: conversation.conversationId)
    conversation.send("C")
    wait(lambda: all(turn.request_id for turn in conversation._turns.turns))
    conversation.stop()
    assert (conversation.draft, rows(conversation.queue, "text")) == ("B", ["C"])
    conversation.removeQueued(rows(conversation.queue, "requestId")[0])
    wait(lambda: len(services.conversations.list()) == 1)  # the new one was never begun
    assert (conversation.generating, conversation.empty) == (False, True)
    stall.go_on()
    conversation.send("D")
    wait(lambda: not conversation.generating)
    assert texts(conversation) == ["D", "Fine."]


def test_the_turn_of_another_conversation_tells_nothing_here(
    app: AppViewModel, conversation: ConversationViewModel, wait: Wait
) -> None:
    told: list[str] = []
    quick = app.quickChat.conversation
    conversation.stateChanged.connect(lambda: told.append("state"))
    conversation.conversationIdChanged.connect(lambda: told.append("id"))
    conversation.conversationChanged.connect(lambda: told.append("conversation"))
    conversation.sent.connect(lambda: told.append("sent"))
    quick.send("Elsewhere")
    wait(lambda: not quick.generating and app.sidebar.conversations.rowCount() == 1)
    assert told == []
    assert conversation.messages.rowCount() == 0


def test_drafts_belong_to_their_conversations(
    app: AppViewModel, conversation: ConversationViewModel, ask: Callable[[str], None], wait: Wait
) -> None:
    ask("Hi")
    first = conversation.conversationId
    conversation.draft = "half a thought"
    app.newChat()
    assert conversation.draft == ""
    conversation.draft = "another"
    app.openConversation(first)
    assert conversation.draft == "half a thought"
    app.newChat()
    assert conversation.draft == "another"


def test_what_is_typed_while_the_first_question_is_sent_stays(
    engine: FakeEngine, conversation: ConversationViewModel, wait: Wait
) -> None:
    stall = Stall()
    engine.will_answer(stall, "one")
    conversation.send("A")
    conversation.draft = "next"
    wait(lambda: conversation.conversationId and stall.reached.is_set())
    assert conversation.draft == "next"
    stall.go_on()
    wait(lambda: not conversation.generating)
    assert conversation.draft == "next"


def test_what_another_process_writes_is_shown(
    app: AppViewModel, conversation: ConversationViewModel, services: Services, ask: Callable[[str], None], wait: Wait
) -> None:
    ask("Hi")
    blocks_text(conversation, 1)
    store = services.conversations
    question = store.add_question(conversation.conversationId, ids(conversation)[1], "From the terminal").result()
    services.bus.publish(ConversationsChanged())
    wait(lambda: texts(conversation) == ["Hi", "Fine.", "From the terminal"])
    answer = store.answers.begin(conversation.conversationId, question.id, "tiny").result()
    store.answers.grow(answer.id, "Half", (), "").result()
    services.bus.publish(ConversationsChanged())
    wait(lambda: texts(conversation)[3:] == ["Half"])
    blocks_text(conversation, 3)
    wait(lambda: blocks_text(conversation, 3) == "Half")
    store.answers.finish(
        answer.id, text="Half and half", status=MessageStatus.COMPLETE, finish_reason=FinishReason.STOP
    ).result()
    services.bus.publish(ConversationsChanged())
    wait(lambda: texts(conversation)[3:] == ["Half and half"])
    assert blocks_text(conversation, 3) == "Half and half"


def test_a_long_conversation_is_open_at_once(
    app: AppViewModel, conversation: ConversationViewModel, services: Services, wait: Wait
) -> None:
    store = services.conversations
    stored = store.create("").result()
    parent = None
    for number in range(200):
        question = store.add_question(stored.id, parent, f"Question {number}").result()
        answer = store.answers.begin(stored.id, question.id, "tiny").result()
        store.answers.finish(
            answer.id, text=f"Answer {number}", status=MessageStatus.COMPLETE, finish_reason=FinishReason.STOP
        ).result()
        parent = answer.id
    app.openConversation(stored.id)
    assert conversation.loading
    wait(lambda: not conversation.loading)
    assert conversation.messages.rowCount() == 400
    assert conversation.messages._blocks == {}
    assert rows(conversation.messages, "who", "text")[-1] == (Role.ASSISTANT.value, "Answer 199")
