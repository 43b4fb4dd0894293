"""The engine worker as a real process, through the client that the app uses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import llama_cpp
import psutil
import pytest

from assistant.clients import engine_client
from assistant.clients.engine_client import EngineClient
from assistant.core.conversation import FinishReason
from assistant.core.errors import (
    ContextOverflow,
    EngineStopped,
    ModelLoadFailed,
    ModelNotLoaded,
    RequestCancelled,
)
from assistant.core.sampling import SamplingParameters
from assistant.engine.cancel import CancelFlag
from assistant.engine.model import Model
from assistant.protocol.engine_messages import (
    PROTOCOL_VERSION,
    GenerationFinished,
    LoadModel,
    ModelLoaded,
    PromptProgressed,
    TokensGenerated,
)
from tests.integration.engine.worker_calls import (
    ENDLESS,
    GREEDY,
    TIMEOUT_S,
    answer,
    load,
    question,
    replies,
    wait_for,
)

APP = Path(__file__).with_name("app_script.py")
LONG = question("What is rain? " * 150)


def ended(process: psutil.Process, within_s: float) -> bool:
    """Whether the process has ended; one that nobody has reaped yet has."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


def test_the_worker_says_hello(engine: EngineClient) -> None:
    hello = engine.hello()
    assert hello.protocol_version == PROTOCOL_VERSION
    assert hello.llama_cpp_python == llama_cpp.__version__


def test_without_a_model_there_is_no_answer(engine: EngineClient) -> None:
    with pytest.raises(ModelNotLoaded):
        engine.count_tokens(question("Hi"))
    with pytest.raises(ModelNotLoaded):
        answer(engine, question("Hi"))


def test_backends_are_described(engine: EngineClient) -> None:
    described = engine.describe_backends()
    cpu = next(device for device in described.devices if device.kind == "cpu")
    assert 0 < cpu.free_bytes <= cpu.total_bytes


def test_load_tells_its_progress(engine: EngineClient, starter_model: Path) -> None:
    fractions = load(engine, starter_model)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    loaded = engine.loaded
    assert isinstance(loaded, ModelLoaded)
    assert (loaded.n_ctx, loaded.n_ctx_train, loaded.template_note) == (1024, 8192, "")


def test_an_answer_is_streamed_and_accounted_for(engine: EngineClient, starter_model: Path) -> None:
    load(engine, starter_model)
    messages = question("What is the capital of France?")
    told = replies(engine.generate(messages, GREEDY))
    finished = told[-1]
    assert isinstance(finished, GenerationFinished)
    grown = [reply for reply in told if isinstance(reply, TokensGenerated)]
    assert "".join(reply.text for reply in grown).strip()
    assert tuple(id for reply in grown for id in reply.token_ids) == finished.token_ids
    assert finished.usage.completion_tokens == len(finished.token_ids)
    assert finished.usage.prompt_tokens == engine.count_tokens(messages)
    assert finished.timings.first_token_s >= finished.timings.prompt_s > 0
    assert finished.timings.decode_tokens_per_s > 0


def test_prompt_progress(engine: EngineClient, tiny_model: Path) -> None:
    load(engine, tiny_model, n_ctx=4096, n_batch=64)
    told = replies(engine.generate(LONG, GREEDY))
    progress = [reply for reply in told if isinstance(reply, PromptProgressed)]
    total = engine.count_tokens(LONG)
    assert [reply.n_done for reply in progress] == [*range(0, total, 64), total]
    assert {(reply.n_total, reply.n_cached) for reply in progress} == {(total, 0)}


def test_max_tokens_and_stop_strings(engine: EngineClient, starter_model: Path) -> None:
    load(engine, starter_model)
    messages = question("What is the capital of France?")
    whole, finished = answer(engine, messages)
    assert finished.finish_reason is FinishReason.LENGTH
    assert finished.usage.completion_tokens == 8
    stop = whole.split()[2]
    cut, finished = answer(engine, messages, SamplingParameters(temperature=0.0, max_tokens=8, stop=("zzz", stop)))
    assert cut == whole[: whole.index(stop)]
    assert finished.finish_reason is FinishReason.STOP


def test_an_answer_ends_with_the_context(engine: EngineClient, tiny_model: Path) -> None:
    load(engine, tiny_model, n_ctx=512)
    loaded = engine.loaded
    assert loaded is not None
    _, finished = answer(engine, question("Hi"), ENDLESS)
    used = finished.usage.prompt_tokens + finished.usage.completion_tokens
    assert finished.finish_reason is FinishReason.STOP or used == loaded.n_ctx


def test_a_prompt_beyond_the_context_is_a_named_error(engine: EngineClient, tiny_model: Path) -> None:
    load(engine, tiny_model, n_ctx=512)
    n_prompt = engine.count_tokens(LONG)
    assert n_prompt > 512
    with pytest.raises(ContextOverflow, match=f"{n_prompt} tokens, and the context holds 512"):
        answer(engine, LONG)
    assert answer(engine, question("Hi"))[1].usage.prompt_tokens > 0


def test_a_file_that_is_no_model_is_a_named_error(engine: EngineClient, tmp_path: Path) -> None:
    path = tmp_path / "none.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ModelLoadFailed):
        load(engine, path)
    with pytest.raises(ModelLoadFailed):
        load(engine, tmp_path / "missing.gguf")
    assert engine.loaded is None


def test_cancel_before_the_load(engine: EngineClient, starter_model: Path) -> None:
    first = engine.begin_load(LoadModel(request_id="", path=str(starter_model), n_ctx=1024))
    second = engine.begin_load(LoadModel(request_id="", path=str(starter_model), n_ctx=1024))
    engine.cancel(second.request_id)
    engine.finish_load(first, lambda fraction: None)
    with pytest.raises(RequestCancelled):
        engine.finish_load(second, lambda fraction: None)
    assert engine.count_tokens(question("Hi")) > 0


