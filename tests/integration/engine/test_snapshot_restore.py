"""Chats that come back from disk: exactly what was saved, or nothing at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from assistant.core.sampling import SamplingParameters
from assistant.engine import sequence_store
from assistant.engine.cells import Cell
from assistant.engine.sequences import Sequence
from assistant.protocol.prompt_messages import PromptMessage
from tests.integration.engine.other_models import WRITERS
from tests.integration.engine.snapshot_opener import opener
from tests.integration.engine.talker import MINE, QUESTIONS, Answer, Talker

N_CTX = 512
N_BATCH = 32
MAX_DIFFERENCE = 1e-3
"""Of logits. The same cells at the same places are added up in the same order; a wrong cell makes 0.1 to 3."""
ONE_TOKEN = SamplingParameters(temperature=0.0, max_tokens=1)
THREE_TOKENS = SamplingParameters(temperature=0.0, max_tokens=3)
N_SHORT = 20
"""Cells of a prompt that is asked a hundred times."""
N_FLIPS, N_CUTS = 64, 16
STATE_START = 4096
"""Where the state begins behind a short header."""

Damage = Callable[[Path], object]
"""Puts something in the place of the snapshot at this path, where nothing is."""


# What was saved comes back


def talk(talker: Talker, questions: tuple[str, ...]) -> Answer:
    """Ask one question after another; returns the last answer."""
    messages: list[PromptMessage] = []
    answer = Answer([])
    for question in questions:
        messages.append(PromptMessage(role="user", text=question))
        answer = talker.answer(talker.prompt(messages))
        messages.append(talker.message(answer))
    return answer


@pytest.fixture(params=["starter", *WRITERS])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "starter":
        starter: Path = request.getfixturevalue("starter_model")
        return starter
    return WRITERS[request.param](tmp_path / "model.gguf")


def test_a_chat_from_disk_goes_on_as_the_one_in_memory(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequence_store, "MIN_SAVED", 64)  # few cells, so that it is quick
    with closing(Talker(path, N_BATCH, N_CTX, open_snapshots=opener(path, tmp_path, N_CTX))) as talker:
        held = talk(talker, QUESTIONS[:3]).held
        assert 64 <= len(held) < N_CTX // 2
        assert talker.table.latest()[0].cells == held
        talker.store.save(talker.table.latest()[0])
        assert talker.store.flush() == 1
        following = [*held, *talker.model.vocabulary.tokenize_plain("And why is that so?")]
        in_memory = talker.answer(following, ONE_TOKEN)
        assert (in_memory.cached_tokens, in_memory.usage.restored_tokens) == (len(held), 0)
    with closing(Talker(path, N_BATCH, N_CTX, open_snapshots=opener(path, tmp_path, N_CTX))) as again:
        restored = again.answer(following, ONE_TOKEN)
    assert (restored.cached_tokens, restored.usage.restored_tokens) == (len(held), len(held))
    assert in_memory.held == restored.held == following
    assert np.abs(in_memory.logits - restored.logits).max() <= MAX_DIFFERENCE
    assert restored.ids == in_memory.ids


# What is damaged or foreign does not


@dataclass
class Shelf:
    """A talker of the starter model, and a chat of its that is on disk.

    Attributes:
        talker: Knows nothing of it before it is asked.
        prompt: What it is asked.
        path: The snapshot.
        sound: Its content.
        others: Sound snapshots of another conversation, and of this one under another key.
    """

    talker: Talker
    prompt: list[Cell]
    path: Path
    sound: bytes
    others: list[bytes]

    def ask(self) -> Answer:
        self.talker.forget()
        return self.talker.answer(self.prompt, THREE_TOKENS)


def saved_by(model: Path, folder: Path, prompt: list[Cell], conversation_id: str, **key_changes: object) -> Path:
    before = set(folder.rglob("*.kv"))
    open_snapshots = opener(model, folder, N_CTX, **key_changes)
    with closing(Talker(model, N_BATCH, N_CTX, open_snapshots=open_snapshots)) as talker:
        talker.answer(prompt, conversation_id=conversation_id)
        talker.store.save(talker.table.latest()[0])
    (path,) = set(folder.rglob("*.kv")) - before
    return path


@pytest.fixture
def shelf(starter_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    monkeypatch.setattr(sequence_store, "MIN_SAVED", 16)
    monkeypatch.setattr(sequence_store, "MIN_GAIN", 8)
    with closing(Talker(starter_model, N_BATCH, N_CTX, open_snapshots=opener(starter_model, tmp_path, N_CTX))) as asked:
        prompt = asked.prompt([PromptMessage(role="user", text="Hi")])[-N_SHORT:]
        path = saved_by(starter_model, tmp_path, prompt, MINE)
        others = [
            saved_by(starter_model, tmp_path, prompt, "other"),
            saved_by(starter_model, tmp_path, prompt, MINE, rope_freq_base=20_000.0),
        ]
        yield Shelf(asked, prompt, path, path.read_bytes(), [other.read_bytes() for other in others])


def writes(content: bytes) -> Damage:
    return lambda path: path.write_bytes(content)


def damages(shelf: Shelf, elsewhere: Path) -> Iterator[tuple[str, Damage]]:
    """Every kind of damage: bits of header, state and MACs, cuts, additions, foreign files, and what is no file."""
    sound, size = shelf.sound, len(shelf.sound)
    heads = [0, 10, 11, 14, 15, 40, 100, 200, STATE_START - 1, STATE_START, size - 33, size - 32, size - 1]
    for index, offset in enumerate([*heads, *range(STATE_START + 7, size, size // (N_FLIPS - len(heads)))]):
        flipped = bytes([sound[offset] ^ 1 << index % 8])
        yield f"bit of byte {offset}", writes(sound[:offset] + flipped + sound[offset + 1 :])
    for length in [0, 1, 11, 15, STATE_START, size - 33, size - 32, size - 1, *range(99, size, size // N_CUTS)]:
        yield f"cut to {length}", writes(sound[:length])
    for surplus in (b"\0", bytes(32), bytes(STATE_START), sound):
        yield f"{len(surplus)} bytes more", writes(sound + surplus)
    for number, other in enumerate(shelf.others):
        yield f"sound, of another {number}", writes(other)
        yield f"state of another {number}", writes(sound[:STATE_START] + other[STATE_START:])
        yield f"header of another {number}", writes(other[:STATE_START] + sound[STATE_START:])
    yield "zeros", writes(bytes(size))
    yield "directory", Path.mkdir
    yield "link to the sound one", lambda path: path.symlink_to(elsewhere)
    yield "link to nothing", lambda path: path.symlink_to(elsewhere / "nothing")


def put_in_place(path: Path, damage: Damage) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    path.unlink(missing_ok=True)
    damage(path)


def test_what_is_damaged_or_foreign_is_read_again(shelf: Shelf, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.copy(shelf.path, elsewhere)
    n_usable = len(shelf.prompt) - 1
    assert shelf.ask().usage.restored_tokens == n_usable
    shelf.path.unlink()
    cold = shelf.ask()
    assert cold.ids
    n_damages = 0
    for name, damage in damages(shelf, elsewhere):
        put_in_place(shelf.path, damage)
        answer = shelf.ask()
        assert (answer.usage.restored_tokens, answer.cached_tokens) == (0, 0), name
        assert answer.ids == cold.ids, name
        assert np.array_equal(answer.logits, cold.logits), name
        assert not shelf.path.is_file(), name
        n_damages += 1
    assert n_damages >= 100
    put_in_place(shelf.path, writes(shelf.sound))
    warm = shelf.ask()
    assert (warm.usage.restored_tokens, warm.ids) == (n_usable, cold.ids)


# What gives way for it


LONG: list[Cell] = [number % 200 for number in range(300)]
SHORT: list[Cell] = [*LONG[:100], 7]
"""Goes on from an early part of the long chat: the short prompt would fit, its snapshot does not."""
NEIGHBOUR: list[Cell] = [199 - number % 200 for number in range(260)]


@pytest.fixture
def plain_model(tmp_path: Path) -> Path:
    return WRITERS["plain"](tmp_path / "model.gguf")


def test_nothing_gives_way_for_a_damaged_one(plain_model: Path, tmp_path: Path) -> None:
    path = saved_by(plain_model, tmp_path, LONG, MINE)
    content = path.read_bytes()
    path.write_bytes(content[:-40] + bytes([content[-40] ^ 1]) + content[-39:])
    with closing(Talker(plain_model, N_BATCH, N_CTX, open_snapshots=opener(plain_model, tmp_path, N_CTX))) as talker:
        talker.answer(NEIGHBOUR, conversation_id="neighbour")
        assert talker.answer(SHORT).usage.restored_tokens == 0
        assert talker.n_evicted == 0
        assert talker.answer(NEIGHBOUR, conversation_id="neighbour").cached_tokens == len(NEIGHBOUR) - 1


def test_what_was_found_is_restored_though_what_gives_way_takes_its_space(
    plain_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved_by(plain_model, tmp_path, LONG, MINE)
    open_snapshots = opener(plain_model, tmp_path, N_CTX, max_bytes=path.stat().st_size + 1)
    with closing(Talker(plain_model, N_BATCH, N_CTX, open_snapshots=open_snapshots)) as talker:
        talker.answer(NEIGHBOUR, conversation_id="neighbour")
        save = talker.store.save

        def save_and_wait(sequence: Sequence) -> None:
            save(sequence)
            talker.store.flush()

        monkeypatch.setattr(talker.store, "save", save_and_wait)
        answer = talker.answer(SHORT)
        assert talker.n_evicted == 1
        assert not path.exists()
        assert answer.usage.restored_tokens == 100
