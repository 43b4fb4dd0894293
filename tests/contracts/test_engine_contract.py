"""What services rely on in an engine client: the fake of the tests and the real one keep the same promises."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from assistant.clients.engine_calls import EngineCall
from assistant.clients.engine_client import EngineClient
from assistant.core.conversation import FinishReason
from assistant.core.errors import (
    ContextOverflow,
    EngineStopped,
    FamulusError,
    MediaNotSupported,
    ModelLoadFailed,
    ModelNotLoaded,
    RequestCancelled,
)
from assistant.core.media import MediaKind
from assistant.core.sampling import SamplingParameters
from assistant.hub.starter_model import find_starter_model
from assistant.protocol.engine_messages import (
    ContextMeasured,
    EngineReply,
    GenerationFinished,
    LoadModel,
    MeasureContext,
    MediaProgressed,
    PromptProgressed,
    SnapshotOptions,
    TokensGenerated,
)
from assistant.protocol.prompt_messages import PromptMedia, PromptMessage
from tests.fakes.fake_engine import FakeEngine, Stall

PROMPT = (PromptMessage(role="user", text="Count from one to one hundred."),)
GREEDY = SamplingParameters(temperature=0.0, max_tokens=12)
ENDLESS = SamplingParameters(temperature=0.0)
N_CTX = 512
PATIENCE_S = 60.0
PROJECTOR = Path(__file__).parents[1] / "data" / "68b8955e4573ba0b70c1dc5f4a88ac0f3468ea748383deaa561f6375f8e21080.gguf"
"""Of the starter model (see the README beside it)."""


@dataclass(frozen=True)
class Candidate:
    engine: EngineClient | FakeEngine
    model: Path
    answer_at_length: Callable[[], None]
    """Makes sure that the next answer does not end by itself."""

    def load(self, n_ctx: int = N_CTX, *, mmproj: str = "", snapshots: SnapshotOptions | None = None) -> list[float]:
        progress: list[float] = []
        request = LoadModel(request_id="", path=str(self.model), n_ctx=n_ctx, mmproj=mmproj, snapshots=snapshots)
        self.engine.finish_load(self.engine.begin_load(request), progress.append)
        return progress


@pytest.fixture(scope="module")
def candidate(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Candidate]:
    home = tmp_path_factory.mktemp("home")
    if request.param == "fake":
        fake = FakeEngine()
        model = home / "model.gguf"
        model.touch()
        candidate = Candidate(fake, model, lambda: fake.will_answer("one, ", "two, ", Stall()))
    else:
        starter = find_starter_model()
        assert starter is not None
        candidate = Candidate(EngineClient(home, home), starter, lambda: None)
    yield candidate
    candidate.engine.close()


@pytest.fixture
def loaded(candidate: Candidate) -> Candidate:
    if candidate.engine.loaded is None:
        candidate.load()
    return candidate


both = pytest.mark.parametrize("candidate", ["fake", "real"], indirect=True, scope="module")
pytestmark = both


def replies(call: EngineCall) -> list[EngineReply]:
    """All replies; raises what the request failed with."""
    received: list[EngineReply] = []
    while not received or not isinstance(received[-1], GenerationFinished):
        reply = call.next_reply(PATIENCE_S)
        assert reply is not None
        received.append(reply)
    return received


def wait_for_text(call: EngineCall) -> None:
    while not isinstance(call.next_reply(PATIENCE_S), TokensGenerated):
        pass


def error_of(call: EngineCall) -> FamulusError:
    with pytest.raises(FamulusError) as caught:
        replies(call)
    return caught.value


def test_nothing_is_answered_or_counted_without_a_model(candidate: Candidate) -> None:
    candidate.engine.unload()
    assert isinstance(error_of(candidate.engine.generate(PROMPT, GREEDY)), ModelNotLoaded)
    with pytest.raises(ModelNotLoaded):
        candidate.engine.count_tokens(PROMPT)


def test_a_missing_file_is_not_loaded(candidate: Candidate, tmp_path: Path) -> None:
    call = candidate.engine.begin_load(LoadModel(request_id="", path=str(tmp_path / "none.gguf"), n_ctx=N_CTX))
    with pytest.raises(ModelLoadFailed):
        candidate.engine.finish_load(call, lambda fraction: None)
    assert candidate.engine.loaded is None


def test_a_load_tells_its_progress(candidate: Candidate) -> None:
    progress = candidate.load()
    assert progress == sorted(progress)
    assert all(0 <= fraction <= 1 for fraction in progress)
    assert candidate.engine.loaded is not None
    assert (candidate.engine.loaded.n_ctx, candidate.engine.loaded.n_ctx_train) == (N_CTX, 8192)
    assert candidate.engine.loaded.vocabulary
    assert candidate.engine.process_id


def test_the_prompt_is_read_then_the_answer_is_told_then_it_ends(loaded: Candidate) -> None:
    received = replies(loaded.engine.generate(PROMPT, GREEDY))
    finished = received[-1]
    assert isinstance(finished, GenerationFinished)
    kinds = [type(reply) for reply in received]
    n_progress = kinds.count(PromptProgressed)
    n_growths = kinds.count(TokensGenerated)
    assert kinds == [PromptProgressed] * n_progress + [TokensGenerated] * n_growths + [GenerationFinished]
    last_progress = received[n_progress - 1]
    assert isinstance(last_progress, PromptProgressed)
    assert last_progress.n_done == last_progress.n_total == finished.usage.prompt_tokens
    told = [token for reply in received if isinstance(reply, TokensGenerated) for token in reply.token_ids]
    assert list(finished.token_ids) == told
    assert finished.usage.completion_tokens > 0
    assert finished.timings.first_token_s > 0


def test_the_longest_answer_ends_with_length(loaded: Candidate) -> None:
    loaded.answer_at_length()
    finished = replies(loaded.engine.generate(PROMPT, SamplingParameters(temperature=0.0, max_tokens=2)))[-1]
    assert isinstance(finished, GenerationFinished)
    assert (finished.finish_reason, finished.usage.completion_tokens) == (FinishReason.LENGTH, 2)


def test_a_running_answer_that_is_cancelled_ends_as_cancelled(loaded: Candidate) -> None:
    loaded.answer_at_length()
    call = loaded.engine.generate(PROMPT, ENDLESS)
    wait_for_text(call)
    loaded.engine.cancel(call.request_id)
    finished = replies(call)[-1]
    assert isinstance(finished, GenerationFinished)
    assert finished.finish_reason is FinishReason.CANCELLED
    loaded.engine.cancel(call.request_id)  # an ended request is ignored
    loaded.engine.cancel("unknown")


def test_a_waiting_answer_that_is_cancelled_never_begins(loaded: Candidate) -> None:
    loaded.answer_at_length()
    running = loaded.engine.generate(PROMPT, ENDLESS)
    wait_for_text(running)
    waiting = loaded.engine.generate(PROMPT, GREEDY)
    loaded.engine.cancel(waiting.request_id)
    loaded.engine.cancel(running.request_id)
    replies(running)
    assert isinstance(error_of(waiting), RequestCancelled)


def test_answers_come_one_after_another(loaded: Candidate) -> None:
    calls = [loaded.engine.generate(PROMPT, GREEDY) for _ in range(2)]
    assert [type(replies(call)[-1]) for call in calls] == [GenerationFinished] * 2


def test_a_prompt_that_fills_the_context_is_refused(loaded: Candidate) -> None:
    prompt = (PromptMessage(role="user", text="word " * N_CTX),)
    assert loaded.engine.count_tokens(prompt) >= N_CTX
    assert isinstance(error_of(loaded.engine.generate(prompt, GREEDY)), ContextOverflow)


def test_a_longer_prompt_has_more_tokens(loaded: Candidate) -> None:
    assert 0 < loaded.engine.count_tokens(PROMPT) < loaded.engine.count_tokens(PROMPT * 3)


def test_a_death_fails_what_is_open_and_the_next_load_starts_anew(loaded: Candidate) -> None:
    loaded.answer_at_length()
    call = loaded.engine.generate(PROMPT, ENDLESS)
    wait_for_text(call)
    before = loaded.engine.process_id
    loaded.engine.kill()
    assert isinstance(error_of(call), EngineStopped)
    assert loaded.engine.loaded is None
    loaded.load()
    assert loaded.engine.process_id not in (None, before)
    assert isinstance(replies(loaded.engine.generate(PROMPT, GREEDY))[-1], GenerationFinished)


def test_an_unloaded_model_is_gone(loaded: Candidate) -> None:
    loaded.engine.unload()
    assert loaded.engine.loaded is None
    loaded.engine.unload()


def test_the_machine_is_described(candidate: Candidate) -> None:
    assert candidate.engine.hello().llama_cpp
    assert [device.kind for device in candidate.engine.describe_backends().devices].count("cpu") == 1


def picture(folder: Path) -> PromptMedia:
    """A plain red square, as the engine reads it."""
    side = 112
    rows = bytes((220, 30, 30)) * side * side
    path = folder / "red.rgb"
    path.write_bytes(rows)
    digest = hashlib.sha256(b"rgb24" + struct.pack("<II", side, side) + rows).hexdigest()
    return PromptMedia(kind=MediaKind.IMAGE, digest=digest, path=str(path), width=side, height=side)


def asked_of(media: PromptMedia, text: str = "What colour is it?") -> tuple[PromptMessage, ...]:
    return (PromptMessage(role="user", text=text, media=(media,)),)


def test_a_model_without_a_projector_refuses_a_picture(candidate: Candidate, tmp_path: Path) -> None:
    candidate.load()
    assert candidate.engine.loaded is not None
    assert candidate.engine.loaded.media == frozenset()
    assert isinstance(error_of(candidate.engine.generate(asked_of(picture(tmp_path)), GREEDY)), MediaNotSupported)
    assert isinstance(replies(candidate.engine.generate(PROMPT, GREEDY))[-1], GenerationFinished)


def test_a_picture_is_looked_at_once_for_all_conversations(candidate: Candidate, tmp_path: Path) -> None:
    candidate.load(mmproj=str(PROJECTOR))
    assert candidate.engine.loaded is not None
    assert candidate.engine.loaded.media == {MediaKind.IMAGE}
    media = picture(tmp_path)
    looks = []
    for conversation_id in ("one", "two"):
        received = replies(candidate.engine.generate(asked_of(media), GREEDY, conversation_id=conversation_id))
        told = [(each.n_done, each.n_total) for each in received if isinstance(each, MediaProgressed)]
        assert told == sorted(told)
        finished = received[-1]
        assert isinstance(finished, GenerationFinished)
        looks.append((finished.usage.encoded_media, told[-1:]))
    assert looks == [(1, [(1, 1)]), (0, [])]


def test_what_was_read_is_saved_once_and_what_is_forgotten_never(candidate: Candidate, tmp_path: Path) -> None:
    options = SnapshotOptions(folder=str(tmp_path), key_path=str(tmp_path / "key"), max_bytes=2**30)
    candidate.load(snapshots=options)
    long_prompt = (PromptMessage(role="user", text="word " * 300),)
    for conversation_id, prompt in (("kept", long_prompt), ("gone", long_prompt), ("short", PROMPT)):
        replies(candidate.engine.generate(prompt, GREEDY, conversation_id=conversation_id))
    candidate.engine.forget("gone")
    candidate.engine.forget("unknown")
    candidate.engine.save_snapshots(PATIENCE_S)  # 0 where an idle engine has saved it before
    assert not list(tmp_path.glob("*/gone*"))
    assert candidate.engine.save_snapshots(PATIENCE_S) == 0
    candidate.engine.unload()
    assert candidate.engine.save_snapshots(PATIENCE_S) == 0
    candidate.engine.forget("kept")


def test_a_measured_context_ends_with_what_was_found(candidate: Candidate) -> None:
    text = "One and one are two. " * 200
    request = MeasureContext(request_id="", text=text, n_tokens=400, bucket=50, lengths=(200, 400))
    with pytest.raises(ModelNotLoaded):
        candidate.engine.measure_context(request).next_reply(PATIENCE_S)
    load = LoadModel(request_id="", path=str(candidate.model), n_ctx=N_CTX, n_outputs=64)
    candidate.engine.finish_load(candidate.engine.begin_load(load), lambda fraction: None)
    call = candidate.engine.measure_context(request)
    told = [call.next_reply(PATIENCE_S)]
    while isinstance(told[-1], PromptProgressed):
        told.append(call.next_reply(PATIENCE_S))
    progress, measured = told[:-1], told[-1]
    assert isinstance(measured, ContextMeasured)
    assert [each.n_done for each in progress if isinstance(each, PromptProgressed)][-1] == measured.n_read
    assert measured.n_read <= 400 < measured.n_text
    assert len(measured.losses) == 8
    assert {needle.length for needle in measured.needles} == {200, measured.n_read}
    candidate.engine.cancel(call.request_id)  # it is over: nothing happens
    assert candidate.engine.loaded is not None
