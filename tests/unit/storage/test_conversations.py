from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assistant
from assistant.core.conversation import Conversation, FinishReason, Message, MessageStatus, Role, Timings, Usage
from assistant.core.errors import ConversationNotFound, ErrorInfo, InputInvalid, MessageNotFound
from assistant.storage import conversations
from assistant.storage.conversations import ConversationStore, title_of
from assistant.storage.database import Database

CHILD = Path(__file__).with_name("process_child.py")
CHILD_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(assistant.__file__).parents[1])}


def conversation_with_answer(store: ConversationStore) -> tuple[Conversation, Message, Message]:
    conversation = store.create("Be brief.").result()
    question = store.add_question(conversation.id, None, "Why?").result()
    answer = store.answers.begin(conversation.id, question.id, "model.gguf").result()
    return conversation, question, answer


def finish(store: ConversationStore, answer: Message, text: str = "Because.") -> Message:
    return store.answers.finish(
        answer.id, text=text, status=MessageStatus.COMPLETE, finish_reason=FinishReason.STOP
    ).result()


def test_a_new_conversation_is_empty(store: ConversationStore) -> None:
    before = time.time()
    conversation = store.create("Be brief.").result()
    assert conversation == store.get(conversation.id)
    assert len(conversation.id) == 16
    assert (conversation.title, conversation.system_prompt, conversation.active_leaf_id) == ("", "Be brief.", None)
    assert before <= conversation.created_at == conversation.updated_at <= time.time()
    assert store.branch(conversation.id) == store.messages(conversation.id) == []


def test_a_question_and_its_answer_are_the_branch(store: ConversationStore) -> None:
    conversation, question, answer = conversation_with_answer(store)
    assert (question.role, question.status, question.text) == (Role.USER, MessageStatus.COMPLETE, "Why?")
    assert (answer.role, answer.status, answer.model) == (Role.ASSISTANT, MessageStatus.GENERATING, "model.gguf")
    assert store.branch(conversation.id) == [question, answer]
    assert store.get(conversation.id).active_leaf_id == answer.id
    assert store.message(question.id) == question


def test_everything_about_an_answer_comes_back(store: ConversationStore) -> None:
    _, question, answer = conversation_with_answer(store)
    error = ErrorInfo(kind="GenerationFailed", message="No {thing}.", cause="rc -3", values={"thing": "\udcff 发票"})
    usage = Usage(prompt_tokens=5, cached_tokens=4, completion_tokens=3)
    timings = Timings(load_s=1.5, prompt_s=0.25, first_token_s=2.0, decode_tokens_per_s=30.5)
    finished = store.answers.finish(
        answer.id,
        text="Half 😀\0 \ud800",
        status=MessageStatus.FAILED,
        finish_reason=FinishReason.ERROR,
        token_ids=(0, 1, 2**31 - 1, -1),
        vocabulary="abc",
        error=error,
        usage=usage,
        timings=timings,
    ).result()
    assert finished == store.message(answer.id)
    assert (finished.text, finished.status, finished.finish_reason) == ("Half 😀\0 ?", MessageStatus.FAILED, "error")
    assert (finished.token_ids, finished.vocabulary) == ((0, 1, 2**31 - 1, -1), "abc")
    assert (finished.usage, finished.timings) == (usage, timings)
    assert finished.error is not None
    assert (finished.error.kind, finished.error.text) == ("GenerationFailed", "No ? 发票.")
    assert (finished.parent_id, finished.created_at) == (question.id, answer.created_at)


def test_token_ids_are_little_endian_int32(store: ConversationStore, database: Database) -> None:
    _, _, answer = conversation_with_answer(store)
    store.answers.grow(answer.id, "B", (258,), "v").result()
    blob = database.read(
        lambda connection: connection.execute("SELECT token_ids FROM message WHERE id = ?", (answer.id,)).fetchone()[0]
    )
    assert blob == b"\x02\x01\x00\x00"


