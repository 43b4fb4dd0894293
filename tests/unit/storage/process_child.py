"""A second process for the storage tests: ``process_child.py FOLDER write N`` or ``process_child.py FOLDER hold``."""

from __future__ import annotations

import sys
from pathlib import Path

from assistant.storage.conversations import ConversationStore
from assistant.storage.database import Database


def main() -> None:
    folder, command = Path(sys.argv[1]), sys.argv[2]
    database = Database(folder / "famulus.db")
    store = ConversationStore(database, folder / "locks")
    if command == "write":
        write(store, int(sys.argv[3]))
        database.close()
        store.close()
    else:
        hold(store)


def write(store: ConversationStore, count: int) -> None:
    conversation = store.create("").result()
    parent = None
    for number in range(count):
        parent = store.add_question(conversation.id, parent, f"question {number}").result().id
    print(conversation.id)


def hold(store: ConversationStore) -> None:
    """Begin an answer, say its id and stay alive until stdin closes or the process is killed."""
    conversation = store.create("").result()
    question = store.add_question(conversation.id, None, "Who lives?").result()
    answer = store.answers.begin(conversation.id, question.id, "model").result()
    store.answers.grow(answer.id, "Half an answ", (1, 2, 3), "v").result()
    print(answer.id, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
