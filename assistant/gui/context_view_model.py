"""The context length: a slider that says what each length takes while it moves.

Process: app with a window. Thread: the GUI's; model files are read in the background.
"""

from __future__ import annotations

from typing import Any

import msgspec
from PySide6.QtCore import Property, QCoreApplication, QObject, Signal, Slot

from assistant.core.context_plan import N_CTX_LONGEST, ContextPlan, ContextWish, longest_n_ctx, usable_kv_type
from assistant.core.errors import ErrorInfo, FamulusError, NotEnoughMemory
from assistant.core.events import Event, ModelReady
from assistant.core.memory_estimate import KvType, estimate_memory
from assistant.core.settings import ModelSettings
from assistant.gui.context_check_view_model import ContextCheckViewModel
from assistant.gui.context_words import memory_parts, number_words, plan_words, size_words, speed_words
from assistant.gui.error_text import error_words
from assistant.gui.settings_view_model import SettingsViewModel
from assistant.gui.window_context import WindowContext
from assistant.services.context_outlook import ContextOutlook
from assistant.services.load_plan import context_wish

_KEY = "model.n_ctx"
_SHORTEST = 1024


class ContextViewModel(QObject):
    """What QML reads of the context length.

    Args:
        context: What the window works with.
        settings: Say which model and which length.
        parent: Qt's owner.
    """

    changed = Signal()

    def __init__(self, context: WindowContext, settings: SettingsViewModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._settings = settings
        self._model: ModelSettings | None = None
        self._outlook: ContextOutlook | None = None
        self._problem: ErrorInfo | None = None
        self._refused: ErrorInfo | None = None
        self._looked: int | None = None  # tokens at which the slider is while it is moved
        self._writes: list[int] = []  # tokens that were chosen and are not written yet, the last choice last
        self._stored = settings.settings.model.n_ctx
        self._check = ContextCheckViewModel(context, settings, self)
        self._check.ended.connect(self.refresh)
        settings.changed.connect(self._follow_settings)
        settings.writeEnded.connect(self._end_write)
        context.bridge.happened.connect(self._take)

    check: ContextCheckViewModel = Property(  # type: ignore[assignment]
        QObject, lambda self: self._check, constant=True
    )

    @Property(bool, notify=changed)
    def known(self) -> bool:
        """Whether the model's file was read."""
        return self._outlook is not None

    @Property(str, notify=changed)
    def problem(self) -> str:
        """Why it was not; empty if it was."""
        return error_words(self._problem).title if self._problem is not None else ""

    @Property(int, notify=changed)
    def steps(self) -> int:
        """Places of the slider."""
        return len(self._lengths())

    @Property(int, notify=changed)
    def position(self) -> int:
        """Where the slider is."""
        return self._place(self._shown())

    @Property("QVariantList", notify=changed)  # type: ignore[arg-type]
    def marks(self) -> list[dict[str, Any]]:
        """Names of places: the trained length and its multiples."""
        lengths = self._lengths()
        auto = QCoreApplication.translate("ContextViewModel", "Auto")
        marks = [{"index": 0, "text": auto}]
        if self._outlook is None:
            return marks
        trained = self._outlook.facts.n_ctx_train
        names = {1: QCoreApplication.translate("ContextViewModel", "trained"), 2: "2×", 4: "4×"}
        marks += [{"index": lengths.index(trained * n), "text": names[n]} for n in names if trained * n in lengths]
        return marks

    @Property("QVariantMap", notify=changed)  # type: ignore[arg-type]
    def preview(self) -> dict[str, Any]:
        """What the length takes at which the slider is.

        `title`, `fits`, `memory` and `share` (of the free memory, in words and from 0 to 1), `parts` as
        `memory_parts`, `notes`, `lessened` (whether something was given up for lack of memory), `speed`, `n_ctx`; empty
        where nothing is known.
        """
        return self._described(self._outlook) if self._outlook is not None else {}

    @Property(str, notify=changed)
    def refused(self) -> str:
        """Why the length that was chosen last is not used; empty if it is."""
        return error_words(self._refused).text if self._refused is not None else ""

    @Slot(int)
    def look(self, index: int) -> None:
        """Say what a place of the slider takes; nothing is changed."""
        lengths = self._lengths()
        self._looked, self._refused = lengths[max(0, min(index, len(lengths) - 1))], None
        self.changed.emit()

    @Slot()
    def choose(self) -> None:
        """Use the length at which the slider is; one that does not fit is refused."""
        n_ctx = self._looked
        is_new = n_ctx is not None and self._place(n_ctx) != self._place(self._chosen())
        self._looked = None
        if n_ctx is not None and self._outlook is not None and is_new:
            try:
                self._plan(self._outlook, n_ctx)
                self._writes.append(n_ctx)
                self._settings.setValue(_KEY, str(n_ctx))
            except NotEnoughMemory as error:
                self._refused = error.info
        self.changed.emit()

    @Slot()
    def checkLength(self) -> None:
        """Measure how well the model reads at the length that is set."""
        if self._outlook is not None:
            self._check.start(self._described(self._outlook)["n_ctx"])

    @Slot()
    def refresh(self) -> None:
        """Look at the model and at the free memory again."""
        if self._check.running:  # it has the memory, and soon an end
            return
        self._model = model = self._settings.settings.model
        services = self._context.services
        self._context.engine_background.run(
            lambda: services.context_checks.outlook(model), self._take_outlook, self._fail
        )

    def close(self) -> None:
        """Stop a check, and wait for its end."""
        self._check.close()

    def _described(self, outlook: ContextOutlook) -> dict[str, Any]:
        n_ctx, model = self._shown(), self._settings.settings.model
        free_bytes = outlook.free.total_bytes
        try:
            plan = self._plan(outlook, n_ctx)
            memory, notes, used = plan.memory, plan_words(plan), plan.n_ctx
        except NotEnoughMemory as error:
            kv_type = usable_kv_type(outlook.facts, KvType(model.kv_type))
            used = n_ctx if n_ctx > 0 else outlook.facts.n_ctx_train
            memory = estimate_memory(outlook.facts, used, kv_type=kv_type, projector_bytes=outlook.projector_bytes)
            words = error_words(error.info)
            notes, plan = [words.remedy or words.title], None  # how much it needs is in `memory`
        pattern = QCoreApplication.translate("ContextViewModel", "{needed} of {free} free memory")
        return {
            "title": _length_words(n_ctx, used),
            "fits": plan is not None,
            "memory": pattern.format(needed=size_words(memory.total_bytes), free=size_words(free_bytes)),
            "share": memory.total_bytes / max(1, free_bytes),
            "parts": memory_parts(memory),
            "notes": notes,
            "lessened": outlook.rung(self._wish(n_ctx)) is not None,
            "speed": speed_words(outlook, used),
            "n_ctx": used,
        }

    def _plan(self, outlook: ContextOutlook, n_ctx: int) -> ContextPlan:
        return outlook.plan(self._wish(n_ctx))

    def _wish(self, n_ctx: int) -> ContextWish:
        return msgspec.structs.replace(context_wish(self._settings.settings.model), n_ctx=n_ctx)

    def _lengths(self) -> list[int]:
        if self._outlook is None:
            return [0]
        facts, looked = self._outlook.facts, self._looked or 0
        return slider_lengths(facts.n_ctx_train, longest_n_ctx(facts), self._stored, *self._writes, looked)

    def _chosen(self) -> int:
        """The length of the settings, or what it is about to become."""
        return self._writes[-1] if self._writes else self._stored

    def _shown(self) -> int:
        return self._looked if self._looked is not None else self._chosen()

    def _place(self, n_ctx: int) -> int:
        lengths = self._lengths()
        if n_ctx == N_CTX_LONGEST:
            return len(lengths) - 1
        return lengths.index(n_ctx) if n_ctx in lengths else 0

    def _follow_settings(self) -> None:
        """What the person moves meanwhile stays, unless somebody else has chosen another length."""
        before, self._stored = self._stored, self._settings.settings.model.n_ctx
        if self._stored not in (before, *self._writes):
            self._looked = None
        model = self._settings.settings.model
        if self._model is not None and msgspec.structs.replace(model, n_ctx=0) != msgspec.structs.replace(
            self._model, n_ctx=0
        ):
            self.refresh()
        self.changed.emit()

    def _end_write(self, key: str) -> None:
        """The oldest choice is in the settings, or was refused there."""
        if key == _KEY and self._writes:
            del self._writes[0]
            self.changed.emit()

    def _take(self, event: Event) -> None:
        if isinstance(event, ModelReady) and self._model is not None:
            self.refresh()  # now it is known what is free beside it

    def _take_outlook(self, outlook: ContextOutlook) -> None:
        self._outlook, self._problem = outlook, None
        self._check.show(outlook.check)
        self.changed.emit()

    def _fail(self, error: FamulusError) -> None:
        self._outlook, self._problem = None, error.info
        self._check.show(None)
        self.changed.emit()


def slider_lengths(n_ctx_train: int, longest: int, *chosen: int) -> list[int]:
    """The lengths of the slider, ascending: 0 for automatic, then in steps of about a half up to the longest.

    Args:
        n_ctx_train: Trained length, tokens.
        longest: The longest length that makes sense, tokens.
        chosen: Lengths that are among them in any case, tokens; one that is not positive is none.
    """
    lengths = {n_ctx_train * n for n in (1, 2, 4)} | {longest}
    step = min(_SHORTEST, n_ctx_train)
    while step <= longest:
        lengths |= {step, step * 3 // 2}
        step *= 2
    lengths = {length for length in lengths if length <= longest}
    return [0, *sorted(lengths | {length for length in chosen if length > 0})]


def _length_words(n_ctx: int, used: int) -> str:
    if n_ctx == 0:
        words = QCoreApplication.translate("ContextViewModel", "Automatic: {n} tokens")
    elif n_ctx == N_CTX_LONGEST:
        words = QCoreApplication.translate("ContextViewModel", "As long as it can be: {n} tokens")
    else:
        words = QCoreApplication.translate("ContextViewModel", "{n} tokens")
    return words.format(n=number_words(used))
