"""Projectors in llama.cpp: the real small one with the starter model, and tiny ones of every kind."""

from __future__ import annotations

import array
import hashlib
import math
import os
import shutil
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from assistant.core.errors import (
    AttachmentDamaged,
    MediaFailed,
    MediaNotSupported,
    ProjectorForeign,
    RequestCancelled,
)
from assistant.core.media import MediaKind
from assistant.engine.cancel import CancelFlag
from assistant.engine.cells import MediaCell, NoRoom, last_position, n_positions
from assistant.engine.tower import Tower
from assistant.protocol.prompt_messages import PromptMedia
from tests.drawings import as_media, draw, one_shape, placed_shape, two_shapes
from tests.integration.engine.other_models import write_mrope_model
from tests.integration.engine.raw_context import RawContext
from tests.tiny_projector import N_EMBD, N_PATCHES, ProjectorType, write_tiny_projector

REAL = Path(__file__).parents[2] / "data/68b8955e4573ba0b70c1dc5f4a88ac0f3468ea748383deaa561f6375f8e21080.gguf"


class PatientFlag(CancelFlag):
    """Is set once it was looked at a number of times; -1 for never."""

    def __init__(self) -> None:
        super().__init__()
        self.looks_left = -1

    @property
    def is_set(self) -> bool:
        self.looks_left = max(self.looks_left - 1, 0) if self.looks_left >= 0 else -1
        return self.looks_left == 0


@pytest.fixture(scope="module")
def flag() -> PatientFlag:
    return PatientFlag()


@pytest.fixture(scope="module")
def seeing(starter_model: Path, flag: PatientFlag) -> Iterator[RawContext]:
    context = RawContext(starter_model, REAL, cancel=flag)
    yield context
    context.close()


@pytest.fixture
def open_tiny(tiny_model: Path, tmp_path: Path) -> Iterator[Callable[..., RawContext]]:
    opened: list[RawContext] = []

    def open_context(kind: ProjectorType = ProjectorType.MLP, *, n_ctx: int = 512, **metadata: Any) -> RawContext:
        values = {f"clip.vision.{key}": value for key, value in metadata.items()}
        mmproj = write_tiny_projector(tmp_path / "mmproj.gguf", kind, metadata=values)
        opened.append(RawContext(tiny_model, mmproj, n_ctx=n_ctx))
        return opened[-1]

    yield open_context
    for context in opened:
        context.close()


def noise(folder: Path, seed: int = 0, size: tuple[int, int] = (30, 30)) -> PromptMedia:
    random = seed.to_bytes(1, "little") * (3 * size[0] * size[1])
    return as_media(Image.frombytes("RGB", size, random), folder)


