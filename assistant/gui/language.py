"""The language of the window: English, whose words are those of the source, or a translation.

Process: app, with a window. Thread: GUI.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from assistant.gui.resource_files import resource_folder

SYSTEM = "system"


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
        own = QTranslator()
        # Looks through the languages of the locale in the person's order; English has an empty one to be found there.
        own.load(locale, "famulus", "_", str(resource_folder() / "i18n"), ".qm")
        self._translators = [*_translations_of_qt(own.language()), own]
        for translator in self._translators:
            QCoreApplication.installTranslator(translator)


def _translations_of_qt(language: str) -> list[QTranslator]:
    """What Qt itself says in a language, for example in a file dialog, as far as it has been translated."""
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    translators = []
    for catalogue in ("qtbase", "qtdeclarative"):
        translator = QTranslator()
        if language and translator.load(f"{catalogue}_{language}", folder):
            translators.append(translator)
    return translators
