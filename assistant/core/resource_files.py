"""Where the program's own files are: QML, icons, translations, texts.

Process: app. Thread rule: pure.
"""

from __future__ import annotations

import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def resource_folder() -> Path:
    """The folder ``resources``: of the frozen app, of the installed package, or of the working copy."""
    bundle: str | None = getattr(sys, "_MEIPASS", None)  # PyInstaller's name for the folder of the frozen app
    if bundle:
        return Path(bundle) / "resources"
    installed = _PACKAGE / "resources"
    return installed if installed.is_dir() else _PACKAGE.parent / "resources"
