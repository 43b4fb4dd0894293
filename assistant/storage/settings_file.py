"""The settings as a TOML file that a person may also edit by hand.

Process: the app; several apps may share the file. Thread rule: safe from any thread.

Changes keep the person's comments and order, and what cannot be understood of their values. The file is replaced as a
whole, so a crash leaves the old one; one that is no TOML is never replaced.
"""

from __future__ import annotations

import contextlib
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import tomlkit
from filelock import FileLock, Timeout

from assistant.core.errors import DataFolderUnusable, FamulusError, SettingInvalid
from assistant.core.settings import Settings
from assistant.storage.replacement import replace_file
from assistant.storage.setting_values import SettingsRead, described, entries_of, typed, usable

D = TypeVar("D")

_LOCK_TIMEOUT_S = 10.0
_ENCODING = "utf-8-sig"  # some editors put a byte order mark in front
_SECTION_START = re.compile(rb"^(?=[ \t]*\[)", re.MULTILINE)


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
        settings, problem = self.read()
        if problem is not None:
            raise problem
        return settings

    def read(self) -> SettingsRead:
        """Read what can be used, for a window that has to open whatever the file says, and say what is wrong.

        One bad value costs that value only. In a file that is no TOML every section counts that is TOML by itself.
        """
        data = b""
        try:
            data = self._bytes()
            return usable(self._parsed(data, tomllib.loads))
        except FamulusError as error:
            return SettingsRead(usable(_sound_sections(data)).settings, error)

    def set(self, key: str, text: str) -> Settings:
        """Change one setting in the file. Whatever else is wrong in it stays there.

        Args:
            key: ``section.name``, for example ``sampling.temperature``.
            text: The value as a person types it.

        Returns:
            All settings after the change; the default stands for each that cannot be used.

        Raises:
            SettingInvalid: The key or the value is invalid, or the file is no TOML; nothing is written.
            DataFolderUnusable: The file cannot be read or written.
        """
        value = typed(key, text)
        section, _, name = key.partition(".")
        with self._locked():
            document = self._parsed(self._bytes(), tomlkit.parse)
            entries_of(section, document.setdefault(section, tomlkit.table()))[name] = value
            self._replace(tomlkit.dumps(document))
        return usable(document.unwrap()).settings

    def reset(self, key: str) -> Settings:
        """Take one setting out of the file, so that its default counts again; an unknown one is removed too.

        Returns:
            All settings after the change; the default stands for each that cannot be used.

        Raises:
            SettingInvalid: The key is neither known nor in the file, or the file is no TOML.
            DataFolderUnusable: The file cannot be read or written.
        """
        section, _, name = key.partition(".")
        with self._locked():
            document = self._parsed(self._bytes(), tomlkit.parse)
            table = document.get(section)
            if isinstance(table, dict) and name in table:
                del table[name]
                self._replace(tomlkit.dumps(document))
            else:
                described(key)
        return usable(document.unwrap()).settings

    def _bytes(self) -> bytes:
        with self._plain_errors():
            try:
                return self._path.read_bytes()
            except FileNotFoundError:
                return b""

    def _parsed(self, data: bytes, parse: Callable[[str], D]) -> D:
        try:
            return parse(data.decode(_ENCODING))
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
        replace_file(self._path.resolve(), text.encode())

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


def _sound_sections(data: bytes) -> dict[str, Any]:
    """What those sections of a broken file say that are TOML by themselves."""
    found: dict[str, Any] = {}
    for part in _SECTION_START.split(data):
        with contextlib.suppress(ValueError, RecursionError):
            for section, table in tomllib.loads(part.decode(_ENCODING)).items():
                if isinstance(table, dict):
                    found.setdefault(section, {}).update(table)
    return found
