"""Brings prompts into the KV memory: what is there is kept, the rest is read.

Process: engine worker. Thread: the scheduler's only.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from assistant.core.errors import ContextOverflow
from assistant.engine.cells import AdapterSet, Cell, MediaCell, NoRoom, n_kv_cells
from assistant.engine.kv_memory import MemoryKind
from assistant.engine.model import Model
from assistant.engine.prompt_tokens import Prompt
from assistant.engine.sequence_store import SequenceStore
from assistant.engine.sequences import Sequence, SequenceTable
from assistant.engine.snapshots import Snapshot

OnCount = Callable[[int, int], None]
"""Called with how much is done, and of how much."""

N_OTHERS_FREE = 256
"""KV cells that other conversations may hold beyond as many as a prompt has."""


class Reading:
    """One prompt in one sequence, and what is generated behind it.

    Args:
        model: The loaded model.
        table: The sequences of its context.
        sequence: The one that holds a start of the prompt.
        prompt: The prompt, not empty.
        n_restored: How many of the tokens that it holds came from a snapshot.

    Attributes:
        sequence: The sequence.
        n_cached: Tokens of the prompt that did not have to be read.
        n_restored: How many of these came from a snapshot.
        encoded: Digests of the media that the projector looked at.
    """

    def __init__(
        self, model: Model, table: SequenceTable, sequence: Sequence, prompt: Prompt, n_restored: int = 0
    ) -> None:
        self._model = model
        self._table = table
        self._media = prompt.media
        self._wanted: list[Cell] = list(prompt.cells)
        # Of recurrent models the next prompt can come back to a checkpoint only; a retry comes back to just here.
        self._checkpoint_at = len(prompt.cells) - 1 if model.memory.kind is MemoryKind.RECURRENT else None
        self.sequence = sequence
        self.n_cached = n_kv_cells(sequence.cells)
        self.n_restored = n_restored
        self.encoded: set[bytes] = set()

    @property
    def prompt(self) -> Prompt:
        """The prompt, and what was generated behind it."""
        return Prompt(list(self._wanted), self._media)

    def read(self, on_progress: OnCount, on_media: OnCount) -> None:
        """Read what is not held yet; the logits of the last cell are there afterwards.

        Args:
            on_progress: Called with the tokens held and those of the prompt, at the start and after every step.
            on_media: Called with the pictures and sounds read and those to read, if there are any.

        Raises:
            RequestCancelled: The request was stopped; what was read is kept.
            ContextOverflow: The prompt does not fit, even without all other sequences.
            FamulusError: llama.cpp or the projector failed; what was read is kept.
        """
        n_total = n_kv_cells(self._wanted)
        new_media = _media_digests(self._wanted[len(self.sequence.cells) :])
        self._table.take_checkpoint(self.sequence)
        on_progress(self.n_cached, n_total)
        while True:
            if new_media:
                left = _media_digests(self._wanted[len(self.sequence.cells) :])
                on_media(len(new_media - left), len(new_media))
            if len(self.sequence.cells) == len(self._wanted):
                return
            self._step()
            on_progress(n_kv_cells(self.sequence.cells), n_total)

    def append(self, token_id: int) -> None:
        """Read a token that was generated; raises as `read` does."""
        self._wanted.append(token_id)
        while len(self.sequence.cells) < len(self._wanted):
            self._step()

    def _step(self) -> None:
        """Read the next cells, or let another sequence give way for them."""
        sequence = self.sequence
        if len(sequence.cells) == self._checkpoint_at:
            self._table.take_checkpoint(sequence)
        cell = self._wanted[len(sequence.cells)]
        try:
            if isinstance(cell, MediaCell):
                self._read_media(cell)
            else:
                read_tokens(self._model, sequence, self._next_tokens())
        except NoRoom:
            self._table.recover(sequence)
            if not self._table.evict(keep=sequence):
                raise context_overflow(n_kv_cells(self._wanted), self._model.n_ctx) from None
        except Exception:
            self._table.recover(sequence)  # of an aborted step a part may be there; what is unknown is read again
            raise

    def _next_tokens(self) -> list[int]:
        start = len(self.sequence.cells)
        end = min(start + self._model.n_batch, len(self._wanted))
        if self._checkpoint_at is not None and start < self._checkpoint_at:
            end = min(end, self._checkpoint_at)
        tokens: list[int] = []
        for cell in self._wanted[start:end]:
            if isinstance(cell, MediaCell):
                break
            tokens.append(cell)
        return tokens

    def _read_media(self, cell: MediaCell) -> None:
        sequence = self.sequence
        media = self._media[cell.digest]
        if self._model.read_media(cell, media, seq_id=sequence.seq_id, position=sequence.n_pos):
            self.encoded.add(cell.digest)
        sequence.extend([cell])


class PromptReader:
    """Chooses the sequence that serves a prompt best, from the memory or from disk.

    Args:
        model: The loaded model.
        table: The sequences of its context.
        store: The sequences on disk.
    """

    def __init__(self, model: Model, table: SequenceTable, store: SequenceStore) -> None:
        self._model = model
        self._table = table
        self._store = store
        # Without flash attention a step computes over the cells of all conversations, masked or not. A snapshot of
        # another kind of memory comes back only for a prompt that goes on from its end.
        self._is_slowed_by_others = not model.has_flash_attention and model.memory.kind is MemoryKind.PLAIN

    def begin(self, conversation_id: str, prompt: Prompt, adapters: AdapterSet = ()) -> Reading:
        """A sequence that holds a start of the prompt; the rest is to be read.

        Args:
            conversation_id: Whose prompt it is; empty for nobody's.
            prompt: At least one cell, and fewer KV cells than `n_ctx`.
            adapters: What it is read with; the context uses them already.
        """
        wanted = prompt.cells
        n_held = self._table.n_held(conversation_id, wanted, adapters)
        snapshot = self._store.find(conversation_id, wanted, n_held, adapters)
        if snapshot is None:
            sequence = self._table.prepare(conversation_id, wanted, adapters)
            # Only now: a start that it shares with one of them stays.
            self._limit_others(conversation_id, wanted, adapters)
            return Reading(self._model, self._table, sequence, prompt)
        with closing(snapshot):
            self._limit_others(conversation_id, wanted, adapters)
            is_restored = self._restore(snapshot)
        sequence = self._table.prepare(conversation_id, wanted, adapters)
        n_restored = n_kv_cells(sequence.cells) if is_restored else 0
        return Reading(self._model, self._table, sequence, prompt, n_restored)

    def start_over(self, conversation_id: str) -> None:
        """Forget what was read of all chats, and on disk of this one: it has led to values that are no numbers."""
        self._table.clear()
        self._store.forget(conversation_id)

    def _limit_others(self, conversation_id: str, wanted: list[Cell], adapters: AdapterSet) -> None:
        """Before the cells of the prompt take their places: what leaves later would leave a gap that costs as much."""
        if self._is_slowed_by_others and conversation_id:
            self._table.limit_others(conversation_id, n_kv_cells(wanted) + N_OTHERS_FREE, adapters)

    def _restore(self, snapshot: Snapshot) -> bool:
        self._table.make_room(n_kv_cells(snapshot.cells))
        sequence = self._table.vacate()
        if not self._store.restore(snapshot, sequence):
            return False
        self._table.adopt(sequence, snapshot.conversation_id, snapshot.cells, snapshot.adapters)
        return bool(sequence.cells)


def read_tokens(model: Model, sequence: Sequence, token_ids: list[int]) -> None:
    """Read up to `n_batch` tokens into a sequence; raises as `Model.decode`, and then it is to be recovered."""
    model.decode(token_ids, seq_id=sequence.seq_id, position=sequence.n_pos)
    sequence.extend(token_ids)


def context_overflow(n_prompt: int, n_ctx: int) -> ContextOverflow:
    """The error of a prompt that does not fit."""
    return ContextOverflow(
        "This conversation has {n_prompt} tokens, and the context holds {n_ctx}.",
        remedy="Start a new conversation, or use a larger context length.",
        n_prompt=n_prompt,
        n_ctx=n_ctx,
    )


def _media_digests(cells: list[Cell]) -> set[bytes]:
    return {cell.digest for cell in cells if isinstance(cell, MediaCell)}
