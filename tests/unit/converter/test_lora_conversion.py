from __future__ import annotations

import json
import math
import os
import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import gguf
import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from assistant.converter.lora_conversion import ARCHITECTURES, convert_adapter
from assistant.core.errors import AdapterDamaged, AdapterNotFound, AdapterUnsupported
from assistant.core.model_facts import ModelFacts
from assistant.hub.adapter_header import check_adapter, read_adapter
from assistant.hub.gguf_header import read_model_facts, read_shapes
from tests.peft_folder import ALPHA, CONFIG, RANK, WEIGHTS, module, pair, write_butler, write_peft, write_safetensors
from tests.tiny_adapter import BUTLER
from tests.tiny_gguf import HEAD, N_EMBD, N_FF, N_HEAD, N_HEAD_KV, write_tiny_model

UP = module(0, "mlp.up_proj")
QUERY = module(1, "self_attn.q_proj")
Weights = dict[str, npt.NDArray]


@pytest.fixture(scope="module")
def base_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("base") / "tiny.gguf")


@pytest.fixture(scope="module")
def base(base_path: Path) -> ModelFacts:
    return read_model_facts(base_path)


def tensors_of(path: Path) -> dict[str, npt.NDArray]:
    return {tensor.name: np.array(tensor.data) for tensor in gguf.GGUFReader(path).tensors}


def converted(folder: Path, base: ModelFacts) -> dict[str, npt.NDArray]:
    target = folder.with_suffix(".gguf")
    convert_adapter(folder, base, target, "Mine")
    return tensors_of(target)


def test_the_butler_becomes_what_upstream_makes_of_it(starter_model: Path, tmp_path: Path) -> None:
    target = tmp_path / "butler.gguf"
    convert_adapter(write_butler(tmp_path / "peft"), read_model_facts(starter_model), target, "Butler")
    ours, upstream = tensors_of(target), tensors_of(BUTLER)
    assert ours.keys() == upstream.keys()
    assert all(np.array_equal(ours[name], upstream[name]) for name in upstream)
    adapter = read_adapter(target)
    check_adapter(adapter, read_model_facts(starter_model), read_shapes(starter_model))
    expected = read_adapter(BUTLER).facts
    assert (adapter.facts.alpha, adapter.facts.rank) == (expected.alpha, expected.rank)


def test_all_modules_of_a_layer_find_their_matrices(base: ModelFacts, base_path: Path, tmp_path: Path) -> None:
    n_kv = N_HEAD_KV * HEAD
    sides = {
        **{"self_attn.q_proj": (N_EMBD, N_EMBD), "self_attn.o_proj": (N_EMBD, N_EMBD)},
        **{"self_attn.k_proj": (N_EMBD, n_kv), "self_attn.v_proj": (N_EMBD, n_kv)},
        **{"mlp.gate_proj": (N_EMBD, N_FF), "mlp.up_proj": (N_EMBD, N_FF), "mlp.down_proj": (N_FF, N_EMBD)},
    }
    weights = {
        key: each for name, (n_in, n_out) in sides.items() for key, each in pair(module(1, name), n_in, n_out).items()
    }
    target = tmp_path / "all.gguf"
    convert_adapter(write_peft(tmp_path / "all", weights), base, target, "All")
    adapter = read_adapter(target)
    check_adapter(adapter, base, read_shapes(base_path))
    assert adapter.facts.n_pairs == len(sides)
    assert (adapter.facts.name, adapter.facts.base_name) == ("All", "someone/tiny")
    assert (adapter.facts.alpha, adapter.facts.rank) == (ALPHA, RANK)


def test_rows_of_queries_and_keys_change_places_where_the_architecture_has_it(base: ModelFacts, tmp_path: Path) -> None:
    """A row belongs to a head and to one half of a rotated pair: halves apart for PEFT, side by side in the file."""
    weights = pair(QUERY, N_EMBD, N_EMBD)
    b = weights[f"{QUERY}.lora_B.weight"]
    b[:] = np.arange(N_EMBD)[:, None]
    rows = converted(write_peft(tmp_path / "llama", weights), base)["blk.1.attn_q.weight.lora_b"][:, 0]
    expected = [
        head * HEAD + half * HEAD // 2 + i for head in range(N_HEAD) for i in range(HEAD // 2) for half in (0, 1)
    ]
    assert rows.tolist() == expected
    for architecture in set(ARCHITECTURES) - {"llama"}:
        other = msgspec.structs.replace(base, architecture=architecture)
        kept = converted(write_peft(tmp_path / architecture, weights), other)
        assert np.array_equal(kept["blk.1.attn_q.weight.lora_b"], b)


