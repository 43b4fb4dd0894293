"""The renderer of answers, imported when the first answer is shown.

Process: app with a window. Thread rule: safe from any thread.

Markdown, highlighting and what they bring along take as long to import as the window's QML takes to load, and the
first frame needs none of it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.gui.answer_model import AnswerModel


def answer_model_type() -> type[AnswerModel]:
    """`AnswerModel`; the first call imports it."""
    module = importlib.import_module("assistant.gui.answer_model")
    answer_model: type[AnswerModel] = module.AnswerModel
    return answer_model


def load_renderers() -> None:
    """Make ready what answers are drawn with, on another thread, so that the first one does not wait for it.

    Besides the imports: the patterns of Python's lexer take 0.07 s to compile, and most answers with code hold Python.
    """
    answer_model_type()
    importlib.import_module("assistant.gui.math_image").load_typesetter()
    importlib.import_module("assistant.gui.code_highlight").highlight("pass", "python", dark=False)
