"""Start at login: an entry that the system runs, hidden in the tray, when the person logs in.

Process: app. Thread rule: safe from any thread; everything touches the disk.

Sources: Desktop Application Autostart Specification 0.5 and Desktop Entry Specification 1.5 (freedesktop.org); the
``Run`` key of Windows; ``launchd.plist(5)`` of macOS. Untried on Windows and macOS.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from assistant.core.errors import AutostartFailed
from assistant.core.window_command import WindowCommand
from assistant.gui.identity import APP_ID, APP_NAME
from assistant.gui.window_program import window_program

if sys.platform == "darwin":
    import plistlib
elif sys.platform == "win32":
    import subprocess
    import winreg

    _RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"


def possible() -> bool:
    """Whether this system can start the app at login."""
    return sys.platform in {"linux", "win32", "darwin"} and not Path("/.flatpak-info").exists()


def is_enabled() -> bool:
    """Whether the app starts at login; False also where that cannot be read."""
    try:
        if sys.platform == "win32":
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, _RUN_KEY) as key:
                return bool(winreg.QueryValueEx(key, APP_NAME)[0])
        elif sys.platform == "darwin":
            return _agent_file().exists()
        else:
            return _is_entry_on(_entry_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False


def enable() -> None:
    """Start the app at login from now on, with the program that runs now.

    Raises:
        AutostartFailed: The entry cannot be written.
    """
    command = [*window_program(), WindowCommand.HIDDEN.option]
    try:
        if sys.platform == "win32":
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _RUN_KEY) as key:
                winreg.SetValueEx(key, APP_NAME, 0, winreg.REG_SZ, subprocess.list2cmdline(command))
        elif sys.platform == "darwin":
            agent = {"Label": APP_ID, "ProgramArguments": command, "RunAtLoad": True, "ProcessType": "Interactive"}
            _replace(_agent_file(), plistlib.dumps(agent))
        else:
            _replace(_entry_file(), desktop_entry(command).encode())
    except OSError as error:
        raise _failure(error) from error


def disable() -> None:
    """Start the app at login no more; does nothing where it does not.

    Raises:
        AutostartFailed: The entry cannot be removed.
    """
    try:
        if sys.platform == "win32":
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, _RUN_KEY, 0, winreg.KEY_SET_VALUE) as key:
                winreg.DeleteValue(key, APP_NAME)
        elif sys.platform == "darwin":
            _agent_file().unlink()
        else:
            _entry_file().unlink()
    except FileNotFoundError:
        return
    except OSError as error:
        raise _failure(error) from error


def desktop_entry(command: list[str]) -> str:
    """The autostart entry that runs `command`, as a desktop file."""
    lines = [
        "[Desktop Entry]",
        "Type=Application",
        f"Name={APP_NAME}",
        f"Icon={APP_ID}",
        f"Exec={' '.join(_quoted(word) for word in command)}",
        "Terminal=false",
        "StartupNotify=false",
        "X-GNOME-Autostart-enabled=true",
    ]
    return "\n".join(lines) + "\n"


def _quoted(word: str) -> str:
    """One argument of an ``Exec`` line: quoted, then escaped once more as every string of a desktop file."""
    for character in ("\\", '"', "`", "$"):
        word = word.replace(character, "\\" + character)
    for character, escape in (("\\", "\\\\"), ("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r")):
        word = word.replace(character, escape)
    return '"' + word.replace("%", "%%") + '"'


def _is_entry_on(text: str) -> bool:
    """Whether an autostart entry counts: desktops switch one off by a key rather than delete it."""
    lines = {line.replace(" ", "").lower() for line in text.splitlines()}
    return "[desktopentry]" in lines and not lines & {"hidden=true", "x-gnome-autostart-enabled=false"}


def _entry_file() -> Path:
    chosen = os.environ.get("XDG_CONFIG_HOME", "")
    folder = Path(chosen) if os.path.isabs(chosen) else Path.home() / ".config"
    return folder / "autostart" / f"{APP_ID}.desktop"


def _agent_file() -> Path:
    return Path.home() / "Library" / "LaunchAgents" / f"{APP_ID}.plist"


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _failure(error: OSError) -> AutostartFailed:
    return AutostartFailed(
        "Starting at login could not be changed: {reason}.",
        remedy="Change it in the system's settings for programs that start at login.",
        cause=repr(error),
        reason=error.strerror or "unknown reason",
    )
