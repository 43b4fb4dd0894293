"""Names of X11 keysyms for the keys of a shortcut; X11 and the desktop portal both use them.

Process: app. Thread rule: pure.

Source: ``X11/keysymdef.h``; the portal takes the same names (XDG shortcuts specification, xkbcommon).
"""

from __future__ import annotations

_NAMES = {
    "Space": "space",
    "Esc": "Escape",
    "Backspace": "BackSpace",
    "Ins": "Insert",
    "Del": "Delete",
    "PgUp": "Prior",
    "PgDown": "Next",
    "!": "exclam",
    '"': "quotedbl",
    "#": "numbersign",
    "$": "dollar",
    "%": "percent",
    "&": "ampersand",
    "'": "apostrophe",
    "(": "parenleft",
    ")": "parenright",
    "*": "asterisk",
    "+": "plus",
    ",": "comma",
    "-": "minus",
    ".": "period",
    "/": "slash",
    ":": "colon",
    ";": "semicolon",
    "<": "less",
    "=": "equal",
    ">": "greater",
    "?": "question",
    "@": "at",
    "[": "bracketleft",
    "\\": "backslash",
    "]": "bracketright",
    "^": "asciicircum",
    "_": "underscore",
    "`": "grave",
    "{": "braceleft",
    "|": "bar",
    "}": "braceright",
    "~": "asciitilde",
}


def keysym_name(key: str) -> str:
    """Name of the keysym of a `Shortcut`'s key: ``a`` for ``A``, ``space`` for ``Space``, ``F12`` for ``F12``."""
    return key.lower() if len(key) == 1 and key.isalpha() else _NAMES.get(key, key)
