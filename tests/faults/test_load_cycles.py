"""A model with its projector is loaded and freed 200 times in one worker."""

from __future__ import annotations

import statistics
from pathlib import Path

import psutil
import pytest

from assistant.clients.engine_client import EngineClient
from assistant.hub.starter_model import find_starter_model
from tests.bench.engine.timed_chat import TimedChat, load
from tests.drawings import as_media, drawings

pytestmark = pytest.mark.faults

PROJECTOR = Path(__file__).parents[1] / "data" / "68b8955e4573ba0b70c1dc5f4a88ac0f3468ea748383deaa561f6375f8e21080.gguf"
CYCLES = 200
WARM_UP = 40
MAX_GROWTH_BYTES = 8 * 2**20


@pytest.mark.timeout(900)
def test_nothing_is_left_of_what_was_loaded(tmp_path: Path) -> None:
    model = find_starter_model()
    assert model is not None
    client = EngineClient(tmp_path, tmp_path)
    (drawing,) = drawings(1)
    media = (as_media(drawing.image, tmp_path),)
    anonymous, descriptors = [], []
    for _ in range(CYCLES):
        loaded = load(client, model, n_ctx=512, mmproj=str(PROJECTOR))
        TimedChat(client, "pictures", loaded.vocabulary).ask(drawing.questions[0].text, media, max_tokens=2)
        client.unload()
        process = psutil.Process(client.process_id)
        memory = process.memory_info()
        anonymous.append(memory.rss - memory.shared)
        descriptors.append(process.num_fds())
    client.close()
    first, last = (statistics.median(part) for part in (anonymous[WARM_UP : WARM_UP + 40], anonymous[-40:]))
    print(
        f"anonymous memory {first / 2**20:.1f} -> {last / 2**20:.1f} MiB, "
        f"descriptors {descriptors[WARM_UP]} -> {descriptors[-1]}"
    )
    assert last - first < MAX_GROWTH_BYTES
    assert descriptors[-1] == descriptors[WARM_UP]
