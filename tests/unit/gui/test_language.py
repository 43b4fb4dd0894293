from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, QLocale

from assistant.gui.language import Language, catalogue


@pytest.mark.parametrize("name", ["zh_CN", "zh_SG", "zh_MY", "zh_TW", "zh_HK", "zh_Hans_MY", "zh_Hant_TW", "zh"])
def test_every_chinese_is_read_in_simplified_characters(name: str) -> None:
    assert catalogue(QLocale(name).uiLanguages()) == "zh_CN"


@pytest.mark.parametrize(
    ("languages", "chosen"),
    [
        (["en-GB", "zh-CN"], "en"),
        (["de-DE", "zh-Hans-SG", "en-US"], "zh_CN"),
        (["fr-FR"], "en"),
        (["C"], "en"),
        (["nonsense", ""], "en"),
        ([], "en"),
    ],
)
def test_the_first_language_that_there_is_comes_first(languages: list[str], chosen: str) -> None:
    assert catalogue(languages) == chosen


def test_the_words_of_another_country_are_translated(qapp: QCoreApplication) -> None:
    default, language = QLocale(), Language()
    try:
        language.choose("zh_SG")
        assert QCoreApplication.translate("Tray", "Quit") == "退出"
        assert QLocale().territory() is QLocale.Country.Singapore  # dates stay those of the country
    finally:
        language.choose("en")
        QLocale.setDefault(default)
    assert QCoreApplication.translate("Tray", "Quit") == "Quit"
