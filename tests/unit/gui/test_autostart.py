from __future__ import annotations

import sys
from pathlib import Path

import pytest

from assistant.core.errors import AutostartFailed
from assistant.gui import autostart

if sys.platform != "linux":
    pytest.skip("about desktop files", allow_module_level=True)


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config"


@pytest.fixture
def entry(config: Path) -> Path:
    return config / "autostart" / "io.github.famulus.Famulus.desktop"


def test_it_is_switched_on_and_off(entry: Path) -> None:
    assert autostart.possible()
    assert not autostart.is_enabled()
    autostart.enable()
    autostart.enable()
    assert autostart.is_enabled()
    assert entry.read_text().splitlines()[0] == "[Desktop Entry]"
    assert [path.name for path in entry.parent.iterdir()] == [entry.name]
    autostart.disable()
    autostart.disable()
    assert not autostart.is_enabled()
    assert not entry.exists()


def test_the_home_folder_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for value in ("", "relative"):
        monkeypatch.setenv("XDG_CONFIG_HOME", value)
        autostart.enable()
        assert (tmp_path / "home/.config/autostart/io.github.famulus.Famulus.desktop").exists()
        autostart.disable()


@pytest.mark.parametrize("line", ["Hidden=true", "X-GNOME-Autostart-enabled=false", "hidden = True"])
def test_an_entry_that_the_desktop_switched_off_is_off(entry: Path, line: str) -> None:
    autostart.enable()
    entry.write_text(entry.read_text().replace("X-GNOME-Autostart-enabled=true", line))
    assert not autostart.is_enabled()
    autostart.enable()
    assert autostart.is_enabled()


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("/usr/bin/famulus-gui", '"/usr/bin/famulus-gui"'),
        ("/home/a b/gui", '"/home/a b/gui"'),
        ("100%", '"100%%"'),
        ('say "x"', '"say \\\\"x\\\\""'),
        ("$HOME`", '"\\\\$HOME\\\\`"'),
        ("back\\slash", '"back\\\\\\\\slash"'),
    ],
)
def test_words_are_quoted_as_the_specification_says(word: str, written: str) -> None:
    assert f'Exec={written} "--hidden"\n' in autostart.desktop_entry([word, "--hidden"])


def test_a_folder_that_cannot_be_made_is_named(config: Path) -> None:
    config.write_text("a file")
    with pytest.raises(AutostartFailed, match="Starting at login could not be changed"):
        autostart.enable()
    assert not autostart.is_enabled()
