"""Writes questions and answers until it is killed: ``storage_writer.py FOLDER LOG SEED``.

Every message is logged as one JSON line, outside the database, after its future has resolved.
"""

from __future__ import annotations

import json
import os
import random
import sys
from pathlib import Path

from assistant.core.conversation import FinishReason, Message, MessageStatus
from assistant.storage.conversations import ConversationStore
from assistant.storage.database import Database


def main() -> None:
    folder, log, seed = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    store = ConversationStore(Database(folder / "famulus.db"), folder / "locks")
    chance = random.Random(seed)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def acknowledge(message: Message) -> None:
        os.write(descriptor, json.dumps([message.id, message.text]).encode() + b"\n")
        os.fsync(descriptor)

    conversation = store.create("").result()
    parent = None
    while True:
        question = store.add_question(conversation.id, parent, some_text(chance)).result()
        acknowledge(question)
        if parent is None:
            print("acknowledged", flush=True)
        parent = answer(store, chance, question)
        acknowledge(store.message(parent))


def answer(store: ConversationStore, chance: random.Random, question: Message) -> str:
    message = store.answers.begin(question.conversation_id, question.id, "model").result()
    text = some_text(chance)
    token_ids = range(len(text))
    store.answers.grow(message.id, text[: len(text) // 2], token_ids[: len(text) // 2], "v")
    finished = store.answers.finish(
        message.id,
        text=text,
        status=MessageStatus.COMPLETE,
        finish_reason=FinishReason.STOP,
        token_ids=token_ids,
    )
    return finished.result().id


def some_text(chance: random.Random) -> str:
    # Some messages are much larger than a page of the database.
    return " ".join(chance.choices(["apple", "river", "发票", "支付", "GPU显存"], k=chance.choice([5, 50, 2000])))


if __name__ == "__main__":
    main()