def test_an_answer_grows_until_it_is_finished(store: ConversationStore) -> None:
    _, question, answer = conversation_with_answer(store)
    store.answers.grow(answer.id, "Be", (1,), "v").result()
    store.answers.grow(answer.id, "Beca", (1, 2), "v").result()
    grown = store.message(answer.id)
    assert (grown.text, grown.token_ids, grown.status) == ("Beca", (1, 2), MessageStatus.GENERATING)
    assert grown.vocabulary == "v"
    finish(store, answer)
    with pytest.raises(MessageNotFound):
        store.answers.grow(answer.id, "too late", (), "v").result()
    with pytest.raises(MessageNotFound):
        finish(store, answer, "twice")
    with pytest.raises(MessageNotFound):
        finish(store, question)
    with pytest.raises(ValueError, match="generating"):
        store.answers.finish(answer.id, text="", status=MessageStatus.GENERATING, finish_reason=FinishReason.STOP)
    assert store.message(answer.id).text == "Because."


def test_another_process_cannot_write_an_answer(store: ConversationStore, database: Database, tmp_path: Path) -> None:
    _, _, answer = conversation_with_answer(store)
    with closing(ConversationStore(database, tmp_path / "locks")) as other, pytest.raises(MessageNotFound):
        other.answers.grow(answer.id, "mine", (), "v").result()
    assert store.message(answer.id).text == ""


def test_editing_the_first_question_makes_a_sibling_root(store: ConversationStore) -> None:
    conversation, question, answer = conversation_with_answer(store)
    edited = store.add_question(conversation.id, None, "Why not?").result()
    again = store.answers.begin(conversation.id, edited.id, "m").result()
    retry = store.answers.begin(conversation.id, edited.id, "m").result()
    assert store.siblings(question.id) == store.siblings(edited.id) == [question, edited]
    assert store.siblings(again.id) == [again, retry]
    assert store.branch(conversation.id) == [edited, retry]
    assert store.set_active_leaf(conversation.id, answer.id).result().active_leaf_id == answer.id
    assert store.branch(conversation.id) == [question, answer]
    assert store.messages(conversation.id) == [question, answer, edited, again, retry]
    assert store.set_active_leaf(conversation.id, None).result().active_leaf_id is None
    assert store.branch(conversation.id) == []


def test_an_answer_that_is_not_shown_leaves_the_branch_as_it_is(store: ConversationStore) -> None:
    conversation, question, answer = conversation_with_answer(store)
    aside = store.answers.begin(conversation.id, question.id, "m", shown=False).result()
    assert store.branch(conversation.id) == [question, answer]
    assert store.siblings(answer.id) == [answer, aside]
    assert store.get(conversation.id).updated_at == aside.created_at


def test_a_message_of_another_conversation_is_refused(store: ConversationStore) -> None:
    _, question, _ = conversation_with_answer(store)
    other = store.create("").result()
    for refused in (
        store.add_question(other.id, question.id, "stolen"),
        store.answers.begin(other.id, question.id, "m"),
        store.set_active_leaf(other.id, question.id),
    ):
        with pytest.raises(MessageNotFound, match="another conversation"):
            refused.result()
    assert store.messages(other.id) == []
    assert store.get(other.id) == other


def test_unknown_ids_are_named(store: ConversationStore) -> None:
    known = store.create("").result()
    for of_conversation in (
        store.rename("nothing", "x"),
        store.set_system_prompt("nothing", "x"),
        store.set_active_leaf("nothing", None),
        store.delete("nothing"),
        store.add_question("nothing", None, "x"),
        store.answers.begin("nothing", "nothing", "m"),
    ):
        with pytest.raises(ConversationNotFound, match="no conversation nothing"):
            of_conversation.result()
    for read in (store.messages, store.branch):
        with pytest.raises(ConversationNotFound):
            read("nothing")
    for of_message in (store.message, store.siblings):
        with pytest.raises(MessageNotFound, match="no message nothing"):
            of_message("nothing")
    with pytest.raises(MessageNotFound):
        store.add_question(known.id, "nothing", "x").result()


