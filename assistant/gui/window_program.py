"""The program that opens the window, as the system has to start it.

Process: any. Thread rule: pure but for `start_detached`. Imports neither Qt nor the rest of Famulus.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

from assistant.core.window_command import WindowCommand

_NAME = "famulus-gui"
_FALLBACK = "import sys; from assistant.__main__ import main_windowed; sys.exit(main_windowed())"


def window_program() -> list[str]:
    """Command line of the program, without arguments: the frozen app's, the installed script, or the interpreter."""
    suffix = ".exe" if sys.platform == "win32" else ""
    frozen = getattr(sys, "frozen", False)
    folder = Path(sys.executable).parent if frozen else Path(sysconfig.get_path("scripts"))
    script = folder / (_NAME + suffix)
    if frozen or script.exists():
        return [str(script)]
    return [sys.executable, "-P", "-c", _FALLBACK]


def start_detached(command: WindowCommand) -> None:
    """Start the window as a process that outlives this one and its terminal.

    Raises:
        OSError: The program cannot be started.
    """
    arguments = [*window_program(), command.option]
    nothing = subprocess.DEVNULL
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        process = subprocess.Popen(arguments, stdin=nothing, stdout=nothing, stderr=nothing, creationflags=flags)
    else:
        process = subprocess.Popen(arguments, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True)
    process.returncode = 0  # it is nobody's child to wait for: else Python warns of it at the end
