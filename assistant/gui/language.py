"""The language of the window: English, whose words are those of the source, or a translation.

Process: app, with a window. Thread: GUI.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from assistant.core.resource_files import resource_folder

SYSTEM = "system"

_ENGLISH = "en"
_CATALOGUES = {QLocale.Language.English: _ENGLISH, QLocale.Language.Chinese: "zh_CN"}
"""By language alone: who reads Chinese of another country or script reads this rather than English."""


class Language:
    """Installs the translation that the settings ask for, and replaces it while the window is open."""

    def __init__(self) -> None:
        self._translators: list[QTranslator] = []

    def choose(self, language: str) -> None:
        """Speak a language from now on; QML has to be told to retranslate itself.

        Args:
            language: ``en``, ``zh_CN``, or ``system`` for the first of the person's languages that there is.
        """
        for translator in self._translators:
            QCoreApplication.removeTranslator(translator)
        locale = QLocale(language) if language != SYSTEM else QLocale.system()
        QLocale.setDefault(locale)
        name = catalogue(locale.uiLanguages())
        own = QTranslator()
        own.load(f"famulus_{name}", str(resource_folder() / "i18n"))
        self._translators = [*_translations_of_qt(name), own]
        for translator in self._translators:
            QCoreApplication.installTranslator(translator)


def catalogue(languages: Iterable[str]) -> str:
    """The first of a person's languages that Famulus speaks, else English.

    Args:
        languages: As `QLocale.uiLanguages` names them, the most wanted first: ``zh-Hans-SG``.

    Returns:
        ``en`` or ``zh_CN``.
    """
    spoken = (_CATALOGUES.get(QLocale(language).language()) for language in languages)
    return next(filter(None, spoken), _ENGLISH)


def _translations_of_qt(language: str) -> list[QTranslator]:
    """What Qt itself says in a language, for example in a file dialog, as far as it has been translated."""
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    translators = []
    for catalogue in ("qtbase", "qtdeclarative"):
        translator = QTranslator()
        if translator.load(f"{catalogue}_{language}", folder):
            translators.append(translator)
    return translators
