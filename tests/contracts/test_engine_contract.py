"""What services rely on in an engine client: the fake of the tests and the real one keep the same promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from assistant.clients.engine_client import EngineCall, EngineClient
from assistant.core.conversation import FinishReason
from assistant.core.errors import (
    ContextOverflow,
    EngineStopped,
    FamulusError,
    ModelLoadFailed,
    ModelNotLoaded,
    RequestCancelled,
)
from assistant.core.sampling import SamplingParameters
from assistant.hub.starter_model import find_starter_model
from assistant.protocol.engine_messages import (
    EngineReply,
    GenerationFinished,
    LoadModel,
    PromptProgressed,
    TokensGenerated,
)
from assistant.protocol.prompt_messages import PromptMessage
from tests.fakes.fake_engine import FakeEngine, Stall

PROMPT = (PromptMessage(role="user", text="Count from one to one hundred."),)
GREEDY = SamplingParameters(temperature=0.0, max_tokens=12)
ENDLESS = SamplingParameters(temperature=0.0)
N_CTX = 512
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Candidate:
    engine: EngineClient | FakeEngine
    model: Path
    answer_at_length: Callable[[], None]
    """Makes sure that the next answer does not end by itself."""

    def load(self, n_ctx: int = N_CTX) -> list[float]:
        progress: list[float] = []
        call = self.engine.begin_load(LoadModel(request_id="", path=str(self.model), n_ctx=n_ctx))
        self.engine.finish_load(call, progress.append)
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
