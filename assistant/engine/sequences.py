"""The sequences of the KV memory: whose they are, what they hold, and which of them serves a prompt best.

Process: engine worker. Thread: the scheduler's only.

All sequences share the cells of one context. A prompt is served by the sequence that holds most of its start. That
sequence goes on in place, or, where going on would lose what may be wanted again, another one shares its start and
leaves it as it is: an edit keeps the branch before it, and a new conversation shares the system prompt of an old one.
Sequences give way when their cells or their ids are needed, least recently used first; nobody's when the next prompt
comes.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Seq

from assistant.engine.cells import AdapterSet, Cell, common_prefix, n_kv_cells, n_positions
from assistant.engine.checkpoints import Checkpoint, Checkpoints
from assistant.engine.kv_memory import KvMemory, MemoryKind

MAX_LOST = 64
"""KV cells that a conversation may lose in place: reading them again takes less than a second."""
MIN_SHARED = 16
"""KV cells for which another conversation's sequence is worth sharing."""


class Sequence:
    """What the KV memory holds under one sequence id.

    Args:
        seq_id: llama.cpp's sequence id.

    Attributes:
        seq_id: llama.cpp's sequence id.
        conversation_id: Whose it is; empty for nobody's, which is held until the next prompt only.
        adapters: What the cells were made with.
        cells: The cells that were read, in order; change them through the methods only.
        n_pos: Positions they take up: where the next cell goes.
        used_at: When it was last chosen, in prompts.
        is_saved: Whether a snapshot holds just these cells.
    """

    def __init__(self, seq_id: int) -> None:
        self.seq_id = seq_id
        self.conversation_id = ""
        self.adapters: AdapterSet = ()
        self.cells: list[Cell] = []
        self.n_pos = 0
        self.used_at = 0
        self.is_saved = False

    @property
    def owner(self) -> tuple[str, AdapterSet]:
        """Its conversation, and what its cells were made with."""
        return self.conversation_id, self.adapters

    def extend(self, cells: Seq[Cell]) -> None:
        """Add cells that were read."""
        self.cells.extend(cells)
        self.n_pos += n_positions(cells)
        self.is_saved = False

    def truncate(self, n_keep: int) -> None:
        """Forget every cell after the first `n_keep`."""
        if n_keep < len(self.cells):
            self.n_pos -= n_positions(self.cells[n_keep:])
            del self.cells[n_keep:]
            self.is_saved = False


