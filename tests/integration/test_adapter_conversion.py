"""PEFT folders through the converter worker, and what becomes of them in the model."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt
import psutil
import pytest

from assistant.clients.converter_client import ConverterClient
from assistant.core.adapter import AdapterUse
from assistant.core.errors import AdapterDamaged, AdapterForeign, AdapterUnsupported, DataFolderUnusable
from assistant.hub.adapter_header import check_adapter, read_adapter
from assistant.hub.gguf_header import read_model_facts, read_shapes
from tests.integration.engine.talker import Talker
from tests.peft_folder import WEIGHTS, module, pair, write_butler, write_peft
from tests.tiny_adapter import BUTLER, write_random_adapter
from tests.tiny_gguf import N_EMBD, N_FF, write_tiny_model
from tests.unquantized import write_unquantized

MAX_DIFFERENCE = 1e-3
N_POSITIONS = 100


@pytest.fixture
def client(tmp_path: Path) -> ConverterClient:
    (tmp_path / "logs").mkdir()
    return ConverterClient(tmp_path, tmp_path / "logs")


def convert(client: ConverterClient, folder: Path, base: Path, target: Path) -> None:
    facts = read_model_facts(base)
    client.convert(folder, facts, target, lambda path: check_adapter(read_adapter(path), facts, read_shapes(base)))


def test_the_converted_butler_gives_the_logits_of_upstreams(
    client: ConverterClient, starter_model: Path, tmp_path: Path
) -> None:
    target = tmp_path / "butler.gguf"
    convert(client, write_butler(tmp_path / "peft"), starter_model, target)
    prompt = list(range(1000, 1000 + N_POSITIONS))
    with closing(Talker(starter_model, 256)) as talker:
        logits = []
        for path in (BUTLER, target):
            talker.forget()
            logits.append(talker.answer(prompt, adapters=(AdapterUse(path=str(path)),)).logits)
        talker.forget()
        base = talker.answer(prompt).logits
    assert np.abs(logits[0] - logits[1]).max() <= MAX_DIFFERENCE
    assert np.abs(logits[0] - base).max() > 1.0


def test_merged_weights_say_the_same(tmp_path: Path) -> None:
    """The formula of the docstring, in numpy: ``W + scale * alpha / rank * B A``."""
    base = write_tiny_model(tmp_path / "base.gguf")
    adapter = write_random_adapter(tmp_path / "adapter.gguf", base, 3)
    merged = merge(base, adapter, 0.5, tmp_path / "merged.gguf")
    prompt = list(range(10, 10 + N_POSITIONS))
    with closing(Talker(base, 32)) as one, closing(Talker(merged, 32)) as other:
        for length in range(1, N_POSITIONS + 1, 9):
            with_adapter = one.answer(prompt[:length], adapters=(AdapterUse(path=str(adapter), scale=0.5),)).logits
            assert np.abs(with_adapter - other.answer(prompt[:length]).logits).max() <= 0.05


def merge(base: Path, adapter: Path, scale: float, target: Path) -> Path:
    """A copy of a model with an adapter in its weights, as 32-bit floats."""
    changes: dict[str, npt.NDArray[np.float32]] = {
        each.name: each.data.astype(np.float32) for each in gguf.GGUFReader(adapter).tensors
    }
    alpha = float(gguf.GGUFReader(adapter).fields["adapter.lora.alpha"].contents())

    def merged(name: str, weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        if f"{name}.lora_a" not in changes:
            return weights
        a, b = changes[f"{name}.lora_a"], changes[f"{name}.lora_b"]
        return weights + scale * alpha / a.shape[0] * (b @ a)

    return write_unquantized(base, target, merged)


def test_an_adapter_of_another_model_leaves_nothing(
    client: ConverterClient, starter_model: Path, tmp_path: Path
) -> None:
    base = write_tiny_model(tmp_path / "base.gguf")
    target = tmp_path / "out" / "butler.gguf"
    target.parent.mkdir()
    with pytest.raises(AdapterForeign):
        convert(client, write_butler(tmp_path / "peft"), base, target)
    assert list(target.parent.iterdir()) == []


def test_half_a_pair_leaves_the_older_file(client: ConverterClient, tmp_path: Path) -> None:
    base = write_tiny_model(tmp_path / "base.gguf")
    weights = pair(module(0, "mlp.up_proj"), N_EMBD, N_FF)
    target = tmp_path / "mine.gguf"
    convert(client, write_peft(tmp_path / "whole", weights), base, target)
    before = target.read_bytes()
    weights.popitem()
    with pytest.raises(AdapterDamaged):
        convert(client, write_peft(tmp_path / "half", weights), base, target)
    assert target.read_bytes() == before


def test_what_cannot_be_carried_comes_back_by_name(client: ConverterClient, tmp_path: Path) -> None:
    base = write_tiny_model(tmp_path / "base.gguf")
    folder = write_peft(tmp_path / "mine", pair(module(0, "mlp.up_proj"), N_EMBD, N_FF), use_dora=True)
    with pytest.raises(AdapterUnsupported, match="DoRA"):
        convert(client, folder, base, tmp_path / "mine.gguf")


def test_a_target_that_cannot_be_written_is_named(client: ConverterClient, tmp_path: Path) -> None:
    base = write_tiny_model(tmp_path / "base.gguf")
    folder = write_peft(tmp_path / "mine", pair(module(0, "mlp.up_proj"), N_EMBD, N_FF))
    with pytest.raises(DataFolderUnusable, match="nowhere"):
        convert(client, folder, base, tmp_path / "nowhere" / "mine.gguf")


def test_a_worker_that_dies_is_a_sentence(client: ConverterClient, starter_model: Path, tmp_path: Path) -> None:
    folder = write_butler(tmp_path / "peft")
    size = (folder / WEIGHTS).stat().st_size

    def kill() -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            for child in psutil.Process().children(recursive=True):
                if "converter" in child.cmdline():
                    child.kill()
                    return
            time.sleep(0.005)

    thread = threading.Thread(target=kill)
    thread.start()
    with pytest.raises(AdapterDamaged, match="reading it failed"):
        convert(client, folder, starter_model, tmp_path / "butler.gguf")
    thread.join()
    assert (folder / WEIGHTS).stat().st_size == size
    assert not list(tmp_path.glob(".butler*"))
