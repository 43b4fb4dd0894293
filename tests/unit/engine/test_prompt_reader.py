from __future__ import annotations

from collections.abc import Sequence

import pytest

from assistant.core.errors import ContextOverflow, GenerationFailed, MediaFailed, RequestCancelled
from assistant.core.media import MediaKind
from assistant.engine.cells import Cell, MediaCell, NoRoom, n_kv_cells
from assistant.engine.kv_memory import MemoryKind
from assistant.engine.model import Model
from assistant.engine.prompt_reader import PromptReader, Reading
from assistant.engine.prompt_tokens import Prompt
from assistant.engine.sequence_store import SequenceStore
from assistant.engine.sequences import SequenceTable
from assistant.protocol.prompt_messages import PromptMedia
from tests.unit.engine.fake_memory import FakeMemory

N_CTX = 64
N_BATCH = 8
PICTURE = PromptMedia(kind=MediaKind.IMAGE, digest="aa", path="picture.rgb", width=2, height=2)
DIGEST = b"\xaa"
SLICES: list[Cell] = [MediaCell(MediaKind.IMAGE, DIGEST, index, n_tokens=10, n_pos=4) for index in range(2)]


class FakeModel(Model):
    """Reads into a fake memory of `N_CTX` cells.

    Attributes:
        steps: What was read, one entry a step.
        failures: Raised by the next steps, last one first; what a step would read is in the memory then.
    """

    def __init__(self, kind: MemoryKind = MemoryKind.PLAIN) -> None:
        self.memory: FakeMemory = FakeMemory(kind)
        self.n_ctx, self.n_batch, self.n_seq_max = N_CTX, N_BATCH, 4
        self.has_flash_attention = False
        self.steps: list[list[Cell]] = []
        self.failures: list[Exception] = []

    def decode(self, token_ids: Sequence[int], *, seq_id: int, position: int) -> None:
        assert 0 < len(token_ids) <= N_BATCH
        self._read(list(token_ids), seq_id)

    def read_media(self, cell: MediaCell, media: PromptMedia, *, seq_id: int, position: int) -> bool:
        assert media is PICTURE
        self._read([cell], seq_id)
        return True

    def _read(self, cells: list[Cell], seq_id: int) -> None:
        if sum(map(n_kv_cells, self.memory.held)) + n_kv_cells(cells) > N_CTX:
            raise NoRoom
        self.memory.held[seq_id] += cells
        if self.failures:
            raise self.failures.pop()
        self.steps.append(cells)


class Desk:
    """A reader over a fake model, and what it told."""

    def __init__(self, kind: MemoryKind = MemoryKind.PLAIN) -> None:
        self.model = FakeModel(kind)
        self.table = SequenceTable(self.model.memory, 4, N_CTX, lambda sequence: False)
        self._reader = PromptReader(self.model, self.table, SequenceStore(self.model.memory, N_CTX, None))
        self.progress: list[tuple[int, int]] = []
        self.looked: list[tuple[int, int]] = []

    def begin(self, cells: Sequence[Cell], conversation_id: str = "a") -> Reading:
        return self._reader.begin(conversation_id, Prompt(list(cells), {DIGEST: PICTURE}))

    def read(self, cells: Sequence[Cell], conversation_id: str = "a") -> Reading:
        reading = self.begin(cells, conversation_id)
        self.progress, self.looked, self.model.steps = [], [], []
        reading.read(
            lambda done, total: self.progress.append((done, total)),
            lambda done, total: self.looked.append((done, total)),
        )
        assert self.model.memory.held[reading.sequence.seq_id] == reading.sequence.cells == list(cells)
        return reading


def test_a_prompt_is_read_in_steps_and_told_of() -> None:
    desk = Desk()
    reading = desk.read(range(20))
    assert [len(step) for step in desk.model.steps] == [8, 8, 4]
    assert desk.progress == [(0, 20), (8, 20), (16, 20), (20, 20)]
    assert desk.looked == []
    assert reading.n_cached == 0


def test_only_what_is_new_is_read() -> None:
    desk = Desk()
    desk.read(range(20))
    assert desk.read(range(23)).n_cached == 20
    assert desk.model.steps == [[20, 21, 22]]
    assert desk.progress == [(20, 23), (23, 23)]


def test_pictures_are_steps_of_their_own_and_counted_in_tokens() -> None:
    desk = Desk()
    reading = desk.read([1, 2, *SLICES, 3])
    assert desk.model.steps == [[1, 2], [SLICES[0]], [SLICES[1]], [3]]
    assert [done for done, _ in desk.progress] == [0, 2, 12, 22, 23]
    assert desk.looked[0] == (0, 1)
    assert desk.looked[-1] == (1, 1)
    assert reading.encoded == {DIGEST}
    again = desk.read([1, 2, *SLICES, 3, 4])
    assert again.n_cached == 23
    assert desk.looked == []
    assert not again.encoded


def test_other_chats_give_way_until_there_is_room() -> None:
    desk = Desk()
    for name, cell in (("b", 1), ("c", 2), ("d", 3)):
        desk.read([cell] * 20, name)
    desk.read([5] * 40)
    assert sorted(map(len, desk.model.memory.held)) == [0, 0, 20, 40]
    assert [3] * 20 in desk.model.memory.held


def test_the_answer_takes_room_from_others_too() -> None:
    desk = Desk()
    desk.read([1] * 30, "b")
    reading = desk.read([2] * 30)
    for _ in range(10):
        reading.append(7)
    assert reading.sequence.cells == [2] * 30 + [7] * 10
    assert sorted(map(len, desk.model.memory.held)) == [0, 0, 0, 40]


def test_a_prompt_that_does_not_fit_alone_is_a_named_error() -> None:
    desk = Desk()
    with pytest.raises(ContextOverflow):
        desk.read([1] * (N_CTX + 1))
    assert desk.read([1] * 10).n_cached == 9


@pytest.mark.parametrize(
    ("kind", "n_kept"), [(MemoryKind.PLAIN, 8), (MemoryKind.RECURRENT, 0)], ids=["plain", "recurrent"]
)
@pytest.mark.parametrize("failure", [RequestCancelled("Stopped."), GenerationFailed("Failed.")], ids=repr)
def test_what_a_failed_step_left_is_not_believed(kind: MemoryKind, n_kept: int, failure: Exception) -> None:
    desk = Desk(kind)
    reading = desk.begin(range(20))

    def fail_in_the_second(n_done: int, n_total: int) -> None:
        desk.model.failures = [failure] if n_done == 8 else []

    with pytest.raises(type(failure)):
        reading.read(fail_in_the_second, lambda done, total: None)
    assert reading.sequence.cells == list(range(n_kept))
    assert desk.read(range(20)).n_cached == n_kept


def test_a_picture_that_fails_leaves_the_text_before_it() -> None:
    desk = Desk()
    reading = desk.begin([1, 2, *SLICES, 3])

    def fail_in_the_picture(n_done: int, n_total: int) -> None:
        desk.model.failures = [MediaFailed("Failed.")] if n_done == 12 else []

    with pytest.raises(MediaFailed):
        reading.read(fail_in_the_picture, lambda done, total: None)
    assert reading.sequence.cells == [1, 2, SLICES[0]]


def test_a_recurrent_prompt_stops_before_its_end_for_a_retry() -> None:
    desk = Desk(MemoryKind.RECURRENT)
    desk.read(range(20))
    assert [len(step) for step in desk.model.steps] == [8, 8, 3, 1]
    assert desk.read(range(20)).n_cached == 19
    assert desk.model.steps == [[19]]
