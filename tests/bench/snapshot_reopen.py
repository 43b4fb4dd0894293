"""Opening yesterday's long chat: from its snapshot, beside reading it again.

Run: ``python tests/bench/snapshot_reopen.py [--rounds 3]``. A chat of about 6,000 tokens is read, saved, and its worker
ended. Then the same next question is asked in new workers, in turn: one that knows no snapshots (A) and one that
does (B). The load of the model is left out of both.

Bar, exit status 1 where it is missed: the median first token of B at most 1/20 of that of A. Beside it stand the size
of the file, how long saving took, and whether both gave the same answer.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from assistant.clients.engine_client import EngineClient  # noqa: E402
from assistant.hub.starter_model import find_starter_model  # noqa: E402
from assistant.protocol.prompt_messages import PromptMessage  # noqa: E402
from tests.bench.engine.timed_chat import TimedChat, Turn, load  # noqa: E402

BAR = 1 / 20
N_CTX = 8192
N_TOKENS = 6000
NAME = "long-chat"
PARAGRAPH = (
    "Box {number} of the archive keeps letters, plans and invoices. Readers ask for it by its number, wait "
    "about ten minutes, and return it before the evening. "
)
QUESTION = "What may a reader do with box 7?"


def begin(model: Path, home: Path) -> list[PromptMessage]:
    """Read a chat of about `N_TOKENS` tokens and save it; returns its messages."""
    with closing(EngineClient(home, home)) as client:
        chat = TimedChat(client, NAME, load(client, model, n_ctx=N_CTX, snapshots=home).vocabulary)
        text = "".join(PARAGRAPH.format(number=number) for number in range(N_TOKENS // 35))
        turn = chat.ask(text + "Remember it.")
        started = time.perf_counter()
        n_saved = client.save_snapshots(60.0)
        saved_s = time.perf_counter() - started
    files = list((home / "snapshots").rglob("*.kv"))
    assert [file.stem for file in files] == [NAME], f"{n_saved} saved, {len(files)} files"
    n_bytes = files[0].stat().st_size
    print(
        f"{turn.finished.usage.prompt_tokens} tokens, read in {turn.first_token_s:.1f} s; "
        f"saved in {saved_s:.2f} s, {n_bytes / 1e6:.0f} MB"
    )
    return chat.messages


def reopen(model: Path, home: Path, messages: list[PromptMessage], *, from_snapshot: bool) -> Turn:
    """The next question in a new worker; its answer is not saved, so each round finds the same snapshot."""
    client = EngineClient(home, home)
    try:
        loaded = load(client, model, n_ctx=N_CTX, snapshots=home if from_snapshot else None)
        chat = TimedChat(client, NAME, loaded.vocabulary)
        chat.messages = list(messages)
        turn = chat.ask(QUESTION)
    finally:
        client.kill()
    n_restored = turn.finished.usage.restored_tokens
    assert (n_restored > 0) == from_snapshot, f"{n_restored} tokens came from a snapshot"
    return turn


def main() -> int:
    parser = argparse.ArgumentParser(description="Opening a long chat from its snapshot.")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    model = find_starter_model()
    assert model is not None, "the starter model is not installed"
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        messages = begin(model, home)
        read, restored = [], []
        for _ in range(options.rounds):
            read.append(reopen(model, home, messages, from_snapshot=False))
            restored.append(reopen(model, home, messages, from_snapshot=True))
    again, reopened = (statistics.median(turn.first_token_s for turn in turns) for turns in (read, restored))
    spread = (max(t.first_token_s for t in read) - min(t.first_token_s for t in read)) / again
    met = reopened <= BAR * again
    n_restored = restored[0].finished.usage.restored_tokens
    is_same = {turn.text for turn in read} == {turn.text for turn in restored}
    print(
        f"first token: read again {again:.1f} s (spread {spread:.0%}), {n_restored} tokens restored "
        f"{reopened * 1000:.0f} ms, ratio {reopened / again:.4f} (bar {BAR}): {'met' if met else 'MISSED'}; "
        f"{'the same answer' if is_same else 'another answer'}"
    )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
