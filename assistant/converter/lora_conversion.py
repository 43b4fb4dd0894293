"""From a folder as PEFT writes it to a GGUF adapter as llama.cpp reads it.

Process: converter worker. Thread rule: every call opens the files for itself.

PEFT holds A of shape (rank, n_in) and B of shape (n_out, rank) for each module, and computes with
``alpha / rank * B A``, or with ``alpha / sqrt(rank)`` where it is rank-stabilised (Kalajdzievski 2023). llama.cpp
always divides the file's one alpha by the rank of each B, so whatever differs from that is folded into B.

Names are those of Hugging Face's modules and of gguf's tensors. For ``llama`` (and so for Mistral) the rows of the
query and key matrices stand in another order in a GGUF file, pairs of a rotation side by side: the rows of B go with
them. The other architectures keep the order.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path

import gguf
import msgspec
import numpy as np

from assistant.converter.safetensors_file import FloatArray, SafetensorsInvalid, open_regular, read_safetensors
from assistant.core.errors import AdapterDamaged, AdapterNotFound, AdapterUnsupported
from assistant.core.model_facts import ModelFacts

ARCHITECTURES = ("llama", "qwen2", "qwen3", "gemma2", "gemma3", "phi3")
"""What can be converted; Mistral models are ``llama`` in GGUF files."""
CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
MAX_CONFIG_BYTES = 2**20

_MODULE = re.compile(
    r"base_model\.model\.(?:(?:model|language_model)\.)*(?:layers\.(?P<layer>\d+)\.(?:self_attn|mlp)\.)?(?P<module>\w+)"
    r"\.lora_(?:embedding_)?(?P<part>[AB])(?:\.default)?(?:\.weight)?"
)
_IN_BLOCK = {
    "q_proj": "attn_q",
    "k_proj": "attn_k",
    "v_proj": "attn_v",
    "qkv_proj": "attn_qkv",
    "o_proj": "attn_output",
    "gate_proj": "ffn_gate",
    "up_proj": "ffn_up",
    "gate_up_proj": "ffn_up",
    "down_proj": "ffn_down",
}
_OUTSIDE = {"lm_head": "output"}
_PLAIN_STARTS = (True, False, None, "gaussian", "eva", "orthogonal")
"""Ways to begin a training that leave the weights of the model as they are; PiSSA, OLoRA, CorDA and LoftQ do not."""


class PeftConfig(msgspec.Struct, frozen=True):
    """What of ``adapter_config.json`` matters here; the names are PEFT's."""

    peft_type: str
    lora_alpha: float
    use_rslora: bool = False
    use_dora: bool = False
    fan_in_fan_out: bool = False
    lora_bias: bool = False
    bias: str = "none"
    modules_to_save: list[str] | None = None
    layer_replication: list[list[int]] | None = None
    init_lora_weights: object = True
    alpha_pattern: dict[str, float] | None = None
    alora_invocation_tokens: list[int] | None = None
    trainable_token_indices: object = None
    target_parameters: list[str] | None = None
    use_qalora: bool = False
    use_bdlora: object = None
    base_model_name_or_path: str | None = None


