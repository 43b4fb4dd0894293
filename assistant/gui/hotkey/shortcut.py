"""A keyboard shortcut as data: parsed from and written as text like ``Ctrl+Alt+Space``.

Process: app. Thread rule: immutable.

The names are those of ``QKeySequence.PortableText``. As in Qt, ``Ctrl`` is the Command key on macOS and ``Meta`` is
Control there; elsewhere ``Meta`` is the key with the logo (Windows, Super).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from assistant.core.errors import SettingInvalid


class Modifier(enum.StrEnum):
    """A modifier key, in the order in which it is written."""

    CTRL = "Ctrl"
    ALT = "Alt"
    SHIFT = "Shift"
    META = "Meta"


_MODIFIERS = {
    **{modifier.value.lower(): modifier for modifier in Modifier},
    "control": Modifier.CTRL,
    "option": Modifier.ALT,
    "super": Modifier.META,
    "win": Modifier.META,
}
_FUNCTION_KEYS = {f"F{number}" for number in range(1, 25)}
_NAMED_KEYS = {
    *("Space", "Tab", "Return", "Esc", "Backspace", "Ins", "Del", "Pause", "Print", "Menu"),
    *("Home", "End", "PgUp", "PgDown", "Left", "Up", "Right", "Down"),
    *_FUNCTION_KEYS,
}
_KEYS = {name.lower(): name for name in _NAMED_KEYS} | {
    "enter": "Return",
    "escape": "Esc",
    "insert": "Ins",
    "delete": "Del",
    "pageup": "PgUp",
    "pagedown": "PgDown",
}


@dataclass(frozen=True, slots=True)
class Shortcut:
    """One key with its modifiers.

    Attributes:
        modifiers: Never only Shift, unless the key is a function key: such a shortcut would take a letter away.
        key: A name such as ``Space`` or ``F12``, an upper-case letter, or another printable ASCII character.
    """

    modifiers: frozenset[Modifier]
    key: str

    def __str__(self) -> str:
        """The shortcut as text that `parse_shortcut` reads."""
        return "+".join([*(modifier for modifier in Modifier if modifier in self.modifiers), self.key])


def parse_shortcut(text: str) -> Shortcut:
    """Read a shortcut; case, spaces and the usual other names of keys do not matter.

    Raises:
        SettingInvalid: The text names no key or an unknown one, or lacks a modifier.
    """
    words, key = _split("".join(text.split()))
    modifiers = frozenset(_MODIFIERS[word] for word in words if word in _MODIFIERS)
    name = _key_name(key)
    if len(modifiers) != len(words) or not name:
        raise SettingInvalid(
            "{shortcut} is not a shortcut.",
            remedy="Write it like Ctrl+Alt+Space.",
            shortcut=text.strip() or "An empty text",
        )
    if not modifiers - {Modifier.SHIFT} and name not in _FUNCTION_KEYS:
        raise SettingInvalid(
            "{shortcut} would be missing while typing.",
            remedy="Add Ctrl, Alt or Meta to it.",
            shortcut=str(Shortcut(modifiers, name)),
        )
    return Shortcut(modifiers, name)


def _split(text: str) -> tuple[list[str], str]:
    """Words before the key in lower case, and the key, which may be the plus sign itself."""
    if text.endswith("++"):
        return text[:-2].lower().split("+"), "+"
    *words, key = text.split("+")
    return [word.lower() for word in words], key


def _key_name(key: str) -> str:
    if len(key) == 1 and "!" <= key <= "~":
        return key.upper()
    return _KEYS.get(key.lower(), "")
