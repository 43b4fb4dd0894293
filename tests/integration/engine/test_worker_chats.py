"""Several chats in one worker, through the client that the app uses."""

from __future__ import annotations

from pathlib import Path

from assistant.clients.engine_client import EngineClient
from assistant.protocol.engine_messages import GenerationFinished, LoadModel, SnapshotOptions, TokensGenerated
from tests.integration.engine.worker_calls import ENDLESS, GREEDY, TIMEOUT_S, load, question, replies, wait_for


def test_what_a_person_waits_for_goes_before_a_title(engine: EngineClient, starter_model: Path) -> None:
    load(engine, starter_model)
    running = engine.generate(question("Tell a story."), ENDLESS)
    wait_for(running, TokensGenerated)
    title = engine.generate(question("Name it."), GREEDY, interactive=False)
    chat = engine.generate(question("Hi"), GREEDY)
    engine.cancel(running.request_id)
    replies(running)
    waited = {}
    for name, call in (("chat", chat), ("title", title)):
        finished = replies(call)[-1]
        assert isinstance(finished, GenerationFinished)
        waited[name] = finished.timings.first_token_s
    assert waited["chat"] < waited["title"]


def test_two_chats_are_kept_side_by_side(engine: EngineClient, tiny_model: Path) -> None:
    load(engine, tiny_model)
    first = question("What is rain? " * 10)
    second = question("Where is the sea? " * 10)
    for messages, chat in ((first, "one"), (second, "two")):
        replies(engine.generate(messages, GREEDY, conversation_id=chat))
    for messages, chat in ((first, "one"), (second, "two"), (first, "one")):
        finished = replies(engine.generate(messages, GREEDY, conversation_id=chat))[-1]
        assert isinstance(finished, GenerationFinished)
        assert finished.usage.cached_tokens == finished.usage.prompt_tokens - 1
    engine.forget("one")
    finished = replies(engine.generate(first, GREEDY, conversation_id="one"))[-1]
    assert isinstance(finished, GenerationFinished)
    assert finished.usage.cached_tokens < finished.usage.prompt_tokens - 1


def test_chats_are_saved_on_demand(engine: EngineClient, tiny_model: Path, tmp_path: Path) -> None:
    options = SnapshotOptions(folder=str(tmp_path / "snapshots"), key_path=str(tmp_path / "key"), max_bytes=2**30)
    request = LoadModel(request_id="", path=str(tiny_model), n_ctx=1024, snapshots=options)
    engine.finish_load(engine.begin_load(request), lambda fraction: None)
    messages = question("What is rain? " * 40)
    replies(engine.generate(messages, GREEDY, conversation_id="one"))
    assert engine.save_snapshots(TIMEOUT_S) == 1
    assert engine.save_snapshots(TIMEOUT_S) == 0
    engine.unload()
    engine.finish_load(engine.begin_load(request), lambda fraction: None)
    finished = replies(engine.generate(messages, GREEDY, conversation_id="one"))[-1]
    assert isinstance(finished, GenerationFinished)
    assert finished.usage.restored_tokens == finished.usage.prompt_tokens - 1
    engine.unload()
    assert engine.save_snapshots(TIMEOUT_S) == 0