def hum(folder: Path, seconds: float, sample_rate: int = 16_000) -> PromptMedia:
    samples = array.array("f", (math.sin(0.05 * index) for index in range(int(seconds * sample_rate)))).tobytes()
    digest = hashlib.sha256(b"f32" + struct.pack("<I", sample_rate) + samples).hexdigest()
    path = folder / digest
    path.write_bytes(samples)
    return PromptMedia(kind=MediaKind.SOUND, digest=digest, path=str(path), n_samples=len(samples) // 4)


def pieces(context: RawContext, media: PromptMedia) -> list[MediaCell]:
    return [cell for cell in context.projector.layout(media) if isinstance(cell, MediaCell)]


def test_the_real_projector_sees(seeing: RawContext) -> None:
    projector = seeing.projector
    assert projector.media == {MediaKind.IMAGE}
    assert (projector.max_tokens, projector.sample_rate) == (64, 0)
    assert not projector.is_non_causal


def test_a_picture_is_one_cell(seeing: RawContext, tmp_path: Path) -> None:
    media = noise(tmp_path)
    cell = MediaCell(MediaKind.IMAGE, bytes.fromhex(media.digest), index=0, n_tokens=64, n_pos=64)
    assert seeing.projector.layout(media) == [cell]


@pytest.mark.parametrize("drawing", [one_shape(1), two_shapes(2), placed_shape(3)], ids=["one", "two", "placed"])
def test_the_starter_model_answers_about_drawings(seeing: RawContext, tmp_path: Path, drawing: Any) -> None:
    media = as_media(drawing.image, tmp_path)
    answers = [seeing.answer(media, question.text) for question in drawing.questions]
    assert answers == [question.answer for question in drawing.questions]


def test_the_same_picture_is_looked_at_once(seeing: RawContext, tmp_path: Path) -> None:
    image = draw("yellow", ("circle", "red", (0.5, 0.5), 0.3))
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    seeing.clear()
    seeing.clear(1)
    assert seeing.read_media(as_media(image, first), seq_id=0) == [True]
    shutil.rmtree(first)  # what was looked at needs no file any more
    assert seeing.read_media(as_media(image, second), seq_id=1) == [False]
    assert seeing.read_media(as_media(draw("blue"), second), seq_id=1) == [True]
    assert seeing.n_positions(0) == 64


def test_remembered_rows_answer_like_fresh_ones(seeing: RawContext, tmp_path: Path) -> None:
    media = as_media(draw("white", ("star", "blue", (0.5, 0.5), 0.3)), tmp_path)
    question = "What color is the shape?"
    assert [seeing.answer(media, question) for _ in range(2)] == ["Blue.", "Blue."]


def test_a_cancelled_tower_leaves_nothing_and_looks_again(
    seeing: RawContext, flag: PatientFlag, tmp_path: Path
) -> None:
    media = as_media(draw("pink", ("square", "green", (0.5, 0.5), 0.3)), tmp_path)
    seeing.clear()
    flag.looks_left = 100
    try:
        with pytest.raises(RequestCancelled):
            seeing.read_media(media)
    finally:
        flag.looks_left = -1
    assert seeing.n_positions() == 0
    assert seeing.read_media(media) == [True]
    assert seeing.answer(media, "What color is the shape?") == "Green."


def test_a_changed_file_never_reaches_the_tower(
    seeing: RawContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = noise(tmp_path, seed=7)
    content = Path(media.path).read_bytes()
    Path(media.path).write_bytes(content[:-1] + b"\0")
    with monkeypatch.context() as patch:
        patch.setattr(Tower, "encode", lambda tower, piece: pytest.fail("it was looked at"))
        with pytest.raises(AttachmentDamaged):
            seeing.read_media(media)
    Path(media.path).write_bytes(content)
    seeing.clear()
    assert seeing.read_media(media) == [True]


def test_what_it_cannot_take_in_is_refused(seeing: RawContext) -> None:
    sound = PromptMedia(kind=MediaKind.SOUND, digest="", path="", n_samples=16_000)
    with pytest.raises(MediaNotSupported, match="cannot hear"):
        seeing.projector.layout(sound)
    for width, height in ((0, 5), (5, 0), (201, 1), (1, 201), (10_000, 5_001)):
        with pytest.raises(MediaFailed, match=f"{width} x {height}"):
            seeing.projector.layout(PromptMedia(kind=MediaKind.IMAGE, digest="", path="", width=width, height=height))


def test_without_room_the_memory_stays_as_it_was(open_tiny: Callable[..., RawContext], tmp_path: Path) -> None:
    context = open_tiny(n_ctx=256)
    context.read_tokens([1] * (256 - N_PATCHES + 1), seq_id=1)
    with pytest.raises(NoRoom):
        context.read_media(noise(tmp_path))
    assert context.n_positions() == 0
    context.clear(1)
    assert context.read_media(noise(tmp_path)) == [False]  # its rows were kept


def test_rows_that_look_at_each_other_need_one_batch(open_tiny: Callable[..., RawContext], tmp_path: Path) -> None:
    context = open_tiny(ProjectorType.GEMMA3)
    (piece,) = pieces(context, noise(tmp_path))
    assert context.projector.is_non_causal
    assert piece.n_tokens == context.projector.max_tokens == N_PATCHES // 4
    with pytest.raises(MediaFailed):
        context.read_media(noise(tmp_path), n_batch=piece.n_tokens - 1)  # llama.cpp would abort
    context.clear()
    assert context.read_media(noise(tmp_path), n_batch=piece.n_tokens) == [True]


def test_a_picture_may_be_read_in_several_batches(open_tiny: Callable[..., RawContext], tmp_path: Path) -> None:
    context = open_tiny()
    best = []
    for n_batch in (N_PATCHES, 5):
        context.clear()
        context.read_media(noise(tmp_path), n_batch=n_batch)
        assert context.n_positions() == N_PATCHES
        context.read_tokens([5])
        best.append(context.best_token())
    assert best[0] == best[1]


def test_pictures_of_varying_size_take_up_a_fourth_of_the_context(
    open_tiny: Callable[..., RawContext], tmp_path: Path
) -> None:
    tokens = {}
    for n_ctx in (256, 1024):
        context = open_tiny(ProjectorType.QWEN2VL, n_ctx=n_ctx)
        large = pieces(context, noise(tmp_path, size=(2000, 1500)))[0].n_tokens
        small = pieces(context, noise(tmp_path, size=(56, 56)))[0].n_tokens
        tokens[n_ctx] = (large, small)
        assert small < large <= n_ctx // 4
        assert large <= context.projector.max_tokens <= n_ctx // 2
    assert tokens[256][0] < tokens[1024][0]


@pytest.mark.parametrize("n_ctx", [4, 28])
def test_a_projector_that_takes_no_limit_is_used_without(open_tiny: Callable[..., RawContext], n_ctx: int) -> None:
    """Its smallest picture is larger than a fourth of the context."""
    projector = open_tiny(ProjectorType.QWEN2VL, n_ctx=n_ctx).projector
    assert projector.media == {MediaKind.IMAGE}
    assert projector.max_tokens > n_ctx


@pytest.mark.parametrize("kind", [ProjectorType.MLP, ProjectorType.QWEN2VL, ProjectorType.GEMMA3])
@pytest.mark.parametrize("size", [(1, 1), (5, 1000), (1000, 5), (57, 55)])
def test_pictures_of_any_shape(
    open_tiny: Callable[..., RawContext], tmp_path: Path, kind: ProjectorType, size: tuple[int, int]
) -> None:
    context = open_tiny(kind)
    assert context.read_media(noise(tmp_path, size=size)) == [True]
    context.read_tokens([5])


def test_under_mrope_a_picture_takes_up_fewer_positions_than_tokens(tmp_path: Path) -> None:
    model = write_mrope_model(tmp_path / "model.gguf")
    context = RawContext(model, write_tiny_projector(tmp_path / "mmproj.gguf", ProjectorType.QWEN2VL))
    media = noise(tmp_path, size=(112, 56))
    (piece,) = pieces(context, media)
    assert (piece.n_tokens, piece.n_pos) == (8, 4)
    before = context.projector.layout(media).index(piece)
    context.read_media(media)
    context.read_tokens([5])
    assert context.n_positions() == n_positions(context.projector.layout(media)) + 1
    context.clear()
    for cell in context.projector.layout(media)[: before + 1]:
        context.read_cell(cell, media)
    assert context.n_positions() - 1 == last_position(context.projector.layout(media)[: before + 1], is_mrope=True)
    context.close()


def test_a_projector_that_hears(open_tiny: Callable[..., RawContext], tmp_path: Path) -> None:
    context = open_tiny(ProjectorType.QWEN2A, n_ctx=2048)
    projector = context.projector
    assert (projector.media, projector.sample_rate) == ({MediaKind.SOUND}, 16_000)
    short, long = hum(tmp_path, 0.5), hum(tmp_path, 31)
    assert [(piece.kind, piece.index) for piece in pieces(context, short)] == [(MediaKind.SOUND, 0)]
    assert [piece.index for piece in pieces(context, long)] == [0, 1]
    assert context.read_media(short) == [True]
    context.clear()
    assert context.read_media(long) == [True, True]
    context.clear()
    assert context.read_media(long) == [False, False]
    assert context.n_positions() == n_positions(projector.layout(long))
    context.read_tokens([5])


def test_sounds_that_are_none_to_it_are_refused(open_tiny: Callable[..., RawContext], tmp_path: Path) -> None:
    context = open_tiny(ProjectorType.QWEN2A, n_ctx=2048)
    for seconds in (0.0, 1 / 16_000, 0.09, 1801.0):
        n_samples = round(seconds * 16_000)
        with pytest.raises(MediaFailed, match="seconds"):
            context.projector.layout(PromptMedia(kind=MediaKind.SOUND, digest="", path="", n_samples=n_samples))
    with pytest.raises(AttachmentDamaged):
        context.read_media(hum(tmp_path, 1.0, sample_rate=48_000))
    with pytest.raises(MediaNotSupported, match="cannot see"):
        context.projector.layout(noise(tmp_path))


def test_numbers_that_are_none_never_reach_the_memory(open_tiny: Callable[..., RawContext], tmp_path: Path) -> None:
    context = open_tiny(image_std=[0.0, 0.0, 0.0])
    with pytest.raises(MediaFailed) as caught:
        context.read_media(noise(tmp_path))
    assert "not finite" in caught.value.info.cause
    assert context.n_positions() == 0


def test_a_projector_of_a_wider_model_is_foreign(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(ProjectorForeign, match="another model"):
        RawContext(tiny_model, write_tiny_projector(tmp_path / "wide.gguf", n_embd=2 * N_EMBD))


def test_a_load_can_be_cancelled(tiny_model: Path, tmp_path: Path) -> None:
    cancel = CancelFlag()
    cancel.is_set = True
    with pytest.raises(RequestCancelled):
        RawContext(tiny_model, write_tiny_projector(tmp_path / "mmproj.gguf"), cancel=cancel)


def test_nothing_stays_open_after_many_loads(tiny_model: Path, tmp_path: Path) -> None:
    descriptors = Path("/proc/self/fd")  # of Linux; elsewhere the loads alone are tried
    mmproj = write_tiny_projector(tmp_path / "mmproj.gguf")
    counts = []
    for _ in range(20):
        context = RawContext(tiny_model, mmproj, n_ctx=512)
        context.read_media(noise(tmp_path))
        context.close()
        counts.append(len(os.listdir(descriptors)) if descriptors.exists() else 0)
    assert counts[-1] <= counts[0]
