"""What the probe measures, held against plain llama.cpp and NumPy."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import llama_cpp.llama_cpp as llama
import numpy as np
import numpy.typing as npt
import pytest

from assistant.core.context_check import NeedleScore
from assistant.core.errors import GenerationFailed, RequestCancelled
from assistant.core.resource_files import resource_folder
from assistant.engine.cancel import CancelFlag
from assistant.engine.context_probe import ContextProbe
from assistant.engine.model import Model
from assistant.protocol.engine_messages import (
    ContextMeasured,
    EngineReply,
    LoadModel,
    MeasureContext,
    PromptProgressed,
)
from tests.integration.engine.other_models import WRITERS, write_plain_model

STRIDE = 4
N_BATCH = 64
TEXT = (resource_folder() / "texts" / "alice.txt").read_text(encoding="utf-8")


@contextmanager
def loaded(path: Path, n_ctx: int = 1024, cancel: CancelFlag | None = None) -> Iterator[Model]:
    request = LoadModel(
        request_id="",
        path=str(path),
        n_ctx=n_ctx,
        n_batch=N_BATCH,
        n_gpu_layers=0,
        n_seq_max=2,
        n_outputs=N_BATCH // STRIDE,
    )
    with closing(Model(request, cancel or CancelFlag(), lambda fraction: None)) as model:
        yield model


def measured(model: Model, **values: object) -> ContextMeasured:
    told: list[EngineReply] = []
    options: dict[str, object] = {"text": TEXT, "stride": STRIDE, "bucket": 250, **values}
    reply = ContextProbe(model, told.append).measure(MeasureContext(request_id="m", **options))  # type: ignore[arg-type]
    done = [each.n_done for each in told if isinstance(each, PromptProgressed)]
    assert done == sorted(done)
    assert done[-1] == reply.n_read
    return reply


def raw_logits(path: Path, tokens: Sequence[int]) -> npt.NDArray[np.float64]:
    """Of every token, from plain llama.cpp, in steps as the probe's: those of other sizes change the last bits."""
    weights = llama.llama_model_load_from_file(str(path).encode(), llama.llama_model_default_params())
    parameters = llama.llama_context_default_params()
    parameters.n_ctx, parameters.n_batch, parameters.n_ubatch = 1024, N_BATCH, N_BATCH
    parameters.n_threads = parameters.n_threads_batch = 1
    parameters.flash_attn_type = llama.LLAMA_FLASH_ATTN_TYPE_DISABLED
    context = llama.llama_init_from_model(weights, parameters)
    n_vocab = llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(weights))
    batch = llama.llama_batch_init(N_BATCH, 0, 1)
    rows = []
    for start in range(0, len(tokens), N_BATCH):
        part = tokens[start : start + N_BATCH]
        batch.n_tokens = len(part)
        for index, token in enumerate(part):
            batch.token[index], batch.pos[index] = token, start + index
            batch.n_seq_id[index], batch.seq_id[index][0], batch.logits[index] = 1, 0, 1
        assert llama.llama_decode(context, batch) == 0
        for index in range(len(part)):
            row = llama.llama_get_logits_ith(context, index)
            rows.append(np.array(np.ctypeslib.as_array(row, (n_vocab,)), dtype=np.float64))
    llama.llama_batch_free(batch)
    llama.llama_free(context)
    llama.llama_model_free(weights)
    return np.array(rows)


def test_losses_are_those_of_a_log_softmax_over_raw_logits(starter_model: Path) -> None:
    n_tokens = 600
    with loaded(starter_model) as model:
        told = measured(model, n_tokens=n_tokens, bucket=150, n_needles=0)
        tokens = model.vocabulary.with_bos(model.vocabulary.tokenize_plain(TEXT))
    logits = raw_logits(starter_model, tokens[:n_tokens])
    top = logits.max(axis=1)
    likelihoods = logits - top[:, None] - np.log(np.exp(logits - top[:, None]).sum(axis=1))[:, None]
    positions = range(STRIDE, n_tokens, STRIDE)
    expected = [
        -np.mean([likelihoods[p - 1, tokens[p]] for p in positions if p // 150 == bucket]) for bucket in range(4)
    ]
    assert told.n_read == n_tokens
    assert told.n_text == len(tokens)
    assert told.losses == pytest.approx(expected, abs=1e-3)
    assert all(2 < loss < 5 for loss in told.losses)  # it is a language model, and that is English


def test_the_starter_model_finds_what_it_read(starter_model: Path) -> None:
    with loaded(starter_model) as model:
        told = measured(model, n_tokens=800, n_needles=3, lengths=(400,))
    assert [needle.length for needle in told.needles] == [400, 800, 800, 800]
    positions = [needle.position for needle in told.needles]
    assert positions[0] == positions[1] < positions[2] < positions[3]
    assert all(200 <= position < 300 for position in positions[:2])  # behind the sentence that ends after a quarter
    assert sum(needle.recall for needle in told.needles) / 4 > 0.5


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("一条小路通向村庄，路边的老人在等他的孙子回家。" * 400, "。"),
        ("一条小路通向村庄，路边的老人在等他的孙子回家\n" * 400, "\n"),
        ("一条小路通向村庄路边的老人在等他的孙子回家" * 400, ""),
        ("the path leads to the village and an old man waits there for his grandson " * 100, ""),
    ],
)
@pytest.mark.parametrize("writes_bytes", [False, True])
def test_every_text_gets_its_needles(
    starter_model: Path, tmp_path: Path, text: str, end: str, *, writes_bytes: bool
) -> None:
    path = write_plain_model(tmp_path / "plain.gguf") if writes_bytes else starter_model
    with loaded(path) as model:
        probe = ContextProbe(model, lambda reply: None)
        needles = [probe._needle(number) for number in range(3)]
        tokens, places = probe._layout(text, needles, 800)
        pieces = [model.vocabulary.piece(token) for token in tokens]
    n_before = [len(needle.sentence) for needle in needles]
    assert len(places) == 3
    for number, place in enumerate(places):
        due = (number + 1) * 200
        assert due <= place <= due + 100
        assert tokens[place : place + n_before[number]] == needles[number].sentence
        assert b"".join(pieces[:place]).decode().endswith(end)  # whole characters, too
    whole = b"".join(pieces).decode()
    for needle in needles:
        whole = whole.replace(b"".join(map(model.vocabulary.piece, needle.sentence)).decode(), "", 1)
    assert whole == text


