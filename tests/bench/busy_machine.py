"""Decode speed while other programs keep every core busy: llama.cpp as it comes against Famulus's engine.

Run: ``python tests/bench/busy_machine.py [MODEL.gguf]``. As many busy loops as there are cores run beside each
measurement; then the same on an idle machine. A is the engine worker with libgomp's own spin count, B with ours.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from assistant.clients.engine_client import EngineClient
from assistant.core.sampling import SamplingParameters
from assistant.hub.starter_model import find_starter_model
from assistant.protocol.engine_messages import GenerationFinished, LoadModel
from assistant.protocol.prompt_messages import PromptMessage
from assistant.services.load_plan import usable_cores

ROUNDS = 3
SECONDS = 12.0
LIBGOMP_DEFAULT = "300000"


def decode_speed(path: Path, home: Path, spin_count: str | None) -> float:
    """Tokens/s over at most `SECONDS` of decoding."""
    if spin_count is None:
        os.environ.pop("GOMP_SPINCOUNT", None)
    else:
        os.environ["GOMP_SPINCOUNT"] = spin_count
    client = EngineClient(home, home)
    request = LoadModel(request_id="", path=str(path), n_ctx=2048, n_threads=usable_cores())
    client.finish_load(client.begin_load(request), lambda fraction: None)
    prompt = PromptMessage(role="user", text="Write a long story about an archive.")
    call = client.generate((prompt,), SamplingParameters(temperature=0.0, max_tokens=200))
    started = time.monotonic()
    while True:
        reply = call.next_reply(1.0)
        if isinstance(reply, GenerationFinished):
            client.close()
            return reply.timings.decode_tokens_per_s
        if time.monotonic() - started > SECONDS:
            client.cancel(call.request_id)


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else find_starter_model()
    assert path is not None, "the starter model is not installed"
    with tempfile.TemporaryDirectory() as folder:
        for n_busy in (0, usable_cores()):
            loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(n_busy)]
            speeds: dict[str, list[float]] = {"A": [], "B": []}
            try:
                for _ in range(ROUNDS):
                    speeds["A"].append(decode_speed(path, Path(folder), LIBGOMP_DEFAULT))
                    speeds["B"].append(decode_speed(path, Path(folder), None))
            finally:
                for loop in loops:
                    loop.kill()
                    loop.wait()
            a, b = statistics.median(speeds["A"]), statistics.median(speeds["B"])
            print(
                f"{n_busy} busy loops: libgomp's spin count {a:.1f} tokens/s "
                f"({min(speeds['A']):.1f} to {max(speeds['A']):.1f}), ours {b:.1f} "
                f"({min(speeds['B']):.1f} to {max(speeds['B']):.1f}), ratio {b / a:.2f}"
            )


if __name__ == "__main__":
    main()
