"""The names under which desktops know the app.

Process: app. Thread rule: constants.
"""

from __future__ import annotations

APP_NAME = "Famulus"

# Name of the desktop file without its suffix; the portal, the autostart entry and the window's icon go by it.
APP_ID = "io.github.famulus.Famulus"
