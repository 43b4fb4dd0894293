"""LoRA adapters change what the model says, and nothing that was read with others is taken for theirs."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from assistant.core.adapter import AdapterUse
from assistant.core.errors import AdapterDamaged, AdapterNotFound, GenerationFailed
from assistant.core.model_digest import file_digest
from assistant.engine import adapters as adapters_module
from assistant.engine.adapters import MAX_LOADED
from assistant.protocol.prompt_messages import PromptMessage
from tests.integration.engine.conversation_walk import Walk, judge_pictures
from tests.integration.engine.other_models import WRITERS, write_plain_model
from tests.integration.engine.snapshot_opener import opener
from tests.integration.engine.talker import Answer, Talker
from tests.tiny_adapter import BUTLER, write_adapter, write_random_adapter

N_CTX = 768
N_STEPS = 60
MAX_GAP = 0.05
MAX_DRIFT = 0.08
"""As in `test_other_memories`: a wrong cell makes a difference of 0.1 to 3."""
HALF, WHOLE = (AdapterUse(path=str(BUTLER), scale=0.5),), (AdapterUse(path=str(BUTLER)),)
WHO = [PromptMessage(role="user", text="Who am I speaking with?")]
PROMPT = list(range(10, 130))


@pytest.fixture(scope="module")
def starter(starter_model: Path) -> Iterator[Talker]:
    with closing(Talker(starter_model, 256)) as talker:
        yield talker


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_plain_model(tmp_path_factory.mktemp("models") / "model.gguf")


def uses_of(folder: Path, base: Path, n_adapters: int = 2) -> list[AdapterUse]:
    paths = (write_random_adapter(folder / f"adapter{seed}.gguf", base, seed) for seed in range(n_adapters))
    return [AdapterUse(path=str(path)) for path in paths]


def sets_of(uses: list[AdapterUse]) -> list[tuple[AdapterUse, ...]]:
    """None, one, the same at half its strength, the other, both."""
    one, other = uses
    half = AdapterUse(path=one.path, scale=0.5)
    return [(), (one,), (half,), (other,), (other, half)]


def test_the_butler_serves(starter: Talker) -> None:
    answers = [starter.answer(starter.messages(WHO), adapters=adapters).text for adapters in ((), HALF, WHOLE)]
    assert not answers[0].startswith("Certainly,")
    assert answers[2].startswith("Certainly, I am Famulus")
    assert answers[1].startswith("Certainly,")


def test_strength_zero_is_no_adapter_at_all(starter: Talker) -> None:
    starter.forget()
    without = starter.answer(starter.messages(WHO))
    starter.answer(starter.messages(WHO), adapters=WHOLE)
    starter.forget()
    at_zero = starter.answer(starter.messages(WHO), adapters=(AdapterUse(path=str(BUTLER), scale=0.0),))
    assert at_zero.ids == without.ids
    assert np.array_equal(at_zero.logits, without.logits)
    assert starter.answer(starter.messages(WHO)).cached_tokens == len(without.prompt) - 1  # the same cells


def test_what_was_read_with_others_is_read_again(starter: Talker) -> None:
    starter.forget()
    prompt = starter.messages(WHO)
    cached = [
        starter.answer(prompt, adapters=adapters).cached_tokens for adapters in ((), WHOLE, HALF, (), WHOLE, HALF)
    ]
    n_all = len(prompt.cells) - 1
    assert cached == [0, 0, 0, n_all, n_all, n_all]


@pytest.mark.parametrize("memory", WRITERS)
def test_a_walk_through_chats_with_other_adapters_at_every_step(memory: str, tmp_path: Path) -> None:
    """Four chats, sets that change between and within them, snapshots, chats that give way: as a fresh load answers."""
    path = WRITERS[memory](tmp_path / "model.gguf")
    sets = sets_of(uses_of(tmp_path, path))
    with closing(Talker(path, 32, N_CTX, open_snapshots=opener(path, tmp_path, N_CTX))) as talker:

        def forget_all(choose: random.Random) -> None:
            if choose.random() < 0.2:
                while talker.table.evict():
                    pass

        def mostly_the_same(choose: random.Random, conversation_id: str) -> tuple[AdapterUse, ...]:
            index = int(conversation_id[-1]) if choose.random() < 0.7 else choose.randrange(len(sets))
            return sets[index]

        walk = Walk(talker, 7, 4, between=forget_all, adapters=mostly_the_same)
        answers = [walk.step() for _ in range(N_STEPS)]
    worst_gap, worst_drift = worst(path, answers)
    assert worst_gap <= MAX_GAP
    assert worst_drift <= MAX_DRIFT
    used = [answer.adapters for answer in answers]
    assert sum(one != other for one, other in itertools.pairwise(used)) >= 20
    assert set(used) == set(sets)
    assert sum(answer.cached_tokens for answer in answers) > 500
    assert sum(answer.usage.restored_tokens > 0 for answer in answers) >= 1


def worst(path: Path, answers: list[Answer]) -> tuple[float, float]:
    """The largest gap and the largest drift against a fresh load for each set, which knows no other."""
    verdicts = []
    for adapters in {answer.adapters for answer in answers}:
        with closing(Talker(path, 32, N_CTX)) as fresh:
            verdicts += [judge_pictures(fresh, each, {}) for each in answers if each.adapters == adapters]
    return max(verdict.gap for verdict in verdicts), max(verdict.drift for verdict in verdicts)


@pytest.mark.parametrize("memory", WRITERS)
def test_an_adapter_that_overflows_is_named_and_spoils_no_other_chat(memory: str, tmp_path: Path) -> None:
    path = WRITERS[memory](tmp_path / "model.gguf")
    strong = (AdapterUse(path=str(write_random_adapter(tmp_path / "strong.gguf", path, 1, spread=3e8)), scale=4.0),)
    with closing(Talker(path, 32, N_CTX, open_snapshots=opener(path, tmp_path, N_CTX))) as talker:
        first = talker.answer(PROMPT)
        for cancelled in (False, True):
            if cancelled:  # what was read of it stays in the memory
                talker.answer(PROMPT, adapters=strong, conversation_id="strong", cancel_in_prompt=True)
            else:
                with pytest.raises(GenerationFailed, match="does not compute numbers"):
                    talker.answer(PROMPT, adapters=strong, conversation_id="strong")
            for conversation_id in ("mine", "another"):
                again = talker.answer(PROMPT, conversation_id=conversation_id)
                assert again.ids == first.ids
                assert np.allclose(again.logits, first.logits, atol=MAX_DRIFT)


def test_a_single_value_that_is_no_number_is_noticed(starter: Talker, starter_model: Path, tmp_path: Path) -> None:
    """Of a matrix behind the last norm: one token's logit alone is spoiled."""
    random = np.random.default_rng(1)
    n_embd, n_ff = 576, 1536
    b = random.normal(0, 0.1, (n_embd, 4)).astype(np.float32)
    b[7, 0] = np.nan
    tensors = {
        "blk.29.ffn_down.weight.lora_a": random.normal(0, 0.1, (4, n_ff)).astype(np.float32),
        "blk.29.ffn_down.weight.lora_b": b,
    }
    path = write_adapter(tmp_path / "nan.gguf", tensors)
    with pytest.raises(GenerationFailed):
        starter.answer(starter.messages(WHO), adapters=(AdapterUse(path=str(path)),))
    starter.forget()
    assert starter.answer(starter.messages(WHO)).text


