"""Errors in the words of the window's language.

Process: app with a window. Thread: the GUI's.

The templates of `FamulusError` are the source strings of the translation context ``errors``.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication

from assistant.core.errors import ErrorInfo, ErrorValue

CONTEXT = "errors"
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
        if not self.remedy:
            return self.title
        pattern = QCoreApplication.translate("error_text", "{title} {remedy}")
        return pattern.format(title=self.title, remedy=self.remedy)


def error_words(info: ErrorInfo) -> ErrorWords:
    """The error's sentence and remedy, translated and filled in."""
    return ErrorWords(_filled(info.message, info.values), _filled(info.remedy, info.values), info.kind)


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
