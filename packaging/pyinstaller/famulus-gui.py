"""Executable of the installed app with the window."""

import sys

from assistant.__main__ import main_windowed

sys.exit(main_windowed())
