from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.core.adapter import AdapterFacts
from assistant.core.errors import AdapterDamaged, AdapterForeign, AdapterNotFound, AdapterUnsupported
from assistant.hub.adapter_header import check_adapter, read_adapter
from assistant.hub.gguf_file import read_gguf
from assistant.hub.gguf_header import read_model_facts, read_shapes
from tests.mutants import mutants
from tests.tiny_adapter import BUTLER, RANK, write_adapter
from tests.tiny_gguf import write_tiny_model

N_MUTANTS = 300
Shapes = dict[str, tuple[int, ...]]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("base") / "tiny.gguf")


@pytest.fixture
def shapes(base: Path) -> Shapes:
    """Of a pair for one matrix, in numpy's order: rows first."""
    n_in, n_out = next(t for t in read_gguf(base).tensors if t.name == "blk.0.ffn_up.weight").shape
    return {"blk.0.ffn_up.weight.lora_a": (RANK, n_in), "blk.0.ffn_up.weight.lora_b": (n_out, RANK)}


def write_zeros(path: Path, shapes: Shapes, **metadata: Any) -> Path:
    return write_adapter(path, {name: np.zeros(shape, dtype=np.float16) for name, shape in shapes.items()}, **metadata)


def read(path: Path, base: Path) -> AdapterFacts:
    adapter = read_adapter(path)
    check_adapter(adapter, read_model_facts(base), read_shapes(base))
    return adapter.facts


def test_the_butler_belongs_to_the_starter_model(starter_model: Path) -> None:
    facts = read(BUTLER, starter_model)
    assert (facts.name, facts.architecture, facts.alpha, facts.rank) == ("Butler Peft", "llama", 16.0, 8)
    assert (facts.n_pairs, facts.tensor_bytes) == (210, 2_442_240 * 2)


def test_the_butler_does_not_belong_to_another(base: Path) -> None:
    with pytest.raises(AdapterForeign) as raised:
        read(BUTLER, base)
    assert "Tiny" in raised.value.info.text
    assert "Butler Peft" in raised.value.info.text


def test_an_adapter_says_what_it_is(base: Path, shapes: Shapes, tmp_path: Path) -> None:
    facts = read(write_zeros(tmp_path / "mine.gguf", shapes), base)
    assert (facts.name, facts.rank, facts.n_pairs, facts.alpha) == ("mine", RANK, 1, 8.0)


def test_embeddings_are_looked_up_so_they_stand_the_other_way_round(base: Path, tmp_path: Path) -> None:
    n_embd, n_vocab = next(t for t in read_gguf(base).tensors if t.name == "token_embd.weight").shape
    right = {"token_embd.weight.lora_a": (n_vocab, RANK), "token_embd.weight.lora_b": (n_embd, RANK)}
    adapter = read_adapter(write_zeros(tmp_path / "right.gguf", right))
    check_adapter(adapter, read_model_facts(base), read_shapes(base) | {"output.weight": (n_embd, n_vocab)})
    wrong = {"token_embd.weight.lora_a": (RANK, n_embd), "token_embd.weight.lora_b": (n_vocab, RANK)}
    with pytest.raises(AdapterDamaged):
        read_adapter(write_zeros(tmp_path / "wrong.gguf", wrong))


def test_embeddings_that_are_the_output_too_are_left_alone(base: Path, tmp_path: Path) -> None:
    """llama.cpp would abort."""
    shapes = {name: shape for name, shape in read_shapes(base).items() if name != "output.weight"}
    n_embd, n_vocab = shapes["token_embd.weight"]
    pair = {"token_embd.weight.lora_a": (n_vocab, RANK), "token_embd.weight.lora_b": (n_embd, RANK)}
    with pytest.raises(AdapterUnsupported, match="embeddings"):
        check_adapter(read_adapter(write_zeros(tmp_path / "a.gguf", pair)), read_model_facts(base), shapes)


def test_a_norm_is_named(base: Path, shapes: Shapes, tmp_path: Path) -> None:
    with pytest.raises(AdapterUnsupported, match=r"attn_norm\.weight"):
        read(write_zeros(tmp_path / "a.gguf", shapes | {"blk.0.attn_norm.weight": (8,)}), base)


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "\udcff.gguf"])
def test_a_name_that_is_none_is_a_sentence(name: str, base: Path, tmp_path: Path) -> None:
    with pytest.raises(AdapterNotFound):
        read(tmp_path / name, base)


