"""Memory of the engine worker beyond what the model's files and its KV cache are.

Run: ``python tests/bench/worker_memory.py [MODEL.gguf [PROJECTOR.gguf]]``; without a name the starter model with the
projector in `tests/data`. The resident size counts mapped weights too, so the size of both files and the KV cache (as
`core.context_plan` computes it, which is exact) is subtracted. Told after the load, after a long prompt, and after ten
pictures where there is a projector for drawings.

Bar, exit status 1 where it is missed: at most 250 MB (250 * 10^6 bytes) at each point.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from assistant.clients.engine_client import EngineClient  # noqa: E402
from assistant.core.memory_estimate import estimate_memory  # noqa: E402
from assistant.hub.gguf_header import read_model_facts  # noqa: E402
from assistant.hub.starter_model import find_starter_model  # noqa: E402
from tests.bench.engine.timed_chat import TimedChat, load  # noqa: E402
from tests.drawings import as_media, drawings  # noqa: E402

PROJECTOR = ROOT / "tests" / "data" / "68b8955e4573ba0b70c1dc5f4a88ac0f3468ea748383deaa561f6375f8e21080.gguf"
BAR = 250e6
N_CTX = 8192
PARAGRAPH = "Readers ask for a box by its number, wait about ten minutes, and return it before the evening. "


def main() -> int:
    named = [Path(word) for word in sys.argv[1:]]
    model = named[0] if named else find_starter_model()
    assert model is not None, "the starter model is not installed"
    projector = named[1] if len(named) > 1 else None if named else PROJECTOR
    files = model.stat().st_size + (projector.stat().st_size if projector else 0)
    kv_bytes = estimate_memory(read_model_facts(model), N_CTX).kv_bytes
    worst = 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        client = EngineClient(folder, folder)
        loaded = load(client, model, n_ctx=N_CTX, mmproj=str(projector or ""))
        process = psutil.Process(client.process_id)

        def tell(when: str) -> None:
            nonlocal worst
            beyond = process.memory_info().rss - files - kv_bytes
            worst = max(worst, beyond)
            print(
                f"{when}: {beyond / 1e6:.0f} MB beyond {files / 1e6:.0f} MB of files and {kv_bytes / 1e6:.0f} MB of KV"
            )

        tell("after the load")
        TimedChat(client, "long", loaded.vocabulary).ask(150 * PARAGRAPH)
        tell("after a long prompt")
        if projector == PROJECTOR:
            chat = TimedChat(client, "pictures", loaded.vocabulary)
            for drawing in drawings(10):
                chat.ask(drawing.questions[0].text, (as_media(drawing.image, folder),))
            tell("after ten pictures")
        client.close()
    print(f"most: {worst / 1e6:.0f} MB (bar {BAR / 1e6:.0f}): {'met' if worst <= BAR else 'MISSED'}")
    return 0 if worst <= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
