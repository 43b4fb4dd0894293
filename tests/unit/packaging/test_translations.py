"""No visible word lacks a translation, and the compiled files are those of the sources."""

from __future__ import annotations

import re
import string
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

pytest.importorskip("PySide6", reason="the extra `desktop` is not installed")

import translations
from PySide6.QtCore import QTranslator

SOURCES = [translations.I18N / f"famulus_{language}.ts" for language in translations.LANGUAGES]


class Entry(NamedTuple):
    """One text of a ``.ts`` file, with all its plural forms."""

    context: str
    source: str
    is_plural: bool
    unfinished: bool
    forms: list[str]


def entries(path: Path) -> Iterator[Entry]:
    for context in ET.parse(path).getroot().iter("context"):
        for message in context.iter("message"):
            translation = message.find("translation")
            assert translation is not None
            forms = [form.text or "" for form in translation.iter("numerusform")] or [translation.text or ""]
            yield Entry(
                context.findtext("name", ""),
                message.findtext("source", ""),
                message.get("numerus") == "yes",
                translation.get("type") == "unfinished",
                forms,
            )


def placeholders(text: str) -> set[str]:
    """``{name}`` of Python and ``%1``, ``%n``, ``%L1`` of Qt."""
    fields = {name for _, name, _, _ in string.Formatter().parse(text) if name}
    return fields | set(re.findall(r"%(?:L?\d+|n)", text))


@pytest.fixture(scope="module", params=SOURCES, ids=lambda path: path.stem)
def source(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_every_visible_text_is_there(source: Path, tmp_path: Path) -> None:
    fresh = tmp_path / source.name
    translations.update(fresh)
    expected = {(entry.context, entry.source) for entry in entries(fresh)}
    assert {(entry.context, entry.source) for entry in entries(source)} == expected


def test_the_words_of_lower_floors_are_there() -> None:
    chinese = {(entry.context, entry.source) for entry in entries(translations.I18N / "famulus_zh_CN.ts")}
    raised, kept, setting = "There is no message {id}.", "The shortcut was not allowed.", "Temperature"
    assert {("errors", raised), ("errors", kept), ("settings", setting)} <= chinese


def test_every_text_is_translated(source: Path) -> None:
    missing = [entry.source for entry in entries(source) if entry.unfinished or not all(entry.forms)]
    assert missing == []


def test_no_placeholder_is_lost(source: Path) -> None:
    wrong = [
        entry.source
        for entry in entries(source)
        for form in entry.forms
        if not entry.is_plural and placeholders(form) != placeholders(entry.source)
    ]
    assert wrong == []


def test_the_compiled_file_is_that_of_the_source(source: Path) -> None:
    translator = QTranslator()
    assert translator.load(str(source.with_suffix(".qm")))
    for entry in entries(source):
        shown = translator.translate(entry.context, entry.source, None, 1 if entry.is_plural else -1)
        assert shown in entry.forms, entry.source


def test_chinese_is_set_as_chinese() -> None:
    """Full-width punctuation after Chinese, and a space between Chinese and Latin letters or digits."""
    before = r"[\u4e00-\u9fff](?:[,;:!?]|\.(?!gguf)|[A-Za-z0-9{%])"
    behind = r"(?:[A-Za-z0-9]|(?<!\{stage)\})[\u4e00-\u9fff]"  # a stage is a sentence with its own full stop
    crowded = re.compile(f"{before}|{behind}")
    texts = [form for entry in entries(translations.I18N / "famulus_zh_CN.ts") for form in entry.forms]
    assert [text for text in texts if crowded.search(text)] == []
