"""A chat about pictures, beside the bindings' own handler for them.

Run: ``python tests/bench/image_turns.py [--rounds 5]``. A is llama-cpp-python's `MTMDChatHandler`, which reads every
picture again at every turn, B the engine worker through its client; same starter model, projector, threads and batch
size, greedy. Each round is a new chat of five turns about drawings that neither side has seen, A B A B ..., once with
one picture in the first message and once with four. Chats of earlier rounds stay in the worker's memory, as far as it
lets them, and their cells cost every step a little: so each round is told too. Half a second passes between an answer
and the next question, as a person needs at least; the worker may read ahead in it.

Bars, exit status 1 where one is missed: the first token of turns 2 to 5 after at most a tenth of the handler's time
(median over rounds and turns); a picture that comes again in a new chat is not looked at again.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from assistant.clients.engine_client import EngineClient  # noqa: E402
from assistant.hub.starter_model import find_starter_model  # noqa: E402
from tests.bench.engine.handler_chat import HandlerChat, load_handler  # noqa: E402
from tests.bench.engine.timed_chat import SYSTEM, TimedChat, load  # noqa: E402
from tests.drawings import Drawing, as_media, drawings  # noqa: E402

PROJECTOR = ROOT / "tests" / "data" / "68b8955e4573ba0b70c1dc5f4a88ac0f3468ea748383deaa561f6375f8e21080.gguf"
BAR = 0.1
N_CTX, N_BATCH = 4096, 256
PAUSE_S = 0.5
MAX_TOKENS = 24
QUESTIONS = (
    "What color is the shape in the first picture?",
    "What shape is in the image?",
    "What color is the background?",
    "Where is the object?",
    "What color is the shape?",
)


class HandlerSide:
    """The bindings' way."""

    def __init__(self, model: Path) -> None:
        self._llama = load_handler(model, PROJECTOR, n_ctx=N_CTX, n_batch=N_BATCH)

    def chat(self, pictures: list[Drawing]) -> list[float]:
        """Seconds to the first token of each turn."""
        chat = HandlerChat(self._llama, SYSTEM)
        images = tuple(each.image for each in pictures)
        times = []
        for number, question in enumerate(QUESTIONS):
            times.append(chat.ask(question, images if number == 0 else (), MAX_TOKENS)[0])
            time.sleep(PAUSE_S)
        return times

    def close(self) -> None:
        self._llama.close()


class WorkerSide:
    """Famulus' engine worker."""

    def __init__(self, model: Path, home: Path) -> None:
        self._home = home
        self._client = EngineClient(home, home)
        loaded = load(self._client, model, n_ctx=N_CTX, mmproj=str(PROJECTOR), snapshots=home)
        assert loaded.media, loaded.media_note
        self._vocabulary = loaded.vocabulary
        self._n_chats = 0

    def chat(self, pictures: list[Drawing]) -> tuple[list[float], int]:
        """Seconds to the first token of each turn, and how often the projector looked at a picture."""
        self._n_chats += 1
        chat = TimedChat(self._client, f"chat{self._n_chats}", self._vocabulary)
        media = tuple(as_media(each.image, self._home) for each in pictures)
        turns = []
        for number, question in enumerate(QUESTIONS):
            turns.append(chat.ask(question, media if number == 0 else (), MAX_TOKENS))
            time.sleep(PAUSE_S)
        return [turn.first_token_s for turn in turns], sum(turn.finished.usage.encoded_media for turn in turns)

    def close(self) -> None:
        self._client.close()


def measure(handler: HandlerSide, worker: WorkerSide, n_pictures: int, n_rounds: int) -> bool:
    """Measure chats with so many pictures and print the figures; returns whether the bars are met."""
    ours, theirs, encoded_again = [], [], 0
    for number in range(n_rounds):
        pictures = drawings(n_pictures, seed=100 * n_pictures + number)
        theirs.append(handler.chat(pictures))
        seconds, n_encoded = worker.chat(pictures)
        assert n_encoded == n_pictures, f"{n_encoded} pictures looked at, not {n_pictures}"
        ours.append(seconds)
        encoded_again += worker.chat(pictures)[1]
    a = [seconds for chat in theirs for seconds in chat[1:]]
    b = [seconds for chat in ours for seconds in chat[1:]]
    ratio = _ratio(theirs, ours)
    rounds = ", ".join(f"{_ratio([x], [y]):.3f}" for x, y in zip(theirs, ours, strict=True))
    print(
        f"{n_pictures} picture(s): first token of turns 2-5, handler {statistics.median(a) * 1000:.0f} ms "
        f"({min(a) * 1000:.0f}-{max(a) * 1000:.0f}), Famulus {statistics.median(b) * 1000:.0f} ms "
        f"({min(b) * 1000:.0f}-{max(b) * 1000:.0f}), median ratio {ratio:.3f} (bar {BAR}), round by round {rounds}; "
        f"looked at again in a new chat: {encoded_again} of {n_pictures * n_rounds}"
    )
    return ratio <= BAR and encoded_again == 0


def _ratio(theirs: list[list[float]], ours: list[list[float]]) -> float:
    """Median over the turns 2 to 5 of chats."""
    turns = (zip(a[1:], b[1:], strict=True) for a, b in zip(theirs, ours, strict=True))
    return statistics.median(mine / handler for chat in turns for handler, mine in chat)


def main() -> int:
    parser = argparse.ArgumentParser(description="A chat about pictures, beside the bindings' own handler.")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    model = find_starter_model()
    assert model is not None, "the starter model is not installed"
    with tempfile.TemporaryDirectory() as folder:
        handler, worker = HandlerSide(model), WorkerSide(model, Path(folder))
        try:
            met = [measure(handler, worker, n_pictures, options.rounds) for n_pictures in (1, 4)]
        finally:
            handler.close()
            worker.close()
    print("met" if all(met) else "MISSED")
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
