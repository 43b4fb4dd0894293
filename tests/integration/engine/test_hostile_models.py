"""Models that bring a hostile chat template, through the whole engine."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from assistant.clients.engine_client import EngineClient
from assistant.core.sampling import SamplingParameters
from assistant.protocol.engine_messages import GenerationFinished, LoadModel
from assistant.protocol.prompt_messages import PromptMessage
from tests.tiny_gguf import write_tiny_model

TEMPLATES = {
    "endless loop": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "memory": "{{ 'a' * 10 ** 10 }}",
    "globals": "{{ lipsum.__globals__['os'].system('touch touched') }}",
    "broken": "{% for message in messages %}",
    "rewrites": "{% for message in messages %}{{ message.content | upper }}{% endfor %}",
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_hostile_template_is_replaced(name: str, engine: EngineClient, engine_home: Path, tmp_path: Path) -> None:
    model = write_tiny_model(tmp_path / "tiny.gguf", chat_template=TEMPLATES[name])
    started = time.monotonic()
    loaded = engine.finish_load(
        engine.begin_load(LoadModel(request_id="", path=str(model), n_ctx=512)), lambda fraction: None
    )
    assert time.monotonic() - started < 10
    assert loaded.template_note == "The model's chat template does not work; ChatML is used."
    call = engine.generate((PromptMessage(role="user", text="Hi"),), SamplingParameters(seed=1, max_tokens=4))
    reply = None
    while not isinstance(reply, GenerationFinished):
        reply = call.next_reply(20.0)
        assert reply is not None
    assert reply.usage.completion_tokens > 0
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.gguf"]
    assert [path.name for path in engine_home.iterdir()] == ["logs"]


def test_a_template_that_turns_hostile_later_costs_the_template_only(engine: EngineClient, tmp_path: Path) -> None:
    source = (
        "{% for message in messages %}{{ message.content }}{% endfor %}"
        "{% if messages | length > 1 %}{{ 1 / 0 }}{% endif %}"
    )
    model = write_tiny_model(tmp_path / "tiny.gguf", chat_template=source)
    loaded = engine.finish_load(
        engine.begin_load(LoadModel(request_id="", path=str(model), n_ctx=512)), lambda fraction: None
    )
    assert loaded.template_note == ""
    hi = PromptMessage(role="user", text="Hi")
    one = engine.count_tokens((hi,))
    assert engine.count_tokens((hi, PromptMessage(role="assistant", text="Hello"), hi)) > 3 * one