@pytest.mark.parametrize(
    ("config", "factor"),
    [
        ({}, 1.0),
        ({"use_rslora": True}, math.sqrt(RANK)),
        ({"alpha_pattern": {"up_proj": 4}}, 4 / ALPHA),
        ({"alpha_pattern": {"layers.0.mlp.up_proj": 4}}, 4 / ALPHA),
        ({"alpha_pattern": {"down_proj": 4}}, 1.0),
        ({"alpha_pattern": {r"layers\.\d+\.mlp\.(up|down)_proj": 4}}, 4 / ALPHA),
        ({"alpha_pattern": {"^model.layers.0.mlp.up_proj": 4}}, 4 / ALPHA),
        ({"alpha_pattern": {"^layers.0.mlp.up_proj": 4}}, 1.0),
        ({"init_lora_weights": "gaussian"}, 1.0),
        ({"alpha_pattern": {"up_proj": 4}, "use_rslora": True}, 4 / ALPHA * math.sqrt(RANK)),
    ],
)
def test_what_llama_cpp_scales_otherwise_is_folded_in(
    config: Mapping[str, object], factor: float, base: ModelFacts, tmp_path: Path
) -> None:
    weights = pair(UP, N_EMBD, N_FF)
    b = converted(write_peft(tmp_path / "mine", weights, **config), base)["blk.0.ffn_up.weight.lora_b"]
    assert np.allclose(b, factor * weights[f"{UP}.lora_B.weight"], rtol=1e-6)


def test_a_pair_of_another_rank_is_scaled_by_its_own(base: ModelFacts, tmp_path: Path) -> None:
    weights = {**pair(UP, N_EMBD, N_FF), **pair(module(1, "mlp.up_proj"), N_EMBD, N_FF, rank=2 * RANK)}
    config = {"rank_pattern": {"layers.1.mlp.up_proj": 2 * RANK}}
    tensors = converted(write_peft(tmp_path / "mine", weights, **config), base)
    for layer in (0, 1):  # llama.cpp divides by the rank of each B, as PEFT does
        expected = weights[f"{module(layer, 'mlp.up_proj')}.lora_B.weight"]
        assert np.array_equal(tensors[f"blk.{layer}.ffn_up.weight.lora_b"], expected)


def test_bfloat16_is_widened(base: ModelFacts, tmp_path: Path) -> None:
    weights = pair(UP, N_EMBD, N_FF)
    halves = {name: (each.view(np.uint32) >> 16).astype(np.uint16) for name, each in weights.items()}
    a = converted(write_peft(tmp_path / "mine", halves), base)["blk.0.ffn_up.weight.lora_a"]
    assert np.allclose(a, weights[f"{UP}.lora_A.weight"], rtol=2**-7)


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"peft_type": "IA3"}, "IA3"),
        ({"use_dora": True}, "DoRA"),
        ({"bias": "all"}, "bias"),
        ({"modules_to_save": ["lm_head", "embed_tokens"]}, "modules_to_save: embed_tokens"),
        ({"layer_replication": [[0, 2], [1, 2]]}, "layer_replication"),
        ({"fan_in_fan_out": True}, "fan_in_fan_out"),
        ({"alora_invocation_tokens": [1, 2]}, "activated LoRA"),
        ({"target_parameters": ["experts"]}, "target_parameters"),
        ({"init_lora_weights": "pissa_niter_16"}, "pissa_niter_16"),
    ],
)
def test_what_cannot_be_carried_is_named(
    config: Mapping[str, object], named: str, base: ModelFacts, tmp_path: Path
) -> None:
    folder = write_peft(tmp_path / "mine", pair(UP, N_EMBD, N_FF), **config)
    with pytest.raises(AdapterUnsupported, match=named):
        converted(folder, base)


def test_a_module_without_a_matrix_is_named(base: ModelFacts, tmp_path: Path) -> None:
    folder = write_peft(tmp_path / "mine", pair(module(0, "mlp.experts.3.w1"), 8, 8))
    with pytest.raises(AdapterUnsupported, match=r"experts\.3\.w1"):
        converted(folder, base)


