"""A conversation of 2,000 messages in the database, as if it had been had."""

from __future__ import annotations

from assistant.core.conversation import FinishReason, MessageStatus, Usage
from assistant.services.services import Services
from tests.bench.window.answer_text import short_answer
from tests.tiny_gguf import write_tiny_model

N_MESSAGES = 2_000
TITLE = "Two thousand messages"


def store_long_conversation(services: Services, n_messages: int = N_MESSAGES) -> str:
    """Choose a tiny model and store the conversation; returns its id."""
    model = services.paths.home / "tiny.gguf"
    write_tiny_model(model)
    services.settings.set("model.path", str(model))
    store = services.conversations
    conversation = store.create("").result()
    parent: str | None = None
    for number in range(n_messages // 2):
        question = store.add_question(
            conversation.id, parent, f"Question {number}: what does the archive say?"
        ).result()
        answer = store.answers.begin(conversation.id, question.id, "tiny").result()
        parent = answer.id
        ended = store.answers.finish(
            answer.id,
            text=short_answer(number),
            status=MessageStatus.COMPLETE,
            finish_reason=FinishReason.STOP,
            token_ids=tuple(range(100)),
            vocabulary="scripted",
            usage=Usage(prompt_tokens=100, completion_tokens=100),
        )
    ended.result()
    store.rename(conversation.id, TITLE).result()
    return conversation.id
