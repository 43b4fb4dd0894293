"""SIGKILL at random moments of streaming answers: of the engine, and of the whole program.

Used with few rounds by the suite and with many by ``make faults``.
"""

from __future__ import annotations

import json
import os
import queue
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import msgspec
import psutil

from assistant.core.conversation import MessageStatus
from assistant.core.events import AnswerGrew, Event, MessageFinished, TurnEvent, TurnFailed
from assistant.core.settings import Settings
from assistant.services.services import Services

QUESTION = "Write a long story about a lighthouse keeper and the sea."
PATIENCE_S = 60.0


def settings_with(max_tokens: int) -> Settings:
    settings = Settings()
    sampling = msgspec.structs.replace(settings.sampling, temperature=0.0, max_tokens=max_tokens)
    model = msgspec.structs.replace(settings.model, n_ctx=2048)
    return msgspec.structs.replace(settings, sampling=sampling, model=model)


class EngineKill(NamedTuple):
    """What one killed engine cost: seconds from the next question to its first token, load not counted."""

    recovery_s: float
    kept_characters: int


def kill_engine_while_streaming(services: Services, rounds: int, seed: int) -> list[EngineKill]:
    """Kill the engine under a streaming answer, check what is stored, and ask the next question."""
    random_moments = random.Random(seed)
    kills = []
    for _ in range(rounds):
        events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        unsubscribe = services.bus.subscribe(events.put)
        request = services.chat.send(None, QUESTION, settings_with(400))
        n_pieces = random_moments.randrange(1, 40)
        streamed = "".join(_next(events, AnswerGrew, request).text for _ in range(n_pieces))
        time.sleep(random_moments.random() * 0.05)
        process_id = services.engine.process_id
        assert process_id is not None
        os.kill(process_id, signal.SIGKILL)
        failed, rest = _end(events, request)
        assert isinstance(failed, TurnFailed), failed
        assert failed.error.kind == "EngineStopped"
        assert failed.message is not None
        stored = services.conversations.message(failed.message.id)
        assert stored.status is MessageStatus.INTERRUPTED
        assert stored.text == streamed + rest
        kills.append(EngineKill(_ask_again(services, events, failed.conversation_id), len(stored.text)))
        unsubscribe()
    return kills


def _ask_again(services: Services, events: queue.SimpleQueue[Event], conversation_id: str) -> float:
    asked_at = time.monotonic()
    request = services.chat.send(conversation_id, "Go on.", settings_with(4))
    _next(events, AnswerGrew, request)
    waited = time.monotonic() - asked_at
    finished, _ = _end(events, request)
    assert isinstance(finished, MessageFinished), finished
    assert finished.message.timings is not None
    return waited - finished.message.timings.load_s


def _next(events: queue.SimpleQueue[Event], kind: type[AnswerGrew], request: str) -> AnswerGrew:
    while True:
        event = events.get(timeout=PATIENCE_S)
        assert not (isinstance(event, MessageFinished | TurnFailed) and event.request_id == request), event
        if isinstance(event, kind) and event.request_id == request:
            return event


def _end(events: queue.SimpleQueue[Event], request: str) -> tuple[TurnEvent, str]:
    rest = ""
    while True:
        event = events.get(timeout=PATIENCE_S)
        if isinstance(event, AnswerGrew) and event.request_id == request:
            rest += event.text
        if isinstance(event, MessageFinished | TurnFailed) and event.request_id == request:
            return event, rest


class ProgramKill(NamedTuple):
    """What one killed program cost.

    Attributes:
        orphans_s: Seconds until its workers were gone.
        lost_s: Seconds before the kill at which the first text that is not on the disk was printed; 0 if all is.
    """

    orphans_s: float
    lost_s: float


def kill_program_while_streaming(home: Path, rounds: int, seed: int) -> list[ProgramKill]:
    """Kill ``famulus chat`` under a streaming answer; look for orphans, the database and the partial text."""
    random_moments = random.Random(seed)
    return [_kill_program(home, random_moments) for _ in range(rounds)]


def _kill_program(home: Path, random_moments: random.Random) -> ProgramKill:
    command = [sys.executable, "-m", "assistant", "chat", "--json", "--temperature", "0", "--n-ctx", "2048", QUESTION]
    environment = {**os.environ, "FAMULUS_HOME": str(home)}
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environment)
    assert program.stdout is not None
    n_pieces = random_moments.randrange(1, 60)
    pieces: list[tuple[float, str]] = []
    message_id = ""
    while len(pieces) < n_pieces:
        event = json.loads(program.stdout.readline())
        assert event["type"] != "finished", "the answer is too short for this test"
        if event["type"] == "started":
            message_id = event["message_id"]
        elif event["type"] == "text":
            pieces.append((time.monotonic(), event["text"]))
    time.sleep(random_moments.random() * 0.05)
    workers = psutil.Process(program.pid).children(recursive=True)
    assert workers
    killed_at = time.monotonic()
    program.kill()
    program.wait()
    program.stdout.close()
    _, alive = psutil.wait_procs(workers, timeout=PATIENCE_S)
    assert not alive
    orphans_s = time.monotonic() - killed_at
    return ProgramKill(orphans_s, _lost_s(home, message_id, pieces, killed_at))


def _lost_s(home: Path, message_id: str, pieces: list[tuple[float, str]], killed_at: float) -> float:
    connection = sqlite3.connect(home / "famulus.db")
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        ((stored,),) = connection.execute("SELECT text FROM message WHERE id = ?", (message_id,)).fetchall()
    finally:
        connection.close()
    printed = ""
    for printed_at, text in pieces:
        printed += text
        if len(printed) > len(stored):
            assert printed.startswith(stored)
            return killed_at - printed_at
    return 0.0
