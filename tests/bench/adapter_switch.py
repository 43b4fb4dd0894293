"""What an adapter costs: the change of the set between two answers, the first use of a file, and memory.

Run: ``python tests/bench/adapter_switch.py``. One chat of some 500 tokens is answered again and again, in turn with the
set of the answer before and with the other one (the trained adapter in `tests/data`, and none). Both sets have read the
chat before, so nothing but the last token must be read again. The first use of another file with the same content,
which has to be loaded and read with, stands beside it.

Bars, exit status 1 where one is missed: the first token after a change comes at most 50 ms later (median) than without
one; loading the adapter raises the resident memory of the worker by at most its size and 20 MB.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from assistant.clients.engine_client import EngineClient  # noqa: E402
from assistant.core.adapter import AdapterUse  # noqa: E402
from assistant.hub.starter_model import find_starter_model  # noqa: E402
from tests.bench.engine.timed_chat import TimedChat, load  # noqa: E402
from tests.tiny_adapter import BUTLER  # noqa: E402

ROUNDS = 20
MAX_LATER_S = 0.05
MAX_MORE_BYTES = 20e6
PARAGRAPH = "Readers ask for a box by its number, wait about ten minutes, and return it before the evening. "
QUESTION = 20 * PARAGRAPH + "What do readers ask for?"
SETS = ((), (AdapterUse(path=str(BUTLER)),))


def main() -> int:
    model = find_starter_model()
    assert model is not None, "the starter model is not installed"
    with tempfile.TemporaryDirectory() as name:
        client = EngineClient(Path(name), Path(name))
        loaded = load(client, model, n_ctx=4096)

        def first_token_s(adapters: tuple[AdapterUse, ...]) -> tuple[float, int]:
            turn = TimedChat(client, "chat", loaded.vocabulary).ask(QUESTION, max_tokens=4, adapters=adapters)
            usage = turn.finished.usage
            return turn.first_token_s, usage.prompt_tokens - usage.cached_tokens

        process = psutil.Process(client.process_id)
        read_s, n_tokens = first_token_s(())
        before = process.memory_info().rss
        first_use_s, _ = first_token_s(SETS[1])
        more = process.memory_info().rss - before
        staying, switching, n_read = [], [], set()
        for number in range(ROUNDS):
            adapters = SETS[number % 2]
            for times in (switching, staying):
                seconds, n_new = first_token_s(adapters)
                times.append(seconds)
                n_read.add(n_new)
        client.close()
    later = statistics.median(switching) - statistics.median(staying)
    spread = (max(staying) - min(staying)) / statistics.median(staying)
    size = BUTLER.stat().st_size
    print(f"{n_tokens} tokens, read in {1000 * read_s:.0f} ms without, in {1000 * first_use_s:.0f} ms at the first use")
    print(
        f"first token: same set {1000 * statistics.median(staying):.1f} ms (spread {spread:.0%}), other set "
        f"{1000 * statistics.median(switching):.1f} ms, {1000 * later:+.1f} ms (bar +{1000 * MAX_LATER_S:.0f}); "
        f"tokens read for either: {sorted(n_read)}"
    )
    print(f"memory: {more / 1e6:+.1f} MB for a file of {size / 1e6:.1f} MB (bar: {MAX_MORE_BYTES / 1e6:.0f} MB more)")
    met = later <= MAX_LATER_S and more <= size + MAX_MORE_BYTES
    print("met" if met else "MISSED")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
