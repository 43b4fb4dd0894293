"""llama.cpp really loads the tiny model, and needs the memory that the context plan says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assistant.core.memory_estimate import MIB, estimate_memory
from assistant.hub.gguf_header import read_model_facts
from tests.tiny_gguf import write_tiny_model

# In a process of its own: llama.cpp's logger is global, and an assertion in it ends the process.
PROBE = """
import json, re, sys
import llama_cpp.llama_cpp as llama

lines = []
logger = llama.llama_log_callback(lambda level, text, data: lines.append(text.decode()))
llama.llama_log_set(logger, None)
model = llama.llama_model_load_from_file(sys.argv[1].encode(), llama.llama_model_default_params())
params = llama.llama_context_default_params()
params.n_ctx, params.n_batch, params.n_ubatch = int(sys.argv[2]), 256, 256
params.n_seq_max = params.n_outputs_max = 1
context = llama.llama_init_from_model(model, params)
text = b"the\\n<|im_end|>"
tokens = (llama.llama_token * 16)()
count = llama.llama_tokenize(llama.llama_model_get_vocab(model), text, len(text), tokens, 16, False, True)
status = llama.llama_decode(context, llama.llama_batch_get_one(tokens, count))
log = "".join(lines)
print(json.dumps({
    "status": status,
    "tokens": list(tokens[:count]),
    "logit": llama.llama_get_logits_ith(context, -1)[0],
    "kv_mib": float(re.search(r"KV buffer size = *([\\d.]+)", log)[1]),
    "compute_mib": float(re.search(r"compute buffer size = *([\\d.]+)", log)[1]),
}))
"""


def probe(path: Path, n_ctx: int) -> dict[str, Any]:
    command = [sys.executable, "-c", PROBE, str(path), str(n_ctx)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


@pytest.mark.parametrize("n_ctx", [512, 4096, 16_384])
def test_llama_cpp_decodes_it_within_the_estimate(tmp_path: Path, n_ctx: int) -> None:
    path = write_tiny_model(tmp_path / "tiny.gguf")
    answer = probe(path, n_ctx)
    assert answer["status"] == 0
    assert answer["tokens"][-1] == 273
    estimate = estimate_memory(read_model_facts(path), n_ctx)
    assert estimate.kv_bytes / MIB == pytest.approx(answer["kv_mib"], abs=0.006)
    assert answer["compute_mib"] <= estimate.compute_bytes / MIB <= 1.25 * answer["compute_mib"] + 0.5


def test_weights_follow_the_seed(tmp_path: Path) -> None:
    logits = [probe(write_tiny_model(tmp_path / f"{seed}.gguf", seed=seed), 512)["logit"] for seed in (1, 1, 2)]
    assert logits[0] == logits[1] != logits[2]


def test_llama_cpp_loads_it_split(tmp_path: Path) -> None:
    whole = probe(write_tiny_model(tmp_path / "whole.gguf"), 512)
    assert probe(write_tiny_model(tmp_path / "split.gguf", split_max_tensors=8), 512) == whole
