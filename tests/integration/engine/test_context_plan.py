"""The memory of a context plan against what llama.cpp allocates for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import llama_cpp.llama_cpp as llama
import pytest

from assistant.core.context_plan import ContextWish, FreeMemory, plan_context
from assistant.core.memory_estimate import MIB, KvType, estimate_memory
from assistant.core.rope import RopeMethod
from assistant.engine.cancel import CancelFlag
from assistant.engine.model import Model
from assistant.hub.gguf_header import read_model_facts
from assistant.protocol.engine_messages import LoadModel
from tests.integration.engine.other_models import WRITERS

N_CTX = 8192
ROUNDED_MIB = 0.005
"""llama.cpp logs two digits."""
FREE = FreeMemory(main_bytes=2**34)


@contextmanager
def llama_log() -> Iterator[list[str]]:
    """What llama.cpp logs meanwhile."""
    lines: list[str] = []
    callback = llama.llama_log_callback(lambda level, text, _: lines.append(text.decode("utf-8", "replace")))
    llama.llama_log_set(callback, None)
    try:
        yield lines
    finally:
        llama.llama_log_set(llama.llama_log_callback(), None)  # a null pointer: to stderr again


def allocated_mib(log: list[str], *kinds: str) -> float:
    """Sum of the buffers of these kinds in the log, MiB."""
    found = re.findall(rf"\b(?:{'|'.join(kinds)}) buffer size = *([\d.]+) MiB", "".join(log))
    return sum(map(float, found))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory, starter_model: Path) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    tiny = {name: write(folder / f"{number}.gguf") for number, (name, write) in enumerate(WRITERS.items())}
    return {"starter": starter_model, **tiny}


@pytest.mark.parametrize("kind", ["starter", *WRITERS])
@pytest.mark.parametrize(
    ("kv_type", "flash_attention"), [(KvType.F16, False), (KvType.F16, True), (KvType.Q8_0, True), (KvType.Q4_0, True)]
)
def test_the_plan_foretells_what_llama_cpp_allocates(
    models: dict[str, Path], kind: str, kv_type: KvType, flash_attention: bool
) -> None:
    facts = read_model_facts(models[kind])
    request = LoadModel(
        request_id="",
        path=str(models[kind]),
        n_ctx=N_CTX,
        n_gpu_layers=0,
        kv_type=kv_type,
        flash_attention=flash_attention,
    )
    plan = estimate_memory(facts, N_CTX, flash_attention=flash_attention, kv_type=kv_type)
    with llama_log() as log, closing(Model(request, CancelFlag(), lambda fraction: None)):
        assert plan.weights_bytes / MIB == pytest.approx(allocated_mib(log, "model"), rel=0.03, abs=ROUNDED_MIB)
        assert plan.kv_bytes / MIB == pytest.approx(allocated_mib(log, "KV", "RS"), rel=0.03, abs=ROUNDED_MIB)
        assert plan.compute_bytes / MIB == pytest.approx(allocated_mib(log, "compute", "output"), rel=0.15)


@pytest.mark.parametrize("method", [RopeMethod.LINEAR, RopeMethod.NTK, RopeMethod.YARN, RopeMethod.MIXED])
@pytest.mark.parametrize("kind", ["plain", "M-RoPE", "sliding window", "hybrid"])
def test_the_engine_computes_with_the_rope_of_the_plan(models: dict[str, Path], kind: str, method: RopeMethod) -> None:
    facts = read_model_facts(models[kind])
    plan = plan_context(facts, ContextWish(n_ctx=4 * facts.n_ctx_train, rope=method), FREE)
    assert plan.rope.method is method
    request = LoadModel(request_id="", path=str(models[kind]), n_ctx=plan.n_ctx, n_gpu_layers=0, rope=plan.rope)
    with llama_log() as log, closing(Model(request, CancelFlag(), lambda fraction: None)):
        said = {name: float(value) for name, value in re.findall(r"freq_(base|scale) +=\s+([\d.e+-]+)", "".join(log))}
    base, scale = plan.rope.freq_base or facts.rope_freq_base, plan.rope.freq_scale or 1.0
    assert said["scale"] == pytest.approx(scale)
    assert said["base"] == pytest.approx(base, rel=1e-3)
