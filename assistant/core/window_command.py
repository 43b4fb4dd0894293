"""What a start of the app can ask of the window, be it running already or not.

Process: any. Thread rule: pure. Imports nothing but the standard library: `famulus --quick` has to be quick.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence


class WindowCommand(enum.StrEnum):
    """One wish, as it is sent to the running window."""

    RAISE = "raise"
    NEW_CHAT = "new-chat"
    QUICK = "quick"
    TOGGLE = "toggle"
    HIDDEN = "hidden"
    """Start in the tray; a window that runs already stays as it is."""

    @property
    def option(self) -> str:
        """The option that asks for it on the command line, for example ``--quick``."""
        return f"--{self.value}"


def parse(arguments: Sequence[str]) -> WindowCommand | None:
    """The command that the arguments of ``famulus-gui`` ask for; without any, `RAISE`.

    Returns:
        None where the arguments are something else.
    """
    if not arguments:
        return WindowCommand.RAISE
    return next((command for command in WindowCommand if list(arguments) == [command.option]), None)
