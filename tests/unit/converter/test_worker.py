"""Whatever goes wrong in a conversion is a reply."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.converter import worker
from assistant.converter.worker import answer
from assistant.hub.gguf_header import read_model_facts
from assistant.protocol.converter_messages import AdapterConverted, ConversionFailed, ConvertAdapter
from tests.peft_folder import module, pair, write_peft
from tests.tiny_gguf import N_EMBD, N_FF, write_tiny_model


@pytest.fixture
def request_to(tmp_path: Path) -> ConvertAdapter:
    folder = write_peft(tmp_path / "mine", pair(module(0, "mlp.up_proj"), N_EMBD, N_FF))
    base = read_model_facts(write_tiny_model(tmp_path / "base.gguf"))
    return ConvertAdapter(folder=str(folder), target=str(tmp_path / "mine.gguf"), name="Mine", base=base)


def failure(request: ConvertAdapter) -> str:
    reply = answer(request)
    assert isinstance(reply, ConversionFailed)
    return reply.error.kind


def test_a_sound_folder_is_converted(request_to: ConvertAdapter) -> None:
    assert isinstance(answer(request_to), AdapterConverted)
    assert Path(request_to.target).stat().st_size > 0


def test_a_target_that_cannot_be_written(request_to: ConvertAdapter) -> None:
    Path(request_to.target).mkdir()
    assert failure(request_to) == "DataFolderUnusable"


def test_a_folder_that_is_not_there(request_to: ConvertAdapter) -> None:
    Path(request_to.folder).rename(Path(request_to.folder).with_name("elsewhere"))
    assert failure(request_to) == "AdapterNotFound"


def test_too_little_memory(request_to: ConvertAdapter, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(worker, "convert_adapter", no_memory)
    assert failure(request_to) == "AdapterDamaged"
