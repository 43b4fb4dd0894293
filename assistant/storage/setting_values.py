"""Values of settings, as a person or a file gives them: understood, checked, and explained where they cannot be.

Process: any. Thread rule: pure functions.
"""

from __future__ import annotations

import difflib
import math
from typing import Any, NamedTuple

import msgspec

from assistant.core.errors import FamulusError, SettingInvalid
from assistant.core.settings import SettingDescription, Settings, describe

_SHOWN_CHARACTERS = 60
_TYPE_NAMES = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
_TRUTH_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


class SettingsRead(NamedTuple):
    """What could be read of a settings file.

    Attributes:
        settings: All settings; the default stands for each that cannot be used.
        problem: The first thing that is wrong with the file; None if nothing is.
    """

    settings: Settings
    problem: FamulusError | None = None


def described(key: str) -> SettingDescription:
    """The setting of this key.

    Raises:
        SettingInvalid: There is none; the remedy names the nearest.
    """
    descriptions = {description.key: description for description in describe()}
    if key in descriptions:
        return descriptions[key]
    same_name = [known for known in descriptions if known.endswith(f".{key}")]
    nearest = same_name or difflib.get_close_matches(key, descriptions, n=1)
    if nearest:
        raise SettingInvalid(
            "There is no setting {key}.", remedy="Did you mean {nearest}?", key=key, nearest=nearest[0]
        )
    raise SettingInvalid("There is no setting {key}.", remedy="List the settings to see their names.", key=key)


def typed(key: str, text: str) -> int | float | bool | str:
    """What a person typed as a value of a setting.

    Raises:
        SettingInvalid: There is no such setting, or it cannot have this value.
    """
    value = _converted(described(key), text)
    _check(key, value)
    return value


def _converted(description: SettingDescription, text: str) -> int | float | bool | str:
    try:
        if description.type is str:
            text.encode()
            return text
        if description.type is bool:
            return _TRUTH_WORDS[text.strip().lower()]
        number: int | float = description.type(text)
        return number
    except (ValueError, KeyError) as error:
        raise _invalid(description, text) from error


def usable(data: dict[str, Any]) -> SettingsRead:
    """The parsed file as settings, without what is unknown or out of range."""
    kept: dict[str, dict[str, Any]] = {}
    problems: list[SettingInvalid] = []
    for section, table in data.items():
        try:
            entries = entries_of(section, table)
        except SettingInvalid as error:
            problems.append(error)
            continue
        for name, value in entries.items():
            try:
                _check(f"{section}.{name}", value)
            except SettingInvalid as error:
                problems.append(error)
            else:
                kept.setdefault(section, {})[name] = value
    return SettingsRead(msgspec.convert(kept, Settings), problems[0] if problems else None)


def entries_of(section: str, table: Any) -> dict[str, Any]:
    """What stands below the name of a section.

    Raises:
        SettingInvalid: A single value stands there, or a list.
    """
    if not isinstance(table, dict):
        raise SettingInvalid(
            "In the settings file, {key} stands outside a section.",
            remedy="Put it below a section such as [sampling], or delete it.",
            key=section,
        )
    return table


def _check(key: str, value: Any) -> None:
    description = described(key)
    section, _, name = key.partition(".")
    try:
        msgspec.convert({section: {name: value}}, Settings)
    except msgspec.ValidationError as error:
        raise _invalid(description, value) from error
    if isinstance(value, float) and not math.isfinite(value):
        raise _invalid(description, value)


def _invalid(description: SettingDescription, value: object) -> SettingInvalid:
    shown = str(value)
    if len(shown) > _SHOWN_CHARACTERS:
        shown = shown[:_SHOWN_CHARACTERS] + "…"
    return SettingInvalid(
        "{key} cannot be {value}: it must be {allowed}.",
        remedy="Set another value, or reset it to {default}.",
        key=description.key,
        value=shown or '""',
        allowed=_allowed(description),
        default=str(description.default) or '""',
    )


def _allowed(description: SettingDescription) -> str:
    if description.choices:
        return ", ".join(description.choices[:-1]) + f" or {description.choices[-1]}"
    allowed = _TYPE_NAMES[description.type]
    if description.minimum is not None and description.maximum is not None:
        allowed += f" from {description.minimum} to {description.maximum}"
    if description.max_length is not None:
        allowed += f" of at most {description.max_length} characters"
    return allowed + (f" ({description.unit})" if description.unit else "")
