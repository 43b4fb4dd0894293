"""What the engine worker costs over a bare llama.cpp loop in the same library.

Run: ``python tests/bench/engine_overhead.py [MODEL.gguf]``. Bare loop (A) and Famulus (B) take turns, A B A' A B A',
with the same model, threads, batch size and greedy sampling, on the same token ids. Famulus is timed from outside, at
the client: frames, process switches and the chat template are part of what is measured.

A' is a bare loop in a context like the worker's, which has eight sequences and as many rows of logits. How llama.cpp
happens to lay out the memory of a context makes up to 2 % of the time to read a prompt, more rows or fewer, so all
three are started several times: A' - A is the context, B - A' the worker.

Bars: decode and prompt tokens/s at least 0.97 of the bare loop, first token at most 15 ms later (medians).
"""

from __future__ import annotations

import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import llama_cpp.llama_cpp as llama

from assistant.clients.engine_client import EngineClient
from assistant.core.memory_estimate import N_SEQUENCES
from assistant.core.sampling import SamplingParameters
from assistant.hub.starter_model import find_starter_model
from assistant.protocol.engine_messages import GenerationFinished, LoadModel, TokensGenerated
from assistant.protocol.prompt_messages import PromptMessage
from assistant.services.load_plan import usable_cores

STARTS = 4
ROUNDS = 3
N_CTX = 4096
N_BATCH = 256
DECODE_TOKENS = 128
PARAGRAPH = (
    "The archive keeps letters, plans and invoices of the last two hundred years. "
    "Readers ask for a box by its number, wait about ten minutes, and return it before the evening. "
)
SIZES = {"long": 28, "short": 1}
"""Repetitions of the paragraph."""
SIDES = ("A", "B", "A'")


class Timing(NamedTuple):
    """One answer: seconds to the first token, and tokens per second after it."""

    n_prompt: int
    first_token_s: float
    decode_tokens_per_s: float

    @property
    def prompt_tokens_per_s(self) -> float:
        return self.n_prompt / self.first_token_s


Results = dict[tuple[str, str], list[Timing]]
"""By side and size."""


class BareLoop:
    """Decode and sample, nothing else."""

    def __init__(self, path: Path, n_seq_max: int = 0) -> None:
        self._log = llama.llama_log_callback(lambda level, text, data: None)
        llama.llama_log_set(self._log, None)
        llama.llama_backend_init()
        self._model = llama.llama_model_load_from_file(str(path).encode(), llama.llama_model_default_params())
        parameters = llama.llama_context_default_params()
        parameters.n_ctx = N_CTX
        parameters.n_batch = parameters.n_ubatch = N_BATCH
        parameters.n_threads = parameters.n_threads_batch = usable_cores()
        if n_seq_max:
            parameters.n_seq_max = parameters.n_outputs_max = n_seq_max
            parameters.kv_unified = True
        parameters.flash_attn_type = llama.LLAMA_FLASH_ATTN_TYPE_DISABLED  # as the worker: llama.cpp's own is slower
        self._context = llama.llama_init_from_model(self._model, parameters)
        self._vocabulary = llama.llama_model_get_vocab(self._model)
        self._batch = llama.llama_batch_init(N_BATCH, 0, 1)
        self._sampler = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())
        llama.llama_sampler_chain_add(self._sampler, llama.llama_sampler_init_greedy())

    def close(self) -> None:
        llama.llama_free(self._context)
        llama.llama_model_free(self._model)

    def tokenize(self, text: str) -> list[int]:
        data = text.encode()
        buffer = (llama.llama_token * (len(data) + 8))()
        count = llama.llama_tokenize(self._vocabulary, data, len(data), buffer, len(buffer), False, True)
        return list(buffer[:count])

    def run(self, prompt: list[int]) -> Timing:
        memory = llama.llama_get_memory(self._context)
        llama.llama_memory_seq_rm(memory, 0, -1, -1)
        started = time.perf_counter()
        for start in range(0, len(prompt), N_BATCH):
            self._decode(prompt[start : start + N_BATCH], start)
        times = []
        for position in range(len(prompt), len(prompt) + DECODE_TOKENS):
            token = llama.llama_sampler_sample(self._sampler, self._context, -1)
            times.append(time.perf_counter())
            self._decode([token], position)
        return Timing(len(prompt), times[0] - started, (len(times) - 1) / (times[-1] - times[0]))

    def _decode(self, ids: list[int], position: int) -> None:
        batch = self._batch
        batch.n_tokens = len(ids)
        for index, token in enumerate(ids):
            batch.token[index] = token
            batch.pos[index] = position + index
            batch.n_seq_id[index] = 1
            batch.seq_id[index][0] = 0
            batch.logits[index] = index == len(ids) - 1
        assert llama.llama_decode(self._context, batch) == 0


