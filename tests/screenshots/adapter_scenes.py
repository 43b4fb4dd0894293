"""LoRA adapters: the picker, the mark on answers, the comparison, and what fails."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl

from assistant.core.adapter import AdapterUse
from assistant.core.errors import ContextFull, GenerationFailed
from tests.fakes.fake_engine import Stall
from tests.screenshots.studio import Studio
from tests.tiny_adapter import BUTLER, write_random_adapter

_NARROW = 720


def adapters(studio: Studio) -> None:
    """Adapters that suit the model and one that does not, and answers made with them."""
    studio.open()
    window, service = studio.window, studio.window.services.adapters
    studio.open_conversation(0)
    window.click(window.item("modelPill"))
    window.wait_until(lambda: window.app.model.choices.rowCount() > 3)
    studio.point_away()
    studio.shot("adapter-first")
    window.click(window.item("pickerAdaptersButton"))
    studio.settle(300)
    studio.point_away()
    studio.shot("adapter-picker-empty")
    foreign = studio.folder / "old-style.gguf"
    foreign.write_bytes(BUTLER.read_bytes())
    service.add(foreign)
    bad = studio.folder / "notes.gguf"
    bad.write_bytes(b"no adapter")
    files = _write(studio, "formal-letters", "house-style-v2")
    for path in files:
        service.add(path)
    window.app.adapters.addFile(QUrl.fromLocalFile(str(bad)))
    window.wait_until(lambda: bool(window.app.adapters.problem) and window.app.adapters.rows.rowCount() == 3)
    studio.settle(300)
    studio.shot("adapter-picker-refused")
    window.app.adapters.dismissProblem()
    for path, strength in zip(files, (0.65, 1.0), strict=True):
        window.app.adapters.use(str(path), True)
        window.app.adapters.setScale(str(path), strength)
    studio.settle(300)
    window.items("adapterStrength")[0].forceActiveFocus(Qt.FocusReason.TabFocusReason)
    studio.shot("adapter-picker")
    studio.escape()
    window.app.adapters.use(str(files[1]), False)
    studio.engine.will_answer(*studio.texts.streamed)
    studio.send(studio.texts.follow_up)
    studio.wait_for_turn()
    studio.point_away()
    studio.shot("adapter-answer")
    _compare(studio)
    _fail(studio, foreign)


def _compare(studio: Studio) -> None:
    window, stall = studio.window, Stall()
    answer = studio.texts.coffee[1][1]
    studio.engine.will_answer(answer[: len(answer) // 2], stall, answer[len(answer) // 2 :])
    window.click(window.item("compareButton"))
    window.wait_until(stall.reached.is_set)
    studio.point_away()
    studio.settle(400)
    studio.shot("compare-writing")
    stall.go_on()
    window.wait_until(lambda: len(window.items("compareKeep")) == 2)
    studio.settle(400)
    studio.shot("compare")
    window.window.resize(_NARROW, 760)
    studio.settle(600)
    studio.shot("compare-narrow")
    studio.escape()
    studio.settle(300)
    studio.shot("adapter-answer-narrow")
    window.window.resize(480, 560)
    studio.settle(400)
    studio.shot("adapter-answer-narrowest")
    window.click(window.item("compareButton"))
    studio.point_away()
    studio.settle(400)
    studio.shot("compare-narrowest")
    studio.escape()
    window.click(window.item("adapterPill"))
    studio.point_away()
    studio.settle(400)
    studio.shot("adapter-picker-narrowest")
    studio.escape()
    window.window.resize(1120, 760)
    window.app.adapters.setScale(window.app.conversation.adapters[0].path, 2.0)
    studio.engine.will_answer(
        GenerationFailed(
            "With these adapters the model does not compute numbers any more.", remedy="Lower their strength."
        )
    )
    studio.send(studio.texts.waiting[0])
    studio.wait_for_turn()
    studio.engine.will_answer(GenerationFailed("Something unexpected went wrong.", remedy="Try again."))
    studio.engine.will_answer(*studio.texts.streamed)
    window.click(window.item("compareButton"))
    window.wait_until(lambda: len(window.items("compareKeep")) == 1)
    studio.point_away()
    studio.shot("compare-failed")
    studio.escape()
    studio.send(studio.texts.waiting[0])
    studio.wait_for_turn()
    values = {"n_prompt": 8300, "n_ctx": 8192, "can_leave_out": 1, "larger_n_ctx": 16384, "more_mib": 1024}
    full = ContextFull(
        "This conversation fills the context: {n_prompt} of {n_ctx} tokens.", remedy="Use --overflow.", **values
    )
    studio.engine.will_answer(full)
    studio.engine.will_answer(full)
    window.window.resize(_NARROW, 760)
    studio.settle(600)
    window.click(window.items("compareButton")[-1])
    window.wait_until(lambda: studio.window.app.conversation.comparison.without.errorTitle != "")
    studio.point_away()
    studio.settle(400)
    studio.shot("compare-full-narrow")
    window.window.resize(1120, 760)
    studio.settle(400)
    studio.shot("compare-full")
    studio.escape()


def _fail(studio: Studio, foreign: Path) -> None:
    """The conversation uses an adapter of another model."""
    window, conversation = studio.window, studio.window.app.conversation
    conversation.use_adapters([AdapterUse(path=str(foreign))])
    window.wait_until(lambda: window.app.adapters.unsuited)
    studio.send(studio.texts.waiting[1])
    studio.wait_for_turn()
    studio.shot("adapter-unsuited-answer")
    window.click(window.item("adapterPill"))
    studio.settle(300)
    studio.point_away()
    studio.shot("adapter-unsuited")


def _write(studio: Studio, *names: str) -> list[Path]:
    base = Path(studio.window.services.settings.load().model.path)
    return [write_random_adapter(studio.folder / f"{name}.gguf", base, seed) for seed, name in enumerate(names)]
