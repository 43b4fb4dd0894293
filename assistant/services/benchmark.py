"""How fast a model is on this machine.

Process: app. Thread: blocks its caller for the whole measurement.
"""

from __future__ import annotations

import statistics
import threading
from collections.abc import Callable

import msgspec
import psutil

from assistant.clients.engine_calls import EngineCall
from assistant.clients.engine_client import EngineClient
from assistant.core.sampling import SamplingParameters
from assistant.core.settings import Settings
from assistant.protocol.engine_messages import GenerationFinished
from assistant.protocol.prompt_messages import PromptMessage
from assistant.services.library import LibraryService

ANSWER_TOKENS = 64
_PARAGRAPH = (
    "The archive keeps letters, plans and invoices of the last two hundred years. "
    "Readers ask for a box by its number, wait about ten minutes, and return it before the evening. "
)
_N_PARAGRAPHS = 12
_PATIENCE_S = 1.0


class BenchmarkResult(msgspec.Struct, frozen=True, kw_only=True):
    """Medians over the runs.

    Attributes:
        model: Name of the model.
        n_ctx: Context length, tokens.
        runs: Number of runs.
        prompt_tokens: Tokens of the prompt of each run.
        load_s: Seconds that the load took.
        prompt_tokens_per_s: Speed of reading.
        decode_tokens_per_s: Speed of writing.
        first_token_s: Seconds from the request to the first token.
        memory_bytes: Resident memory of the engine's process after the runs.
    """

    model: str
    n_ctx: int
    runs: int
    prompt_tokens: int
    load_s: float
    prompt_tokens_per_s: float
    decode_tokens_per_s: float
    first_token_s: float
    memory_bytes: int


def run_benchmark(
    engine: EngineClient, library: LibraryService, settings: Settings, runs: int, on_run: Callable[[int], None]
) -> BenchmarkResult:
    """Load the model anew and let it answer `runs` long questions that share no beginning.

    Args:
        engine: The engine worker's client.
        library: Models.
        settings: Which model, and how it is loaded.
        runs: At least 1.
        on_run: Called with the number of each run before it starts.

    Raises:
        FamulusError: The model cannot be loaded or fails.
    """
    engine.unload()
    chosen, load_s = library.ensure_loaded(settings.model, threading.Event())
    finished = []
    for run in range(1, runs + 1):
        on_run(run)
        prompt = PromptMessage(role="user", text=f"Report {run}. {_PARAGRAPH * _N_PARAGRAPHS}\nContinue this text.")
        sampling = SamplingParameters(temperature=1.0, seed=run, max_tokens=ANSWER_TOKENS)
        finished.append(_wait(engine.generate((prompt,), sampling)))
    loaded = engine.loaded
    process_id = engine.process_id
    return BenchmarkResult(
        model=chosen.name,
        n_ctx=loaded.n_ctx if loaded else 0,
        runs=runs,
        prompt_tokens=finished[-1].usage.prompt_tokens,
        load_s=load_s,
        prompt_tokens_per_s=statistics.median(_prompt_speed(each) for each in finished),
        decode_tokens_per_s=statistics.median(each.timings.decode_tokens_per_s for each in finished),
        first_token_s=statistics.median(each.timings.first_token_s for each in finished),
        memory_bytes=psutil.Process(process_id).memory_info().rss if process_id else 0,
    )


def _wait(call: EngineCall) -> GenerationFinished:
    while True:
        reply = call.next_reply(_PATIENCE_S)
        if isinstance(reply, GenerationFinished):
            return reply


def _prompt_speed(finished: GenerationFinished) -> float:
    n_read = finished.usage.prompt_tokens - finished.usage.cached_tokens
    return n_read / finished.timings.prompt_s if finished.timings.prompt_s > 0 else 0.0
