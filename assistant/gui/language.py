"""The language of the window: English, whose words are those of the source, or a translation.

Process: app, with a window. Thread: GUI.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLocale, QTranslator

from assistant.gui.resource_files import resource_folder

SYSTEM = "system"


class Language:
    """Installs the translation that the settings ask for, and replaces it while the window is open."""

    def __init__(self) -> None:
        self._translator: QTranslator | None = None

    def choose(self, language: str) -> None:
        """Speak a language from now on; QML has to be told to retranslate itself.

        Args:
            language: ``en``, ``zh_CN``, or ``system`` for the first of the person's languages that there is.
        """
        if self._translator is not None:
            QCoreApplication.removeTranslator(self._translator)
            self._translator = None
        locale = QLocale(language) if language != SYSTEM else QLocale.system()
        QLocale.setDefault(locale)
        translator = QTranslator()
        folder = str(resource_folder() / "i18n")
        # The first looks through the languages of the locale in the person's order.
        if translator.load(locale, "famulus", "_", folder, ".qm") or translator.load("famulus_en", folder):
            QCoreApplication.installTranslator(translator)
            self._translator = translator
