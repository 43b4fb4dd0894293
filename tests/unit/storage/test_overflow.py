"""What the database keeps of overflow: policies, pins, what was left out; and answers that are taken up again."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from assistant.core.conversation import Conversation, FinishReason, Message, MessageStatus, Timings, Usage
from assistant.core.errors import AnswerNotOpen, ConversationNotFound, MessageNotFound
from assistant.core.overflow import OverflowPolicy, RoomMade
from assistant.storage import schema
from assistant.storage.conversations import ConversationStore
from assistant.storage.database import Database

ROOM = RoomMade(policy=OverflowPolicy.SUMMARISE, n_left_out=3, upto="0" * 16, n_ctx=2048, summary="Tea 发票.")


def begun(store: ConversationStore) -> tuple[Conversation, Message, Message]:
    conversation = store.create("").result()
    question = store.add_question(conversation.id, None, "Why?").result()
    return conversation, question, store.answers.begin(conversation.id, question.id, "tiny").result()


def ended(store: ConversationStore, answer: Message, reason: FinishReason, text: str = "Because it") -> Message:
    return store.answers.finish(
        answer.id,
        text=text,
        status=MessageStatus.COMPLETE,
        finish_reason=reason,
        token_ids=(1, 2),
        vocabulary="v",
        usage=Usage(prompt_tokens=5, completion_tokens=2),
        timings=Timings(reasoning_s=1.5),
    ).result()


def test_a_conversation_keeps_its_policy_and_its_context_length(store: ConversationStore) -> None:
    conversation = store.create("").result()
    assert (conversation.overflow, conversation.n_ctx) == (None, 0)
    store.set_overflow(conversation.id, OverflowPolicy.DROP).result()
    store.set_n_ctx(conversation.id, 4096).result()
    kept = store.get(conversation.id)
    assert (kept.overflow, kept.n_ctx) == (OverflowPolicy.DROP, 4096)
    assert kept.updated_at == conversation.updated_at, "it does not move up in the list"
    assert store.set_overflow(conversation.id, None).result().overflow is None
    with pytest.raises(ConversationNotFound):
        store.set_overflow("f" * 16, OverflowPolicy.DROP).result()


def test_a_message_is_pinned_and_let_go(store: ConversationStore) -> None:
    _, question, answer = begun(store)
    assert store.pin(question.id, True).result().pinned
    assert [each.pinned for each in store.messages(question.conversation_id)] == [True, False]
    assert not store.pin(question.id, False).result().pinned
    with pytest.raises(MessageNotFound):
        store.pin("f" * 16, True).result()
    assert store.message(answer.id).text == ""


def test_what_was_left_out_is_kept_with_the_answer(store: ConversationStore) -> None:
    _, _, answer = begun(store)
    store.answers.set_room(answer.id, ROOM).result()
    assert ended(store, answer, FinishReason.STOP).room == ROOM
    with pytest.raises(MessageNotFound):
        store.answers.set_room(answer.id, ROOM).result()


def test_an_answer_that_was_cut_off_is_taken_up_with_all_it_has(store: ConversationStore) -> None:
    conversation, question, answer = begun(store)
    before = ended(store, answer, FinishReason.LENGTH)
    store.set_active_leaf(conversation.id, question.id).result()
    taken = store.answers.resume(answer.id).result()
    assert (taken.status, taken.finish_reason, taken.text) == (MessageStatus.GENERATING, None, "Because it")
    assert (taken.token_ids, taken.usage, taken.timings) == (before.token_ids, before.usage, before.timings)
    assert store.get(conversation.id).active_leaf_id == answer.id
    again = ended(store, answer, FinishReason.STOP, "Because it rained.")
    assert [hit.message_id for hit in store.search("rained")] == [answer.id]
    assert again.text == "Because it rained."


def test_a_dead_process_leaves_the_continued_answer_interrupted(
    store: ConversationStore, database: Database, tmp_path: Path
) -> None:
    _, _, answer = begun(store)
    ended(store, answer, FinishReason.LENGTH)
    store.answers.resume(answer.id).result()
    store.close()
    heirs = ConversationStore(database, tmp_path / "locks")
    (found,) = heirs.answers.recover().result()
    heirs.close()
    assert (found.text, found.status) == ("Because it", MessageStatus.INTERRUPTED)
    assert found.can_go_on


def test_a_dead_process_leaves_no_usage_of_a_shorter_text_and_names_both_models(
    store: ConversationStore, database: Database, tmp_path: Path
) -> None:
    _, _, answer = begun(store)
    ended(store, answer, FinishReason.LENGTH)
    store.answers.resume(answer.id).result()
    store.answers.grow(answer.id, "Because it rained", (1, 2, 3), "v", "tiny → other").result()
    store.close()
    heirs = ConversationStore(database, tmp_path / "locks")
    (found,) = heirs.answers.recover().result()
    heirs.close()
    assert (found.text, found.usage, found.model) == ("Because it rained", None, "tiny → other")


def test_a_complete_answer_is_not_taken_up(store: ConversationStore) -> None:
    _, question, answer = begun(store)
    with pytest.raises(AnswerNotOpen):
        store.answers.resume(answer.id).result()  # it is being written
    before = ended(store, answer, FinishReason.STOP)
    for message_id in (answer.id, question.id):
        with pytest.raises(AnswerNotOpen):
            store.answers.resume(message_id).result()
    assert store.message(answer.id) == before


def test_an_answer_that_something_follows_stays_as_it_is(store: ConversationStore) -> None:
    conversation, _, answer = begun(store)
    before = ended(store, answer, FinishReason.LENGTH)
    store.add_question(conversation.id, answer.id, "And?").result()
    with pytest.raises(AnswerNotOpen):
        store.answers.resume(answer.id).result()
    assert store.message(answer.id) == before


def test_a_database_of_the_version_before_opens_unchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "old.db"
    known = schema.migrations()
    with monkeypatch.context() as patched:
        patched.setattr(schema, "migrations", lambda: [each for each in known if each.number < 5])
        Database(file).close()
    connection = sqlite3.connect(file)
    connection.execute(
        "INSERT INTO conversation (id, title, system_prompt, created_at, updated_at) VALUES ('a', 'Old', '', 1, 1)"
    )
    connection.execute(
        "INSERT INTO message (id, conversation_id, role, text, status, created_at) "
        "VALUES ('b', 'a', 'user', 'Hello', 'complete', 1)"
    )
    connection.commit()
    connection.close()
    database = Database(file)
    store = ConversationStore(database, tmp_path / "locks")
    try:
        assert (store.list()[0].overflow, store.list()[0].n_ctx) == (None, 0)
        (message,) = store.messages("a")
        assert (message.text, message.pinned, message.room) == ("Hello", False, None)
    finally:
        database.close()
        store.close()
