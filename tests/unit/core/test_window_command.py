from __future__ import annotations

import subprocess
import sys

import pytest

from assistant.core.window_command import WindowCommand, parse


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        ([], WindowCommand.RAISE),
        (["--quick"], WindowCommand.QUICK),
        (["--toggle"], WindowCommand.TOGGLE),
        (["--new-chat"], WindowCommand.NEW_CHAT),
        (["--hidden"], WindowCommand.HIDDEN),
        (["chat"], None),
        (["--quick", "--toggle"], None),
        (["quick"], None),
    ],
)
def test_parse(arguments: list[str], command: WindowCommand | None) -> None:
    assert parse(arguments) == command


def test_every_command_has_an_option_that_means_it() -> None:
    assert all(parse([command.option]) == command for command in WindowCommand)


def test_reaching_the_window_loads_nothing_large() -> None:
    script = "import assistant.gui.running_window, assistant.gui.window_program, sys; print(*sys.modules)"
    listing = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True).stdout
    assert not {"PySide6", "msgspec", "filelock", "asyncio", "rich"} & set(listing.split())
