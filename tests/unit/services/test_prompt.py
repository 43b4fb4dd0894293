from __future__ import annotations

from assistant.core.conversation import Message, MessageStatus, Role
from assistant.core.media import Attachment, MediaKind
from assistant.protocol.prompt_messages import PromptMedia
from assistant.services.prompt import path_to, prompt_messages


def message(number: int, role: Role, text: str, parent: int | None = None, **fields: object) -> Message:
    return Message(
        id=f"{number:016x}",
        conversation_id="c",
        parent_id=None if parent is None else f"{parent:016x}",
        role=role,
        text=text,
        status=MessageStatus.COMPLETE,
        created_at=float(number),
        **fields,  # type: ignore[arg-type]
    )


def test_an_empty_system_prompt_is_left_out() -> None:
    branch = [message(1, Role.USER, "Why?")]
    assert [(each.role, each.text) for each in prompt_messages("", branch)] == [("user", "Why?")]
    assert [(each.role, each.text) for each in prompt_messages("Be brief.", branch)] == [
        ("system", "Be brief."),
        ("user", "Why?"),
    ]


def test_answers_carry_their_tokens() -> None:
    branch = [
        message(1, Role.USER, "Why?"),
        message(2, Role.ASSISTANT, "So.", 1, token_ids=(5, 6), vocabulary="v"),
    ]
    answer = prompt_messages("", branch)[1]
    assert (answer.role, answer.text, answer.token_ids, answer.vocabulary) == ("assistant", "So.", (5, 6), "v")


def test_questions_around_an_empty_answer_become_one() -> None:
    branch = [
        message(1, Role.USER, "One?"),
        message(2, Role.ASSISTANT, "", 1),
        message(3, Role.USER, "Two?", 2),
        message(4, Role.ASSISTANT, "Yes.", 3),
        message(5, Role.USER, "Three?", 4),
    ]
    assert [(each.role, each.text) for each in prompt_messages("", branch)] == [
        ("user", "One?\n\nTwo?"),
        ("assistant", "Yes."),
        ("user", "Three?"),
    ]


def attached(*names: str) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(sha256=name, name=f"{name}.png", kind=MediaKind.IMAGE, mime="image/png", n_bytes=1) for name in names
    )


def test_what_the_model_takes_in_goes_along_and_the_rest_is_named() -> None:
    branch = [
        message(1, Role.USER, "Which?", attachments=attached("cat", "dog", "cat")),
        message(2, Role.ASSISTANT, "The cat.", 1),
        message(3, Role.USER, "", 2, attachments=attached("dog")),
    ]
    cat = PromptMedia(kind=MediaKind.IMAGE, digest="d", path="/p")
    first, _, last = prompt_messages("", branch, {"cat": cat})
    assert (first.text, first.media) == ("[image: dog.png]\nWhich?", (cat, cat))
    assert (last.text, last.media) == ("[image: dog.png]", ())


def test_questions_that_become_one_keep_their_pictures_in_order() -> None:
    branch = [
        message(1, Role.USER, "", attachments=attached("cat")),
        message(2, Role.USER, "Two?", 1, attachments=attached("dog")),
    ]
    media = {name: PromptMedia(kind=MediaKind.IMAGE, digest=name, path="/p") for name in ("cat", "dog")}
    (joined,) = prompt_messages("", branch, media)
    assert (joined.text, [each.digest for each in joined.media]) == ("Two?", ["cat", "dog"])


def test_a_path_follows_the_parents_and_no_sibling() -> None:
    root = message(1, Role.USER, "One?")
    left, right = message(2, Role.ASSISTANT, "A", 1), message(3, Role.ASSISTANT, "B", 1)
    leaf = message(4, Role.USER, "Two?", 2)
    tree = [root, left, right, leaf]
    assert path_to(leaf.id, tree) == [root, left, leaf]
    assert path_to(right.id, tree) == [root, right]
    assert path_to(None, tree) == []