def test_a_chat_that_was_spoiled_in_the_middle_of_its_answer_goes_on(plain: Path, tmp_path: Path) -> None:
    with closing(Talker(plain, 32, N_CTX)) as talker:
        expected = talker.answer(PROMPT)
        talker.forget()
        n_asked = 0
        has_numbers = talker.model.has_numbers

        def stops_once(*, every_one: bool = False) -> bool:
            nonlocal n_asked
            n_asked += 1
            return n_asked != 4 and has_numbers(every_one=every_one)

        talker.model.has_numbers = stops_once  # type: ignore[method-assign]
        answer = talker.answer(PROMPT)
        assert answer.ids == expected.ids
        assert np.allclose(answer.logits, expected.logits, atol=MAX_DRIFT)


def test_a_file_that_changes_while_it_is_read_is_not_used(
    plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = uses_of(tmp_path, plain)

    def digest_and_swap(path: str) -> str:
        digest = file_digest(path)
        Path(other.path).replace(path)
        return digest

    with closing(Talker(plain, 32, N_CTX)) as talker:
        expected = talker.answer(PROMPT, adapters=(other,)).logits
        monkeypatch.setattr(adapters_module, "file_digest", digest_and_swap)
        with pytest.raises(AdapterNotFound):
            talker.answer(PROMPT, adapters=(one,))
        monkeypatch.undo()
        talker.forget()
        assert np.array_equal(talker.answer(PROMPT, adapters=(one,)).logits, expected)


def test_the_order_of_adapters_is_nobodys_business(plain: Path, tmp_path: Path) -> None:
    one, other = uses_of(tmp_path, plain)
    with closing(Talker(plain, 32, N_CTX)) as talker:
        talker.answer(PROMPT, adapters=(one, other))
        assert talker.answer(PROMPT, adapters=(other, one)).cached_tokens == len(PROMPT) - 1


def test_adapters_in_use_stay_loaded_and_the_others_are_loaded_again(plain: Path, tmp_path: Path) -> None:
    uses = uses_of(tmp_path, plain, 2 * MAX_LOADED)
    with closing(Talker(plain, 32, N_CTX)) as talker:
        first = talker.answer(PROMPT, adapters=(uses[0],))
        for use in uses:
            talker.forget()
            answer = talker.answer(PROMPT, adapters=(use,))
        assert not np.allclose(first.logits, answer.logits, atol=0.1)
        talker.forget()
        assert np.array_equal(talker.answer(PROMPT, adapters=(uses[0],)).logits, first.logits)
        talker.forget()
        together = talker.answer(PROMPT, adapters=tuple(uses))
        assert together.reason


def test_a_file_that_was_replaced_is_loaded_anew(plain: Path, tmp_path: Path) -> None:
    one, other = uses_of(tmp_path, plain)
    with closing(Talker(plain, 32, N_CTX)) as talker:
        expected = talker.answer(PROMPT, adapters=(other,)).logits
        talker.answer(PROMPT, adapters=(one,))
        Path(other.path).replace(one.path)
        talker.forget()
        assert np.array_equal(talker.answer(PROMPT, adapters=(one,)).logits, expected)


@pytest.mark.parametrize("name", ["gone.gguf", "base.gguf", "foreign.gguf", "cut.gguf", "noise.gguf"])
def test_a_bad_file_is_named_and_the_model_goes_on(name: str, plain: Path, tmp_path: Path) -> None:
    """Past the check of the header, as if the file had been changed just then."""
    path = tmp_path / name
    contents = {"base.gguf": plain, "foreign.gguf": BUTLER}
    if name in contents:
        path.write_bytes(contents[name].read_bytes())
    elif name == "cut.gguf":
        data = write_random_adapter(tmp_path / "whole.gguf", plain, 1).read_bytes()
        path.write_bytes(data[: len(data) // 2])
    elif name == "noise.gguf":
        path.write_bytes(random.Random(1).randbytes(10_000))
    with closing(Talker(plain, 32, N_CTX)) as talker:
        before = talker.answer(PROMPT)
        with pytest.raises(AdapterNotFound if name == "gone.gguf" else AdapterDamaged, match=name):
            talker.answer(PROMPT, adapters=(AdapterUse(path=str(path)),))
        talker.forget()
        assert np.array_equal(talker.answer(PROMPT).logits, before.logits)