def test_the_time_is_that_of_reading_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with loaded(write_plain_model(tmp_path / "plain.gguf")) as model:
        alone = measured(model, n_tokens=800, n_needles=0).seconds
        scoring = ContextProbe._loss

        def slowly(self: ContextProbe, row: int, token: int) -> float:
            time.sleep(0.01)
            return scoring(self, row, token)

        monkeypatch.setattr(ContextProbe, "_loss", slowly)
        told = measured(model, n_tokens=800, n_needles=0)
    assert alone > 0
    assert 0 < told.seconds < 0.01 * 800 / STRIDE


@pytest.mark.parametrize("kind", WRITERS)
def test_questions_leave_no_trace_in_any_kind_of_memory(tmp_path: Path, kind: str) -> None:
    with loaded(WRITERS[kind](tmp_path / "model.gguf")) as model:
        often = measured(model, n_tokens=800, n_needles=2, lengths=(330, 500, 600, 700))
        once = measured(model, n_tokens=800, n_needles=2)
    assert often.losses == pytest.approx(once.losses, abs=1e-3)
    assert often.n_read == once.n_read == 800
    lengths = [needle.length for needle in often.needles]
    assert (lengths[0], lengths[-2:]) == (330 if lengths[0] == 330 else 500, [800, 800])
    assert [each.position for each in often.needles[-2:]] == [each.position for each in once.needles]


def test_recall_is_the_share_of_the_tokens_that_the_model_would_say(tmp_path: Path) -> None:
    path = write_plain_model(tmp_path / "plain.gguf")
    with loaded(path) as model:
        told = measured(model, n_tokens=800, n_needles=1)
        probe = ContextProbe(model, lambda reply: None)
        needle = probe._needle(0)
        tokens, (place,) = probe._layout(TEXT, [needle], 800)
    assert [(each.length, each.position) for each in told.needles] == [(800, place)]
    assert tokens[place : place + len(needle.sentence)] == needle.sentence
    asked = [*tokens[:800], *needle.question, *needle.answer]
    said = raw_logits(path, asked).argmax(axis=1)[800 + len(needle.question) - 1 : -1]
    share = np.mean([token == wanted for token, wanted in zip(said, needle.answer, strict=True)])
    assert told.needles[0].recall == pytest.approx(share)


def test_a_text_that_ends_early_is_read_to_its_end(tmp_path: Path) -> None:
    with loaded(write_plain_model(tmp_path / "plain.gguf")) as model:
        told = measured(model, text=TEXT[:300], n_tokens=1000, n_needles=0)
        assert told.n_text == told.n_read < 400
        assert len(told.losses) == -(-told.n_read // 250)
        counted = measured(model, n_tokens=1)
        assert (counted.n_read, counted.losses) == (1, ())
        assert counted.n_text > 50_000


def test_it_stops_when_it_is_cancelled_and_can_begin_again(tmp_path: Path) -> None:
    cancel = CancelFlag()
    with loaded(write_plain_model(tmp_path / "plain.gguf"), cancel=cancel) as model:

        def stop(reply: EngineReply) -> None:
            assert isinstance(reply, PromptProgressed)
            if reply.n_done >= 256:
                cancel.is_set = True

        request = MeasureContext(request_id="m", text=TEXT, n_tokens=1000, n_needles=0)
        with pytest.raises(RequestCancelled):
            ContextProbe(model, stop).measure(request)
        cancel.is_set = False
        again = measured(model, n_tokens=1000, n_needles=0)
        assert again.losses == measured(model, n_tokens=1000, n_needles=0).losses


def test_a_model_without_numbers_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with loaded(write_plain_model(tmp_path / "plain.gguf")) as model:
        monkeypatch.setattr(ContextProbe, "_logits", lambda self, row: np.full(model.vocabulary.n_tokens, math.nan))
        with pytest.raises(GenerationFailed, match="numbers"):
            measured(model, n_tokens=600, n_needles=0)


def test_a_token_that_the_model_forbids_is_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with loaded(write_plain_model(tmp_path / "plain.gguf")) as model:
        forbids = np.array([-math.inf] * (model.vocabulary.n_tokens - 1) + [0.0])
        monkeypatch.setattr(ContextProbe, "_logits", lambda self, row: forbids)
        told = measured(model, n_tokens=600, n_needles=0)
    assert all(0 < loss <= 100 for loss in told.losses)
    assert NeedleScore not in map(type, told.needles)
