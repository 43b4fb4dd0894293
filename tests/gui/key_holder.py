"""Another program that holds Ctrl+Alt+Space on the X server of ``$DISPLAY``: prints ``held`` and waits."""

from __future__ import annotations

import time

from Xlib import XK, X
from Xlib.display import Display

display = Display()
code = display.keysym_to_keycode(XK.string_to_keysym("space"))
display.screen().root.grab_key(code, X.ControlMask | X.Mod1Mask, False, X.GrabModeAsync, X.GrabModeAsync)
display.sync()
print("held", flush=True)
time.sleep(600)
