"""Perplexity of the starter model by position, for each way to stretch it, computed by raw llama.cpp and NumPy.

README's figures come from this. ``famulus context check`` measures the same through the engine, with needles besides.

Reads the text that comes with Famulus in one context for each method, in steps of 512 tokens with flash attention, and
scores every second token. Reading time grows with the square of the length: on two cores 16,384 tokens took three
minutes a method, 32,768 tokens ten and more.

Usage: python tests/bench/rope_methods.py FOLDER N_CTX [--read N] [--method NAME ...]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import llama_cpp.llama_cpp as llama
import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parents[2]))

from assistant.core.rope import RopeMethod, RopeScaling, automatic_method, methods, rope_scaling
from assistant.engine.model import ROPE_TYPES
from assistant.hub.gguf_header import read_model_facts
from assistant.hub.starter_model import find_starter_model

TEXT = Path(__file__).parents[2] / "resources" / "texts" / "alice.txt"
N_BATCH = 512
STRIDE = 2
PART = 2048
"""Tokens of one column of the table."""

Losses = npt.NDArray[np.float32]


def main() -> int:
    """Measure what the folder does not hold yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the losses are kept, one file a method")
    parser.add_argument("n_ctx", type=int)
    parser.add_argument("--read", type=int, default=0, help="tokens to read; all that the context holds if not said")
    parser.add_argument("--method", action="append", type=RopeMethod, default=None)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    path = find_starter_model()
    assert path is not None, "the starter model is not installed"
    facts = read_model_facts(path)
    n_read = arguments.read or arguments.n_ctx
    for method in arguments.method or methods(facts):
        file = arguments.folder / f"{method.value}.{arguments.n_ctx}.{n_read}.npy"
        if not file.exists():
            scaling = rope_scaling(facts, method, arguments.n_ctx)
            np.save(file, read(path, scaling, arguments.n_ctx, n_read, arguments.threads))
        show(method, np.load(file), facts.n_ctx_train)
    print("automatic:", automatic_method(facts).value)
    return 0


def read(path: Path, scaling: RopeScaling, n_ctx: int, n_read: int, n_threads: int) -> Losses:
    """Negative log likelihood of each scored token, nats; NaN for the others."""
    llama.llama_backend_init()
    model = llama.llama_model_load_from_file(str(path).encode(), llama.llama_model_default_params())
    vocabulary = llama.llama_model_get_vocab(model)
    text = TEXT.read_bytes()
    buffer = (llama.llama_token * len(text))()
    tokens = buffer[: llama.llama_tokenize(vocabulary, text, len(text), buffer, len(text), True, False)]
    context = llama.llama_init_from_model(model, parameters(scaling, n_ctx, n_threads))
    batch = llama.llama_batch_init(N_BATCH, 0, 1)
    n_read = min(n_read, len(tokens))
    losses: Losses = np.full(n_read, np.nan, np.float32)
    for start in range(0, n_read, N_BATCH):
        step = tokens[start : min(start + N_BATCH, n_read)]
        rows = [row for row in range(0, len(step), STRIDE) if start + row + 1 < n_read]
        fill(batch, step, start, frozenset(rows))
        assert llama.llama_decode(context, batch) == 0
        for row in rows:
            pointer = llama.llama_get_logits_ith(context, row)
            logits = np.ctypeslib.as_array(pointer, (llama.llama_vocab_n_tokens(vocabulary),))
            top = logits.max()
            losses[start + row + 1] = top + np.log(np.exp(logits - top).sum()) - logits[tokens[start + row + 1]]
    llama.llama_batch_free(batch)
    llama.llama_free(context)
    llama.llama_model_free(model)
    return losses


def parameters(scaling: RopeScaling, n_ctx: int, n_threads: int) -> llama.llama_context_params:
    """Of a context for one sequence that gives the logits of every token."""
    chosen = llama.llama_context_default_params()
    chosen.n_ctx, chosen.n_batch, chosen.n_ubatch = n_ctx, N_BATCH, N_BATCH
    chosen.n_threads = chosen.n_threads_batch = n_threads
    chosen.flash_attn_type = llama.LLAMA_FLASH_ATTN_TYPE_ENABLED
    chosen.rope_scaling_type = ROPE_TYPES[scaling.method]
    chosen.rope_freq_base, chosen.rope_freq_scale = scaling.freq_base, scaling.freq_scale
    chosen.yarn_ext_factor, chosen.yarn_orig_ctx = scaling.yarn_ext_factor, scaling.yarn_orig_ctx
    return chosen


def fill(batch: llama.llama_batch, tokens: list[int], start: int, outputs: frozenset[int]) -> None:
    """Put tokens of one sequence into a batch."""
    batch.n_tokens = len(tokens)
    for row, token in enumerate(tokens):
        batch.token[row], batch.pos[row] = token, start + row
        batch.n_seq_id[row], batch.seq_id[row][0] = 1, 0
        batch.logits[row] = row in outputs


def show(method: RopeMethod, losses: Losses, n_ctx_train: int) -> None:
    """One line: the perplexity of each part, within the trained length and beyond it."""
    parts = [f"{perplexity(losses[start : start + PART]):7.1f}" for start in range(0, len(losses), PART)]
    within, beyond = perplexity(losses[:n_ctx_train]), perplexity(losses[n_ctx_train:])
    print(f"{method.value:7} {' '.join(parts)} | within {within:.2f} beyond {beyond:.2f}")


def perplexity(losses: Losses) -> float:
    """``exp`` of the mean loss; NaN where nothing was scored."""
    scored = losses[~np.isnan(losses)]
    return float(np.exp(scored.mean())) if len(scored) else float("nan")


if __name__ == "__main__":
    sys.exit(main())