def without_b(shapes: Shapes) -> Shapes:
    return {name: shape for name, shape in shapes.items() if name.endswith("_a")}


def with_another_tensor(shapes: Shapes) -> Shapes:
    return shapes | {"blk.0.ffn_up.bias": (8,)}


def with_unequal_ranks(shapes: Shapes) -> Shapes:
    return shapes | {"blk.0.ffn_up.weight.lora_a": (RANK + 1, shapes["blk.0.ffn_up.weight.lora_a"][1])}


def with_a_vector(shapes: Shapes) -> Shapes:
    return shapes | {"blk.0.ffn_up.weight.lora_a": (RANK,)}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (without_b, "missing"),
        (with_another_tensor, "blk.0.ffn_up.bias"),
        (with_unequal_ranks, "ranks 5 and 4"),
        (with_a_vector, "do not go together"),
        (lambda shapes: {}, "changes nothing"),
    ],
)
def test_what_contradicts_itself_is_damaged(
    change: Callable[[Shapes], Shapes], named: str, base: Path, shapes: Shapes, tmp_path: Path
) -> None:
    with pytest.raises(AdapterDamaged) as raised:
        read(write_zeros(tmp_path / "adapter.gguf", change(shapes)), base)
    assert named in raised.value.info.cause


@pytest.mark.parametrize(("kind", "of"), [("model", "lora"), ("adapter", "control_vector")])
def test_another_kind_of_file_is_no_adapter(kind: str, of: str, base: Path, shapes: Shapes, tmp_path: Path) -> None:
    with pytest.raises(AdapterDamaged):
        read(write_zeros(tmp_path / "adapter.gguf", shapes, kind=kind, of=of), base)


def test_an_adapter_that_works_behind_certain_words_only_is_named(base: Path, shapes: Shapes, tmp_path: Path) -> None:
    path = write_zeros(tmp_path / "adapter.gguf", shapes, called_by=[1, 2, 3])
    with pytest.raises(AdapterUnsupported, match="activated LoRA"):
        read(path, base)


def test_a_model_is_no_adapter(base: Path) -> None:
    with pytest.raises(AdapterDamaged):
        read(base, base)


def test_a_missing_file_is_named(base: Path, tmp_path: Path) -> None:
    with pytest.raises(AdapterNotFound) as raised:
        read(tmp_path / "gone.gguf", base)
    assert "gone.gguf" in raised.value.info.text


def test_an_adapter_of_another_architecture_or_shape_or_depth_is_foreign(
    base: Path, shapes: Shapes, tmp_path: Path
) -> None:
    deeper = {name.replace("blk.0.", "blk.99."): shape for name, shape in shapes.items()}
    wider = {name: tuple(n if n == RANK else n + 32 for n in shape) for name, shape in shapes.items()}
    for number, (arch, changed) in enumerate([("qwen2", shapes), ("llama", deeper), ("llama", wider)]):
        with pytest.raises(AdapterForeign):
            read(write_zeros(tmp_path / f"{number}.gguf", changed, arch=arch), base)


def test_fifty_truncations_are_named(tmp_path: Path) -> None:
    data = BUTLER.read_bytes()
    path = tmp_path / "cut.gguf"
    for step in range(50):
        path.write_bytes(data[: len(data) * step // 50])
        with pytest.raises(AdapterDamaged):
            read_adapter(path)


def test_a_damaged_header_is_named_or_harmless(base: Path, shapes: Shapes, tmp_path: Path) -> None:
    data = write_zeros(tmp_path / "adapter.gguf", shapes).read_bytes()
    path = tmp_path / "mutant.gguf"
    n_refused = 0
    for _, mutant in mutants(data, N_MUTANTS, seed=5):
        path.write_bytes(mutant)
        try:
            read(path, base)
        except (AdapterDamaged, AdapterForeign):
            n_refused += 1
    assert n_refused > N_MUTANTS // 2
