"""What a load starts beside the weights, and what is left of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from assistant.core.errors import ModelLoadFailed
from assistant.engine import engine as engine_module
from assistant.engine import template_renderer
from assistant.engine.cancel import CancelFlag
from assistant.engine.engine import Engine
from assistant.engine.model import Model
from assistant.protocol.engine_messages import LoadModel, ModelLoaded
from tests.tiny_gguf import write_tiny_model


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = Engine(CancelFlag(), lambda reply: None)
    yield engine
    engine.close_model()


@pytest.fixture
def others() -> set[psutil.Process]:
    """Children of this process that are not the engine's."""
    return set(psutil.Process().children())


def load(engine: Engine, path: Path) -> ModelLoaded:
    reply = engine.execute(LoadModel(request_id="e1", path=str(path), n_ctx=64), 0.0)
    assert isinstance(reply, ModelLoaded)
    return reply


def test_the_template_process_starts_while_the_weights_load(
    engine: Engine, others: set[psutil.Process], tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[set[psutil.Process]] = []

    def make(*arguments: object) -> Model:
        started.append(set(psutil.Process().children()) - others)
        return Model(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(engine_module, "Model", make)
    assert load(engine, tiny_model).template_note == ""
    assert len(started[0]) == 1
    assert set(psutil.Process().children()) - others == started[0]


def test_a_load_that_fails_leaves_no_process(engine: Engine, others: set[psutil.Process], tmp_path: Path) -> None:
    with pytest.raises(ModelLoadFailed):
        load(engine, tmp_path / "nothing.gguf")
    assert set(psutil.Process().children()) == others


def test_chatml_needs_no_process(engine: Engine, others: set[psutil.Process], tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path / "model.gguf", chat_template=None)
    assert "no chat template" in load(engine, model).template_note
    assert set(psutil.Process().children()) == others


def test_a_template_that_opens_the_reasoning_is_told(engine: Engine, tiny_model: Path, tmp_path: Path) -> None:
    assert load(engine, tiny_model).reasoning_tag == ""
    source = "{% for message in messages %}[{{ message['content'] }}]{% endfor %}<think>\n"
    opened = write_tiny_model(tmp_path / "model.gguf", chat_template=source)
    assert load(engine, opened).reasoning_tag == "<think>"


def test_a_template_process_that_cannot_start_costs_the_template_only(
    engine: Engine, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template_renderer, "worker_command", lambda name: [str(tmp_path / "nothing")])
    assert "ChatML" in load(engine, tiny_model).template_note