class Famulus:
    """The same through the client and the worker."""

    def __init__(self, path: Path, home: Path) -> None:
        self.client = EngineClient(home, home)
        request = LoadModel(request_id="", path=str(path), n_ctx=N_CTX, n_batch=N_BATCH, n_threads=usable_cores())
        self.client.finish_load(self.client.begin_load(request), lambda fraction: None)

    def run(self, system: str, text: str) -> Timing:
        started = time.perf_counter()
        sampling = SamplingParameters(temperature=0.0, max_tokens=DECODE_TOKENS)
        prompt = (PromptMessage(role="system", text=system), PromptMessage(role="user", text=text))
        call = self.client.generate(prompt, sampling)
        times: list[float] = []
        n_tokens: list[int] = []
        while True:
            reply = call.next_reply(1.0)
            if isinstance(reply, TokensGenerated):
                times.append(time.perf_counter())
                n_tokens.append(len(reply.token_ids))
            elif isinstance(reply, GenerationFinished):
                assert reply.usage.cached_tokens < 5, "the prompt must be read, or nothing is compared"
                assert sum(n_tokens) >= DECODE_TOKENS // 2, "the answer is too short to time"
                speed = sum(n_tokens[1:]) / (times[-1] - times[0])
                return Timing(reply.usage.prompt_tokens, times[0] - started, speed)


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else find_starter_model()
    assert path is not None, "the starter model is not installed"
    results: Results = {(side, size): [] for side in SIDES for size in SIZES}
    numbers = itertools.count(1)
    for _ in range(STARTS):
        with tempfile.TemporaryDirectory() as folder:
            measure(BareLoop(path), BareLoop(path, N_SEQUENCES), Famulus(path, Path(folder)), numbers, results)
    report(path, results)


def measure(a: BareLoop, alike: BareLoop, b: Famulus, numbers: Iterator[int], results: Results) -> None:
    """All three in turn, and their end."""
    for round_number in range(ROUNDS + 1):
        for size, repeats in SIZES.items():
            # Prompts that share no beginning: no side may read less than all of it.
            system = f"{chr(65 + next(numbers) % 26)}. You are a patient archivist."
            text = f"{PARAGRAPH * repeats}\nWrite a long story about this archive."
            rendered = (
                f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n"
            )
            ids = a.tokenize(rendered)
            timings = (a.run(ids), b.run(system, text), alike.run(ids))
            if round_number:  # the first round warms all up
                for side, timing in zip(SIDES, timings, strict=True):
                    results[side, size].append(timing)
    b.client.close()
    alike.close()
    a.close()


def report(path: Path, results: Results) -> None:
    def column(side: str, size: str, field: str) -> list[float]:
        return [getattr(timing, field) for timing in results[side, size]]

    print(f"{path.name}, {usable_cores()} threads, {STARTS} starts of {ROUNDS} rounds, medians")
    for title, field in (("prompt", "prompt_tokens_per_s"), ("decode", "decode_tokens_per_s")):
        a, b, alike = (statistics.median(column(side, "long", field)) for side in SIDES)
        print(
            f"{title} tokens/s: bare {a:.1f}, Famulus {b:.1f}, ratio {b / a:.3f} (bar 0.97); "
            f"a bare loop in such a context {alike:.1f}, {alike / a:.3f}"
        )
    for size in SIZES:
        a, b, alike = (column(side, size, "first_token_s") for side in SIDES)
        later, layout = (1000 * statistics.median(y - x for x, y in zip(a, each, strict=True)) for each in (b, alike))
        print(
            f"first token, {size} prompt ({results['B', size][0].n_prompt} tokens): bare "
            f"{statistics.median(a) * 1000:.1f} ms, Famulus {statistics.median(b) * 1000:.1f} ms, median difference "
            f"{later:+.1f} ms (bar +15); a bare loop in such a context {layout:+.1f} ms"
        )


if __name__ == "__main__":
    main()
