"""What the first frame does not need is not imported before it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from assistant.gui.answer_model import AnswerModel
from assistant.gui.lazy_blocks import answer_model_type

RENDERERS = ("markdown_it", "pygments", "ziamath")


def imported_after(statements: str) -> set[str]:
    """Which of the renderers a fresh process has imported after these statements."""
    program = f"import sys\n{statements}\nprint(*(name for name in {RENDERERS} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_type_is_that_of_the_blocks() -> None:
    assert answer_model_type() is AnswerModel


@pytest.mark.parametrize(
    ("statements", "renderers"),
    [
        ("import assistant.gui.application", set()),
        ("from assistant.gui.lazy_blocks import load_renderers; load_renderers()", set(RENDERERS)),
    ],
    ids=["the window", "load_renderers"],
)
def test_renderers_are_imported_only_when_asked_for(statements: str, renderers: set[str]) -> None:
    assert imported_after(statements) == renderers