def test_cancel_during_the_load(starter_model: Path) -> None:
    """In this process: the load of a small file ends before a message could cross."""
    cancel = CancelFlag()
    fractions: list[float] = []

    def progressed(fraction: float) -> None:
        fractions.append(fraction)
        cancel.is_set = fraction > 0.3

    with pytest.raises(RequestCancelled):
        Model(LoadModel(request_id="e1", path=str(starter_model), n_ctx=512), cancel, progressed)
    assert 0.3 < fractions[-1] < 1.0


def test_cancel_while_the_prompt_is_read(engine: EngineClient, starter_model: Path) -> None:
    load(engine, starter_model, n_batch=32)
    call = engine.generate(LONG, GREEDY)
    wait_for(call, PromptProgressed)
    started = time.monotonic()
    engine.cancel(call.request_id)
    finished = replies(call)[-1]
    assert time.monotonic() - started < 2.0
    assert isinstance(finished, GenerationFinished)
    assert finished.finish_reason is FinishReason.CANCELLED
    assert finished.usage.completion_tokens == 0


def test_cancel_while_it_answers(engine: EngineClient, starter_model: Path) -> None:
    load(engine, starter_model)
    call = engine.generate(question("Tell a story."), ENDLESS)
    wait_for(call, TokensGenerated)
    engine.cancel(call.request_id)
    finished = replies(call)[-1]
    assert isinstance(finished, GenerationFinished)
    assert finished.finish_reason is FinishReason.CANCELLED
    assert finished.usage.completion_tokens >= 1


def test_a_waiting_request_can_be_cancelled(engine: EngineClient, starter_model: Path) -> None:
    load(engine, starter_model)
    running = engine.generate(question("Tell a story."), ENDLESS)
    wait_for(running, TokensGenerated)
    waiting = engine.generate(question("Hi"), GREEDY)
    engine.cancel(waiting.request_id)
    engine.cancel(running.request_id)
    replies(running)
    with pytest.raises(RequestCancelled):
        waiting.next_reply(TIMEOUT_S)
    assert answer(engine, question("Hi"))[0]


def test_unload_frees_the_model_and_ends_the_template_renderer(engine: EngineClient, tiny_model: Path) -> None:
    load(engine, tiny_model)
    worker = psutil.Process(engine.process_id)
    (renderer,) = worker.children()
    engine.unload()
    assert ended(renderer, 5.0)
    assert engine.loaded is None
    with pytest.raises(ModelNotLoaded):
        engine.count_tokens(question("Hi"))


@pytest.mark.skipif(sys.platform == "win32", reason="counts file descriptors")
def test_loads_leave_no_descriptor_and_no_process_behind(engine: EngineClient, tiny_model: Path) -> None:
    def once() -> tuple[int, int]:
        load(engine, tiny_model)
        answer(engine, question("Hi"))
        engine.unload()
        return psutil.Process(engine.process_id).num_fds(), len(psutil.Process().children(recursive=True))

    first = once()
    assert {once() for _ in range(20)} == {first}


@pytest.mark.skipif(sys.platform == "win32", reason="counts file descriptors")
def test_restarts_leave_no_descriptor_in_the_app(tmp_path: Path) -> None:
    def once() -> int:
        client = EngineClient(tmp_path, tmp_path)
        client.hello()
        client.close()
        return psutil.Process().num_fds()

    first = once()
    assert [once() for _ in range(3)] == [first] * 3


def test_a_killed_worker_fails_the_open_call_and_is_replaced(engine: EngineClient, starter_model: Path) -> None:
    load(engine, starter_model)
    call = engine.generate(question("Tell a story."), ENDLESS)
    wait_for(call, TokensGenerated)
    process_id = engine.process_id
    assert process_id is not None
    (renderer,) = psutil.Process(process_id).children()
    psutil.Process(process_id).kill()
    with pytest.raises(EngineStopped):
        replies(call)
    assert ended(renderer, 5.0)
    assert engine.loaded is None
    load(engine, starter_model)
    assert engine.process_id != process_id
    assert answer(engine, question("Hi"))[0]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not stop processes")
def test_a_worker_that_hangs_after_cancel_is_killed(
    engine: EngineClient, starter_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_client, "CANCEL_TIMEOUT_S", 1.0)
    load(engine, starter_model)
    call = engine.generate(question("Tell a story."), ENDLESS)
    wait_for(call, TokensGenerated)
    assert engine.process_id is not None
    os.kill(engine.process_id, signal.SIGSTOP)
    started = time.monotonic()
    engine.cancel(call.request_id)
    with pytest.raises(EngineStopped):
        replies(call)
    assert 0.9 < time.monotonic() - started < 5.0
    load(engine, starter_model)


def test_the_worker_ends_when_the_app_closes_it(tmp_path: Path, tiny_model: Path) -> None:
    client = EngineClient(tmp_path, tmp_path)
    load(client, tiny_model)
    worker = psutil.Process(client.process_id)
    family = [worker, *worker.children()]
    assert len(family) == 2
    client.close()
    assert all(ended(process, 5.0) for process in family)
    assert "tiny" in (tmp_path / "engine.log").read_text()


@pytest.mark.parametrize("busy_with", ["prompt", "answer"])
def test_no_process_outlives_a_killed_app(busy_with: str, tmp_path: Path, starter_model: Path) -> None:
    command = [sys.executable, str(APP), str(tmp_path), str(starter_model), busy_with]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as app:
        assert app.stdout is not None
        family = [psutil.Process(int(process_id)) for process_id in app.stdout.readline().split()]
        assert len(family) == 2
        app.kill()
    assert all(ended(process, 5.0) for process in family)