class SequenceTable:
    """All sequences of a context.

    Args:
        memory: Its memory.
        n_seq_max: How many there are, at least 1.
        n_ctx: Cells that they share.
        on_leave: Called with the last used sequence of a conversation before its cells are given back; returns whether
            it can be brought back.
    """

    def __init__(self, memory: KvMemory, n_seq_max: int, n_ctx: int, on_leave: Callable[[Sequence], bool]) -> None:
        self._memory = memory
        self._n_ctx = n_ctx
        self._on_leave = on_leave
        self._sequences = [Sequence(seq_id) for seq_id in range(n_seq_max)]
        self._checkpoints = Checkpoints()
        self._n_prompts = 0

    def latest(self) -> list[Sequence]:
        """The last used sequence of each conversation with each set of adapters, last used first."""
        by_use = sorted(self._sequences, key=lambda sequence: sequence.used_at)
        newest = {each.owner: each for each in by_use if each.cells and each.conversation_id}
        return sorted(newest.values(), key=lambda sequence: -sequence.used_at)

    def n_held(self, conversation_id: str, wanted: Seq[Cell], adapters: AdapterSet) -> int:
        """Cells of `wanted` that `prepare` would find in the memory."""
        return self._best(conversation_id, wanted, adapters)[1]

    def prepare(self, conversation_id: str, wanted: Seq[Cell], adapters: AdapterSet) -> Sequence:
        """A sequence that holds a start of `wanted`, the longest there is.

        Args:
            conversation_id: Whose prompt it is; empty for nobody's.
            wanted: The prompt. Its last cell is never held: only reading a cell leaves logits.
            adapters: What its cells are made with.
        """
        source, n_keep = self._best(conversation_id, wanted, adapters)
        if source is None:
            target = self.vacate()
        elif _may_take(source, conversation_id, n_keep):
            target = source
        else:
            target = self._branch_off(source)
        self._cut(target, n_keep)
        self._own(target, conversation_id, adapters)
        for sequence in self._sequences:
            if not sequence.conversation_id and sequence is not target:
                self._clear(sequence)
        return target

    def _best(self, conversation_id: str, wanted: Seq[Cell], adapters: AdapterSet) -> tuple[Sequence | None, int]:
        """The sequence to go on from, and how many of its cells are of use; None with 0."""
        best, best_rank = None, (0, False, 0)
        for sequence in self._sequences:
            if not sequence.cells or sequence.adapters != adapters:
                continue
            is_own = bool(conversation_id) and sequence.conversation_id == conversation_id
            n_keep = self._n_usable(sequence, min(common_prefix(sequence.cells, wanted), len(wanted) - 1))
            rank = (n_keep, is_own, sequence.used_at)
            if n_keep and rank > best_rank and (is_own or n_kv_cells(wanted[:n_keep]) >= MIN_SHARED):
                best, best_rank = sequence, rank
        return best, best_rank[0]

    def _n_usable(self, sequence: Sequence, n_keep: int) -> int:
        if self._memory.can_cut(sequence.seq_id, sequence.cells, n_keep):
            return n_keep
        checkpoint = self._checkpoints.last(sequence.seq_id, n_keep)
        return checkpoint.n_cells if checkpoint else 0

    def _branch_off(self, source: Sequence) -> Sequence:
        """A sequence that shares all of `source`; itself if there is no other."""
        if len(self._sequences) == 1:
            self._leave(source)
            return source
        target = self.vacate(keep=source)
        self._memory.copy(source.seq_id, target.seq_id)
        self._checkpoints.copy(source.seq_id, target.seq_id)
        target.extend(source.cells)
        return target

    def _own(self, sequence: Sequence, conversation_id: str, adapters: AdapterSet) -> None:
        self._n_prompts += 1
        sequence.conversation_id = conversation_id
        sequence.adapters = adapters
        sequence.used_at = self._n_prompts

    def adopt(self, sequence: Sequence, conversation_id: str, cells: Seq[Cell], adapters: AdapterSet) -> None:
        """Enter what was brought back into an empty sequence."""
        sequence.extend(cells)
        self._own(sequence, conversation_id, adapters)
        sequence.is_saved = True
        self.recover(sequence)

    def recover(self, sequence: Sequence) -> None:
        """Bring memory and bookkeeping together after a step that failed: what is in doubt is given back."""
        self._cut(sequence, len(sequence.cells))

    def _cut(self, sequence: Sequence, n_keep: int) -> None:
        """Keep the first `n_keep` cells, or as many of them as the memory is able to."""
        if not self._memory.truncate(sequence.seq_id, sequence.cells, n_keep):
            n_keep = self._rewind(sequence, n_keep)
        self._checkpoints.truncate(sequence.seq_id, n_keep)
        sequence.truncate(n_keep)

    def _rewind(self, sequence: Sequence, n_keep: int) -> int:
        checkpoint = self._checkpoints.last(sequence.seq_id, n_keep)
        if checkpoint is not None:
            cells = sequence.cells[: checkpoint.n_cells]
            if self._memory.rewind(sequence.seq_id, cells, checkpoint.state):
                return checkpoint.n_cells
        self._memory.drop(sequence.seq_id)
        return 0

    def take_checkpoint(self, sequence: Sequence) -> None:
        """Remember where a recurrent sequence is now; other memories need none."""
        if self._memory.kind is MemoryKind.RECURRENT and sequence.cells:
            state = self._memory.checkpoint(sequence.seq_id)
            if state:
                self._checkpoints.add(Checkpoint(sequence.seq_id, len(sequence.cells), state))

    def vacate(self, keep: Sequence | None = None) -> Sequence:
        """An empty sequence; if there is none, the least recently used one gives way, but not `keep`."""
        empty = next((sequence for sequence in self._sequences if not sequence.cells), None)
        if empty is None:
            empty = self._next_to_leave(keep)
            assert empty is not None, "another one than `keep` is asked for only where there are several"
            self._give_up(empty)
        return empty

    def make_room(self, n_room: int) -> None:
        """Let sequences give way until `n_room` KV cells are free, at most `n_ctx`.

        Cells that sequences share are counted for each of them, so more may give way than had to.
        """
        while n_room + sum(n_kv_cells(sequence.cells) for sequence in self._sequences) > self._n_ctx:
            if not self.evict():
                return

    def limit_others(self, conversation_id: str, n_max: int, adapters: AdapterSet = ()) -> None:
        """Let other conversations that can be brought back give way until the others hold `n_max` KV cells at most.

        Least recently used first; cells that sequences share are counted for each of them. The same conversation with
        other adapters is another one.
        """
        own = conversation_id, adapters
        for latest in reversed(self.latest()):
            others = (each for each in self._sequences if each.owner != own)
            if sum(n_kv_cells(each.cells) for each in others) <= n_max:
                return
            leaving = latest.owner
            if leaving != own and self._on_leave(latest):
                for sequence in [each for each in self._sequences if each.owner == leaving]:
                    self._clear(sequence)

    def evict(self, keep: Sequence | None = None) -> bool:
        """Let the least recently used sequence give way, but not `keep`; returns whether there was one."""
        sequence = self._next_to_leave(keep)
        if sequence is not None:
            self._give_up(sequence)
        return sequence is not None

    def _next_to_leave(self, keep: Sequence | None) -> Sequence | None:
        others = (sequence for sequence in self._sequences if sequence.cells and sequence is not keep)
        return min(others, key=lambda sequence: (bool(sequence.conversation_id), sequence.used_at), default=None)

    def _give_up(self, sequence: Sequence) -> None:
        self._leave(sequence)
        self._clear(sequence)

    def _leave(self, sequence: Sequence) -> None:
        if sequence in self.latest():
            self._on_leave(sequence)

    def clear(self) -> None:
        """Give back everything, and what the cells hold (`KvMemory.clear`)."""
        for sequence in self._sequences:
            self._clear(sequence)
        self._memory.clear()

    def forget(self, conversation_id: str) -> None:
        """Give back all that is held of a conversation."""
        for sequence in self._sequences:
            if sequence.conversation_id == conversation_id:
                self._clear(sequence)

    def _clear(self, sequence: Sequence) -> None:
        self._memory.drop(sequence.seq_id)
        self._checkpoints.truncate(sequence.seq_id, 0)
        sequence.truncate(0)
        sequence.conversation_id = ""


def _may_take(sequence: Sequence, conversation_id: str, n_keep: int) -> bool:
    """Whether a prompt may go on in this sequence in place: nothing is lost that is likely to be wanted again."""
    if not sequence.conversation_id:
        return True
    n_lost = n_kv_cells(sequence.cells[n_keep:])
    return sequence.conversation_id == conversation_id and n_lost <= MAX_LOST
