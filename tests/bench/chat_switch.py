"""Going back and forth between two long chats, beside staying in one.

Run: ``python tests/bench/chat_switch.py [--switches 10]``. Two chats of about 3,000 tokens lie in the worker's memory.
Short questions are asked in turn: one in the chat of the question before (staying), one in the other (a switch).

Bar, exit status 1 where it is missed: the median first token of a switch at most 1.2 times that of staying. Beside it
stands the most that was read for one question, tokens: a switch reads the question and nothing else.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from assistant.clients.engine_client import EngineClient  # noqa: E402
from assistant.hub.starter_model import find_starter_model  # noqa: E402
from tests.bench.engine.timed_chat import TimedChat, Turn, load  # noqa: E402

BAR = 1.2
N_CTX = 8192
N_TOKENS = 3000
PARAGRAPH = (
    "Box {number} of the {name} archive keeps letters, plans and invoices. Readers ask for it by its number, wait "
    "about ten minutes, and return it before the evening. "
)
QUESTION = "What may a reader do with box {number}?"


def begin(client: EngineClient, name: str, vocabulary: str) -> TimedChat:
    """A chat of about `N_TOKENS` tokens."""
    chat = TimedChat(client, name, vocabulary)
    text = "".join(PARAGRAPH.format(number=number, name=name) for number in range(N_TOKENS // 33))
    turn = chat.ask(text + "Remember it.", max_tokens=8)
    print(f"{name}: {turn.finished.usage.prompt_tokens} tokens, read in {turn.first_token_s:.1f} s")
    return chat


def n_read(turn: Turn) -> int:
    """Tokens of the prompt that had to be read."""
    return turn.finished.usage.prompt_tokens - turn.finished.usage.cached_tokens


def main() -> int:
    parser = argparse.ArgumentParser(description="Going back and forth between two long chats.")
    parser.add_argument("--switches", type=int, default=10)
    options = parser.parse_args()
    model = find_starter_model()
    assert model is not None, "the starter model is not installed"
    with tempfile.TemporaryDirectory() as folder:
        client = EngineClient(Path(folder), Path(folder))
        loaded = load(client, model, n_ctx=N_CTX)
        chats = [begin(client, name, loaded.vocabulary) for name in ("northern", "southern")]
        stays, switches = [], []
        for number in range(options.switches + 1):
            chat = chats[number % 2]
            switched = chat.ask(QUESTION.format(number=2 * number), max_tokens=8)
            stayed = chat.ask(QUESTION.format(number=2 * number + 1), max_tokens=8)
            if number:  # the first round warms up
                switches.append(switched)
                stays.append(stayed)
        client.close()
    stay, switch = (statistics.median(turn.first_token_s for turn in turns) for turns in (stays, switches))
    spread = (max(t.first_token_s for t in stays) - min(t.first_token_s for t in stays)) / stay
    met = switch <= BAR * stay
    print(
        f"first token: staying {stay * 1000:.0f} ms (spread {spread:.0%}), {len(switches)} switches "
        f"{switch * 1000:.0f} ms, ratio {switch / stay:.2f} (bar {BAR}): {'met' if met else 'MISSED'}; "
        f"most tokens read: {max(map(n_read, stays))} and {max(map(n_read, switches))}"
    )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