def test_get_by_prefix(store: ConversationStore, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = iter(["abcd000000000000", "abcdef0000000000", "1234567890123456"])
    monkeypatch.setattr(conversations, "new_id", lambda: next(ids))
    for _ in range(3):
        store.create("").result()
    assert store.get("1234").id == store.get(" 1234567890123456 ").id == "1234567890123456"
    assert store.get("ABCDE").id == "abcdef0000000000"
    with pytest.raises(ConversationNotFound, match=r"several.*abcd000000000000, abcdef0000000000") as raised:
        store.get("abcd")
    assert "more digits" in raised.value.info.remedy_text
    with pytest.raises(ConversationNotFound, match="too short"):
        store.get("123")
    for nobody in ("ffff", "", "%", "wxyz", "12345678901234567"):
        with pytest.raises(ConversationNotFound, match="no conversation"):
            store.get(nobody)


def test_the_last_changed_conversation_is_first(store: ConversationStore, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(float(second) for second in range(100))
    monkeypatch.setattr(time, "time", lambda: next(clock))
    first, second, third = (store.create("").result().id for _ in range(3))

    def ids(limit: int | None = None) -> list[str]:
        return [conversation.id for conversation in store.list(limit)]

    assert ids() == [third, second, first]
    store.add_question(first, None, "x").result()
    assert ids() == [first, third, second]
    store.set_system_prompt(second, "x").result()
    assert ids(2) == [second, first]
    store.set_active_leaf(third, None).result()
    store.rename(first, "x").result()
    assert ids() == [second, first, third]
    assert ids(0) == []


def test_conversations_of_the_same_moment_are_listed_newest_first(
    store: ConversationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1.0)
    created = [store.create("").result().id for _ in range(5)]
    assert [conversation.id for conversation in store.list()] == created[::-1]


def test_messages_keep_their_order_when_the_clock_goes_back(
    store: ConversationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = store.create("").result()
    for second in (3.0, 2.0, 1.0):
        monkeypatch.setattr(time, "time", lambda now=second: now)
        store.add_question(conversation.id, None, str(second)).result()
    assert [message.text for message in store.messages(conversation.id)] == ["3.0", "2.0", "1.0"]


def test_the_system_prompt_is_replaced(store: ConversationStore) -> None:
    conversation = store.create("old").result()
    assert store.set_system_prompt(conversation.id, "new").result().system_prompt == "new"
    assert store.get(conversation.id).system_prompt == "new"


def test_delete_takes_the_messages_along(store: ConversationStore) -> None:
    conversation, question, answer = conversation_with_answer(store)
    store.delete(conversation.id).result()
    assert store.list() == []
    with pytest.raises(MessageNotFound):
        store.message(question.id)
    with pytest.raises(MessageNotFound):
        finish(store, answer)


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("\n\n  How   do\tI \n second line", "How do I"),
        ("", ""),
        (" \n\t", ""),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 59 + "…"),
        ("word " * 20, "word word word word word word word word word word word word…"),
        ("No " + "x" * 100, "No " + "x" * 56 + "…"),
        ("发票" * 40, "发票" * 29 + "发…"),
    ],
)
def test_title_of(question: str, title: str) -> None:
    assert title_of(question) == title
    assert len(title) <= 60


def test_only_the_first_question_makes_the_title(store: ConversationStore) -> None:
    conversation = store.create("").result()
    first = store.add_question(conversation.id, None, "First").result()
    store.add_question(conversation.id, first.id, "Second").result()
    store.add_question(conversation.id, None, "Edited").result()
    assert store.get(conversation.id).title == "First"


def test_a_title_given_by_hand_stays(store: ConversationStore) -> None:
    conversation = store.create("").result()
    assert store.rename(conversation.id, " My\n title ").result().title == "My title"
    store.add_question(conversation.id, None, "First").result()
    with pytest.raises(InputInvalid):
        store.rename(conversation.id, " \n").result()
    assert store.get(conversation.id).title == "My title"


