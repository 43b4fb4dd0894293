"""Settings as fields of a form, made from their declarations.

Process: app with a window. Thread: the GUI's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication

from assistant.core.settings import SettingDescription, Settings, describe
from assistant.gui.room_text import policy_words

CONTEXT = "settings"
"""Translation context of the words in `core.settings`."""


def section_fields(settings: Settings, section: str, errors: Mapping[str, str]) -> list[dict[str, Any]]:
    """The fields of one section, in the order of their declaration.

    Args:
        settings: The values.
        section: For example ``sampling``.
        errors: By key, why the text that was last tried was refused.

    Returns:
        For each: `key`, `title`, `description`, `unit`, `type` (``int``, ``float``, ``bool``, ``str`` or ``choice``),
        `choices` (each with `value` and `title`), `value`, `default`, `minimum` and `maximum` (None for none),
        `isDefault`, `error`.
    """
    own = (description for description in describe() if section_of(description.key) == section)
    return [_field(description, value_of(settings, description.key), errors) for description in own]


def section_of(key: str) -> str:
    """The section of a key, for example ``sampling`` of ``sampling.temperature``."""
    return key.partition(".")[0]


def value_of(settings: Settings, key: str) -> Any:
    """The value of a key."""
    section, _, name = key.partition(".")
    return getattr(getattr(settings, section), name)


def text_of(value: str | float | bool) -> str:
    """A value as `SettingsFile.set` reads it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def refusal_words(key: str) -> str:
    """One sentence on what the setting may be, for a value that was refused."""
    description = next(each for each in describe() if each.key == key)
    if description.type is str:
        template = QCoreApplication.translate("setting_fields", "Enter another text.")
    elif description.type is int:
        template = QCoreApplication.translate("setting_fields", "Enter a whole number from {minimum} to {maximum}.")
    else:
        template = QCoreApplication.translate("setting_fields", "Enter a number from {minimum} to {maximum}.")
    return template.format(minimum=description.minimum, maximum=description.maximum)


def _field(description: SettingDescription, value: Any, errors: Mapping[str, str]) -> dict[str, Any]:
    return {
        "key": description.key,
        "title": _translated(description.title),
        "description": _translated(description.description),
        "unit": _translated(description.unit),
        "type": "choice" if description.choices else description.type.__name__,
        "choices": [{"value": choice, "title": _choice(description.key, choice)} for choice in description.choices],
        "value": value,
        "default": description.default,
        "minimum": description.minimum,
        "maximum": description.maximum,
        "isDefault": value == description.default,
        "error": errors.get(description.key, ""),
    }


def _choice(key: str, choice: str) -> str:
    return policy_words(choice) if key == "chat.overflow" else _translated(choice)


def _translated(text: str) -> str:
    return QCoreApplication.translate(CONTEXT, text) if text else ""
