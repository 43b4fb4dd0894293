"""What the engine worker costs over a bare llama.cpp loop in the same library.

Run: ``python tests/bench/engine_overhead.py [MODEL.gguf]``. Bare loop (A) and Famulus (B) take turns, A B A B ...,
with the same model, threads, batch size and greedy sampling, on the same token ids. Famulus is timed from outside, at
the client: frames, process switches and the chat template are part of what is measured.

Bars: decode and prompt tokens/s at least 0.97 of the bare loop, first token at most 15 ms later.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import llama_cpp.llama_cpp as llama

from assistant.clients.engine_client import EngineClient
from assistant.core.sampling import SamplingParameters
from assistant.hub.starter_model import find_starter_model
from assistant.protocol.engine_messages import GenerationFinished, LoadModel, TokensGenerated
from assistant.protocol.prompt_messages import PromptMessage
from assistant.services.load_plan import usable_cores

ROUNDS = 7
N_CTX = 4096
N_BATCH = 256
DECODE_TOKENS = 128
PARAGRAPH = (
    "The archive keeps letters, plans and invoices of the last two hundred years. "
    "Readers ask for a box by its number, wait about ten minutes, and return it before the evening. "
)
LONG = 28
SHORT = 1


class Timing(NamedTuple):
    """One answer: seconds to the first token, and tokens per second after it."""

    n_prompt: int
    first_token_s: float
    decode_tokens_per_s: float

    @property
    def prompt_tokens_per_s(self) -> float:
        return self.n_prompt / self.first_token_s


class BareLoop:
    """Decode and sample, nothing else."""

    def __init__(self, path: Path) -> None:
        self._log = llama.llama_log_callback(lambda level, text, data: None)
        llama.llama_log_set(self._log, None)
        llama.llama_backend_init()
        model = llama.llama_model_load_from_file(str(path).encode(), llama.llama_model_default_params())
        parameters = llama.llama_context_default_params()
        parameters.n_ctx = N_CTX
        parameters.n_batch = parameters.n_ubatch = N_BATCH
        parameters.n_threads = parameters.n_threads_batch = usable_cores()
        parameters.flash_attn_type = llama.LLAMA_FLASH_ATTN_TYPE_DISABLED  # as the worker: llama.cpp's own is slower
        self._context = llama.llama_init_from_model(model, parameters)
        self._vocabulary = llama.llama_model_get_vocab(model)
        self._batch = llama.llama_batch_init(N_BATCH, 0, 1)
        self._sampler = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())
        llama.llama_sampler_chain_add(self._sampler, llama.llama_sampler_init_greedy())

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


def spread(values: list[float]) -> str:
    middle = statistics.median(values)
    return f"{(max(values) - min(values)) / middle:.1%}"


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else find_starter_model()
    assert path is not None, "the starter model is not installed"
    with tempfile.TemporaryDirectory() as folder:
        bare, famulus = BareLoop(path), Famulus(path, Path(folder))
        numbers = itertools.count(1)
        results: dict[str, list[Timing]] = {"A long": [], "B long": [], "A short": [], "B short": []}
        for round_number in range(ROUNDS + 1):
            for size, repeats in (("long", LONG), ("short", SHORT)):
                # Prompts that share no beginning: neither side may read less than all of it.
                system = f"{chr(65 + next(numbers) % 26)}. You are a patient archivist."
                text = f"{PARAGRAPH * repeats}\nWrite a long story about this archive."
                rendered = (
                    f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{text}<|im_end|>\n"
                    "<|im_start|>assistant\n"
                )
                a, b = bare.run(bare.tokenize(rendered)), famulus.run(system, text)
                if round_number:  # the first round warms both up
                    results[f"A {size}"].append(a)
                    results[f"B {size}"].append(b)
        famulus.client.close()
    report(path, results)


def report(path: Path, results: dict[str, list[Timing]]) -> None:
    def column(key: str, field: str) -> list[float]:
        return [getattr(timing, field) for timing in results[key]]

    print(f"{path.name}, {usable_cores()} threads, {ROUNDS} rounds, medians")
    for title, size, field in (
        ("prompt tokens/s", "long", "prompt_tokens_per_s"),
        ("decode tokens/s", "long", "decode_tokens_per_s"),
    ):
        a, b = column(f"A {size}", field), column(f"B {size}", field)
        ratio = statistics.median(b) / statistics.median(a)
        print(
            f"{title}: bare {statistics.median(a):.1f}, Famulus {statistics.median(b):.1f}, "
            f"ratio {ratio:.3f} (bar 0.97), A/A spread {spread(a)}"
        )
    for size in ("long", "short"):
        a, b = column(f"A {size}", "first_token_s"), column(f"B {size}", "first_token_s")
        difference = statistics.median(y - x for x, y in zip(a, b, strict=True)) * 1000
        n_prompt = f"{results[f'A {size}'][0].n_prompt} / {results[f'B {size}'][0].n_prompt}"
        print(
            f"first token, {size} prompt ({n_prompt} tokens): bare {statistics.median(a) * 1000:.1f} ms, "
            f"Famulus {statistics.median(b) * 1000:.1f} ms, median difference {difference:+.1f} ms "
            f"(bar +15), A/A spread {spread(a)}"
        )


if __name__ == "__main__":
    main()
