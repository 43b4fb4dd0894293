"""Runtime hook: programs that Famulus starts, a browser for example, get the system's libraries, not the bundled ones.

PyInstaller's bootloader points the dynamic linker to the bundle through the environment. This process has read it
already, and every worker's own bootloader sets it anew.
"""

import os

_original = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
if _original is None:
    os.environ.pop("LD_LIBRARY_PATH", None)
else:
    os.environ["LD_LIBRARY_PATH"] = _original
