from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assistant.clients import engine_client, engine_process
from assistant.clients.engine_client import EngineClient
from assistant.core.errors import EngineStopped, EngineUnavailable, FamulusError, ModelLoadFailed, RequestCancelled
from assistant.core.sampling import SamplingParameters
from assistant.protocol.engine_messages import LoadModel, TokensGenerated
from assistant.protocol.prompt_messages import PromptMessage

FakeWorker = Callable[[str], None]
MESSAGES = (PromptMessage(role="user", text="Hi"),)

LOADS = """
hello()
loaded = dict(n_ctx=512, n_ctx_train=512, vocabulary="v", load_s=0.1)
"""


@pytest.fixture
def client(logs: Path) -> Iterator[EngineClient]:
    client = EngineClient(logs.parent, logs)
    yield client
    client.close()


def load(client: EngineClient, fractions: list[float] | None = None) -> None:
    call = client.begin_load(LoadModel(request_id="", path="m.gguf", n_ctx=512))
    client.finish_load(call, (fractions if fractions is not None else []).append)


def test_hello_starts_the_worker_once(fake_worker: FakeWorker, client: EngineClient) -> None:
    fake_worker("hello(); reader.read()")
    process_ids = [client.process_id]
    for _ in range(2):
        assert client.hello().llama_cpp == "0"
        process_ids.append(client.process_id)
    assert process_ids[0] is None
    assert process_ids[1] == process_ids[2] is not None


def test_a_worker_of_another_protocol_is_refused(fake_worker: FakeWorker, client: EngineClient) -> None:
    fake_worker("hello(PROTOCOL_VERSION + 1); reader.read()")
    with pytest.raises(EngineUnavailable) as refused:
        client.hello()
    assert "protocol" in refused.value.info.cause


def test_a_worker_that_ends_at_once_is_a_named_error(fake_worker: FakeWorker, client: EngineClient) -> None:
    fake_worker("sys.exit(1)")
    for _ in range(2):
        with pytest.raises(EngineUnavailable):
            client.describe_backends()


def test_a_worker_that_says_nothing_is_killed(
    fake_worker: FakeWorker, client: EngineClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_process, "START_TIMEOUT_S", 0.3)
    fake_worker("time.sleep(60)")
    with pytest.raises(EngineUnavailable) as silent:
        client.hello()
    assert "no first message" in silent.value.info.cause


def test_what_is_loaded_is_known(fake_worker: FakeWorker, client: EngineClient) -> None:
    fake_worker(
        LOADS
        + """
while (request := reader.read()) is not None:
    if isinstance(request, LoadModel):
        for fraction in (0.5, 1.0):
            writer.write(LoadProgressed(request_id=request.request_id, fraction=fraction))
        writer.write(ModelLoaded(request_id=request.request_id, **loaded))
    elif isinstance(request, SaveSnapshots):
        writer.write(SnapshotsSaved(request_id=request.request_id, n_saved=0))
    else:
        writer.write(ModelUnloaded(request_id=request.request_id))
"""
    )
    fractions: list[float] = []
    load(client, fractions)
    assert fractions == [0.5, 1.0]
    loaded = client.loaded
    assert loaded is not None
    assert loaded.n_ctx == 512
    for _ in range(2):
        client.unload()
        assert not client.loaded


def test_a_load_that_stalls_is_given_up(
    fake_worker: FakeWorker, client: EngineClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_client, "STALL_TIMEOUT_S", 0.3)
    fake_worker("hello(); reader.read(); time.sleep(60)")
    with pytest.raises(ModelLoadFailed, match="stopped answering"):
        load(client)
    fake_worker("hello(); reader.read()")
    assert client.hello().llama_cpp == "0"


def test_a_crash_fails_the_open_calls_and_the_next_one_starts_a_new_worker(
    fake_worker: FakeWorker, client: EngineClient
) -> None:
    fake_worker(
        LOADS
        + """
request = reader.read()
writer.write(ModelLoaded(request_id=request.request_id, **loaded))
request = reader.read()
writer.write(TokensGenerated(request_id=request.request_id, text="Hel"))
os.abort()
"""
    )
    load(client)
    call = client.generate(MESSAGES, SamplingParameters())
    reply = call.next_reply(20.0)
    assert isinstance(reply, TokensGenerated)
    with pytest.raises(EngineStopped) as stopped:
        call.next_reply(20.0)
    assert "-6" in stopped.value.info.cause
    assert client.loaded is None
    fake_worker("hello(); reader.read()")
    client.hello()
    assert client.process_id is not None


def test_a_request_right_after_kill_finds_a_new_worker(fake_worker: FakeWorker, client: EngineClient) -> None:
    fake_worker("hello(); reader.read()")
    for _ in range(5):
        client.hello()
        first = client.process_id
        client.kill()
        client.hello()
        assert client.process_id not in (None, first)


def test_a_failed_request_is_its_error(fake_worker: FakeWorker, client: EngineClient) -> None:
    fake_worker(
        LOADS
        + """
from assistant.core.errors import ModelNotLoaded
while (request := reader.read()) is not None:
    error = ModelNotLoaded("No model is loaded for {n}.", n=3)
    writer.write(Failed(request_id=request.request_id, error=error.info))
"""
    )
    with pytest.raises(FamulusError, match="No model is loaded for 3"):
        client.count_tokens(MESSAGES)
    with pytest.raises(FamulusError, match="No model is loaded for 3"):
        load(client)