@settings(max_examples=25, deadline=None)
@given(parents=st.lists(st.integers(0, 30), min_size=1, max_size=15), leaf=st.integers(0, 30))
def test_any_tree_gives_its_branches(tmp_path_factory: pytest.TempPathFactory, parents: list[int], leaf: int) -> None:
    folder = tmp_path_factory.mktemp("tree")
    with closing(Database(folder / "famulus.db")) as database, closing(ConversationStore(database, folder)) as store:
        conversation = store.create("").result()
        tree: list[Message] = []
        for number in parents:
            # 0 makes a root, another number picks one of the messages so far.
            parent = tree[number % len(tree)].id if tree and number else None
            tree.append(store.add_question(conversation.id, parent, str(len(tree))).result())
        by_id = {message.id: message for message in tree}
        chosen = tree[leaf % len(tree)]
        store.set_active_leaf(conversation.id, chosen.id).result()
        expected = [chosen]
        while (above := expected[0].parent_id) is not None:
            expected.insert(0, by_id[above])
        assert store.branch(conversation.id) == expected
        assert store.messages(conversation.id) == tree
        assert store.siblings(chosen.id) == [message for message in tree if message.parent_id == chosen.parent_id]


def start_child(folder: Path) -> tuple[subprocess.Popen[str], str]:
    """Another process that is generating an answer, and the id of that answer."""
    child = subprocess.Popen(
        [sys.executable, str(CHILD), str(folder), "hold"],
        env=CHILD_ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    return child, child.stdout.readline().strip()


def test_recover_marks_the_dead_and_spares_the_living(store: ConversationStore, tmp_path: Path) -> None:
    _, _, own = conversation_with_answer(store)
    killed, killed_answer = start_child(tmp_path)
    living, living_answer = start_child(tmp_path)
    with killed, living:
        assert store.answers.recover().result() == []
        killed.kill()
        killed.wait()
        (recovered,) = store.answers.recover().result()
        assert recovered == store.message(killed_answer)
        assert (recovered.status, recovered.finish_reason) == (MessageStatus.INTERRUPTED, FinishReason.ERROR)
        assert (recovered.text, recovered.token_ids) == ("Half an answ", (1, 2, 3))
        assert [hit.message_id for hit in store.search("answ")] == [killed_answer]
        assert store.message(living_answer).status is MessageStatus.GENERATING
        assert store.message(own.id).status is MessageStatus.GENERATING
        assert store.answers.recover().result() == []
        living.kill()
    finish(store, own)


def test_a_closed_store_gives_its_answers_up(store: ConversationStore, database: Database, tmp_path: Path) -> None:
    with closing(ConversationStore(database, tmp_path / "locks")) as other:
        _, _, answer = conversation_with_answer(other)
        assert store.answers.recover().result() == []
    assert [message.id for message in store.answers.recover().result()] == [answer.id]


def test_many_recover_at_once_and_each_answer_is_marked_once(tmp_path: Path) -> None:
    child, answer = start_child(tmp_path)
    with child:
        child.kill()
    databases = [Database(tmp_path / "famulus.db") for _ in range(4)]
    stores = [ConversationStore(database, tmp_path / "locks") for database in databases]
    with ThreadPoolExecutor(4) as pool:
        recovered = list(pool.map(lambda store: store.answers.recover().result(), stores))
    assert [message.id for messages in recovered for message in messages] == [answer]
    for database, store in zip(databases, stores, strict=True):
        database.close()
        store.close()


def test_the_newest_leaf_follows_the_newest_child(store: ConversationStore) -> None:
    conversation = store.create("").result()
    question = store.add_question(conversation.id, None, "Old?").result()
    old = store.answers.begin(conversation.id, question.id, "model").result()
    new = store.answers.begin(conversation.id, question.id, "model").result()
    last = store.add_question(conversation.id, old.id, "And then?").result()
    assert store.newest_leaf(question.id) == new.id
    assert store.newest_leaf(old.id) == last.id
    assert store.newest_leaf(last.id) == last.id
    with pytest.raises(MessageNotFound):
        store.newest_leaf("0" * 16)


def test_only_changes_of_other_processes_are_noticed(store: ConversationStore, tmp_path: Path) -> None:
    store.create("").result()
    assert not store.changed_elsewhere()
    other = Database(tmp_path / "famulus.db")
    try:
        ConversationStore(other, tmp_path / "other-locks").create("").result()
    finally:
        other.close()
    assert store.changed_elsewhere()
    assert not store.changed_elsewhere()
