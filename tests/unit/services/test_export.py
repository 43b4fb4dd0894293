from __future__ import annotations

import msgspec

from assistant.core.conversation import Conversation, FinishReason, Message, MessageStatus, Role, Timings, Usage
from assistant.core.errors import ErrorInfo
from assistant.core.media import Attachment, MediaKind
from assistant.services.export import FORMAT_NAME, ExportedConversation, to_json, to_markdown

CONVERSATION = Conversation(
    id="c" * 16,
    title="发票 and 🎉",
    created_at=1.0,
    updated_at=2.5,
    active_leaf_id="a" * 16,
    system_prompt="Be\nbrief.",
)
QUESTION = Message(
    id="b" * 16,
    conversation_id=CONVERSATION.id,
    parent_id=None,
    role=Role.USER,
    text='Why "so"?\n\tTab',
    status=MessageStatus.COMPLETE,
    created_at=1.0,
)
ANSWER = Message(
    id="a" * 16,
    conversation_id=CONVERSATION.id,
    parent_id=QUESTION.id,
    role=Role.ASSISTANT,
    text="因为。",
    status=MessageStatus.INTERRUPTED,
    created_at=2.0,
    finish_reason=FinishReason.ERROR,
    error=ErrorInfo(kind="EngineStopped", message="It {how}.", values={"how": "stopped"}),
    model="tiny",
    usage=Usage(prompt_tokens=3, cached_tokens=1, completion_tokens=2),
    timings=Timings(load_s=0.5, prompt_s=0.25, first_token_s=0.75, decode_tokens_per_s=9.5),
    token_ids=(1, -2, 3),
    vocabulary="v",
)


def test_json_holds_everything() -> None:
    text = to_json(CONVERSATION, [QUESTION, ANSWER])
    exported = msgspec.json.decode(text, type=ExportedConversation)
    assert exported == ExportedConversation(conversation=CONVERSATION, messages=(QUESTION, ANSWER))
    assert (exported.format, exported.version) == (FORMAT_NAME, 1)
    assert "发票" in text
    assert text.endswith("}\n")


def test_markdown_shows_the_branch() -> None:
    text = to_markdown(CONVERSATION, [QUESTION, ANSWER])
    assert text.startswith("# 发票 and 🎉\n\n")
    assert "\n\n> Be\n> brief.\n\n" in text
    assert '\n\n## You\n\nWhy "so"?\n\tTab\n\n## tiny\n\n因为。\n\n*(interrupted)*\n' in text


def test_attachments_are_named() -> None:
    cat = Attachment(sha256="0" * 64, name="cat.png", kind=MediaKind.IMAGE, mime="image/png", n_bytes=9)
    question = msgspec.structs.replace(QUESTION, attachments=(cat,))
    exported = msgspec.json.decode(to_json(CONVERSATION, [question]), type=ExportedConversation)
    assert exported.messages == (question,)
    assert "\n\n## You\n\n*(image: cat.png)*\n\nWhy" in to_markdown(CONVERSATION, [question])
    alone = msgspec.structs.replace(question, text="")
    assert to_markdown(CONVERSATION, [alone]).endswith("\n\n## You\n\n*(image: cat.png)*\n")


def test_markdown_of_an_empty_conversation() -> None:
    empty = msgspec.structs.replace(CONVERSATION, title="", system_prompt="")
    assert to_markdown(empty, []).startswith("# Conversation\n\n19")
