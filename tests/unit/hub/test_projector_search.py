from __future__ import annotations

from pathlib import Path

import pytest

from assistant.core.model_facts import ModelFacts
from assistant.hub.gguf_header import read_model_facts
from assistant.hub.projector_search import find_projector
from tests.tiny_gguf import write_tiny_model
from tests.unit.hub.projector_files import N_EMBD, WIDTH, write_projector

UNKNOWN_WIDTH = {"clip.projector_type": "novel"}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_tiny_model(tmp_path / "SmolEye2-2.2B-Instruct-Q4_K_M.gguf")


@pytest.fixture
def facts(model: Path) -> ModelFacts:
    return read_model_facts(model)


def test_without_a_projector_there_is_none(model: Path, facts: ModelFacts) -> None:
    write_tiny_model(model.with_name("other.gguf"))
    assert find_projector(model, facts) is None
    assert find_projector(model.parent / "gone" / "model.gguf", facts) is None


@pytest.mark.parametrize("name", ["mmproj-model-f16.gguf", "MMPROJ.GGUF", "SmolEye2.mmproj-Q8_0.gguf"])
def test_one_that_fits_is_found_under_any_usual_name(model: Path, facts: ModelFacts, name: str) -> None:
    path = write_projector(model.with_name(name))
    assert find_projector(model, facts) == path


def test_the_one_named_most_like_the_model_is_taken(model: Path, facts: ModelFacts) -> None:
    names = (
        "mmproj-SmolEye2-500M-Instruct-f16.gguf",
        "mmproj-SmolEye2-2.2B-Instruct-Q8_0.gguf",
        "mmproj-SmolEye2-2.2B-Instruct-Video-Q8_0.gguf",
        "mmproj-q4_k_m.gguf",
    )
    for name in names:
        write_projector(model.with_name(name))
    assert find_projector(model, facts) == model.with_name("mmproj-SmolEye2-2.2B-Instruct-Q8_0.gguf")


def test_quantization_is_no_likeness(model: Path, facts: ModelFacts) -> None:
    write_projector(model.with_name("mmproj-SmolEye2-500M-Q4_K_M.gguf"))
    wanted = write_projector(model.with_name("mmproj-smoleye2-bf16.gguf"))
    assert find_projector(model, facts) == wanted


def test_damaged_and_foreign_ones_are_passed_over(model: Path, facts: ModelFacts) -> None:
    model.with_name("mmproj-SmolEye2-2.2B-Instruct-f16.gguf").write_bytes(b"GGUF\x03")
    foreign = {"mm.2.weight": (2 * N_EMBD, WIDTH), "mm.2.bias": (2 * N_EMBD,)}
    write_projector(model.with_name("mmproj-SmolEye2-2.2B-Instruct.gguf"), tensors=foreign)
    model.with_name("mmproj-SmolEye2.gguf").mkdir()
    assert find_projector(model, facts) is None
    sound = write_projector(model.with_name("mmproj-model-f16.gguf"))
    assert find_projector(model, facts) == sound


def test_one_of_unknown_width_must_share_a_word_of_the_name(model: Path, facts: ModelFacts) -> None:
    write_projector(model.with_name("mmproj-novel-f16.gguf"), metadata=UNKNOWN_WIDTH)
    assert find_projector(model, facts) is None
    alike = write_projector(model.with_name("mmproj-SmolEye2-f16.gguf"), metadata=UNKNOWN_WIDTH)
    assert find_projector(model, facts) == alike


@pytest.mark.parametrize("name", ["mmproj-otter-v1.6-mistral-7b-f16.gguf", "Otter-2.2B-Instruct.mmproj-Q8_0.gguf"])
def test_one_of_another_family_is_passed_over_though_it_is_as_wide(model: Path, facts: ModelFacts, name: str) -> None:
    write_projector(model.with_name(name))
    assert find_projector(model, facts) is None
    nameless = write_projector(model.with_name("mmproj-2.2B-v1-f16.gguf"))
    assert find_projector(model, facts) == nameless


def test_a_model_is_not_its_own_projector(tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path / "no-mmproj.gguf")
    assert find_projector(model, read_model_facts(model)) is None
