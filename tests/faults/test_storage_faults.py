"""A killed process loses no message that it was told is saved."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

import assistant
from assistant.core.conversation import Message, MessageStatus
from assistant.storage.conversations import ConversationStore
from assistant.storage.database import Database

ROUNDS = 200
WRITER = Path(__file__).with_name("storage_writer.py")
WRITER_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(assistant.__file__).parents[1])}


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_acknowledged_messages_survive_kill(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    started = time.monotonic()
    everything: dict[str, str] = {}
    interrupted = 0
    for seed in range(ROUNDS):
        acknowledged = write_until_killed(tmp_path, seed)
        assert acknowledged, f"seed {seed}"
        interrupted += len(reopen(tmp_path, acknowledged))
        everything |= acknowledged
    assert reopen(tmp_path, everything) == []
    with capsys.disabled():
        print(
            f"\n{ROUNDS} kills, {len(everything)} acknowledged messages, 0 lost; "
            f"{interrupted} answers interrupted; {time.monotonic() - started:.0f} s"
        )


def reopen(folder: Path, acknowledged: dict[str, str]) -> list[Message]:
    """Check the database in a process that finds it as the killed one left it; the answers it recovers."""
    with (
        closing(ConversationStore(database := Database(folder / "famulus.db"), folder / "locks")) as store,
        closing(database),
    ):
        assert database.check() == "ok"
        assert {id: store.message(id).text for id in acknowledged} == acknowledged
        recovered = store.answers.recover().result()
        assert all(message.status is MessageStatus.INTERRUPTED for message in recovered)
        return recovered


def write_until_killed(folder: Path, seed: int) -> dict[str, str]:
    """Start a writer, kill it 20-300 ms after its first acknowledgement; what it had acknowledged."""
    log = folder / f"{seed}.log"
    with subprocess.Popen(
        [sys.executable, str(WRITER), str(folder), str(log), str(seed)],
        env=WRITER_ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "acknowledged\n"
        time.sleep(random.Random(seed).uniform(0.02, 0.3))
        writer.kill()
    # The kill may have cut the last line; what follows the last line break was not acknowledged.
    lines = log.read_bytes().split(b"\n")[:-1]
    return dict(json.loads(line) for line in lines)