def test_cancel_reaches_the_worker(fake_worker: FakeWorker, client: EngineClient) -> None:
    fake_worker(
        LOADS
        + """
from assistant.core.errors import RequestCancelled
request, cancel = reader.read(), reader.read()
assert isinstance(cancel, Cancel) and cancel.request_id == request.request_id
writer.write(Failed(request_id=request.request_id, error=RequestCancelled("The request was stopped.").info))
reader.read()
"""
    )
    call = client.begin_load(LoadModel(request_id="", path="m.gguf", n_ctx=512))
    client.cancel(call.request_id)
    with pytest.raises(RequestCancelled):
        client.finish_load(call, lambda fraction: None)
    client.cancel(call.request_id)
    client.cancel("unknown")
    assert client.process_id is not None


def test_a_worker_that_ignores_cancel_is_killed(
    fake_worker: FakeWorker, client: EngineClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_client, "CANCEL_TIMEOUT_S", 0.3)
    fake_worker("hello(); time.sleep(60)")
    call = client.generate(MESSAGES, SamplingParameters())
    started = time.monotonic()
    client.cancel(call.request_id)
    with pytest.raises(EngineStopped):
        call.next_reply(20.0)
    assert time.monotonic() - started < 5.0


HOLDS_CONVERSATIONS = (
    LOADS
    + """
request = reader.read()
writer.write(ModelLoaded(request_id=request.request_id, **loaded))
forgotten = []
while (request := reader.read()) is not None:
    if isinstance(request, ForgetConversation):
        forgotten.append(request.conversation_id)
        writer.write(ConversationForgotten(request_id=request.request_id))
    elif isinstance(request, SaveSnapshots):
        writer.write(SnapshotsSaved(request_id=request.request_id, n_saved=len(forgotten)))
    elif isinstance(request, Generate):
        told = f"{request.conversation_id} {request.interactive}"
        writer.write(TokensGenerated(request_id=request.request_id, text=told))
"""
)


def test_conversations_are_told_by_their_ids(fake_worker: FakeWorker, client: EngineClient) -> None:
    fake_worker(HOLDS_CONVERSATIONS)
    load(client)
    for call, told in (
        (client.generate(MESSAGES, SamplingParameters()), " True"),
        (client.generate(MESSAGES, SamplingParameters(), conversation_id="c1", interactive=False), "c1 False"),
    ):
        reply = call.next_reply(20.0)
        assert isinstance(reply, TokensGenerated)
        assert reply.text == told
    assert client.held == {"c1"}
    client.forget("c1")
    client.forget("c2")
    assert client.held == frozenset()
    assert client.save_snapshots(20.0) == 2


def test_without_a_model_there_is_nothing_to_forget_or_save(client: EngineClient) -> None:
    client.forget("c1")
    assert client.save_snapshots(20.0) == 0
    assert client.process_id is None, "no worker was started for it"


def test_saving_is_waited_for_no_longer_than_said(fake_worker: FakeWorker, client: EngineClient) -> None:
    fake_worker(
        LOADS
        + """
request = reader.read()
writer.write(ModelLoaded(request_id=request.request_id, **loaded))
reader.read()
time.sleep(60)
"""
    )
    load(client)
    started = time.monotonic()
    with pytest.raises(EngineStopped) as late:
        client.save_snapshots(0.2)
    assert "0.2 s" in late.value.info.cause
    assert time.monotonic() - started < 5.0


def test_a_worker_that_dies_has_forgotten(fake_worker: FakeWorker, client: EngineClient) -> None:
    fake_worker(
        LOADS
        + """
request = reader.read()
writer.write(ModelLoaded(request_id=request.request_id, **loaded))
reader.read()
os.abort()
"""
    )
    load(client)
    with pytest.raises(EngineStopped):
        client.forget("c1")


def test_calls_of_many_threads_get_their_own_replies(fake_worker: FakeWorker, client: EngineClient) -> None:
    fake_worker(
        LOADS
        + """
while (request := reader.read()) is not None:
    writer.write(TokensCounted(request_id=request.request_id, n_tokens=len(request.messages[0].text)))
"""
    )
    with ThreadPoolExecutor(8) as pool:
        counts = pool.map(lambda n: client.count_tokens((PromptMessage(role="user", text="x" * n),)), range(100))
        assert list(counts) == list(range(100))


def test_unloading_saves_first_and_waits_long_enough_for_it(
    fake_worker: FakeWorker, client: EngineClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_client, "STALL_TIMEOUT_S", 5.0)
    fake_worker(
        LOADS
        + """
request = reader.read()
writer.write(ModelLoaded(request_id=request.request_id, **loaded))
request = reader.read()
assert isinstance(request, SaveSnapshots)
time.sleep(0.5)
writer.write(SnapshotsSaved(request_id=request.request_id, n_saved=1))
request = reader.read()
writer.write(ModelUnloaded(request_id=request.request_id))
reader.read()
"""
    )
    load(client)
    monkeypatch.setattr(engine_client, "STALL_TIMEOUT_S", 0.3)
    client.unload()
    assert client.loaded is None
    assert client.process_id is not None


def test_a_worker_that_does_not_unload_is_killed_and_the_next_load_works(
    fake_worker: FakeWorker, client: EngineClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_worker(
        LOADS
        + """
request = reader.read()
writer.write(ModelLoaded(request_id=request.request_id, **loaded))
reader.read()
time.sleep(60)
"""
    )
    load(client)
    monkeypatch.setattr(engine_client, "UNLOAD_SAVE_TIMEOUT_S", 0.2)
    monkeypatch.setattr(engine_client, "STALL_TIMEOUT_S", 0.2)
    client.unload()
    assert (client.loaded, client.process_id) == (None, None)
    monkeypatch.setattr(engine_client, "STALL_TIMEOUT_S", 20.0)
    fake_worker(
        LOADS
        + """
request = reader.read()
writer.write(ModelLoaded(request_id=request.request_id, **loaded))
reader.read()
"""
    )
    load(client)
    assert client.loaded is not None
