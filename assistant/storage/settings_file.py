"""The settings as a TOML file that a person may also edit by hand.

Process: the app; several apps may share the file. Thread rule: safe from any thread.

Changes keep the person's comments and order. The file is replaced as a whole, so a crash leaves the old one.
"""

from __future__ import annotations

import contextlib
import difflib
import math
import os
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import tomlkit
from filelock import FileLock, Timeout

from assistant.core.errors import DataFolderUnusable, SettingInvalid
from assistant.core.settings import SettingDescription, Settings, describe

D = TypeVar("D")

_LOCK_TIMEOUT_S = 10.0
_SHOWN_CHARACTERS = 60
_TYPE_NAMES = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
_TRUTH_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


class SettingsFile:
    """``settings.toml``.

    Args:
        path: The file; a missing one means all defaults. A lock file is kept beside it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Settings:
        """Read and check all settings.

        Raises:
            SettingInvalid: The file is no TOML, or a setting is unknown or out of range.
            DataFolderUnusable: The file cannot be read.
        """
        return _checked(self._parsed(tomllib.loads))

    def set(self, key: str, text: str) -> Settings:
        """Change one setting in the file.

        Args:
            key: ``section.name``, for example ``sampling.temperature``.
            text: The value as a person types it.

        Returns:
            All settings after the change.

        Raises:
            SettingInvalid: The key, the value or something else in the file is invalid; nothing is written.
            DataFolderUnusable: The file cannot be read or written.
        """
        value = _typed(_described(key), text)
        section, _, name = key.partition(".")
        with self._locked():
            document = self._parsed(tomlkit.parse)
            table = document.setdefault(section, tomlkit.table())
            if isinstance(table, dict):
                table[name] = value
            settings = _checked(document.unwrap())
            self._replace(tomlkit.dumps(document))
        return settings

    def reset(self, key: str) -> Settings:
        """Take one setting out of the file, so that its default counts again; an unknown one is removed too.

        Returns:
            All settings after the change.

        Raises:
            SettingInvalid: The key is neither known nor in the file. Or something else in the file is invalid, which
                does not keep this key from being reset: several bad ones can be reset one by one.
            DataFolderUnusable: The file cannot be read or written.
        """
        section, _, name = key.partition(".")
        with self._locked():
            document = self._parsed(tomlkit.parse)
            table = document.get(section)
            if isinstance(table, dict) and name in table:
                del table[name]
                self._replace(tomlkit.dumps(document))
            else:
                _described(key)
        return _checked(document.unwrap())

    def _parsed(self, parse: Callable[[str], D]) -> D:
        with self._plain_errors():
            try:
                data = self._path.read_bytes()
            except FileNotFoundError:
                data = b""
        try:
            # Some editors put a byte order mark in front.
            return parse(data.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise SettingInvalid(
                "The settings file {path} cannot be understood: {reason}.",
                remedy="Correct the file, or move it away to return to the defaults.",
                cause=repr(error),
                path=str(self._path),
                reason=str(error).rstrip("."),
            ) from error

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with self._plain_errors(), FileLock(f"{self._path}.lock", timeout=_LOCK_TIMEOUT_S, mode=0o600):
            yield

    def _replace(self, text: str) -> None:
        # A link, which people who keep their settings elsewhere use, stays a link.
        target = self._path.resolve()
        # mkstemp creates with mode 0600.
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f"{target.name}.", suffix=".new")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        except BaseException:
            os.unlink(temporary)
            raise

    @contextlib.contextmanager
    def _plain_errors(self) -> Iterator[None]:
        try:
            yield
        except Timeout as error:
            raise DataFolderUnusable(
                "Another program is changing the settings file {path}.",
                remedy="Close it and try again.",
                cause=repr(error),
                path=str(self._path),
            ) from error
        except (OSError, NotImplementedError) as error:
            raise DataFolderUnusable(
                "The settings file {path} cannot be read or written.",
                remedy="Check the permissions of its folder and the space on its disk.",
                cause=repr(error),
                path=str(self._path),
            ) from error


def _described(key: str) -> SettingDescription:
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


def _typed(description: SettingDescription, text: str) -> int | float | bool | str:
    """The text as a value of the setting's type, not yet checked against its range."""
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


def _checked(data: dict[str, Any]) -> Settings:
    """The parsed file as settings; raises SettingInvalid for the first one that is wrong."""
    for section, table in data.items():
        if not isinstance(table, dict):
            raise SettingInvalid(
                "In the settings file, {key} stands outside a section.",
                remedy="Put it below a section such as [sampling], or delete it.",
                key=section,
            )
        for name, value in table.items():
            description = _described(f"{section}.{name}")
            try:
                msgspec.convert({section: {name: value}}, Settings)
            except msgspec.ValidationError as error:
                raise _invalid(description, value) from error
            if isinstance(value, float) and not math.isfinite(value):
                raise _invalid(description, value)
    return msgspec.convert({section: table for section, table in data.items() if table}, Settings)


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
