"""What a header says of positions and recurrent states, on tiny models of each kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assistant.hub.gguf_header import read_model_facts
from assistant.hub.gguf_metadata import Metadata
from assistant.hub.model_positions import read_positions
from tests.integration.engine.other_models import (
    CONVOLUTION,
    HEAD,
    INNER,
    N_EMBD,
    STATE,
    WRITERS,
)
from tests.tiny_gguf import write_tiny_model


@pytest.mark.parametrize(
    ("kind", "n_rot", "is_m_rope", "recurrent_bytes"),
    [
        ("plain", HEAD, False, 0),
        ("M-RoPE", HEAD, True, 0),
        ("sliding window", HEAD, False, 0),
        ("recurrent", 0, False, 2 * 4 * ((CONVOLUTION - 1) * INNER + STATE * INNER)),
        ("hybrid", HEAD, False, 2 * 4 * 2 * N_EMBD),
    ],
)
def test_each_kind_of_model(tmp_path: Path, kind: str, n_rot: int, is_m_rope: bool, recurrent_bytes: int) -> None:
    facts = read_model_facts(WRITERS[kind](tmp_path / "model.gguf"))
    assert (facts.n_rot, facts.is_m_rope, facts.recurrent_bytes) == (n_rot, is_m_rope, recurrent_bytes)
    assert not facts.has_position_table


@pytest.mark.parametrize("key", ["scaling.factor", "scale_linear"])
def test_a_scaling_in_the_file(tmp_path: Path, key: str) -> None:
    scaling: dict[str, Any] = {
        "llama.rope.scaling.type": "linear",
        f"llama.rope.{key}": 4.0,
        "llama.rope.scaling.original_context_length": 128,
    }
    facts = read_model_facts(write_tiny_model(tmp_path / "tiny.gguf", metadata=scaling))
    assert (facts.rope_scaling, facts.rope_factor, facts.n_ctx_original) == ("linear", 4.0, 128)


@pytest.mark.parametrize("architecture", ["gpt2", "starcoder"])
def test_a_table_of_positions_cannot_be_stretched(architecture: str) -> None:
    positions = read_positions(Metadata({}), architecture, head_k=64)
    assert (positions.n_rot, positions.has_position_table) == (0, True)
