from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.errors import SettingInvalid
from assistant.gui.hotkey.keysyms import keysym_name
from assistant.gui.hotkey.macos import pynput_keys
from assistant.gui.hotkey.shortcut import Modifier, Shortcut, parse_shortcut
from assistant.gui.hotkey.windows import HotkeyKeys, hotkey_keys


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Ctrl+Alt+Space", "Ctrl+Alt+Space"),
        (" alt + CONTROL + space ", "Ctrl+Alt+Space"),
        ("Shift+Super+a", "Shift+Meta+A"),
        ("win+option+PageDown", "Alt+Meta+PgDown"),
        ("Ctrl++", "Ctrl++"),
        ("Ctrl+,", "Ctrl+,"),
        ("F12", "F12"),
        ("Shift+F1", "Shift+F1"),
        ("Meta+Escape", "Meta+Esc"),
    ],
)
def test_shortcuts_are_read_and_written(text: str, written: str) -> None:
    assert str(parse_shortcut(text)) == written


@pytest.mark.parametrize(
    "text", ["", "  ", "+", "Ctrl", "Ctrl+", "Ctrl+Alt", "Ctrl+Ctrl+", "Banana+A", "Ctrl+ä", "Ctrl+F25", "A+B"]
)
def test_what_is_no_shortcut_is_refused(text: str) -> None:
    with pytest.raises(SettingInvalid, match="is not a shortcut"):
        parse_shortcut(text)


@pytest.mark.parametrize("text", ["A", "Shift+A", "Space", "Shift+Return", ","])
def test_keys_that_are_typed_are_refused(text: str) -> None:
    with pytest.raises(SettingInvalid, match="while typing"):
        parse_shortcut(text)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        shortcut = parse_shortcut(text)
    except SettingInvalid:
        return
    assert parse_shortcut(str(shortcut)) == shortcut


@given(st.sets(st.sampled_from(Modifier)), st.sampled_from(["A", "7", "+", ",", "Space", "F24", "PgUp"]))
def test_what_is_written_is_read_again(modifiers: set[Modifier], key: str) -> None:
    shortcut = Shortcut(frozenset({*modifiers, Modifier.CTRL}), key)
    assert parse_shortcut(str(shortcut)) == shortcut


@pytest.mark.parametrize(
    ("key", "name"), [("A", "a"), ("7", "7"), ("Space", "space"), ("PgUp", "Prior"), (",", "comma"), ("F3", "F3")]
)
def test_keysyms(key: str, name: str) -> None:
    assert keysym_name(key) == name


@pytest.mark.parametrize(
    ("text", "scan", "expected"),
    [
        ("Ctrl+Alt+Space", 0, HotkeyKeys(0x4003, 0x20)),
        ("Meta+F12", 0, HotkeyKeys(0x4008, 0x7B)),
        ("Ctrl+A", 0x41, HotkeyKeys(0x4002, 0x41)),
        ("Ctrl+!", 0x131, HotkeyKeys(0x4006, 0x31)),
        ("Ctrl+~", -1, None),
    ],
)
def test_windows_keys(text: str, scan: int, expected: HotkeyKeys | None) -> None:
    assert hotkey_keys(parse_shortcut(text), scan) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Ctrl+Alt+Space", "<cmd>+<alt>+<space>"), ("Meta+A", "<ctrl>+a"), ("Ctrl+PgUp", "<cmd>+<page_up>")],
)
def test_pynput_keys(text: str, expected: str) -> None:
    assert pynput_keys(parse_shortcut(text)) == expected
