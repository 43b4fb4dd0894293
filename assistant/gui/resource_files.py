"""Where the window's own files are: QML, icons, translations.

Process: app, with a window. Thread rule: pure.
"""

from __future__ import annotations

import sys
from pathlib import Path

import assistant

_PACKAGE = Path(assistant.__file__).resolve().parent


def resource_folder() -> Path:
    """The folder ``resources``: of the frozen app, of the installed package, or of the working copy."""
    bundle: str | None = getattr(sys, "_MEIPASS", None)  # PyInstaller's name for the folder of the frozen app
    if bundle:
        return Path(bundle) / "resources"
    installed = _PACKAGE / "resources"
    return installed if installed.is_dir() else _PACKAGE.parent / "resources"