def convert_adapter(folder: Path, base: ModelFacts, target: Path, name: str) -> None:
    """Write the adapter in a PEFT folder as a GGUF file.

    Whether its matrices are those of the model is for the reader of the file to say.

    Args:
        folder: Holds ``adapter_config.json`` and ``adapter_model.safetensors``.
        base: The model it belongs to.
        target: The file to write.
        name: ``general.name`` of the file.

    Raises:
        AdapterNotFound: One of the two files does not exist or cannot be read.
        AdapterDamaged: One of them is not what its name says, or both do not go together.
        AdapterUnsupported: It has parts that a GGUF adapter cannot carry; they are named.
    """
    config, weights = _read(folder)
    if not weights or not 0 < config.lora_alpha < math.inf:
        raise _damaged(folder.name, f"it has {len(weights)} tensors, lora_alpha {config.lora_alpha}")
    _check_carried(config, base, weights)
    tensors = _converted(config, base, weights)
    writer = gguf.GGUFWriter(target, base.architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", config.lora_alpha)
    writer.add_name(name)
    if config.base_model_name_or_path:
        writer.add_base_model_count(1)
        writer.add_base_model_name(0, config.base_model_name_or_path)
    for tensor_name, array in sorted(tensors.items()):
        writer.add_tensor(tensor_name, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _read(folder: Path) -> tuple[PeftConfig, Mapping[str, FloatArray]]:
    try:
        with open_regular(folder / CONFIG) as file:
            config = msgspec.json.decode(file.read(MAX_CONFIG_BYTES), type=PeftConfig)
        return config, read_safetensors(folder / WEIGHTS)
    except OSError as error:
        raise AdapterNotFound(
            "There is no adapter in {folder}: {config} and {weights} are needed.",
            remedy="Choose the folder that holds both files.",
            cause=repr(error),
            folder=str(folder),
            config=CONFIG,
            weights=WEIGHTS,
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, SafetensorsInvalid) as error:
        raise _damaged(folder.name, str(error)) from error


def _check_carried(config: PeftConfig, base: ModelFacts, weights: Mapping[str, FloatArray]) -> None:
    lost = []
    if config.peft_type != "LORA":
        lost.append(f"peft_type {config.peft_type[:40]}")
    lost += [
        name
        for name, is_used in (
            ("DoRA", config.use_dora),
            ("bias", config.bias != "none" or config.lora_bias),
            ("fan_in_fan_out", config.fan_in_fan_out),
            ("layer_replication", bool(config.layer_replication)),
            ("activated LoRA", bool(config.alora_invocation_tokens)),
            ("trainable_token_indices", bool(config.trainable_token_indices)),
            ("target_parameters", bool(config.target_parameters)),
            ("QALoRA", config.use_qalora),
            ("BdLoRA", bool(config.use_bdlora)),
        )
        if is_used
    ]
    if config.init_lora_weights not in _PLAIN_STARTS:
        lost.append(f"init_lora_weights {str(config.init_lora_weights)[:40]}")
    lost += [f"modules_to_save: {name}" for name in config.modules_to_save or ()]
    if base.architecture not in ARCHITECTURES:
        lost.append(f"architecture {base.architecture}")
    lost += sorted({name for name in weights if _target(name) is None})[:5]
    if lost:
        raise AdapterUnsupported(
            "The adapter has parts that cannot be carried over: {parts}.",
            remedy="Choose an adapter that changes attention and feed-forward matrices only.",
            parts=", ".join(lost),
        )


def _target(name: str) -> tuple[str, str] | None:
    """The GGUF name of the matrix that a PEFT tensor belongs to, and ``A`` or ``B``; None if there is none."""
    match = _MODULE.fullmatch(name)
    if match is None:
        return None
    if match["layer"] is None:
        outside = _OUTSIDE.get(match["module"])
        return (f"{outside}.weight", match["part"]) if outside else None
    inside = _IN_BLOCK.get(match["module"])
    return (f"blk.{int(match['layer'])}.{inside}.weight", match["part"]) if inside else None


def _converted(config: PeftConfig, base: ModelFacts, weights: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    converted: dict[str, FloatArray] = {}
    for name, array in weights.items():
        target = _target(name)
        assert target is not None, "checked before"
        matrix, part = target
        if array.ndim != 2:
            raise _damaged(name, f"it has the shape {array.shape}")
        if not np.isfinite(array).all():
            raise _damaged(name, "it holds values that are no numbers")
        if part == "B":
            array = _fold(array, config, name)
            array = _permuted(array, base, matrix)
        key = f"{matrix}.lora_{part.lower()}"
        if key in converted:
            raise _damaged(name, f"{key} is there twice")
        converted[key] = array
    return converted


def _fold(b: FloatArray, config: PeftConfig, name: str) -> FloatArray:
    """B times what llama.cpp would get wrong: it scales by ``lora_alpha / rank``, whatever the config says."""
    rank = b.shape[1]
    alpha = _by_pattern(config.alpha_pattern, name, config.lora_alpha)
    wanted = alpha / (math.sqrt(rank) if config.use_rslora else rank)
    factor = wanted / (config.lora_alpha / rank)
    return b if factor == 1.0 else (b.astype(np.float32) * np.float32(factor))


def _by_pattern(pattern: Mapping[str, float] | None, name: str, default: float) -> float:
    """PEFT's rule, ``get_pattern_key``: a key is a regular expression for the end of a module's path."""
    module = name.split(".lora_")[0].removeprefix("base_model.model.")
    for key, value in (pattern or {}).items():
        try:
            if re.match(rf"(.*\.)?({key})$", module):
                return value
        except (re.error, OverflowError, RecursionError) as error:
            raise _damaged(name, f"alpha_pattern: {error}") from error
    return default


def _permuted(b: FloatArray, base: ModelFacts, matrix: str) -> FloatArray:
    if base.architecture != "llama" or not matrix.endswith((".attn_q.weight", ".attn_k.weight")):
        return b
    n_head = base.n_head if matrix.endswith(".attn_q.weight") else max(base.n_head_kv)
    n_out, rank = b.shape
    if n_out % (2 * n_head):
        raise _damaged(matrix, f"{n_out} rows for {n_head} heads")
    return b.reshape(n_head, 2, n_out // n_head // 2, rank).swapaxes(1, 2).reshape(n_out, rank)


def _damaged(file: str, cause: str) -> AdapterDamaged:
    return AdapterDamaged(
        "The adapter {file} cannot be used: it is damaged, or no LoRA adapter.",
        remedy="Download it again, or choose another one.",
        cause=cause,
        file=file,
    )
