"""Where a person's data is.

Process: app. Thread rule: pure. Imports little: `famulus --quick` has to be quick.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

HOME_VARIABLE = "FAMULUS_HOME"


def data_folder() -> Path:
    """``$FAMULUS_HOME``, or the system's folder for a user's data."""
    chosen = os.environ.get(HOME_VARIABLE)
    return (
        Path(chosen).expanduser().absolute() if chosen else Path(platformdirs.user_data_dir("famulus", appauthor=False))
    )
