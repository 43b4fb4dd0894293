from __future__ import annotations

from assistant.core.conversation import Message, MessageStatus, Role
from assistant.gui.message_tree import MessageTree


def message(message_id: str, parent_id: str | None, text: str = "") -> Message:
    return Message(
        id=message_id,
        conversation_id="c",
        parent_id=parent_id,
        role=Role.USER,
        text=text,
        status=MessageStatus.COMPLETE,
        created_at=0.0,
        token_ids=(1, 2, 3),
    )


def tree() -> MessageTree:
    """Two first questions; the first has two answers, and the second of them a follow-up."""
    return MessageTree(
        [message("q1", None), message("a1", "q1"), message("q2", None), message("a2", "q1"), message("f", "a2")], "f"
    )


def test_the_branch_says_where_each_message_stands_among_its_alternatives() -> None:
    assert [(row.message.id, row.sibling_index, row.sibling_count) for row in tree().rows()] == [
        ("q1", 0, 2),
        ("a2", 1, 2),
        ("f", 0, 1),
    ]


def test_an_empty_tree_has_no_rows() -> None:
    assert MessageTree().rows() == []


def test_alternatives_end_at_both_sides() -> None:
    assert tree().sibling("q1", 1) == "q2"
    assert tree().sibling("q1", -1) is None
    assert tree().sibling("q2", 1) is None
    assert tree().sibling("nobody", 1) is None


def test_the_newest_leaf() -> None:
    assert tree().newest_leaf("q1") == "f"
    assert tree().newest_leaf("a1") == "a1"


def test_a_message_is_replaced_in_its_place_and_its_tokens_are_left_out() -> None:
    grown = tree()
    grown.put(message("a2", "q1", "more"))
    assert [row.message.text for row in grown.rows()] == ["", "more", ""]
    assert all(row.message.token_ids == () for row in grown.rows())


def test_only_the_branch_that_is_shown_counts() -> None:
    assert tree().has_on_branch("a2")
    assert not tree().has_on_branch("a1")
