from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from assistant.core.conversation import Message
from assistant.core.errors import MessageNotFound
from assistant.core.media import Attachment, MediaKind
from assistant.storage import schema
from assistant.storage.conversations import ConversationStore
from assistant.storage.database import Database

PICTURE = Attachment(
    sha256="a" * 64, name="猫.png", kind=MediaKind.IMAGE, mime="image/png", n_bytes=2**40, width=640, height=480
)
SOUND = Attachment(sha256="b" * 64, name="bark.wav", kind=MediaKind.SOUND, mime="audio/wav", n_bytes=9, seconds=1.25)


def ask(store: ConversationStore, attachments: list[Attachment], text: str = "What is it?") -> Message:
    conversation = store.create("").result()
    return store.add_question(conversation.id, None, text, attachments).result()


def n_rows(database: Database) -> int:
    count: int = database.read(lambda c: c.execute("SELECT count(*) FROM message_attachment").fetchone())[0]
    return count


def test_attachments_come_back_in_their_order_from_every_question(store: ConversationStore) -> None:
    question = ask(store, [SOUND, PICTURE, SOUND])
    assert question.attachments == (SOUND, PICTURE, SOUND)
    answer = store.answers.begin(question.conversation_id, question.id, "model.gguf").result()
    plain = store.add_question(question.conversation_id, answer.id, "And now?").result()
    assert plain.attachments == ()
    assert store.message(question.id) == question
    assert store.messages(question.conversation_id) == [question, answer, plain]
    assert store.branch(question.conversation_id) == [question, answer, plain]
    assert store.siblings(question.id) == [question]


def test_each_question_has_its_own(store: ConversationStore) -> None:
    first = ask(store, [PICTURE])
    edited = store.add_question(first.conversation_id, None, "And this?", [SOUND]).result()
    bare = store.add_question(first.conversation_id, None, "And nothing?").result()
    shown = [message.attachments for message in store.siblings(first.id)]
    assert shown == [(PICTURE,), (SOUND,), ()]
    assert [message.id for message in store.siblings(bare.id)] == [first.id, edited.id, bare.id]


def test_very_many_questions_are_read_at_once(store: ConversationStore, database: Database) -> None:
    question = ask(store, [PICTURE])
    row = "INSERT INTO message (id, conversation_id, role, text, status, created_at) VALUES (?, ?, 'user', '', ?, 0)"
    more = [(f"{number:016x}", question.conversation_id, "complete") for number in range(40_000)]
    database.write(lambda connection: connection.executemany(row, more)).result()
    messages = store.messages(question.conversation_id)
    assert len(messages) == 40_001  # more than SQLite takes parameters in a statement
    assert [message for message in messages if message.attachments] == [question]


def test_a_name_that_is_no_unicode_is_stored_with_question_marks(store: ConversationStore) -> None:
    question = ask(store, [msgspec.structs.replace(PICTURE, name="caf\udce9.png")])
    assert question.attachments[0].name == "caf?.png"
    assert store.message(question.id) == question


def test_a_question_without_words_gets_its_title_from_what_is_attached(store: ConversationStore) -> None:
    titles = [
        store.get(ask(store, attachments, text).conversation_id).title
        for text, attachments in ((" \n", [PICTURE, SOUND]), ("Look", [PICTURE]), ("", []))
    ]
    assert titles == ["猫.png", "Look", ""]


def test_a_question_that_cannot_be_stored_leaves_no_attachments(store: ConversationStore, database: Database) -> None:
    conversation = store.create("").result()
    with pytest.raises(MessageNotFound):
        store.add_question(conversation.id, "0" * 16, "Hm?", [PICTURE]).result()
    assert n_rows(database) == 0


def test_what_no_message_refers_to_is_told(store: ConversationStore, database: Database) -> None:
    one, other = ask(store, [PICTURE, SOUND]), ask(store, [PICTURE])
    hashes = [SOUND.sha256, PICTURE.sha256, "c" * 64, "c" * 64, "leftover.new"]
    assert store.unreferenced_attachments(hashes) == ["c" * 64, "leftover.new"]
    store.delete(one.conversation_id).result()
    assert store.unreferenced_attachments(hashes) == [SOUND.sha256, "c" * 64, "leftover.new"]
    store.delete(other.conversation_id).result()
    assert n_rows(database) == 0
    assert store.unreferenced_attachments(hashes[:2]) == [PICTURE.sha256, SOUND.sha256]
    assert store.unreferenced_attachments([]) == []


def test_the_search_for_references_uses_an_index(database: Database) -> None:
    plan = database.read(
        lambda c: c.execute("EXPLAIN QUERY PLAN SELECT * FROM message_attachment WHERE sha256 = 'a'").fetchall()
    )
    assert "message_attachment_by_content" in plan[0][-1]


def old_database(path: Path) -> None:
    """A database as the second version left it, with a conversation."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for migration in schema.migrations()[:2]:
            connection.executescript(migration.script)
        connection.executescript(
            """
            PRAGMA user_version = 2;
            INSERT INTO conversation VALUES (1, 'aaaabbbbccccdddd', 'Old', '', 1.0, 2.0, NULL);
            INSERT INTO message (id, conversation_id, role, text, status, created_at)
                VALUES ('1111222233334444', 'aaaabbbbccccdddd', 'user', 'Remember me?', 'complete', 1.0);
            INSERT INTO message
                (id, conversation_id, parent_id, role, text, status, created_at, finish_reason, usage, timings)
                VALUES ('5555666677778888', 'aaaabbbbccccdddd', '1111222233334444', 'assistant', 'Yes.', 'complete',
                    2.0, 'stop', '{"prompt_tokens": 9, "cached_tokens": 4, "completion_tokens": 2}',
                    '{"load_s": 1.5, "prompt_s": 0.5}');
            UPDATE conversation SET active_leaf_id = '5555666677778888';
            """
        )


def test_an_old_database_is_brought_up_to_date_and_goes_on(tmp_path: Path) -> None:
    old_database(tmp_path / "old.db")
    with closing(Database(tmp_path / "old.db")) as database:
        assert database.read(schema.schema_version) == schema.migrations()[-1].number >= 3
        store = ConversationStore(database, tmp_path / "locks")
        question, answer = store.branch("aaaabbbbccccdddd")
        assert (question.text, question.attachments) == ("Remember me?", ())
        assert (answer.text, answer.attachments) == ("Yes.", ())
        assert answer.usage is not None
        assert (answer.usage.cached_tokens, answer.usage.restored_tokens) == (4, 0)
        new = store.add_question("aaaabbbbccccdddd", answer.id, "And this?", [PICTURE]).result()
        assert store.branch("aaaabbbbccccdddd") == [question, answer, new]
        store.close()


def test_two_processes_may_bring_it_up_to_date(tmp_path: Path) -> None:
    old_database(tmp_path / "old.db")
    with closing(Database(tmp_path / "old.db")), closing(Database(tmp_path / "old.db")) as second:
        assert second.check() == "ok"
        assert n_rows(second) == 0
