from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QTranslator

from assistant.core.errors import ErrorInfo, MediaNotSupported, ModelNotFound
from assistant.core.media import MediaKind
from assistant.core.settings import ModelSettings
from assistant.gui.error_text import error_words
from assistant.services.chosen_model import ModelChooser
from assistant.services.media_support import check_media
from tests.tiny_gguf import write_tiny_model

TRANSLATIONS = {
    "There is no file {path}.": "没有文件 {path}。",
    "Look in {folder}.": "请看这里。",  # lost its placeholder
    "It has {n} bytes.": "{n} {bytes}",  # invented one
    "It is {n} long.": "{n",  # is malformed
}


class Chinese(QTranslator):
    """A translation held in memory."""

    def isEmpty(self) -> bool:  # noqa: N802
        return False

    def translate(self, context: str, source: str, disambiguation: str | None = None, n: int = -1) -> str | None:
        return TRANSLATIONS.get(source) if context == "errors" else None


@pytest.fixture
def few_words(qapp: object) -> Iterator[None]:
    translator = Chinese()
    QCoreApplication.installTranslator(translator)
    yield
    QCoreApplication.removeTranslator(translator)


def test_english_is_the_source(qapp: object) -> None:
    error = ModelNotFound("There is no file {path}.", remedy="Look in {folder}.", path="/a{b}", folder="/c")
    assert error_words(error.info) == ("There is no file /a{b}.", "Look in /c.", "ModelNotFound")


@pytest.mark.usefixtures("few_words")
def test_the_template_is_translated_and_then_filled() -> None:
    info = ErrorInfo(kind="X", message="There is no file {path}.", values={"path": "/a"})
    assert error_words(info) == ("没有文件 /a。", "", "X")


@pytest.mark.usefixtures("few_words")
@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("Look in {folder}.", "Look in /c."),
        ("It has {n} bytes.", "It has 3 bytes."),
        ("It is {n} long.", "It is 3 long."),
        ("Nobody translated this.", "Nobody translated this."),
    ],
)
def test_a_broken_translation_falls_back_to_english(template: str, filled: str) -> None:
    info = ErrorInfo(kind="X", message=template, values={"folder": "/c", "n": 3})
    assert error_words(info).title == filled


def test_the_window_names_no_options_of_the_terminal(qapp: object, tmp_path: Path) -> None:
    chooser = ModelChooser(tmp_path / "verified.json")
    blind = chooser.choose(ModelSettings(path=str(write_tiny_model(tmp_path / "blind.gguf"))))
    with pytest.raises(MediaNotSupported) as no_projector:
        check_media(blind, [MediaKind.IMAGE])
    assert "--mmproj" in no_projector.value.info.remedy
    remedy = error_words(no_projector.value.info).remedy
    assert "--" not in remedy
    assert "choose it in the settings" in remedy


def test_the_window_says_where_a_model_is_chosen(qapp: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.services.chosen_model.find_starter_model", lambda: None)
    with pytest.raises(ModelNotFound) as no_model:
        ModelChooser(tmp_path / "verified.json").choose(ModelSettings())
    assert "--model" in no_model.value.info.remedy
    remedy = error_words(no_model.value.info).remedy
    assert "--" not in remedy
    assert "below the message field" in remedy
