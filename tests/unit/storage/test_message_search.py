from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.core.conversation import FinishReason, MessageStatus, Role
from assistant.storage.conversations import ConversationStore
from assistant.storage.database import Database


def ask(store: ConversationStore, *texts: str) -> str:
    """A conversation with these questions, one after the other; its id."""
    conversation = store.create("").result()
    parent: str | None = None
    for text in texts:
        parent = store.add_question(conversation.id, parent, text).result().id
    return conversation.id


def found(store: ConversationStore, query: str) -> set[str]:
    """The texts of the messages found."""
    return {store.message(hit.message_id).text for hit in store.search(query) if hit.message_id}


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("我想用发票报销", "发票"),
        ("请选择支付方式", "支付"),
        ("请选择支付方式", "付方式"),
        ("请选择支付方式", "式"),
        ("GPU显存不足怎么办", "GPU显存"),
        ("GPU显存不足怎么办", "显存 gpu"),
        ("請求書をメールで送る", "メール"),
        ("請求書をメールで送る", "送"),
        ("안녕하세요 여러분", "하세"),
        ("The crème brûlée recipe", "creme brulee"),
        ("The creme recipe", "CRÈME"),
        ("Searching as you type", "type sear"),
        ("See snake_case and e-mail", "e-mail"),
        ("Привет, мир", "прив"),
        ("ＧＰＵ memory", "gpu"),
    ],
)
def test_found(store: ConversationStore, text: str, query: str) -> None:
    ask(store, "nothing of the kind", text)
    assert found(store, query) == {text}


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("发,票", "发票"),
        ("票发", "发票"),
        ("red apple", "red pear"),
        ("apples are red", "apple red"),
        ("mail with an e", "e-mail"),
        ("GPU 内存", "GPU显存"),
    ],
)
def test_not_found(store: ConversationStore, text: str, query: str) -> None:
    ask(store, text)
    assert store.search(query) == []


def test_a_hit_says_where_it_is(store: ConversationStore) -> None:
    conversation_id = ask(store, "Title line", "The needle\nis here")
    (hit,) = store.search("needle")
    message = store.messages(conversation_id)[1]
    assert (hit.conversation_id, hit.message_id, hit.role) == (conversation_id, message.id, Role.USER)
    assert (hit.conversation_title, hit.snippet) == ("Title line", "The needle is here")
    assert hit.created_at == message.created_at


def test_titles_are_found_by_their_newest_name_only(store: ConversationStore) -> None:
    conversation_id = ask(store, "hello")
    store.rename(conversation_id, "Budget of spring").result()
    store.rename(conversation_id, "Budget of autumn").result()
    (hit,) = store.search("budget")
    assert (hit.message_id, hit.role, hit.snippet) == (None, None, "Budget of autumn")
    assert hit.conversation_id == conversation_id
    assert store.search("spring") == []


def test_better_matches_come_first_then_newer_ones(store: ConversationStore) -> None:
    conversation_id = ask(store, "no match", "needle", "needle", "needle among many many other words of a long message")
    _, older, newer, longest = [message.id for message in store.messages(conversation_id)]
    assert [hit.message_id for hit in store.search("needle")] == [newer, older, longest]
    assert [hit.message_id for hit in store.search("needle", limit=1)] == [newer]


def test_answers_are_found_once_they_have_ended(store: ConversationStore) -> None:
    conversation_id = ask(store, "question")
    question = store.messages(conversation_id)[0]
    expected = {MessageStatus.COMPLETE: True, MessageStatus.INTERRUPTED: True, MessageStatus.FAILED: False}
    for status, is_found in expected.items():
        text = f"{status} platypus"
        answer = store.answers.begin(conversation_id, question.id, "m").result()
        store.answers.grow(answer.id, text, (), "v").result()
        assert text not in found(store, "platypus")
        store.answers.finish(answer.id, text=text, status=status, finish_reason=FinishReason.STOP).result()
        assert (text in found(store, "platypus")) is is_found


def test_a_deleted_conversation_leaves_no_row_in_the_index(store: ConversationStore, database: Database) -> None:
    kept = ask(store, "kept words")
    deleted = ask(store, "deleted words", "more deleted words")
    store.delete(deleted).result()
    assert {hit.conversation_id for hit in store.search("words")} == {kept}
    rows = database.read(lambda connection: connection.execute("SELECT count(*) FROM search_index").fetchone()[0])
    assert rows == 2
    database.write(
        lambda connection: connection.execute("INSERT INTO search_index (search_index) VALUES ('integrity-check')")
    ).result()


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConversationStore]:
    folder: Path = tmp_path_factory.mktemp("search")
    with closing(Database(folder / "famulus.db")) as database, closing(ConversationStore(database, folder)) as store:
        ask(store, "some words", "发票 and 支付", "NEAR AND OR NOT")
        yield store


@given(query=st.text() | st.text(alphabet="\"'*^()-+:{}\0 aANDORNEAT发票_"))
@example(query='"')
@example(query="NEAR(a b, 3)")
@example(query="words : some")
@example(query="-some")
@example(query="a AND")
@example(query="\ud800 lone surrogate\udfff")
@example(query="some*")
def test_no_query_raises(shared_store: ConversationStore, query: str) -> None:
    for hit in shared_store.search(query):
        assert len(hit.snippet) <= 122


@given(text=st.text(alphabet=st.characters(categories=["L", "N"], max_codepoint=0x24F), min_size=1, max_size=20))
def test_every_stored_word_is_found_by_itself(shared_store: ConversationStore, text: str) -> None:
    conversation_id = ask(shared_store, f"before {text} after")
    assert conversation_id in {hit.conversation_id for hit in shared_store.search(text, limit=10_000)}


@given(text=st.text(alphabet="发票支付显存カ한", min_size=1, max_size=12), data=st.data())
def test_every_part_of_a_chinese_run_is_found(shared_store: ConversationStore, text: str, data: st.DataObject) -> None:
    conversation_id = ask(shared_store, f"x{text}y")
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    hits = shared_store.search(text[start:end], limit=10_000)
    assert conversation_id in {hit.conversation_id for hit in hits}
    assert all(text[start:end] in shared_store.message(hit.message_id).text for hit in hits if hit.message_id)