def test_an_architecture_whose_layout_is_not_known_is_named(base: ModelFacts, tmp_path: Path) -> None:
    folder = write_peft(tmp_path / "mine", pair(UP, N_EMBD, N_FF))
    with pytest.raises(AdapterUnsupported, match="mamba"):
        converted(folder, msgspec.structs.replace(base, architecture="mamba"))


def as_a_pipe(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    os.mkfifo(folder / WEIGHTS)


def without_config(folder: Path) -> None:
    (folder / CONFIG).unlink()


def without_weights(folder: Path) -> None:
    (folder / WEIGHTS).unlink()


@pytest.mark.parametrize("spoil", [without_config, without_weights, as_a_pipe])
def test_a_missing_file_is_named(spoil: Callable[[Path], None], base: ModelFacts, tmp_path: Path) -> None:
    folder = write_peft(tmp_path / "mine", pair(UP, N_EMBD, N_FF))
    spoil(folder)
    with pytest.raises(AdapterNotFound, match=r"adapter_model\.safetensors are needed"):
        converted(folder, base)


def table(path: Path, change: Callable[[dict[str, dict[str, object]]], object]) -> None:
    """Rewrite the table of tensors; the data stays."""
    data = path.read_bytes()
    (n_table,) = struct.unpack_from("<Q", data)
    entries = json.loads(data[8 : 8 + n_table])
    change(entries)
    header = json.dumps(entries).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + data[8 + n_table :])


def change_entry(**values: object) -> Callable[[Path], None]:
    return lambda folder: table(folder / WEIGHTS, lambda entries: entries[f"{UP}.lora_A.weight"].update(values))


def write(name: str, data: bytes) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / name).write_bytes(data)

    return spoil


def save(weights: Weights) -> Callable[[Path], None]:
    return lambda folder: write_safetensors(folder / WEIGHTS, weights)


@pytest.mark.parametrize(
    "spoil",
    [
        write(CONFIG, b"{"),
        write(CONFIG, b"[]"),
        write(CONFIG, b'{"peft_type": "LORA", "lora_alpha": "eight"}'),
        write(CONFIG, b'{"peft_type": "LORA", "lora_alpha": 1e999}'),
        write(CONFIG, b'{"peft_type": "LORA", "lora_alpha": 0}'),
        write(CONFIG, b'{"peft_type": "LORA", "lora_alpha": 1, "alpha_pattern": {"(": 1}}'),
        save({f"{module(n, 'mlp.up_proj')}.lora_A.weight": np.zeros((RANK, N_EMBD), np.float32) for n in ("0", "00")}),
        write(CONFIG, b"\xff\xfe"),
        write(CONFIG, b'{"alpha_pattern":' * 5000),
        write(WEIGHTS, b""),
        write(WEIGHTS, b"\x80\x02}q\x00."),  # a pickle
        write(WEIGHTS, struct.pack("<Q", 2**63) + b"{}"),
        write(WEIGHTS, struct.pack("<Q", 2) + b"[]"),
        write(WEIGHTS, struct.pack("<Q", 8) + b'{"a":{}}'),
        change_entry(dtype="I64"),
        change_entry(shape=[RANK, -N_EMBD]),
        change_entry(shape=[RANK, 2 * N_EMBD]),
        change_entry(shape=[2**62, 2**62]),
        change_entry(data_offsets=[-8, 8]),
        change_entry(data_offsets=[0, 2**60]),
        change_entry(data_offsets=[8, 8]),
        save({}),
        save({f"{UP}.lora_A.weight": np.full((RANK, N_EMBD), np.nan, np.float32)}),
        save({f"{UP}.lora_A.weight": np.zeros((RANK,), np.float32)}),
        save({f"{QUERY}.lora_B.weight": np.zeros((N_EMBD + 1, RANK), np.float32)}),
    ],
)
def test_what_contradicts_itself_is_damaged(spoil: Callable[[Path], None], base: ModelFacts, tmp_path: Path) -> None:
    folder = write_peft(tmp_path / "mine", pair(UP, N_EMBD, N_FF))
    spoil(folder)
    with pytest.raises(AdapterDamaged):
        converted(folder, base)


def test_fifty_truncations_are_named(starter_model: Path, tmp_path: Path) -> None:
    folder = write_butler(tmp_path / "peft")
    facts = read_model_facts(starter_model)
    data = (folder / WEIGHTS).read_bytes()
    for step in range(50):
        (folder / WEIGHTS).write_bytes(data[: len(data) * step // 50])
        with pytest.raises(AdapterDamaged):
            converted(folder, facts)
